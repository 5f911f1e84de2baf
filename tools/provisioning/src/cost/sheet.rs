//! The sheet that an estimate is written on: rounding once per line, and the sums.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::book::{Found, PriceBook};
use super::site::Site;
use super::{
    Address, Charge, Counts, Error, Estimate, Free, Line, Money, Options, Origin, Provider, Reason, Total,
    Unit, Unpriced,
};

/// An estimate in the making.
pub(crate) struct Sheet<'a> {
    pub(crate) book: &'a PriceBook,
    pub(crate) date: Date,
    lines: Vec<Line>,
    unpriced: Vec<Unpriced>,
    free: Vec<Free>,
    assumptions: Vec<String>,
    /// Names of the providers whose rules took part.
    providers: BTreeSet<String>,
}

/// What a line is about, before its amount.
pub(crate) struct Item<'a> {
    pub(crate) resource: &'a Address,
    pub(crate) component: String,
    pub(crate) sku: &'a str,
    /// Units billed in a month for all together.
    pub(crate) quantity: Option<i128>,
    /// How many of it there are.
    pub(crate) count: i128,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(book: &'a PriceBook, options: &Options) -> Self {
        Self {
            book,
            date: options.date,
            lines: Vec::new(),
            unpriced: Vec::new(),
            free: Vec::new(),
            assumptions: Vec::new(),
            providers: BTreeSet::new(),
        }
    }

    /// Adds a line for `item` at the price that was found, and what was assumed.
    pub(crate) fn line(
        &mut self,
        site: &Site<'_>,
        item: Item<'_>,
        found: Found,
        mut assumptions: Vec<String>,
    ) -> Result<(), Error> {
        let overflow = || Error::Overflow {
            path: item.resource.path.clone(),
        };
        let quantity = item.quantity.ok_or_else(overflow)?;
        let monthly = found
            .price
            .times(quantity)
            .and_then(Money::rounded)
            .ok_or_else(overflow)?;
        let hourly = match found.unit {
            Unit::Hour => Some(found.price.times(item.count).ok_or_else(overflow)?),
            _ => None,
        };
        if found.any_region {
            assumptions.push(format!("the source names no region; taken for {}", site.region));
        }
        assumptions.extend(found.source.caution.clone());
        self.providers.insert(site.provider.name.clone());
        self.lines.push(Line {
            resource: item.resource.clone(),
            component: item.component,
            provider: site.provider.name.clone(),
            region: site.region.clone(),
            sku: item.sku.to_owned(),
            quantity,
            unit: found.unit,
            price: found.price,
            hourly,
            monthly,
            currency: found.currency,
            source: found.source,
            assumptions,
        });
        Ok(())
    }

    pub(crate) fn unpriced(
        &mut self,
        resource: &Address,
        component: &str,
        reason: Reason,
        detail: String,
        known: Vec<String>,
    ) {
        let component = component.to_owned();
        self.unpriced.push(Unpriced {
            resource: resource.clone(),
            component,
            reason,
            detail,
            known,
        });
    }

    /// Says that `sku`, called `what`, has no price where and when it was asked for.
    pub(crate) fn no_price(
        &mut self,
        site: &Site<'_>,
        resource: &Address,
        component: &str,
        what: &str,
        sku: &str,
    ) {
        let detail = match site.provider.charge {
            Charge::Unknown => no_lists(site.provider),
            _ if self.book.has_price(site.provider, sku) => format!(
                "no price for {what} of {} in {} on {}",
                site.provider.name, site.region, self.date
            ),
            _ => format!("the price lists of {} have no {what}", site.provider.name),
        };
        let known = self.book.known(site.provider, sku, &site.region, self.date);
        self.unpriced(resource, component, Reason::NoPrice, detail, known);
    }

    /// Says what is billed by use, and at what price if that is known. It is never zero and never in the sum.
    pub(crate) fn usage(
        &mut self,
        site: &Site<'_>,
        resource: &Address,
        component: &str,
        sku: &str,
        unit: Unit,
    ) {
        let used = self.book.find(site.provider, sku, &site.region, unit, self.date);
        let detail = match used {
            Some(found) => format!(
                "depends on usage: {} {} per {}",
                found.price, found.currency, found.unit
            ),
            None => "depends on usage, at an unknown price".to_owned(),
        };
        self.unpriced(resource, component, Reason::Usage, detail, Vec::new());
    }

    /// A line of `gigabytes` kept for a month, or that they have no price.
    pub(crate) fn kept(
        &mut self,
        site: &Site<'_>,
        resource: &Address,
        sku: &str,
        gigabytes: Option<i128>,
        assumptions: Vec<String>,
    ) -> Result<(), Error> {
        let found = self
            .book
            .find(site.provider, sku, &site.region, Unit::GbMonth, self.date);
        let Some(found) = found else {
            self.no_price(site, resource, "storage", &format!("`{sku}`"), sku);
            return Ok(());
        };
        let item = Item {
            resource,
            component: "storage".to_owned(),
            sku,
            quantity: gigabytes,
            count: 1,
        };
        self.line(site, item, found, assumptions)
    }

    pub(crate) fn free(&mut self, resource: &Address, component: &str, reason: &str) {
        self.free.push(Free {
            resource: resource.clone(),
            component: component.to_owned(),
            reason: reason.to_owned(),
        });
    }

    /// Says something once about the whole estimate.
    pub(crate) fn assume(&mut self, assumption: String) {
        if !self.assumptions.contains(&assumption) {
            self.assumptions.push(assumption);
        }
    }

    /// Adds up.
    pub(crate) fn close(self) -> Result<Estimate, Error> {
        Ok(Estimate {
            totals: totals(&self.lines)?,
            incomplete: !self.unpriced.is_empty(),
            counts: self.counts(),
            prices_version: self.book.version().to_owned(),
            oldest: self.lines.iter().map(|line| line.source.date).min(),
            newest: self.lines.iter().map(|line| line.source.date).max(),
            origins: self.origins(),
            lines: self.lines,
            unpriced: self.unpriced,
            free: self.free,
            assumptions: self.assumptions,
        })
    }

    fn counts(&self) -> Counts {
        let estimated: BTreeSet<&Address> = self.lines.iter().map(|line| &line.resource).collect();
        let open: BTreeSet<&Address> = self.unpriced.iter().map(|item| &item.resource).collect();
        let free: BTreeSet<&Address> = self.free.iter().map(|item| &item.resource).collect();
        let partly = estimated.intersection(&open).count();
        let unpriced = open.len() - partly;
        let free = free
            .iter()
            .filter(|resource| !estimated.contains(*resource) && !open.contains(*resource))
            .count();
        Counts {
            resources: estimated.len() + unpriced + free,
            estimated: estimated.len(),
            partly,
            free,
            unpriced,
        }
    }

    /// The files of the lines, the plan lists of their providers, and the rules.
    fn origins(&self) -> Vec<Origin> {
        let files: BTreeSet<&str> = self.lines.iter().map(|line| line.source.file.as_str()).collect();
        let took_part = |origin: &&Origin| match &origin.provider {
            None => true,
            Some(_) if origin.prices => files.contains(origin.file.as_str()),
            Some(provider) => self.providers.contains(provider),
        };
        self.book.origins().iter().filter(took_part).cloned().collect()
    }
}

/// Why nothing of `provider` has a price.
pub(crate) fn no_lists(provider: &Provider) -> String {
    format!("there are no price lists for {}", provider.name)
}

/// The sum of `lines` per currency.
fn totals(lines: &[Line]) -> Result<Vec<Total>, Error> {
    let mut sums = BTreeMap::new();
    for line in lines {
        let sum = sums.entry(line.currency).or_insert(Money::ZERO);
        *sum = sum.plus(line.monthly).ok_or_else(|| Error::Overflow {
            path: format!("total {}", line.currency),
        })?;
    }
    Ok(sums
        .into_iter()
        .map(|(currency, monthly)| Total { currency, monthly })
        .collect())
}
