//! What comes before what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Change};
use crate::resource::Address;

/// Resources that wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these resources wait for each other: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" -> "))]
pub struct Cycle(pub Vec<Address>);

/// The changes, those that only delete last and against their dependencies, all others after what they need. Among
/// what could come next, the one that stood first does.
pub(super) fn ordered(changes: Vec<Change>) -> Result<Vec<Change>, Cycle> {
    let (goes, stays): (Vec<Change>, Vec<Change>) = changes
        .into_iter()
        .partition(|change| matches!(change.action, Action::Delete | Action::Forget));
    let mut stays = sorted(stays)?;
    let mut goes = sorted(goes)?;
    goes.reverse();
    stays.extend(goes);
    Ok(stays)
}

fn sorted(changes: Vec<Change>) -> Result<Vec<Change>, Cycle> {
    let mut places: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        places.entry(change.address.clone()).or_default().push(place);
    }
    let mut waits: Vec<usize> = vec![0; changes.len()];
    let mut unblocks: Vec<Vec<usize>> = vec![Vec::new(); changes.len()];
    for (place, change) in changes.iter().enumerate() {
        for need in change
            .depends_on
            .iter()
            .filter_map(|address| places.get(address))
            .flatten()
        {
            if *need != place
                && let (Some(list), Some(count)) = (unblocks.get_mut(*need), waits.get_mut(place))
            {
                list.push(place);
                *count = count.saturating_add(1);
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..changes.len())
        .filter(|place| waits.get(*place) == Some(&0))
        .collect();
    let mut order = Vec::with_capacity(changes.len());
    while let Some(place) = ready.pop_first() {
        order.push(place);
        for next in unblocks.get(place).into_iter().flatten() {
            if let Some(count) = waits.get_mut(*next) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.insert(*next);
                }
            }
        }
    }
    if order.len() != changes.len() {
        return Err(Cycle(cycle(&changes, &waits)));
    }
    let mut changes: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    Ok(order
        .into_iter()
        .filter_map(|place| changes.get_mut(place)?.take())
        .collect())
}

/// One of the circles among what still waits: follow any need that waits too, until an address comes again.
fn cycle(changes: &[Change], waits: &[usize]) -> Vec<Address> {
    let waiting: BTreeMap<&Address, &Change> = changes
        .iter()
        .zip(waits)
        .filter(|(_, count)| **count > 0)
        .map(|(change, _)| (&change.address, change))
        .collect();
    let mut path: Vec<&Address> = Vec::new();
    let mut at = waiting.keys().next().copied();
    while let Some(address) = at {
        if let Some(start) = path.iter().position(|known| *known == address) {
            let circle = path.iter().skip(start).chain([&address]);
            return circle.map(|address| (*address).clone()).collect();
        }
        path.push(address);
        let needs = waiting
            .get(address)
            .map(|change| change.depends_on.as_slice())
            .unwrap_or_default();
        at = needs.iter().find(|need| waiting.contains_key(need));
    }
    path.into_iter().cloned().collect()
}
