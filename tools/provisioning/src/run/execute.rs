//! The scheduler: begins what is ready, a bounded number at a time, in a fixed order; keeps the lease; ends the run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::graph::Graph;
use super::{Deed, Engine, Error, Leftover, OnFailure, Outcome, Todo};
use crate::provider;
use crate::state::{self, Change, Run, RunStatus, Step, StepStatus};

/// How often the owner looks whether it is to stop.
const TICK: Duration = Duration::from_secs(1);

/// A run at work.
pub(super) struct Work<'a> {
    pub(super) engine: &'a Engine<'a>,
    pub(super) epoch: u64,
    pub(super) run: String,
    pub(super) workspace: String,
}

/// Why a step ended early.
#[derive(Debug)]
pub(super) enum Halt {
    /// The step failed for good.
    Failed(provider::Error),
    /// Nothing can be written any more: everything stops at once.
    State(state::Error),
}

impl From<state::Error> for Halt {
    fn from(error: state::Error) -> Self {
        Self::State(error)
    }
}

/// How far the forward part came.
#[derive(Default)]
struct Progress {
    done: usize,
    failed: Option<String>,
    cancelled: bool,
}

/// Begins `run`: its record is written with `first` (such as a token that is used up), then its steps are done.
pub async fn execute(
    engine: &Engine<'_>,
    epoch: u64,
    run: Run,
    first: Vec<Change>,
    steps: &[Todo],
) -> Result<Outcome, Error> {
    Graph::of(steps)?;
    let mut changes = first;
    changes.push(Change::Run(Box::new(run.clone())));
    engine.state.commit(epoch, engine.clock.now(), changes).await?;
    resume(engine, epoch, run, steps).await
}

/// Goes on with `run` from what its journal says. `steps` are those that it began with.
pub async fn resume(engine: &Engine<'_>, epoch: u64, mut run: Run, steps: &[Todo]) -> Result<Outcome, Error> {
    let work = Work {
        engine,
        epoch,
        run: run.id.clone(),
        workspace: engine.state.workspace().await?,
    };
    let mut leftovers = Vec::new();
    if run.status == RunStatus::Running {
        let progress = work.forward(steps).await?;
        run.message = progress.failed.clone();
        run.status = match (&progress.failed, progress.cancelled) {
            (None, false) => RunStatus::Succeeded,
            _ if engine.settings.on_failure == OnFailure::Rollback => RunStatus::RollingBack,
            (None, true) => RunStatus::Cancelled,
            (Some(_), _) => RunStatus::Failed,
        };
        run.cancelled |= progress.cancelled;
        work.write(&mut run).await?;
    }
    if run.status == RunStatus::RollingBack {
        leftovers = work.undo(steps).await?;
        run.status = match (leftovers.is_empty(), run.cancelled) {
            (true, true) => RunStatus::Cancelled,
            (true, false) => RunStatus::RolledBack,
            (false, _) => RunStatus::RollbackIncomplete,
        };
        work.write(&mut run).await?;
    }
    Ok(Outcome {
        status: run.status,
        steps: engine.state.steps(&run.id).await?,
        run: run.id,
        leftovers,
    })
}

