//! How alike two resources of one kind are, in thousandths.

use std::collections::BTreeSet;

use crate::desired::Desired;

/// From here on two may be the same.
pub(super) const MAYBE: u32 = 600;
/// From here on two are the same, if no other comes near.
pub(super) const CLEAR: u32 = 850;
/// How far the second must be behind.
pub(super) const MARGIN: u32 = 100;

/// The likeness of `from` and `to`: half of it by what they are, the rest by name, place in the row and place in the world.
pub(super) fn likeness(from: &Desired, to: &Desired) -> u32 {
    let names: BTreeSet<&String> = from.attributes.keys().chain(to.attributes.keys()).collect();
    let same = names
        .iter()
        .filter(|name| from.attributes.get(**name) == to.attributes.get(**name))
        .count();
    let attributes = share(same, names.len(), 500);
    // Thousandths of a ratio between 0 and 1: cut off, so that it is the same everywhere.
    let name = (strsim::jaro_winkler(&from.address.name, &to.address.name) * 250.0) as u32;
    let row = u32::from(from.address.index == to.address.index) * 150;
    let place = u32::from(from.provider == to.provider && from.region == to.region) * 100;
    attributes + name.min(250) + row + place
}

fn share(part: usize, whole: usize, of: u32) -> u32 {
    let share = part
        .saturating_mul(of as usize)
        .checked_div(whole)
        .unwrap_or_default();
    u32::try_from(share).unwrap_or(of)
}
