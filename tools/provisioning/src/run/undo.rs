//! Undoes what the journal says was done, last first, the failed step's own part included.

use std::collections::{BTreeMap, BTreeSet};

use super::execute::{Halt, Work};
use super::todo::{Deed, Instead, Make, Todo};
use super::{Error, Leftover};
use crate::plan::Before;
use crate::provider::Status;
use crate::state::{Change, Phase, Recorded, Step, StepStatus};

impl Work<'_> {
    /// Undoes every step; what could not be undone comes back.
    pub(super) async fn undo(&self, steps: &[Todo]) -> Result<Vec<Leftover>, Error> {
        let places: BTreeMap<&str, (usize, &Todo)> = steps
            .iter()
            .enumerate()
            .map(|(place, todo)| (todo.name.as_str(), (place, todo)))
            .collect();
        let journal = self.engine.state.steps(&self.run).await?;
        let mut leftovers = Vec::new();
        // What still stands keeps what it stands on.
        let mut kept: BTreeSet<&str> = BTreeSet::new();
        let mut ticks = 0_u32;
        for step in journal.into_iter().rev() {
            let Some((place, todo)) = places.get(step.name.as_str()).copied() else {
                continue;
            };
            if matches!(step.status, StepStatus::Undone | StepStatus::Skipped) {
                continue;
            }
            let mut step = step;
            let undone = if kept.contains(todo.name.as_str()) {
                Err("what stands on it could not be undone".to_owned())
            } else {
                self.undone(place, todo, steps, &mut step).await?
            };
            if let Err(reason) = undone {
                kept.extend(todo.after.iter().map(String::as_str));
                step.status = StepStatus::Stuck;
                step.error = Some(reason.clone());
                step.finished = Some(self.engine.clock.now());
                self.record(&step, Vec::new()).await?;
                leftovers.push(Self::leftover(&step, reason));
            }
            ticks = ticks.saturating_add(1);
            // The lease is kept, whatever the time: undoing is not stopped by a request to stop.
            let expires = self.engine.clock.now() + self.engine.settings.lease;
            self.engine.state.extend(self.epoch, expires).await?;
            self.engine
                .watch
                .progress(leftovers.len(), steps.len(), &format!("undone: {}", todo.name));
        }
        Ok(leftovers)
    }

    /// Undoes one step. The inner error says why it could not be.
    async fn undone(
        &self,
        place: usize,
        todo: &Todo,
        steps: &[Todo],
        step: &mut Step,
    ) -> Result<Result<(), String>, Error> {
        let failed_before = step.status == StepStatus::Failed;
        step.status = StepStatus::Undoing;
        step.finished = None;
        self.record(step, Vec::new()).await?;
        let result = match &todo.deed {
            Deed::Create { make, instead } => self.unmade(place, todo, make, instead.as_ref(), step).await,
            Deed::Update {
                make,
                before,
                changed,
            } => self.restored(todo, make, before, changed, step).await,
            Deed::Delete { make, before } => self.remade(place, todo, make, before, step).await,
            Deed::Exec {
                undo: Some(command),
                server,
                ..
            } => match self.exec(todo, server, command).await {
                Ok(()) => self.done(step, Vec::new()).await,
                Err(halt) => Err(halt),
            },
            Deed::Exec {
                server, undo: None, ..
            } => {
                // What was made in this run goes as a whole; what was there before keeps what the command did.
                let ours =
                    |todo: &Todo| matches!(&todo.deed, Deed::Create { make, .. } if make.address == *server);
                if failed_before || steps.iter().any(ours) {
                    self.done(step, Vec::new()).await
                } else {
                    return Ok(Err("nothing says how to undo its command".to_owned()));
                }
            }
            // A snapshot is kept, a look changes nothing, and what was forgotten was not there.
            Deed::Snapshot { .. } | Deed::Check { .. } | Deed::Meet | Deed::Forget { .. } => {
                self.done(step, Vec::new()).await
            }
        };
        match result {
            Ok(()) => Ok(Ok(())),
            Err(Halt::Failed(error)) => Ok(Err(error.to_string())),
            Err(Halt::State(error)) => Err(error.into()),
        }
    }

    /// Deletes what the step has made, known or not.
    async fn unmade(
        &self,
        place: usize,
        todo: &Todo,
        make: &Make,
        instead: Option<&Instead>,
        step: &mut Step,
    ) -> Result<(), Halt> {
        let marker = self.marker(place);
        let resources = self.engine.state.resources().await?;
        let row = resources.iter().find(|row| row.id == marker);
        // Without a record there was an answer: that nothing was made.
        if row.is_some() || step.effect.is_some() {
            let id = row
                .and_then(|row| row.provider_id.clone())
                .or_else(|| step.effect.clone());
            self.gone(todo, make, &marker, id.as_deref()).await?;
        }
        let mut changes = vec![Change::Remove(marker)];
        if let Some(Instead::Later(old)) = instead
            && let Some(old) = self.known(&make.address, old).await?
        {
            changes.push(Change::Put(Box::new(Recorded {
                replaced: false,
                ..old
            })));
        }
        self.done(step, changes).await
    }

    /// Writes back what was there before.
    async fn restored(
        &self,
        todo: &Todo,
        make: &Make,
        before: &Before,
        changed: &[String],
        step: &mut Step,
    ) -> Result<(), Halt> {
        let known = self.engine.state.resource(&make.address).await?;
        let Some(row) = known.filter(|row| row.id == before.id) else {
            return self.done(step, Vec::new()).await;
        };
        let old = Make {
            attributes: before.attributes.clone(),
            ..make.clone()
        };
        self.written(todo, &old, &row, changed).await?;
        let row = Recorded {
            phase: Phase::Ready,
            ..self.like(&old, row)
        };
        self.done(step, vec![Change::Put(Box::new(row))]).await
    }

    /// Makes again what was deleted, if it held nothing; if it was not deleted yet, it stays.
    async fn remade(
        &self,
        place: usize,
        todo: &Todo,
        make: &Make,
        before: &Before,
        step: &mut Step,
    ) -> Result<(), Halt> {
        let provider = self.provider(&make.provider)?;
        let (kind, region) = (make.address.kind, make.region.as_deref());
        if let Some(row) = self.known(&make.address, &before.id).await? {
            let there = match &row.provider_id {
                Some(id) => self.patiently(todo, || provider.read(kind, region, id)).await?,
                None => None,
            };
            if there.is_some_and(|found| found.status != Status::Deleting) {
                let row = Recorded {
                    phase: Phase::Ready,
                    ..row
                };
                return self.done(step, vec![Change::Put(Box::new(row))]).await;
            }
            self.gone(todo, make, &before.id, row.provider_id.as_deref())
                .await?;
            self.record(step, vec![Change::Remove(row.id)]).await?;
        }
        if kind.stateful() {
            let message = "it was deleted, and what it held is gone";
            return Err(Halt::Failed(crate::provider::Error::new(
                crate::provider::Class::Permanent,
                format!("make {} again", make.address),
                message,
            )));
        }
        let marker = format!("{}-again", self.marker(place));
        let begun = self
            .engine
            .state
            .resource(&make.address)
            .await?
            .is_some_and(|row| row.id == marker);
        self.make(todo, make, &marker, step, begun, Vec::new()).await
    }
}