impl Work<'_> {
    /// Does everything that is not done.
    async fn forward(&self, steps: &[Todo]) -> Result<Progress, Error> {
        let journal: BTreeMap<String, Step> = self
            .engine
            .state
            .steps(&self.run)
            .await?
            .into_iter()
            .map(|step| (step.name.clone(), step))
            .collect();
        let mut graph = Graph::of(steps)?;
        let mut progress = Progress::default();
        let mut skipped: BTreeSet<usize> = BTreeSet::new();
        for (place, todo) in steps.iter().enumerate() {
            match journal.get(&todo.name).map(|step| step.status) {
                Some(StepStatus::Done) => {
                    graph.ready.remove(&place);
                    graph.done(place);
                    graph.ready.retain(|ready| !done(&journal, steps, *ready));
                    progress.done = progress.done.saturating_add(1);
                }
                Some(StepStatus::Failed | StepStatus::Skipped) => {
                    progress
                        .failed
                        .get_or_insert_with(|| failure(journal.get(&todo.name)));
                    skipped.insert(place);
                    skipped.extend(graph.dependents(place));
                }
                _ => {}
            }
        }
        let mut running = FuturesUnordered::new();
        let mut tick = self.engine.clock.sleep(TICK);
        let mut ticks = 0_u32;
        loop {
            let may = |progress: &Progress| {
                !progress.cancelled
                    && (progress.failed.is_none() || self.engine.settings.on_failure == OnFailure::Continue)
            };
            while may(&progress) && running.len() < self.engine.settings.parallel {
                let Some(place) = graph.ready.pop_first() else {
                    break;
                };
                let Some(todo) = steps.get(place).filter(|_| !skipped.contains(&place)) else {
                    continue;
                };
                let begun = journal.get(&todo.name).cloned();
                running.push(async move { (place, self.step(place, todo, begun).await) });
            }
            if running.is_empty() {
                break;
            }
            let finished = match select(running.next(), &mut tick).await {
                Either::Left((finished, _)) => finished,
                Either::Right(_) => {
                    ticks = ticks.saturating_add(1);
                    tick = self.engine.clock.sleep(TICK);
                    progress.cancelled |= self.sign_of_life(ticks).await?;
                    None
                }
            };
            let Some((place, result)) = finished else { continue };
            let name = steps.get(place).map_or("", |todo| todo.name.as_str());
            match result {
                Ok(()) => {
                    graph.done(place);
                    progress.done = progress.done.saturating_add(1);
                    self.engine.watch.progress(progress.done, steps.len(), name);
                }
                Err(Halt::State(error)) => return Err(error.into()),
                Err(Halt::Failed(error)) => {
                    self.failed(place, steps.get(place), &error).await?;
                    self.engine
                        .watch
                        .progress(progress.done, steps.len(), &error.to_string());
                    progress.failed.get_or_insert_with(|| format!("{name}: {error}"));
                    skipped.extend(graph.dependents(place));
                }
            }
        }
        let pending = steps
            .iter()
            .enumerate()
            .filter(|(place, _)| skipped.contains(place));
        for (_, todo) in pending.filter(|(_, todo)| !journal.contains_key(&todo.name)) {
            self.skip(todo).await?;
        }
        Ok(progress)
    }

    /// Keeps the lease, and looks whether the run is to stop.
    pub(super) async fn sign_of_life(&self, ticks: u32) -> Result<bool, state::Error> {
        let engine = self.engine;
        let third = u32::try_from(engine.settings.lease.as_secs() / 3)
            .unwrap_or(u32::MAX)
            .max(1);
        if ticks.is_multiple_of(third) {
            engine
                .state
                .extend(self.epoch, engine.clock.now() + engine.settings.lease)
                .await?;
        }
        Ok(engine
            .state
            .run(&self.run)
            .await?
            .is_some_and(|run| run.cancelled))
    }

    /// Our id of what the step at `place` makes: the same however often it is tried.
    pub(super) fn marker(&self, place: usize) -> String {
        format!("{}-{place}", self.run)
    }

    pub(super) fn blank(&self, name: &str) -> Step {
        Step {
            run: self.run.clone(),
            name: name.to_owned(),
            status: StepStatus::Intended,
            attempt: 1,
            effect: None,
            error: None,
            started: self.engine.clock.now(),
            finished: None,
        }
    }

    /// Writes that the step is about to be done, with `changes`.
    pub(super) async fn intend(&self, step: &mut Step, changes: Vec<Change>) -> Result<(), state::Error> {
        if step.status != StepStatus::Undoing {
            step.status = StepStatus::Intended;
        }
        self.record(step, changes).await
    }

    /// Writes that the step is done, with `changes`.
    pub(super) async fn done(&self, step: &mut Step, changes: Vec<Change>) -> Result<(), Halt> {
        step.status = match step.status {
            StepStatus::Undoing => StepStatus::Undone,
            _ => StepStatus::Done,
        };
        step.error = None;
        step.finished = Some(self.engine.clock.now());
        Ok(self.record(step, changes).await?)
    }

    /// Writes the step as it is, with `changes`: records of resources get the time.
    pub(super) async fn record(&self, step: &Step, changes: Vec<Change>) -> Result<(), state::Error> {
        let now = self.engine.clock.now();
        let mut changes = changes;
        for change in &mut changes {
            if let Change::Put(resource) = change {
                resource.updated = now;
            }
        }
        changes.push(Change::Step(Box::new(step.clone())));
        self.engine.state.commit(self.epoch, now, changes).await?;
        Ok(())
    }

    async fn failed(
        &self,
        place: usize,
        todo: Option<&Todo>,
        error: &provider::Error,
    ) -> Result<(), state::Error> {
        let Some(todo) = todo else { return Ok(()) };
        let known = self.engine.state.steps(&self.run).await?;
        let known = known.into_iter().find(|step| step.name == todo.name);
        let step = Step {
            status: StepStatus::Failed,
            error: Some(error.to_string()),
            finished: Some(self.engine.clock.now()),
            ..known.unwrap_or_else(|| self.blank(&todo.name))
        };
        // Where the provider says that nothing happened, nothing is recorded, and nothing has to be looked for.
        let nothing = step.effect.is_none() && error.class != provider::Class::Unknown;
        let changes = match &todo.deed {
            Deed::Create { .. } if nothing => vec![Change::Remove(self.marker(place))],
            _ => Vec::new(),
        };
        self.record(&step, changes).await
    }

    async fn skip(&self, todo: &Todo) -> Result<(), state::Error> {
        let step = Step {
            status: StepStatus::Skipped,
            finished: Some(self.engine.clock.now()),
            ..self.blank(&todo.name)
        };
        self.record(&step, Vec::new()).await
    }

    async fn write(&self, run: &mut Run) -> Result<(), state::Error> {
        let now = self.engine.clock.now();
        run.finished = (!run.status.open()).then_some(now);
        let change = Change::Run(Box::new(run.clone()));
        self.engine.state.commit(self.epoch, now, vec![change]).await?;
        Ok(())
    }

    /// What is left of a step that could not be undone.
    pub(super) fn leftover(step: &Step, reason: String) -> Leftover {
        Leftover {
            step: step.name.clone(),
            provider_id: step.effect.clone(),
            reason,
        }
    }
}

fn done(journal: &BTreeMap<String, Step>, steps: &[Todo], place: usize) -> bool {
    let step = steps.get(place).and_then(|todo| journal.get(&todo.name));
    step.is_some_and(|step| step.status == StepStatus::Done)
}

fn failure(step: Option<&Step>) -> String {
    let said = |step: &Step| {
        format!(
            "{}: {}",
            step.name,
            step.error.as_deref().unwrap_or("it failed earlier")
        )
    };
    step.map(said).unwrap_or_default()
}
