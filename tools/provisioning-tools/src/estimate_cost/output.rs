//! An estimate on the wire. Amounts are decimal texts, exact, never floating point.

use std::collections::HashMap;

use provisioning::cost::{self, Address, Difference, Estimate, Line, Money, PriceSource};
use schemars::JsonSchema;
use serde::Serialize;

/// What the configuration costs per month.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The total per currency and month; incomplete if `incomplete` is true.
    totals: Vec<Amount>,
    /// Whether something has no known price, so that the totals are too low.
    incomplete: bool,
    /// Every resource with its lines.
    resources: Vec<Resource>,
    /// How many resources are estimated, free, unpriced.
    counts: Counts,
    /// What was assumed for the estimate as a whole.
    assumptions: Vec<String>,
    /// Where the prices come from; lines refer to them by `id`.
    sources: Vec<Source>,
    /// The schemas that the configuration holds against, and whether each is built in or of the workspace.
    checked_against: Vec<String>,
    /// The version of the price lists together.
    prices_version: String,
    /// The difference, if there was something to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Change>,
    /// The estimate as text, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    rendered: Option<String>,
}

/// An amount per month.
#[derive(Debug, Serialize, JsonSchema)]
struct Amount {
    /// ISO 4217 code.
    currency: String,
    /// Decimal text, such as `1234.50`.
    monthly: String,
}

/// One resource.
#[derive(Debug, Serialize, JsonSchema)]
struct Resource {
    /// Where it is in the configuration, such as `servers[0]`.
    address: String,
    /// What it is, such as `server`.
    kind: String,
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What is billed.
    lines: Vec<Priced>,
    /// What has no known price.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unpriced: Vec<Unpriced>,
    /// What is not billed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    free: Vec<Free>,
}

/// One line of a bill.
#[derive(Debug, Serialize, JsonSchema)]
struct Priced {
    /// What of the resource.
    component: String,
    /// The provider.
    provider: String,
    /// The region.
    region: String,
    /// The provider's name for it.
    sku: String,
    /// Units per month.
    quantity: String,
    /// The unit, such as `hour`.
    unit: String,
    /// Price of one unit, decimal text.
    unit_price: String,
    /// Quantity times price, rounded once to hundredths, decimal text.
    monthly: String,
    /// ISO 4217 code.
    currency: String,
    /// The `id` of the price list.
    source: String,
    /// The day the price is of, `YYYY-MM-DD`.
    price_date: String,
    /// How well the price is sourced: `high`, `medium`, `low`.
    confidence: String,
    /// What was assumed for this line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumptions: Vec<String>,
}

/// Something without a known price.
#[derive(Debug, Serialize, JsonSchema)]
struct Unpriced {
    /// What of the resource.
    component: String,
    /// Why there is no price.
    reason: String,
    /// What is known nearby; never used as a price.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    known: Vec<String>,
}

/// Something that is not billed.
#[derive(Debug, Serialize, JsonSchema)]
struct Free {
    /// What of the resource.
    component: String,
    /// Why it is free.
    reason: String,
}

/// How many resources there are of each sort.
#[derive(Debug, Serialize, JsonSchema)]
struct Counts {
    /// All.
    resources: usize,
    /// Priced whole.
    estimated: usize,
    /// Priced in part.
    partly: usize,
    /// Free.
    free: usize,
    /// Without any known price.
    unpriced: usize,
}

/// A price list.
#[derive(Debug, Serialize, JsonSchema)]
struct Source {
    /// Its file, which lines refer to.
    id: String,
    /// `builtin`, or the workspace path that replaces it.
    origin: String,
    /// Where the figures come from.
    text: String,
    /// A link, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The day the prices are of, `YYYY-MM-DD`.
    date: String,
    /// How well they are sourced: `high`, `medium`, `low`.
    confidence: String,
    /// What to be careful about.
    #[serde(skip_serializing_if = "Option::is_none")]
    caution: Option<String>,
}

/// The difference between two configurations.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// Per currency.
    totals: Vec<Delta>,
    /// Per resource.
    resources: Vec<ResourceChange>,
    /// Whether either estimate is incomplete, so that the deltas may be wrong in either direction.
    incomplete: bool,
}

/// Before, after, and the difference.
#[derive(Debug, Serialize, JsonSchema)]
struct Delta {
    /// ISO 4217 code.
    currency: String,
    /// Monthly before, decimal text.
    before: String,
    /// Monthly after, decimal text.
    after: String,
    /// After less before, decimal text.
    delta: String,
    /// The delta in percent of before, with one decimal; absent if there was nothing before.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
}

/// What happens to one resource.
#[derive(Debug, Serialize, JsonSchema)]
struct ResourceChange {
    /// Where it is.
    address: String,
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `added`, `removed`, `changed` or `unchanged`.
    change: String,
    /// Its cost per currency.
    amounts: Vec<Delta>,
}

