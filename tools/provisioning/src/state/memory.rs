//! A store in memory: what the port means, without a disk. Simulations and tests use it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{
    Archive, Call, Change, Claim, Error, Event, Lease, Note, Recorded, Run, State, Step, Whole, fit,
    fit_claim, note, order,
};
use crate::resource::Address;

/// A store that ends with its process.
#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Kept>,
}

/// What it is called, for people.
const PLACE: &str = "the store in memory";

#[derive(Debug, Clone, Default)]
struct Kept {
    workspace: String,
    serial: u64,
    epoch: u64,
    lease: Option<Lease>,
    resources: BTreeMap<String, Recorded>,
    runs: Vec<Run>,
    steps: Vec<Step>,
    spent: BTreeMap<String, Timestamp>,
    events: Vec<Event>,
}

impl Memory {
    /// An empty store of `workspace`.
    #[must_use]
    pub fn new(workspace: &str) -> Self {
        Self {
            kept: Mutex::new(Kept {
                workspace: workspace.to_owned(),
                ..Kept::default()
            }),
        }
    }

    /// A store that begins with `resources`, for trying something out.
    #[must_use]
    pub fn with(workspace: &str, resources: Vec<Recorded>) -> Self {
        let store = Self::new(workspace);
        let known = resources
            .into_iter()
            .map(|resource| (resource.id.clone(), resource));
        store.kept().resources.extend(known);
        store
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A thread that panicked left whole values behind: every change is made on a copy.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(
        &self,
        claim: &Claim,
        now: Timestamp,
        may: impl Fn(&Lease) -> bool,
        how: &str,
    ) -> Result<Lease, Error> {
        fit_claim(PLACE, claim, now)?;
        let mut kept = self.kept();
        if let Some(held) = kept
            .lease
            .as_ref()
            .filter(|held| held.claim.expires > now && !may(held))
        {
            return Err(Error::Held(Box::new(held.clone())));
        }
        kept.epoch = kept.epoch.saturating_add(1);
        let lease = Lease {
            claim: claim.clone(),
            acquired: now,
            epoch: kept.epoch,
        };
        kept.lease = Some(lease.clone());
        kept.add(
            now,
            Note {
                address: None,
                run: None,
                kind: how.to_owned(),
                detail: format!("{}: {}", claim.owner, claim.reason),
            },
        );
        Ok(lease)
    }
}

impl Kept {
    fn add(&mut self, at: Timestamp, note: Note) {
        let sequence = u64::try_from(self.events.len())
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        self.events.push(Event {
            sequence,
            at,
            serial: self.serial,
            note,
        });
    }

    fn holds(&self, epoch: u64) -> Result<(), Error> {
        match &self.lease {
            Some(lease) if lease.epoch == epoch => Ok(()),
            _ => Err(Error::Fenced {
                epoch,
                current: self.epoch,
            }),
        }
    }

    fn apply(&mut self, change: Change) -> Result<(), Error> {
        match change {
            Change::Put(resource) => {
                let occupied = |other: &Recorded| {
                    other.id != resource.id && !other.replaced && other.address == resource.address
                };
                if !resource.replaced && self.resources.values().any(occupied) {
                    return Err(Error::Occupied(resource.address));
                }
                self.resources.insert(resource.id.clone(), *resource);
            }
            Change::Remove(id) => {
                self.resources.remove(&id);
            }
            Change::Run(run) => match self.runs.iter_mut().find(|known| known.id == run.id) {
                // A request to stop comes from outside and is not the owner's to take back.
                Some(known) => {
                    let cancelled = known.cancelled || run.cancelled;
                    *known = Run { cancelled, ..*run };
                }
                None => self.runs.push(*run),
            },
            Change::Step(step) => {
                let same = |known: &&mut Step| known.run == step.run && known.name == step.name;
                match self.steps.iter_mut().find(same) {
                    Some(known) => *known = *step,
                    None => self.steps.push(*step),
                }
            }
            Change::Spend { token, expires } => {
                if self.spent.insert(token, expires).is_some() {
                    return Err(Error::Spent);
                }
            }
            Change::Note(_) => {}
        }
        Ok(())
    }
}

impl State for Memory {
    fn place(&self) -> &str {
        PLACE
    }

    fn serial(&self) -> Call<'_, u64> {
        let serial = self.kept().serial;
        Box::pin(async move { Ok(serial) })
    }

