//! Groups in waves: first everything that comes into use, then what goes.

use std::collections::{BTreeMap, BTreeSet};

use super::bill::Shares;
use super::graph::{Graph, Load, waves as placed};
use super::order::{Dependencies, dependencies};
use super::{Class, DELAY_DAYS, Error, Group, Inputs, Item, Phase, Wave, downtime, steps};
use crate::resource::{Kind, Value};

/// The waves of `items`, their hashes still empty.
pub(super) fn waves(items: &[Item], inputs: &Inputs<'_>) -> Result<Vec<Wave>, Error> {
    let order = dependencies(items);
    let shares = Shares::of(items, inputs.bills)?;
    let moves = moves(items, &order, inputs.limits.max_parallel_moves);
    let retirements = retirements(items, &order);
    let mut waves = Vec::new();
    for schedule in [moves, retirements] {
        let first = waves.len();
        waves.extend(schedule.waves(first, items, inputs, &shares)?);
    }
    // The way back is open until what is replaced is gone.
    steps::set_deadlines(&mut waves, items);
    Ok(waves)
}

/// Components in waves that have no numbers yet.
struct Schedule {
    components: Vec<Vec<usize>>,
    condensed: Graph,
    /// The wave of each component, from 0, without gaps.
    places: Vec<usize>,
    /// What each wave is for.
    phases: Vec<Phase>,
}

/// The components of `graph` among `nodes`.
fn components(graph: &Graph, nodes: &[usize]) -> Vec<Vec<usize>> {
    let nodes: BTreeSet<usize> = nodes.iter().copied().collect();
    let mut components = graph.components();
    components.retain(|component| component.iter().any(|node| nodes.contains(node)));
    components
}

fn moves(items: &[Item], order: &Dependencies, limit: usize) -> Schedule {
    let components = components(&order.moves, &order.moving);
    let condensed = order.moves.condensed(&components);
    let weights: Vec<usize> = components
        .iter()
        .map(|component| weight(items, component))
        .collect();
    let places = placed(&Load {
        graph: &condensed,
        weights: &weights,
        pairs: &chatty(items, &components),
        limit,
    });
    let count = places.iter().max().map_or(0, |last| last.saturating_add(1));
    Schedule {
        components,
        condensed,
        places,
        phases: vec![Phase::Move; count],
    }
}

/// How many of `component` exist and are replaced or resized.
fn weight(items: &[Item], component: &[usize]) -> usize {
    let heavy = |item: &&Item| item.from.is_some() && (item.method.replaces() || item.class == Class::Resize);
    let members = component.iter().filter_map(|place| items.get(*place));
    members.filter(heavy).count()
}

/// Components whose servers and databases share a subnet today: they talk to each other, and go in one wave.
fn chatty(items: &[Item], components: &[Vec<usize>]) -> BTreeSet<(usize, usize)> {
    let mut servers: BTreeMap<(&str, &str), BTreeSet<usize>> = BTreeMap::new();
    let mut databases = servers.clone();
    for (component, members) in components.iter().enumerate() {
        let replaced = members
            .iter()
            .filter_map(|place| items.get(*place))
            .filter(|item| item.method.replaces());
        for from in replaced.filter_map(|item| item.from.as_ref()) {
            let list = match from.address.kind {
                Kind::Server => &mut servers,
                Kind::Database => &mut databases,
                _ => continue,
            };
            if let Some(subnet) = from.attributes.get("subnet").and_then(Value::text) {
                let place = list.entry((from.provider.as_str(), subnet)).or_default();
                place.insert(component);
            }
        }
    }
    let mut pairs = BTreeSet::new();
    for (place, databases) in &databases {
        // Through the first database, so that a subnet of many gives few pairs.
        let Some(first) = databases.first() else { continue };
        let others = servers.get(place).into_iter().flatten().chain(databases);
        pairs.extend(others.filter(|one| *one != first).map(|one| (*first, *one)));
    }
    pairs
}

