//! What waits for what, among what is made and changed, and among what goes.

use std::collections::BTreeMap;

use super::classify::names::{dependents, handed_over, places};
use super::graph::Graph;
use super::{Class, Item, Method};
use crate::resource::{Address, Kind};

/// Both orders, over places in [`super::Plan::items`].
#[derive(Debug, Clone)]
pub struct Dependencies {
    /// What is made, changed or replaced.
    pub moving: Vec<usize>,
    /// What of it waits for what.
    pub moves: Graph,
    /// Whose old one goes afterwards.
    pub retiring: Vec<usize>,
    /// What of it waits for what.
    pub retirements: Graph,
}

/// Whether the old one goes while the new one comes into use.
fn gone_early(item: &Item) -> bool {
    item.method == Method::OldFirst || item.early
}

/// Whether `item` takes part in the waves that bring the new into use.
fn moving(item: &Item) -> bool {
    item.class != Class::Keep && (item.method != Method::Remove || item.early)
}

/// What waits for what.
#[must_use]
pub fn dependencies(items: &[Item]) -> Dependencies {
    let places_of = |take: fn(&Item) -> bool| -> Vec<usize> {
        let taken = items.iter().enumerate().filter(|(_, item)| take(item));
        taken.map(|(place, _)| place).collect()
    };
    Dependencies {
        moving: places_of(moving),
        moves: moves(items),
        retiring: places_of(Item::lingers),
        retirements: retirements(items),
    }
}

fn moves(items: &[Item]) -> Graph {
    let mut graph = Graph::new(items.len());
    let olds = places(items);
    let news = targets(items);
    let dependents = dependents(items);
    let at = |place: &usize| items.get(*place).filter(|item| moving(item));
    for (place, item) in items.iter().enumerate().filter(|(_, item)| moving(item)) {
        for need in item.to.iter().flat_map(|to| &to.depends_on) {
            if let Some(before) = news.get(need).filter(|before| at(before).is_some()) {
                graph.wait(place, *before);
                gather(&mut graph, items, place, *before);
            }
        }
        for need in item.from.iter().flat_map(|from| &from.depends_on) {
            if let Some(before) = olds.get(need)
                && at(before).is_some_and(|before| !gone_early(before))
            {
                graph.wait(place, *before);
                gather(&mut graph, items, place, *before);
            }
        }
        // What stands on an old one that goes has to leave it before.
        let from = item.from.as_ref().filter(|_| gone_early(item));
        let standing = from.and_then(|from| dependents.get(&from.address));
        for before in standing.into_iter().flatten().filter_map(|one| olds.get(one)) {
            if at(before).is_some() {
                graph.wait(place, *before);
            }
        }
    }
    for (taker, holder) in handed_over(items) {
        graph.wait(taker, holder);
    }
    graph
}

/// Data has gravity: a volume and its server, both made anew, move at once.
fn gather(graph: &mut Graph, items: &[Item], volume: usize, server: usize) {
    let anew = |place: usize, kind: Kind| {
        items
            .get(place)
            .is_some_and(|item| item.method.replaces() && item.kind() == Some(kind))
    };
    if anew(volume, Kind::Volume) && anew(server, Kind::Server) {
        graph.wait(server, volume);
    }
}

/// What needs another goes before it.
fn retirements(items: &[Item]) -> Graph {
    let mut graph = Graph::new(items.len());
    let olds = places(items);
    for (place, item) in items.iter().enumerate().filter(|(_, item)| item.lingers()) {
        for need in item.from.iter().flat_map(|from| &from.depends_on) {
            if let Some(after) = olds.get(need)
                && items.get(*after).is_some_and(Item::lingers)
            {
                graph.wait(*after, place);
            }
        }
    }
    graph
}

/// The items by what they are called in the target.
fn targets(items: &[Item]) -> BTreeMap<Address, usize> {
    let place = |(place, item): (usize, &Item)| Some((item.to.as_ref()?.address.clone(), place));
    items.iter().enumerate().filter_map(place).collect()
}