impl Output {
    /// The wire form.
    pub(super) fn new(
        estimate: &Estimate,
        difference: Option<&Difference>,
        rendered: Option<String>,
        checked_against: Vec<String>,
    ) -> Self {
        Self {
            totals: estimate
                .totals
                .iter()
                .map(|total| Amount {
                    currency: total.currency.code().to_owned(),
                    monthly: decimal(total.monthly),
                })
                .collect(),
            incomplete: estimate.incomplete,
            resources: resources(estimate),
            counts: Counts {
                resources: estimate.counts.resources,
                estimated: estimate.counts.estimated,
                partly: estimate.counts.partly,
                free: estimate.counts.free,
                unpriced: estimate.counts.unpriced,
            },
            assumptions: estimate.assumptions.clone(),
            sources: sources(&estimate.lines),
            checked_against,
            prices_version: estimate.prices_version.clone(),
            difference: difference.map(Change::from),
            rendered,
        }
    }
}

impl From<&Difference> for Change {
    fn from(difference: &Difference) -> Self {
        let resource = |resource: &cost::Resource| ResourceChange {
            address: resource.address.path.clone(),
            name: resource.address.name.clone(),
            change: match resource.change {
                cost::Change::Added => "added",
                cost::Change::Removed => "removed",
                cost::Change::Changed => "changed",
                cost::Change::Unchanged => "unchanged",
            }
            .to_owned(),
            amounts: resource.amounts.iter().map(delta).collect(),
        };
        Self {
            totals: difference.totals.iter().map(delta).collect(),
            resources: difference.resources.iter().map(resource).collect(),
            incomplete: difference.incomplete,
        }
    }
}

fn delta(change: &cost::AmountChange) -> Delta {
    let percent = |permille: i128| {
        format!(
            "{}{}.{}",
            if permille < 0 { "-" } else { "" },
            permille.abs() / 10,
            permille.abs() % 10
        )
    };
    Delta {
        currency: change.currency.code().to_owned(),
        before: decimal(change.before),
        after: decimal(change.after),
        delta: decimal(change.delta),
        percent: change.permille.map(percent),
    }
}

/// Every resource once, in the order of first appearance.
fn resources(estimate: &Estimate) -> Vec<Resource> {
    let mut found = Resources::default();
    for line in &estimate.lines {
        if let Some(resource) = found.at(&line.resource) {
            resource.lines.push(priced(line));
        }
    }
    for item in &estimate.unpriced {
        let unpriced = Unpriced {
            component: item.component.clone(),
            reason: item.detail.clone(),
            known: item.known.clone(),
        };
        if let Some(resource) = found.at(&item.resource) {
            resource.unpriced.push(unpriced);
        }
    }
    for item in &estimate.free {
        let free = Free {
            component: item.component.clone(),
            reason: item.reason.clone(),
        };
        if let Some(resource) = found.at(&item.resource) {
            resource.free.push(free);
        }
    }
    found.list
}

/// Resources in order, found by their place.
#[derive(Default)]
struct Resources<'a> {
    list: Vec<Resource>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Resources<'a> {
    fn at(&mut self, address: &'a Address) -> Option<&mut Resource> {
        let place = *self.places.entry(&address.path).or_insert_with(|| {
            self.list.push(Resource {
                address: address.path.clone(),
                kind: address.kind.clone(),
                name: address.name.clone(),
                lines: Vec::new(),
                unpriced: Vec::new(),
                free: Vec::new(),
            });
            self.list.len() - 1
        });
        self.list.get_mut(place)
    }
}

fn priced(line: &Line) -> Priced {
    Priced {
        component: line.component.clone(),
        provider: line.provider.clone(),
        region: line.region.clone(),
        sku: line.sku.clone(),
        quantity: line.quantity.to_string(),
        unit: line.unit.name().to_owned(),
        unit_price: decimal(line.price),
        monthly: decimal(line.monthly),
        currency: line.currency.code().to_owned(),
        source: line.source.file.clone(),
        price_date: line.source.date.to_string(),
        confidence: confidence(line.source.confidence),
        assumptions: line.assumptions.clone(),
    }
}

/// The price lists that lines use, each once.
fn sources(lines: &[Line]) -> Vec<Source> {
    let mut found: Vec<Source> = Vec::new();
    for line in lines {
        let source: &PriceSource = &line.source;
        if found.iter().any(|known| known.id == source.file) {
            continue;
        }
        found.push(Source {
            id: source.file.clone(),
            origin: source.origin.clone(),
            text: source.text.clone(),
            url: source.url.clone(),
            date: source.date.to_string(),
            confidence: confidence(source.confidence),
            caution: source.caution.clone(),
        });
    }
    found
}

fn confidence(confidence: cost::Confidence) -> String {
    match confidence {
        cost::Confidence::High => "high",
        cost::Confidence::Medium => "medium",
        cost::Confidence::Low => "low",
    }
    .to_owned()
}

/// An amount as exact decimal text: at least two decimals, no more than it needs.
fn decimal(money: Money) -> String {
    const NANOS: i128 = 1_000_000_000;
    let nanos = money.nanos();
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, rest) = (nanos.abs() / NANOS, nanos.abs() % NANOS);
    let mut decimals = format!("{rest:09}");
    while decimals.len() > 2 && decimals.ends_with('0') {
        decimals.pop();
    }
    format!("{sign}{whole}.{decimals}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_text() {
        for (nanos, text) in [
            (0, "0.00"),
            (5_200_000, "0.0052"),
            (-1_500_000_000, "-1.50"),
            (1, "0.000000001"),
            (30_370_000_000, "30.37"),
        ] {
            assert_eq!(decimal(Money::from_nanos(nanos)), text);
        }
    }
}