fn retirements(items: &[Item], order: &Dependencies) -> Schedule {
    let components = components(&order.retirements, &order.retiring);
    let condensed = order.retirements.condensed(&components);
    let of_kind = |test: fn(Kind) -> bool| -> BTreeSet<usize> {
        let kinds = |component: &[usize]| {
            let mut members = component.iter().filter_map(|place| items.get(*place)?.kind());
            members.any(test)
        };
        let taken = components.iter().enumerate().filter(|(_, one)| kinds(one));
        taken.map(|(place, _)| place).collect()
    };
    // What holds data goes after all that holds none, and networks after everything but what has to come after them.
    let late = condensed.after(&of_kind(|kind| kind.stateful() || kind == Kind::Network));
    let last = condensed.after(&of_kind(|kind| kind == Kind::Network));
    let mut base = vec![0; components.len()];
    let mut delayed = 0;
    for after in [&late, &last] {
        let levels = condensed.levels(&base);
        let before = (0..components.len()).filter(|one| !after.contains(one));
        let top = before.filter_map(|one| levels.get(one)).max();
        let level = top.map_or(0, |level| level.saturating_add(1));
        if after == &late {
            delayed = level;
        }
        for one in after {
            if let Some(base) = base.get_mut(*one) {
                *base = level;
            }
        }
    }
    let levels = condensed.levels(&base);
    let used: BTreeSet<usize> = levels.iter().copied().collect();
    let number: BTreeMap<usize, usize> = used
        .iter()
        .enumerate()
        .map(|(number, level)| (*level, number))
        .collect();
    let phase = |level: &usize| match *level < delayed {
        true => Phase::Retire,
        false => Phase::Decommission,
    };
    Schedule {
        places: levels
            .iter()
            .filter_map(|level| number.get(level).copied())
            .collect(),
        phases: used.iter().map(phase).collect(),
        components,
        condensed,
    }
}

impl Schedule {
    /// The waves, numbered after `first` earlier ones.
    fn waves(
        self,
        first: usize,
        items: &[Item],
        inputs: &Inputs<'_>,
        shares: &Shares,
    ) -> Result<Vec<Wave>, Error> {
        let mut waves: Vec<Wave> = Vec::with_capacity(self.phases.len());
        for phase in &self.phases {
            let begun = waves.last().map(|wave: &Wave| wave.phase);
            let delayed = *phase == Phase::Decommission && begun != Some(Phase::Decommission);
            waves.push(Wave {
                number: first.saturating_add(waves.len()).saturating_add(1),
                phase: *phase,
                after_days: if delayed { DELAY_DAYS } else { 0 },
                groups: Vec::new(),
                hash: String::new(),
            });
        }
        // In the order of waves, so that what a group waits for has its name already.
        let mut sorted: Vec<(usize, usize)> = self.places.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut names: BTreeMap<usize, String> = BTreeMap::new();
        for (place, component) in sorted {
            let (Some(wave), Some(members)) = (waves.get_mut(place), self.components.get(component)) else {
                continue;
            };
            let name = format!("{}.{}", wave.number, wave.groups.len().saturating_add(1));
            let needs = self.condensed.needs(component);
            let needs = needs.filter_map(|need| names.get(&need).cloned()).collect();
            let group = group(&name, needs, wave.phase, members, items, inputs, shares)?;
            names.insert(component, name);
            wave.groups.push(group);
        }
        Ok(waves)
    }
}

fn group(
    name: &str,
    needs: Vec<String>,
    phase: Phase,
    members: &[usize],
    items: &[Item],
    inputs: &Inputs<'_>,
    shares: &Shares,
) -> Result<Group, Error> {
    let at = |test: &dyn Fn(&Item) -> bool| -> Vec<usize> {
        let taken = members
            .iter()
            .filter(|place| items.get(**place).is_some_and(test));
        taken.copied().collect()
    };
    let (new, old) = match phase {
        Phase::Move => (at(&|item| item.to.is_some()), at(&|item| !item.lingers())),
        Phase::Retire | Phase::Decommission => (Vec::new(), members.to_vec()),
    };
    let (cost, cost_incomplete) = shares.delta(&new, &old)?;
    let of: Vec<&Item> = members.iter().filter_map(|place| items.get(*place)).collect();
    let script = steps::script(&of, phase);
    Ok(Group {
        name: name.to_owned(),
        members: members.to_vec(),
        needs,
        cost,
        cost_incomplete,
        downtime: match phase {
            Phase::Move => downtime::downtime(&of, &inputs.limits),
            Phase::Retire | Phase::Decommission => downtime::Downtime::default(),
        },
        checks: script.checks,
        steps: script.steps,
        validation: script.validation,
        rollback: script.rollback,
        over_limit: phase == Phase::Move && weight(items, members) > inputs.limits.max_parallel_moves,
    })
}
