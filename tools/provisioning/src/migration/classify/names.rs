//! Whether an old and a new one can be there at once under one name, and what follows where they cannot.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Class, Item, Method};
use crate::desired::Desired;
use crate::resource::{Address, Kind};

/// Whether the name of `to` is taken as long as `from` is there.
pub(super) fn taken(from: &Desired, to: &Desired) -> bool {
    let kind = to.address.kind;
    // Names of buckets are unique over all regions.
    let near = kind == Kind::Bucket || from.region == to.region;
    from.provider == to.provider
        && near
        && from.address.label() == to.address.label()
        && unique(&to.provider, kind)
}

/// Whether names of `kind` are unique at `provider`. Where that is not known they are taken to be.
fn unique(provider: &str, kind: Kind) -> bool {
    match provider {
        // These have ids, and a name that is a tag or a title.
        "aws" => matches!(kind, Kind::SecurityGroup | Kind::Bucket | Kind::Database),
        "upcloud" => matches!(kind, Kind::Bucket | Kind::Database),
        _ => true,
    }
}

/// Settles what the names of the others allow. Where an old one goes first, everything that stands on it has to be gone
/// before: such are marked `early`. If one of these holds data that way is closed, and the new one gets a temporary name
/// instead; so does what is to be called as something that stays until the end.
pub(super) fn settle(items: &mut [Item]) {
    let places = places(items);
    let dependents = dependents(items);
    for place in 0..items.len() {
        let old_first = items.get(place).filter(|item| item.method == Method::OldFirst);
        let Some(from) = old_first.and_then(|item| item.from.as_ref()) else {
            continue;
        };
        let standing = standing(items, &places, &dependents, &from.address);
        let of = |place: &usize| items.get(*place).and_then(Item::kind);
        if standing.iter().any(|place| of(place).is_some_and(Kind::stateful)) {
            if let Some(item) = items.get_mut(place) {
                item.method = Method::NewFirstTemporary;
            }
            continue;
        }
        for place in standing {
            if let Some(item) = items.get_mut(place) {
                item.early |= item.method != Method::OldFirst;
            }
        }
    }
    stand_on(items);
    borrow(items);
    // A name that another takes has to be given up at the provider too, not only in what is recorded.
    for (_, holder) in handed_over(items) {
        if let Some(item) = items.get_mut(holder) {
            item.method = Method::InPlace;
            if item.class == Class::Rename {
                item.class = Class::Update;
            }
        }
    }
}

/// Who takes a name that another gives up by being renamed: the one that takes it, and the one that gives it up.
pub(in super::super) fn handed_over(items: &[Item]) -> Vec<(usize, usize)> {
    let renamed = |item: &Item| {
        let stays = matches!(item.method, Method::Nothing | Method::InPlace);
        let (from, to) = (item.from.as_ref()?, item.to.as_ref()?);
        let key = key(from)?;
        (stays && from.address.label() != to.address.label()).then_some(key)
    };
    let given_up: BTreeMap<_, usize> = items
        .iter()
        .enumerate()
        .filter_map(|(place, item)| Some((renamed(item)?, place)))
        .collect();
    let taken = |(place, item): (usize, &Item)| {
        let holder = *given_up.get(&key(item.to.as_ref()?)?)?;
        (holder != place).then_some((place, holder))
    };
    items.iter().enumerate().filter_map(taken).collect()
}

/// What goes early and whose new one stands on one that can only be made afterwards goes before its new one, too.
fn stand_on(items: &mut [Item]) {
    loop {
        let late: BTreeSet<Address> = items
            .iter()
            .filter(|item| item.method == Method::OldFirst)
            .filter_map(|item| Some(item.to.as_ref()?.address.clone()))
            .collect();
        let stands = |item: &&mut Item| {
            let mut needs = item.to.iter().flat_map(|to| &to.depends_on);
            item.early && item.method.replaces() && needs.any(|need| late.contains(need))
        };
        let mut found = false;
        for item in items.iter_mut().filter(stands) {
            item.method = Method::OldFirst;
            item.early = false;
            found = true;
        }
        if !found {
            return;
        }
    }
}

/// What a provider tells resources apart by, where it does.
fn key(one: &Desired) -> Option<(String, Kind, String, Option<String>)> {
    let kind = one.address.kind;
    let region = one.region.clone().filter(|_| kind != Kind::Bucket);
    unique(&one.provider, kind).then(|| (one.provider.clone(), kind, one.address.label(), region))
}

/// Gives a temporary name to what would be called as an old one of another that is still there.
fn borrow(items: &mut [Item]) {
    let stays = |item: &&Item| !item.early && (item.method == Method::Remove || item.method.replaces());
    let held: BTreeSet<_> = items
        .iter()
        .filter(stays)
        .filter(|item| item.method != Method::OldFirst)
        .filter_map(|item| key(item.from.as_ref()?))
        .collect();
    for item in items {
        let wanted = item.to.as_ref().and_then(key);
        if matches!(item.method, Method::Make | Method::NewFirst)
            && wanted.is_some_and(|key| held.contains(&key))
        {
            item.method = Method::NewFirstTemporary;
        }
    }
}

/// The items by what they are called today.
pub(in super::super) fn places(items: &[Item]) -> BTreeMap<Address, usize> {
    let place = |(place, item): (usize, &Item)| Some((item.from.as_ref()?.address.clone(), place));
    items.iter().enumerate().filter_map(place).collect()
}

/// For each resource of today, those that need it.
pub(in super::super) fn dependents(items: &[Item]) -> BTreeMap<Address, Vec<Address>> {
    let mut dependents: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
    for one in items.iter().filter_map(|item| item.from.as_ref()) {
        for need in &one.depends_on {
            let list = dependents.entry(need.clone()).or_default();
            list.push(one.address.clone());
        }
    }
    dependents
}

/// The items whose old one goes and stands on `address`, directly or on one of these. A volume stands on nothing: it is
/// detached.
fn standing(
    items: &[Item],
    places: &BTreeMap<Address, usize>,
    dependents: &BTreeMap<Address, Vec<Address>>,
    address: &Address,
) -> BTreeSet<usize> {
    let goes = |place: &usize| {
        let item = items.get(*place);
        item.is_some_and(|item| item.method == Method::Remove || item.method.replaces())
    };
    let mut found = BTreeSet::new();
    let mut look = vec![address];
    while let Some(at) = look.pop() {
        let needing = dependents.get(at).into_iter().flatten();
        for next in needing.filter(|next| next.kind != Kind::Volume) {
            let place = places.get(next).copied().filter(goes);
            if place.is_some_and(|place| found.insert(place)) {
                look.push(next);
            }
        }
    }
    found
}
