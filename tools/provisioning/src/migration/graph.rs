//! What waits for what: strongly connected components, levels, and waves under a limit. Knows nothing of resources.
//!
//! Everything is in a fixed order, so that the same graph gives the same answer.

use std::collections::btree_set::Iter;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes from 0, each with those that come before it.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    needs: Vec<BTreeSet<usize>>,
}

impl Graph {
    /// A graph of `nodes` nodes that wait for nothing.
    #[must_use]
    pub fn new(nodes: usize) -> Self {
        Self {
            needs: vec![BTreeSet::new(); nodes],
        }
    }

    /// Lets `node` wait for `before`. A node does not wait for itself.
    pub fn wait(&mut self, node: usize, before: usize) {
        if node != before
            && before < self.needs.len()
            && let Some(needs) = self.needs.get_mut(node)
        {
            needs.insert(before);
        }
    }

    /// What `node` waits for.
    pub fn needs(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.needs.get(node).into_iter().flatten().copied()
    }

    /// The strongly connected components, each after those that it waits for, its nodes in order.
    #[must_use]
    pub fn components(&self) -> Vec<Vec<usize>> {
        let mut walk = Walk {
            graph: self,
            seen: BTreeMap::new(),
            open: Vec::new(),
            found: Vec::new(),
        };
        for node in 0..self.needs.len() {
            walk.from(node);
        }
        walk.found
    }

    /// The graph of `components`: one waits for another if a node of it does.
    #[must_use]
    pub fn condensed(&self, components: &[Vec<usize>]) -> Self {
        let place: BTreeMap<usize, usize> = components
            .iter()
            .enumerate()
            .flat_map(|(place, nodes)| nodes.iter().map(move |node| (*node, place)))
            .collect();
        let mut condensed = Self::new(components.len());
        for (node, at) in &place {
            for before in self.needs(*node).filter_map(|need| place.get(&need)) {
                condensed.wait(*at, *before);
            }
        }
        condensed
    }

    /// The level of each node: not below its `base`, and above everything that it waits for.
    ///
    /// INVARIANT: what a node waits for has a smaller number, as in [`Graph::condensed`].
    #[must_use]
    pub fn levels(&self, base: &[usize]) -> Vec<usize> {
        let mut levels: Vec<usize> = Vec::with_capacity(self.needs.len());
        for node in 0..self.needs.len() {
            let above = self.needs(node).filter_map(|need| levels.get(need)).max();
            let above = above.map_or(0, |level| level.saturating_add(1));
            levels.push(base.get(node).copied().unwrap_or_default().max(above));
        }
        levels
    }

    /// Every node that one of `from` comes before, with `from` itself.
    ///
    /// INVARIANT: what a node waits for has a smaller number, as in [`Graph::condensed`].
    #[must_use]
    pub fn after(&self, from: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut after = from.clone();
        for node in 0..self.needs.len() {
            if self.needs(node).any(|need| after.contains(&need)) {
                after.insert(node);
            }
        }
        after
    }
}

/// A node that was come to.
struct Seen {
    order: usize,
    low: usize,
    open: bool,
}

/// Tarjan's algorithm with a path of its own instead of recursion: a chain may be as long as a configuration.
struct Walk<'a> {
    graph: &'a Graph,
    seen: BTreeMap<usize, Seen>,
    open: Vec<usize>,
    found: Vec<Vec<usize>>,
}

