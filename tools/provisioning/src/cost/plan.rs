//! Plans: what a sku is made of, what a month of it costs, and which is taken when none is named.

use jiff::civil::Date;

use super::book::{Found, PriceBook};
use super::{Needs, Provider, Unit};

/// What one machine of a sku is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The name that the provider uses.
    pub sku: String,
    /// The family, such as `m7i` or `PREMIUM`.
    pub family: String,
    /// Virtual processors.
    pub vcpu: u64,
    /// Memory, in MiB.
    pub memory_mib: u64,
    /// `x86_64` or `arm64`.
    pub arch: String,
    /// Storage that the price includes, in GB, if that is known.
    pub disk_gb: Option<u64>,
    /// Public IPv4 addresses that the price includes, if that is known.
    pub addresses: Option<u64>,
}

impl Plan {
    /// The plan as people compare it: `m6i.large (2 vCPU, 8 GiB)`.
    #[must_use]
    pub fn described(&self) -> String {
        format!("{} ({} vCPU, {})", self.sku, self.vcpu, gib(self.memory_mib))
    }

    /// Whether it has the processors and the memory; storage can be added to any plan.
    pub(crate) fn fits(&self, needs: &Needs) -> bool {
        self.vcpu >= needs.vcpu && self.memory_mib >= needs.memory_mib
    }

    /// The plan that a name such as `2xCPU-4GB` describes by itself; what it includes is not known.
    pub(crate) fn from_name(sku: &str) -> Option<Self> {
        let (family, size) = match sku.rsplit_once('-') {
            Some((head, memory)) => match head.rsplit_once('-') {
                Some((family, cpu)) => (family, (cpu, memory)),
                None => ("", (head, memory)),
            },
            None => return None,
        };
        let vcpu = size.0.strip_suffix("xCPU")?.parse().ok()?;
        let memory_gib: u64 = size.1.strip_suffix("GB")?.parse().ok()?;
        Some(Self {
            sku: sku.to_owned(),
            family: family.to_owned(),
            vcpu,
            memory_mib: memory_gib.checked_mul(1024)?,
            arch: "x86_64".to_owned(),
            disk_gb: None,
            addresses: None,
        })
    }
}

/// Memory in GiB, as short as it is exact to a tenth.
pub(crate) fn gib(mib: u64) -> String {
    match (mib / 1024, mib % 1024) {
        (whole, 0) => format!("{whole} GiB"),
        (whole, rest) => format!("{whole}.{} GiB", (rest * 10) / 1024),
    }
}

/// What a whole month of one machine is billed as.
#[derive(Debug, Clone)]
pub(crate) struct Rate {
    /// The price, per hour or per month.
    pub(crate) found: Found,
    /// Hours or months billed for one machine.
    pub(crate) quantity: i128,
    /// Rules that took part.
    pub(crate) notes: Vec<String>,
}

impl Rate {
    /// What a month costs, exactly: (currency is not the provider's own, its code, amount).
    fn order(&self, provider: &Provider) -> Option<(bool, super::Currency, super::Money)> {
        let monthly = self.found.price.times(self.quantity)?;
        Some((
            self.found.currency != provider.currency,
            self.found.currency,
            monthly,
        ))
    }
}

/// The rate of `sku`: by the hour up to the price of a month, where both are known.
pub(crate) fn rate(
    book: &PriceBook,
    provider: &Provider,
    region: &str,
    sku: &str,
    date: Date,
) -> Option<Rate> {
    let hourly = book.find(provider, sku, region, Unit::Hour, date);
    let monthly = book.find(provider, sku, region, Unit::Month, date);
    let by_hour = |found: Found| Rate {
        found,
        quantity: provider.hours,
        notes: Vec::new(),
    };
    let by_month = |found: Found| Rate {
        found,
        quantity: 1,
        notes: Vec::new(),
    };
    match (hourly, monthly) {
        (None, None) => None,
        (Some(hour), None) => Some(by_hour(hour)),
        (None, Some(month)) => Some(by_month(month)),
        (Some(hour), Some(month))
            if hour.currency == month.currency && hour.source.date == month.source.date =>
        {
            let metered = hour.price.times(provider.hours)?;
            if metered <= month.price {
                return Some(by_hour(hour));
            }
            let note = format!(
                "capped at the price of a month: {} h at {} would be {}",
                provider.hours,
                hour.price,
                hour.currency.show(metered)
            );
            Some(Rate {
                notes: vec![note],
                ..by_month(month)
            })
        }
        // Prices of different days are no cap for each other: the newer one counts.
        (Some(hour), Some(month)) => {
            let key = |found: &Found| (found.currency == provider.currency, found.source.date);
            if key(&hour) > key(&month) {
                Some(by_hour(hour))
            } else {
                Some(by_month(month))
            }
        }
    }
}

/// The plan that was taken for a machine that names none.
pub(crate) struct Choice {
    pub(crate) plan: Plan,
    /// Absent if no fitting plan has a price here; `plan` is then the smallest that fits.
    pub(crate) rate: Option<Rate>,
    /// What was chosen, and from what.
    pub(crate) assumption: String,
}

/// The cheapest plan of the provider's default families that fits `needs`; of equally cheap ones the family that is
/// named first, then the one with less memory, then the first by name. `None` if no plan fits.
pub(crate) fn choose(
    book: &PriceBook,
    provider: &Provider,
    region: &str,
    needs: &Needs,
    date: Date,
) -> Option<Choice> {
    let rank = |plan: &Plan| {
        provider
            .default_families
            .iter()
            .position(|family| *family == plan.family)
    };
    let fitting: Vec<(usize, &Plan)> = book
        .plans(provider)
        .filter(|plan| plan.fits(needs))
        .filter_map(|plan| Some((rank(plan)?, plan)))
        .collect();
    let asked = format!("{} vCPU and {}", needs.vcpu, gib(needs.memory_mib));
    let priced = fitting.iter().filter_map(|(rank, plan)| {
        let rate = rate(book, provider, region, &plan.sku, date)?;
        Some((
            (rate.order(provider)?, *rank, plan.memory_mib, plan.sku.as_str()),
            *plan,
            rate,
        ))
    });
    let priced: Vec<_> = priced.collect();
    let count = priced.len();
    if let Some((_, plan, rate)) = priced.into_iter().min_by(|left, right| left.0.cmp(&right.0)) {
        let assumption = format!(
            "no plan is named: {} is the cheapest of {count} plans with {asked} and a price in {region} ({})",
            plan.described(),
            families(provider)
        );
        return Some(Choice {
            plan: plan.clone(),
            rate: Some(rate),
            assumption,
        });
    }
    let (_, plan) = fitting
        .into_iter()
        .min_by_key(|(rank, plan)| (plan.vcpu, plan.memory_mib, *rank, &plan.sku))?;
    let assumption = format!(
        "no plan is named: {} is the smallest plan with {asked} ({})",
        plan.described(),
        families(provider)
    );
    Some(Choice {
        plan: plan.clone(),
        rate: None,
        assumption,
    })
}

/// Among what a plan is chosen: a cheaper plan of another family is no mistake.
fn families(provider: &Provider) -> String {
    match provider.default_families.as_slice() {
        [family] => format!("only the family {family} is considered"),
        families => format!("only the families {} are considered", families.join(", ")),
    }
}