    fn workspace(&self) -> Call<'_, String> {
        let workspace = self.kept().workspace.clone();
        Box::pin(async move { Ok(workspace) })
    }

    fn resources(&self) -> Call<'_, Vec<Recorded>> {
        let mut resources: Vec<Recorded> = self.kept().resources.values().cloned().collect();
        order(&mut resources);
        Box::pin(async move { Ok(resources) })
    }

    fn resource<'a>(&'a self, address: &'a Address) -> Call<'a, Option<Recorded>> {
        let is = |known: &&Recorded| known.address == *address && !known.replaced;
        let found = self.kept().resources.values().find(is).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn acquire<'a>(&'a self, claim: &'a Claim, now: Timestamp) -> Call<'a, Lease> {
        let lease = self.take(claim, now, |_| false, "lease taken");
        Box::pin(async move { lease })
    }

    fn steal<'a>(&'a self, claim: &'a Claim, now: Timestamp, force: bool) -> Call<'a, Lease> {
        let lease = match self.kept().lease {
            Some(_) => None,
            None => Some(Err(Error::Free)),
        };
        let lease = lease.unwrap_or_else(|| self.take(claim, now, |_| force, "lease stolen"));
        Box::pin(async move { lease })
    }

    fn extend(&self, epoch: u64, expires: Timestamp) -> Call<'_, ()> {
        let fitting = fit(PLACE, expires, &[]);
        let mut kept = self.kept();
        let extended = fitting.and_then(|()| kept.holds(epoch));
        if let (Ok(()), Some(lease)) = (&extended, &mut kept.lease) {
            lease.claim.expires = expires;
        }
        Box::pin(async move { extended })
    }

    fn release(&self, epoch: u64) -> Call<'_, ()> {
        let mut kept = self.kept();
        if kept.holds(epoch).is_ok() {
            kept.lease = None;
        }
        Box::pin(async { Ok(()) })
    }

    fn lease(&self) -> Call<'_, Option<Lease>> {
        let lease = self.kept().lease.clone();
        Box::pin(async move { Ok(lease) })
    }

    fn commit(&self, epoch: u64, at: Timestamp, changes: Vec<Change>) -> Call<'_, u64> {
        let fitting = fit(PLACE, at, &changes);
        let mut kept = self.kept();
        let committed = fitting.and_then(|()| kept.holds(epoch)).and_then(|()| {
            let mut next = kept.clone();
            next.serial = next.serial.saturating_add(1);
            for change in changes {
                let told = note(&change);
                next.apply(change)?;
                next.add(at, told);
            }
            *kept = next;
            Ok(kept.serial)
        });
        Box::pin(async move { committed })
    }

    fn runs(&self, limit: usize) -> Call<'_, Vec<Run>> {
        let runs: Vec<Run> = self.kept().runs.iter().rev().take(limit).cloned().collect();
        Box::pin(async move { Ok(runs) })
    }

    fn run<'a>(&'a self, id: &'a str) -> Call<'a, Option<Run>> {
        let run = self.kept().runs.iter().find(|run| run.id == id).cloned();
        Box::pin(async move { Ok(run) })
    }

    fn steps<'a>(&'a self, run: &'a str) -> Call<'a, Vec<Step>> {
        let of_run = |step: &&Step| step.run == run;
        let steps: Vec<Step> = self.kept().steps.iter().filter(of_run).cloned().collect();
        Box::pin(async move { Ok(steps) })
    }

    fn cancel<'a>(&'a self, run: &'a str, at: Timestamp) -> Call<'a, ()> {
        let fitting = fit(PLACE, at, &[]);
        let mut kept = self.kept();
        let found = match kept.runs.iter_mut().find(|known| known.id == run) {
            _ if fitting.is_err() => fitting,
            Some(known) => {
                known.cancelled = true;
                kept.add(
                    at,
                    Note {
                        address: None,
                        run: Some(run.to_owned()),
                        kind: "cancel asked for".to_owned(),
                        detail: String::new(),
                    },
                );
                Ok(())
            }
            None => Err(Error::NoRun(run.to_owned())),
        };
        Box::pin(async move { found })
    }

    fn events<'a>(
        &'a self,
        address: Option<&'a Address>,
        run: Option<&'a str>,
        limit: usize,
    ) -> Call<'a, Vec<Event>> {
        let about = |event: &&Event| {
            address.is_none_or(|wanted| event.note.address.as_ref() == Some(wanted))
                && run.is_none_or(|wanted| event.note.run.as_deref() == Some(wanted))
        };
        let events: Vec<Event> = self
            .kept()
            .events
            .iter()
            .rev()
            .filter(about)
            .take(limit)
            .cloned()
            .collect();
        Box::pin(async move { Ok(events) })
    }
}

impl Archive for Memory {
    fn whole(&self) -> Call<'_, Whole> {
        let kept = self.kept().clone();
        let mut whole = Whole {
            workspace: kept.workspace,
            serial: kept.serial,
            epoch: kept.epoch,
            resources: kept.resources.into_values().collect(),
            runs: kept.runs,
            steps: kept.steps,
            spent: kept.spent,
            events: kept.events,
        };
        order(&mut whole.resources);
        Box::pin(async move { Ok(whole) })
    }

    fn fill(&self, whole: Whole) -> Call<'_, ()> {
        let mut kept = self.kept();
        let unused = kept.epoch == 0 && kept.events.is_empty() && kept.resources.is_empty();
        let filled = whole.fit(PLACE).and_then(|()| match unused {
            true => Ok(()),
            false => Err(Whole::refused(PLACE)),
        });
        if filled.is_ok() {
            *kept = Kept {
                workspace: whole.workspace,
                serial: whole.serial,
                epoch: whole.epoch,
                lease: None,
                resources: whole
                    .resources
                    .into_iter()
                    .map(|one| (one.id.clone(), one))
                    .collect(),
                runs: whole.runs,
                steps: whole.steps,
                spent: whole.spent,
                events: whole.events,
            };
        }
        Box::pin(async move { filled })
    }
}