impl<'a> Walk<'a> {
    fn from(&mut self, root: usize) {
        if self.seen.contains_key(&root) {
            return;
        }
        let mut path: Vec<(usize, Iter<'a, usize>)> = self.enter(root).into_iter().collect();
        while let Some((node, needs)) = path.last_mut() {
            let node = *node;
            match needs.next().copied() {
                Some(need) => match self.seen.get(&need) {
                    None => path.extend(self.enter(need)),
                    Some(seen) if seen.open => self.lower(node, seen.order),
                    Some(_) => {}
                },
                None => {
                    path.pop();
                    let low = self.close(node);
                    if let Some((parent, _)) = path.last() {
                        self.lower(*parent, low);
                    }
                }
            }
        }
    }

    fn enter(&mut self, node: usize) -> Option<(usize, Iter<'a, usize>)> {
        let order = self.seen.len();
        let seen = Seen {
            order,
            low: order,
            open: true,
        };
        self.seen.insert(node, seen);
        self.open.push(node);
        Some((node, self.graph.needs.get(node)?.iter()))
    }

    fn lower(&mut self, node: usize, low: usize) {
        if let Some(seen) = self.seen.get_mut(&node) {
            seen.low = seen.low.min(low);
        }
    }

    /// Takes a component off, if `node` was the first of it that was come to; says how far back `node` leads.
    fn close(&mut self, node: usize) -> usize {
        let (order, low) = self.seen.get(&node).map_or((0, 0), |seen| (seen.order, seen.low));
        if order == low {
            let start = self
                .open
                .iter()
                .rposition(|open| *open == node)
                .unwrap_or_default();
            let mut component = self.open.split_off(start);
            for node in &component {
                if let Some(seen) = self.seen.get_mut(node) {
                    seen.open = false;
                }
            }
            component.sort_unstable();
            self.found.push(component);
        }
        low
    }
}

/// What is put into waves: a condensed graph, how much each of its nodes weighs, and who should go together.
pub struct Load<'a> {
    /// The graph; what a node waits for has a smaller number.
    pub graph: &'a Graph,
    /// How much of the limit each node takes.
    pub weights: &'a [usize],
    /// Pairs that go in the same wave where order and limit allow.
    pub pairs: &'a BTreeSet<(usize, usize)>,
    /// How much a wave takes; a node that alone is more gets a wave without others that weigh.
    pub limit: usize,
}

/// The wave of each node, from 0, without gaps: later than the waves of everything that it waits for.
#[must_use]
pub fn waves(load: &Load<'_>) -> Vec<usize> {
    let levels = load.graph.levels(&[]);
    let mut waves = vec![0; levels.len()];
    let mut room = Room::default();
    for unit in units(load, &levels) {
        let weight = weight(load, &unit);
        let earliest = unit
            .iter()
            .flat_map(|node| load.graph.needs(*node))
            .filter_map(|need| waves.get(need))
            .max()
            .map_or(0, |wave: &usize| wave.saturating_add(1));
        let wave = room.take(earliest, weight, load.limit);
        for node in unit {
            if let Some(place) = waves.get_mut(node) {
                *place = wave;
            }
        }
    }
    waves
}

/// Nodes that are placed at once: those of one level that are paired, if they fit a wave. In the order of levels.
fn units(load: &Load<'_>, levels: &[usize]) -> Vec<Vec<usize>> {
    let mut joined = Graph::new(levels.len());
    for (left, right) in load.pairs {
        if levels.get(*left) == levels.get(*right) {
            joined.wait(*left, *right);
            joined.wait(*right, *left);
        }
    }
    let mut units: Vec<Vec<usize>> = Vec::new();
    for unit in joined.components() {
        if weight(load, &unit) <= load.limit {
            units.push(unit);
        } else {
            units.extend(unit.into_iter().map(|node| vec![node]));
        }
    }
    units.sort_by_key(|unit| {
        let first = unit.first().copied().unwrap_or_default();
        (levels.get(first).copied(), first)
    });
    units
}

fn weight(load: &Load<'_>, unit: &[usize]) -> usize {
    unit.iter().filter_map(|node| load.weights.get(*node)).sum()
}

/// How much of each wave is taken.
#[derive(Default)]
struct Room {
    taken: Vec<usize>,
    /// Waves that still take something.
    open: BTreeSet<usize>,
}

impl Room {
    fn take(&mut self, earliest: usize, weight: usize, limit: usize) -> usize {
        let taken = |wave: &usize| self.taken.get(*wave).copied().unwrap_or_default();
        let fits = |wave: &&usize| {
            let taken = taken(wave);
            taken == 0 || taken.saturating_add(weight) <= limit
        };
        let found = match weight {
            // What weighs nothing goes as early as it can.
            0 => (earliest < self.taken.len()).then_some(earliest),
            _ => self.open.range(earliest..).find(fits).copied(),
        };
        let wave = found.unwrap_or_else(|| {
            self.taken.push(0);
            let new = self.taken.len().saturating_sub(1);
            self.open.insert(new);
            new
        });
        if let Some(taken) = self.taken.get_mut(wave) {
            *taken = taken.saturating_add(weight);
            if *taken >= limit {
                self.open.remove(&wave);
            }
        }
        wave
    }
}
