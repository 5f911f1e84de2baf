//! A world that does what a plan says, forwards and back, and complains of what cannot be.

use std::collections::BTreeSet;

use provisioning::migration::{Class, Group, Item, Method, Phase, Plan};
use provisioning::resource::Kind;

/// One half of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Half {
    Old(usize),
    New(usize),
}

/// What is there.
pub(crate) type World = BTreeSet<Half>;

/// Everything of the current configuration.
pub(crate) fn start(plan: &Plan) -> World {
    let places = 0..plan.items.len();
    places
        .filter(|place| plan.items[*place].from.is_some())
        .map(|place| stands(plan, Half::Old(place)))
        .collect()
}

/// Everything of the target.
pub(crate) fn end(plan: &Plan) -> World {
    let places = 0..plan.items.len();
    places
        .filter(|place| plan.items[*place].to.is_some())
        .map(Half::New)
        .collect()
}

/// What is kept is both its old and its new one.
fn stands(plan: &Plan, half: Half) -> Half {
    match half {
        Half::Old(place) if plan.items[place].class == Class::Keep => Half::New(place),
        half => half,
    }
}

/// What a group takes away and what it brings.
fn effect(plan: &Plan, phase: Phase, place: usize) -> (Option<Half>, Option<Half>) {
    let item = &plan.items[place];
    let (old, new) = (Half::Old(place), Half::New(place));
    match (phase, item.method) {
        (Phase::Move, Method::Make) => (None, Some(new)),
        (Phase::Move, Method::Remove) => (Some(old), None),
        (Phase::Move, Method::Nothing | Method::InPlace | Method::OldFirst) => (Some(old), Some(new)),
        (Phase::Move, Method::NewFirst | Method::NewFirstTemporary) => {
            ((item.from.is_some() && item.early).then_some(old), Some(new))
        }
        _ => (Some(old), None),
    }
}

pub(crate) fn forward(plan: &Plan, phase: Phase, group: &Group, world: &mut World) {
    for place in &group.members {
        let (gone, come) = effect(plan, phase, *place);
        assert!(
            gone.is_none_or(|half| world.remove(&half)),
            "{gone:?} is not there"
        );
        assert!(
            come.is_none_or(|half| world.insert(half)),
            "{come:?} is there already"
        );
    }
}

pub(crate) fn back(plan: &Plan, phase: Phase, group: &Group, world: &mut World) {
    for place in group.members.iter().rev() {
        let (gone, come) = effect(plan, phase, *place);
        assert!(
            come.is_none_or(|half| world.remove(&half)),
            "{come:?} is not there"
        );
        assert!(
            gone.is_none_or(|half| world.insert(half)),
            "{gone:?} is there already"
        );
    }
}

/// What stands on something that is not there. A volume is detached when its server goes.
pub(crate) fn dangling(plan: &Plan, world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for half in world {
        let (item, one) = match *half {
            Half::Old(place) => (&plan.items[place], plan.items[place].from.as_ref()),
            Half::New(place) => (&plan.items[place], plan.items[place].to.as_ref()),
        };
        let old = matches!(half, Half::Old(_)) || item.class == Class::Keep;
        let Some(one) = one else { continue };
        if old && one.address.kind == Kind::Volume && matches!(half, Half::Old(_)) {
            continue;
        }
        for need in &one.depends_on {
            let is = |place: usize, item: &Item| match half {
                // An old one may stand on what its own has become in place.
                Half::Old(_) => {
                    item.from.as_ref().is_some_and(|from| from.address == *need) && {
                        let changed = !item.method.replaces() && world.contains(&Half::New(place));
                        world.contains(&Half::Old(place)) || changed
                    }
                }
                Half::New(_) => {
                    item.to.as_ref().is_some_and(|to| to.address == *need) && {
                        let unchanged = !item.method.replaces() && world.contains(&Half::Old(place));
                        world.contains(&Half::New(place)) || unchanged && old
                    }
                }
            };
            if !plan.items.iter().enumerate().any(|(place, item)| is(place, item)) {
                found.push(format!("{half:?} {} needs {need}", one.address));
            }
        }
    }
    found
}
