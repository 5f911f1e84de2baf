//! Two estimates side by side: what a change costs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Address, Currency, Error, Estimate, Money};

/// What changes between two estimates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Every resource of either: those of `before` in its order, then the added ones.
    pub resources: Vec<Resource>,
    /// Per currency, by its code.
    pub totals: Vec<AmountChange>,
    /// Whether either estimate is incomplete: the deltas may then be wrong in either direction.
    pub incomplete: bool,
}

/// A resource in both, or in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Where it is, in the later estimate if it is there.
    pub address: Address,
    /// What happens to it.
    pub change: Change,
    /// Its cost per currency; empty if it is free or unpriced in both.
    pub amounts: Vec<AmountChange>,
    /// Components without a price before.
    pub unpriced_before: usize,
    /// Components without a price after.
    pub unpriced_after: usize,
    /// What is said of it as a whole before, instead of an amount.
    pub outcome_before: Outcome,
    /// What is said of it as a whole after.
    pub outcome_after: Outcome,
}

/// How a resource came out on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is not there.
    Absent,
    /// It is not billed.
    Free,
    /// Nothing of it has a known price.
    Unpriced,
    /// At least something of it has an amount.
    Billed,
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It goes away.
    Removed,
    /// What is billed, or how much of it, is another.
    Changed,
    /// It is billed as before.
    Unchanged,
}

/// An amount before and after. All amounts are for a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountChange {
    /// The currency of the three.
    pub currency: Currency,
    /// Before.
    pub before: Money,
    /// After.
    pub after: Money,
    /// After less before.
    pub delta: Money,
    /// The delta in tenths of a percent of before; absent if there was nothing before.
    pub permille: Option<i128>,
}

/// Compares two estimates by resource. Resources are the same if kind and name are, or kind and place where there
/// is no name.
///
/// # Errors
/// [`Error::Overflow`] if a sum is too large.
pub fn difference(before: &Estimate, after: &Estimate) -> Result<Difference, Error> {
    let earlier = Side::of(before)?;
    let later = Side::of(after)?;
    let added = later.order.iter().filter(|key| !earlier.parts.contains_key(*key));
    let mut resources = Vec::new();
    for key in earlier.order.iter().chain(added) {
        resources.extend(resource(earlier.parts.get(key), later.parts.get(key))?);
    }
    let sums = |estimate: &Estimate| -> BTreeMap<Currency, Money> {
        estimate
            .totals
            .iter()
            .map(|total| (total.currency, total.monthly))
            .collect()
    };
    Ok(Difference {
        resources,
        totals: amounts("total", &sums(before), &sums(after))?,
        incomplete: before.incomplete || after.incomplete,
    })
}

/// What identifies a resource across estimates: kind, name or place, and which of several with the same name.
type Key = (String, String, usize);

/// One estimate by resource.
#[derive(Default)]
struct Side {
    order: Vec<Key>,
    /// How many resources have the same kind and name.
    same: BTreeMap<(String, String), usize>,
    parts: BTreeMap<Key, Bill>,
}

/// What is said about one resource.
struct Bill {
    address: Address,
    sums: BTreeMap<Currency, Money>,
    /// What is billed, apart from what it is called: equal bills are unchanged.
    items: BTreeSet<(String, String, String, i128, Money)>,
    unpriced: BTreeSet<(String, String)>,
    unpriced_count: usize,
}

impl Side {
    fn of(estimate: &Estimate) -> Result<Self, Error> {
        let mut side = Self::default();
        let mut keys: BTreeMap<Address, Key> = BTreeMap::new();
        for line in &estimate.lines {
            let bill = side.bill(&mut keys, &line.resource);
            let sum = bill.sums.entry(line.currency).or_insert(Money::ZERO);
            *sum = sum.plus(line.monthly).ok_or_else(|| Error::Overflow {
                path: line.resource.path.clone(),
            })?;
            let (component, sku, region) = (line.component.clone(), line.sku.clone(), line.region.clone());
            bill.items
                .insert((component, sku, region, line.quantity, line.price));
        }
        for item in &estimate.unpriced {
            let bill = side.bill(&mut keys, &item.resource);
            bill.unpriced
                .insert((item.component.clone(), item.detail.clone()));
            bill.unpriced_count += 1;
        }
        for item in &estimate.free {
            side.bill(&mut keys, &item.resource);
        }
        Ok(side)
    }

    fn bill(&mut self, keys: &mut BTreeMap<Address, Key>, address: &Address) -> &mut Bill {
        let key = keys.entry(address.clone()).or_insert_with(|| {
            let name = address.name.as_ref().unwrap_or(&address.path);
            let same = self.same.entry((address.kind.clone(), name.clone())).or_default();
            let key = (address.kind.clone(), name.clone(), *same);
            *same += 1;
            self.order.push(key.clone());
            key
        });
        self.parts.entry(key.clone()).or_insert_with(|| Bill {
            address: address.clone(),
            sums: BTreeMap::new(),
            items: BTreeSet::new(),
            unpriced: BTreeSet::new(),
            unpriced_count: 0,
        })
    }
}

fn resource(before: Option<&Bill>, after: Option<&Bill>) -> Result<Option<Resource>, Error> {
    let Some(address) = after.or(before).map(|bill| &bill.address) else {
        return Ok(None);
    };
    let change = match (before, after) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        (Some(left), Some(right)) if left.items == right.items && left.unpriced == right.unpriced => {
            Change::Unchanged
        }
        _ => Change::Changed,
    };
    let nothing = BTreeMap::new();
    let sums = |bill: Option<&Bill>| bill.map_or_else(|| nothing.clone(), |bill| bill.sums.clone());
    Ok(Some(Resource {
        address: address.clone(),
        change,
        amounts: amounts(&address.path, &sums(before), &sums(after))?,
        unpriced_before: before.map_or(0, |bill| bill.unpriced_count),
        unpriced_after: after.map_or(0, |bill| bill.unpriced_count),
        outcome_before: outcome(before),
        outcome_after: outcome(after),
    }))
}

fn outcome(bill: Option<&Bill>) -> Outcome {
    match bill {
        None => Outcome::Absent,
        Some(bill) if !bill.items.is_empty() => Outcome::Billed,
        Some(bill) if bill.unpriced_count > 0 => Outcome::Unpriced,
        Some(_) => Outcome::Free,
    }
}

fn amounts(
    path: &str,
    before: &BTreeMap<Currency, Money>,
    after: &BTreeMap<Currency, Money>,
) -> Result<Vec<AmountChange>, Error> {
    let currencies: BTreeSet<Currency> = before.keys().chain(after.keys()).copied().collect();
    let change = |currency: Currency| {
        let earlier = before.get(&currency).copied().unwrap_or_default();
        let later = after.get(&currency).copied().unwrap_or_default();
        let delta = later.minus(earlier).ok_or_else(|| Error::Overflow {
            path: path.to_owned(),
        })?;
        let permille = later.permille_over(earlier);
        Ok(AmountChange {
            currency,
            before: earlier,
            after: later,
            delta,
            permille,
        })
    };
    currencies.into_iter().map(change).collect()
}
