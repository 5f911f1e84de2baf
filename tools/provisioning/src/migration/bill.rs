//! What a migration costs a month, per resource and as a whole. Currencies stay apart.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bills, Error, Inputs, Item};
use crate::cost::{AmountChange, Currency, Estimate, Money, difference};
use crate::desired::Desired;

/// Amounts per currency.
pub(super) type Sums = BTreeMap<Currency, Money>;

/// What each item costs, by its place.
pub(super) struct Shares {
    before: Side,
    after: Side,
    priced: bool,
}

/// One configuration.
#[derive(Default)]
struct Side {
    sums: BTreeMap<usize, Sums>,
    unpriced: BTreeSet<usize>,
}

/// Which of the two of an item.
#[derive(Clone, Copy)]
pub(super) enum Half {
    /// What is there today.
    Old,
    /// What comes.
    New,
}

impl Shares {
    pub(super) fn of(items: &[Item], bills: Option<Bills<'_>>) -> Result<Self, Error> {
        let side = |estimate: Option<&Estimate>, half: fn(&Item) -> Option<&Desired>| match estimate {
            Some(estimate) => Side::of(items, estimate, half),
            None => Ok(Side::default()),
        };
        Ok(Self {
            before: side(bills.map(|bills| bills.before), |item| item.from.as_ref())?,
            after: side(bills.map(|bills| bills.after), |item| item.to.as_ref())?,
            priced: bills.is_some(),
        })
    }

    /// What a month costs more once `new` have come and `old` have gone, and whether something of it is not known.
    pub(super) fn delta(&self, new: &[usize], old: &[usize]) -> Result<(Sums, bool), Error> {
        let mut sums = Sums::new();
        let mut incomplete = !self.priced;
        for (half, places) in [(Half::New, new), (Half::Old, old)] {
            for place in places {
                let (share, unpriced) = self.share(half, *place);
                incomplete |= unpriced;
                for (currency, amount) in share.into_iter().flatten() {
                    let sum = sums.entry(*currency).or_insert(Money::ZERO);
                    let next = match half {
                        Half::New => sum.plus(*amount),
                        Half::Old => sum.minus(*amount),
                    };
                    *sum = next.ok_or(Error::Overflow)?;
                }
            }
        }
        Ok((sums, incomplete))
    }

    fn share(&self, half: Half, place: usize) -> (Option<&Sums>, bool) {
        let side = match half {
            Half::Old => &self.before,
            Half::New => &self.after,
        };
        (side.sums.get(&place), side.unpriced.contains(&place))
    }
}

impl Side {
    /// Bills name a place in the configuration, which may be several resources: they share it, the first ones what cannot be
    /// divided.
    fn of(items: &[Item], estimate: &Estimate, half: fn(&Item) -> Option<&Desired>) -> Result<Self, Error> {
        let mut by_path: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, item) in items.iter().enumerate() {
            if let Some(one) = half(item) {
                by_path.entry(&one.path).or_default().push(place);
            }
        }
        let mut sums: BTreeMap<(&str, Currency), Money> = BTreeMap::new();
        for line in &estimate.lines {
            let key = (line.resource.path.as_str(), line.currency);
            let sum = sums.entry(key).or_insert(Money::ZERO);
            *sum = sum.plus(line.monthly).ok_or(Error::Overflow)?;
        }
        let mut side = Self::default();
        for ((path, currency), sum) in sums {
            let places = by_path.get(path).map(Vec::as_slice).unwrap_or_default();
            for (place, share) in places.iter().zip(shared(sum, places.len())) {
                side.sums.entry(*place).or_default().insert(currency, share);
            }
        }
        for item in &estimate.unpriced {
            let places = by_path.get(item.resource.path.as_str());
            side.unpriced.extend(places.into_iter().flatten());
        }
        Ok(side)
    }
}

/// `sum` in `parts` parts that add up to it.
fn shared(sum: Money, parts: usize) -> impl Iterator<Item = Money> {
    let count = i128::try_from(parts).unwrap_or(1).max(1);
    let (each, rest) = (sum.nanos().div_euclid(count), sum.nanos().rem_euclid(count));
    (0..count).map(move |part| Money::from_nanos(each.saturating_add(i128::from(part < rest))))
}

/// Both totals side by side, and whether something is not in them.
pub(super) fn totals(inputs: &Inputs<'_>) -> Result<(Vec<AmountChange>, bool), Error> {
    let Some(bills) = inputs.bills else {
        return Ok((Vec::new(), true));
    };
    let difference = difference(bills.before, bills.after).map_err(|_| Error::Overflow)?;
    Ok((difference.totals, difference.incomplete))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_sum() {
        for (sum, parts) in [(100, 3), (-100, 3), (0, 2), (7, 1), (2, 5)] {
            let shares: Vec<i128> = shared(Money::from_nanos(sum), parts).map(Money::nanos).collect();
            assert_eq!((shares.len(), shares.iter().sum::<i128>()), (parts, sum));
        }
    }
}
