//! What happens to each resource, and how.
//!
//! No provider is asked, so what can change in place is what every provider with an adapter or a price list can change;
//! it is listed in `in_place`.

mod difference;
pub(super) mod names;

use std::collections::{BTreeMap, BTreeSet};

use super::matching::Pair;
use super::{Because, Class, Item, Method, Reason};
use crate::desired::{Desired, references};
use crate::resource::{Address, Kind};

/// The items of `pairs`, in their order.
pub(super) fn items(pairs: Vec<Pair<'_>>) -> Vec<Item> {
    let renamed = renamed(&pairs);
    let mut items: Vec<Item> = pairs.into_iter().map(|pair| item(pair, &renamed)).collect();
    force(&mut items);
    for item in &mut items {
        item.class = class(item);
        item.method = method(item);
    }
    names::settle(&mut items);
    items
}

/// What resources of today are called in the target.
#[derive(Default)]
struct Renamed {
    /// By kind and name, as references have it.
    names: BTreeMap<(Kind, String), String>,
    addresses: BTreeMap<Address, Address>,
}

fn renamed(pairs: &[Pair<'_>]) -> Renamed {
    let mut renamed = Renamed::default();
    for pair in pairs {
        if let (Some(from), Some(to)) = (pair.from, pair.to) {
            let (from, to) = (&from.address, &to.address);
            renamed.names.insert((from.kind, from.label()), to.label());
            renamed
                .names
                .insert((from.kind, from.name.clone()), to.name.clone());
            renamed.addresses.insert(from.clone(), to.clone());
        }
    }
    renamed
}

fn item(pair: Pair<'_>, renamed: &Renamed) -> Item {
    let reasons = match (pair.from, pair.to) {
        (Some(from), Some(to)) => difference::reasons(from, to, renamed),
        _ => Vec::new(),
    };
    let stateful = |one: &Desired| one.address.kind.stateful();
    Item {
        protected: pair.from.is_some_and(|from| from.protected || stateful(from)),
        from: pair.from.cloned(),
        to: pair.to.cloned(),
        matched: pair.matched,
        class: Class::Keep,
        method: Method::Nothing,
        reasons,
        early: false,
    }
}

/// What refers to a resource that is made anew changes with it, and what refers to that.
fn force(items: &mut [Item]) {
    let mut by_target: BTreeMap<Address, usize> = BTreeMap::new();
    let mut referring: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        let (Some(to), Some(_)) = (&item.to, &item.from) else {
            continue;
        };
        by_target.insert(to.address.clone(), place);
        for need in &to.depends_on {
            referring.entry(need.clone()).or_default().push(place);
        }
    }
    let mut anew: Vec<Address> = by_target
        .iter()
        .filter(|(_, place)| items.get(**place).is_some_and(replaced))
        .map(|(address, _)| address.clone())
        .collect();
    let mut done: BTreeSet<Address> = BTreeSet::new();
    while let Some(address) = anew.pop() {
        if !done.insert(address.clone()) {
            continue;
        }
        for place in referring.get(&address).into_iter().flatten() {
            let Some(item) = items.get_mut(*place) else {
                continue;
            };
            forced(item, &address);
            if let (true, Some(to)) = (replaced(item), &item.to) {
                anew.push(to.address.clone());
            }
        }
    }
    for item in items {
        item.reasons
            .sort_by(|left, right| left.attribute.cmp(&right.attribute));
    }
}

/// Adds that what `item` refers to as `address` is made anew.
fn forced(item: &mut Item, address: &Address) {
    let attribute = field(address.kind);
    // What the target changes is changed anyway, and what is made elsewhere is made of the new.
    if item
        .reasons
        .iter()
        .any(|reason| reason.attribute == attribute && reason.because != Because::Follows)
        || relocated(item)
    {
        return;
    }
    let refers = item.to.as_ref().is_some_and(|to| {
        references(&to.attributes)
            .into_iter()
            .any(|(kind, name)| kind == address.kind && (name == address.name || name == address.label()))
    });
    item.reasons.retain(|reason| reason.attribute != attribute);
    item.reasons.push(Reason {
        attribute: attribute.to_owned(),
        before: address.to_string(),
        after: format!("the new {address}"),
        because: Because::ForcedBy(address.clone()),
        // A dependency that no attribute says is taken to be one that it cannot leave.
        in_place: refers
            && item
                .kind()
                .is_some_and(|kind| difference::in_place(kind, attribute)),
    });
}

fn field(kind: Kind) -> &'static str {
    match kind {
        Kind::SecurityGroup => "security_groups",
        Kind::Network => "network",
        Kind::Subnet => "subnet",
        Kind::Server => "server",
        Kind::Volume | Kind::Bucket | Kind::Database => "depends_on",
    }
}

/// Attributes that say where something is.
const PLACE: [&str; 3] = ["provider", "region", "zone"];

fn relocated(item: &Item) -> bool {
    item.reasons
        .iter()
        .any(|reason| PLACE.contains(&reason.attribute.as_str()))
}

fn replaced(item: &Item) -> bool {
    item.from.is_some()
        && item.to.is_some()
        && item
            .reasons
            .iter()
            .any(|reason| !reason.in_place && reason.because != Because::Follows)
}

fn class(item: &Item) -> Class {
    let (Some(from), Some(to)) = (&item.from, &item.to) else {
        return match item.to {
            Some(_) => Class::New,
            None => Class::Retire,
        };
    };
    let real = || {
        item.reasons
            .iter()
            .filter(|reason| reason.because != Because::Follows && reason.attribute != "name")
    };
    let sizing = |reason: &&Reason| difference::sizing(&reason.attribute);
    match () {
        () if relocated(item) => Class::Move,
        () if replaced(item) && real().filter(|reason| !reason.in_place).all(|one| sizing(&one)) => {
            Class::Resize
        }
        () if replaced(item) => Class::Recreate,
        () if real().any(|one| sizing(&one)) => Class::Resize,
        () if real().next().is_some() => Class::Update,
        () if from.address != to.address || !item.reasons.is_empty() => Class::Rename,
        () => Class::Keep,
    }
}

fn method(item: &Item) -> Method {
    match (&item.from, &item.to) {
        (Some(from), Some(to)) if replaced(item) => match (names::taken(from, to), item.kind()) {
            (false, _) => Method::NewFirst,
            // What holds data is not taken away before another holds it.
            (true, Some(kind)) if kind.stateful() => Method::NewFirstTemporary,
            (true, _) => Method::OldFirst,
        },
        (Some(_), None) => Method::Remove,
        (None, Some(_)) => Method::Make,
        _ if matches!(item.class, Class::Keep | Class::Rename) => Method::Nothing,
        _ => Method::InPlace,
    }
}
