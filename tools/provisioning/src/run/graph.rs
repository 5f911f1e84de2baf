//! What is ready: steps in a fixed order, each after those that it waits for.

use std::collections::{BTreeMap, BTreeSet};

use super::Todo;

/// Why steps cannot be put in order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unordered {
    /// A step waits for one that is not there.
    #[error("step `{step}` waits for `{missing}`, which is no step; there are: {known}")]
    Missing {
        /// The step.
        step: String,
        /// What it names.
        missing: String,
        /// Those that there are, a bounded number of them.
        known: String,
    },
    /// Steps wait for each other.
    #[error("these steps wait for each other: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// Two steps have one name.
    #[error("two steps are named `{0}`")]
    Twice(String),
}

/// Steps by what they wait for.
#[derive(Debug)]
pub(super) struct Graph {
    waits: Vec<usize>,
    unblocks: Vec<Vec<usize>>,
    /// What can begin, in the order of the list.
    pub(super) ready: BTreeSet<usize>,
}

impl Graph {
    pub(super) fn of(steps: &[Todo]) -> Result<Self, Unordered> {
        let mut places = BTreeMap::new();
        for (place, step) in steps.iter().enumerate() {
            if places.insert(step.name.as_str(), place).is_some() {
                return Err(Unordered::Twice(step.name.clone()));
            }
        }
        let mut graph = Self {
            waits: vec![0; steps.len()],
            unblocks: vec![Vec::new(); steps.len()],
            ready: BTreeSet::new(),
        };
        for (place, step) in steps.iter().enumerate() {
            let needs: BTreeSet<&String> = step.after.iter().collect();
            for need in needs {
                let missing = || Unordered::Missing {
                    step: step.name.clone(),
                    missing: need.clone(),
                    known: steps
                        .iter()
                        .take(20)
                        .map(|step| step.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                };
                let before = *places.get(need.as_str()).ok_or_else(missing)?;
                if let (Some(list), Some(count)) =
                    (graph.unblocks.get_mut(before), graph.waits.get_mut(place))
                {
                    list.push(place);
                    *count = count.saturating_add(1);
                }
            }
        }
        graph.ready = (0..steps.len())
            .filter(|place| graph.waits.get(*place) == Some(&0))
            .collect();
        graph.acyclic(steps)?;
        Ok(graph)
    }

    /// Takes note that the step at `place` is done, or need not be waited for.
    pub(super) fn done(&mut self, place: usize) {
        let next = self.unblocks.get(place).cloned().unwrap_or_default();
        for place in next {
            if let Some(count) = self.waits.get_mut(place) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.ready.insert(place);
                }
            }
        }
    }

    /// Everything that waits for the step at `place`, directly or not.
    pub(super) fn dependents(&self, place: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut look = vec![place];
        while let Some(at) = look.pop() {
            for next in self.unblocks.get(at).into_iter().flatten() {
                if found.insert(*next) {
                    look.push(*next);
                }
            }
        }
        found
    }

    fn acyclic(&self, steps: &[Todo]) -> Result<(), Unordered> {
        let mut waits = self.waits.clone();
        let mut ready: Vec<usize> = self.ready.iter().copied().collect();
        let mut reached = 0_usize;
        while let Some(place) = ready.pop() {
            reached = reached.saturating_add(1);
            for next in self.unblocks.get(place).into_iter().flatten() {
                if let Some(count) = waits.get_mut(*next) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        ready.push(*next);
                    }
                }
            }
        }
        if reached == steps.len() {
            return Ok(());
        }
        Err(Unordered::Cycle(circle(steps, &waits)))
    }
}

/// One circle among the steps that still wait: follow any need that waits too, until a name comes again.
fn circle(steps: &[Todo], waits: &[usize]) -> Vec<String> {
    let waiting: BTreeMap<&str, &Todo> = steps
        .iter()
        .zip(waits)
        .filter(|(_, count)| **count > 0)
        .map(|(step, _)| (step.name.as_str(), step))
        .collect();
    let mut path: Vec<&str> = Vec::new();
    let mut at = waiting.keys().next().copied();
    while let Some(name) = at {
        if let Some(start) = path.iter().position(|known| *known == name) {
            return path
                .iter()
                .skip(start)
                .chain([&name])
                .map(|name| (*name).to_owned())
                .collect();
        }
        path.push(name);
        let needs = waiting
            .get(name)
            .map(|step| step.after.as_slice())
            .unwrap_or_default();
        at = needs
            .iter()
            .map(String::as_str)
            .find(|need| waiting.contains_key(need));
    }
    path.into_iter().map(str::to_owned).collect()
}
