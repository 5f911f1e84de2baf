//! Everything that a store keeps, at once: for backups, and for moving to another store.
//!
//! A lease is not part of it: whoever holds one is a process beside the old store. The epoch is, so that a process that
//! held a lease there is fenced here too.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Call, Error, Event, Recorded, Run, State, Step, fit};

/// A store that can be taken elsewhere whole.
pub trait Archive: State {
    /// All that is kept, as of one moment.
    fn whole(&self) -> Call<'_, Whole>;

    /// Lays `whole` down, all or nothing, in a store that was never used. The store is of that workspace from then on.
    fn fill(&self, whole: Whole) -> Call<'_, ()>;
}

/// What a store keeps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Whole {
    /// What marks the workspace's resources.
    pub workspace: String,
    /// How many commits there were.
    pub serial: u64,
    /// The epoch of the last lease.
    pub epoch: u64,
    /// Every resource, in the order of [`State::resources`].
    pub resources: Vec<Recorded>,
    /// Every run, oldest first.
    pub runs: Vec<Run>,
    /// The steps of all runs, in the order in which they were first written.
    pub steps: Vec<Step>,
    /// Plan tokens that were used, with when they run out.
    pub spent: BTreeMap<String, Timestamp>,
    /// The history, oldest first.
    pub events: Vec<Event>,
}

impl Whole {
    /// Whether a store at `place` can keep it.
    ///
    /// # Errors
    /// What no store can keep, and what no store would have written: two things of one name, a history with gaps.
    pub fn fit(&self, place: &str) -> Result<(), Error> {
        self.parts()
            .and_then(|()| self.sound())
            .map_err(|problem| fit::refused(place, &problem))
    }

    /// The refusal to fill a store at `place` that was used before.
    #[must_use]
    pub fn refused(place: &str) -> Error {
        Error::Broken {
            place: place.to_owned(),
            problem: "it holds something already, and only an unused store can be filled".to_owned(),
        }
    }

    fn parts(&self) -> Result<(), String> {
        fit::text(&self.workspace)?;
        self.resources.iter().try_for_each(fit::recorded)?;
        self.runs.iter().try_for_each(fit::run)?;
        self.steps.iter().try_for_each(fit::step)?;
        self.spent.iter().try_for_each(|(token, expires)| {
            fit::key(token)?;
            fit::time(*expires)
        })?;
        self.events.iter().try_for_each(|event| {
            fit::note(&event.note)?;
            fit::time(event.at)
        })
    }

    fn sound(&self) -> Result<(), String> {
        let counts = [self.serial, self.epoch];
        if counts.into_iter().any(|count| i64::try_from(count).is_err()) {
            return Err("a serial or epoch that is no possible count".to_owned());
        }
        let current = self.resources.iter().filter(|one| !one.replaced);
        unique("two resources of one address", current.map(|one| &one.address))?;
        unique(
            "two resources of one id",
            self.resources.iter().map(|one| &one.id),
        )?;
        unique("two runs of one id", self.runs.iter().map(|one| &one.id))?;
        let steps = self.steps.iter().map(|one| (&one.run, &one.name));
        unique("two steps of one name", steps)?;
        let mut earlier = 0;
        for (event, number) in self.events.iter().zip(1..) {
            if event.sequence != number || event.serial < earlier || event.serial > self.serial {
                return Err(format!("a history whose line {number} is out of order"));
            }
            earlier = event.serial;
        }
        Ok(())
    }
}

fn unique<T: Ord>(problem: &str, mut all: impl Iterator<Item = T>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match all.all(|one| seen.insert(one)) {
        true => Ok(()),
        false => Err(problem.to_owned()),
    }
}
