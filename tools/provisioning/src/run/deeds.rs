//! One step, from its intent to its result.

mod change;
mod known;
mod make;
mod task;

use std::time::Duration;

use futures_util::future::{Either, select};

use super::execute::{Halt, Work};
use super::todo::{Deed, Instead, Todo};
use crate::provider::{Call, Class, Error};
use crate::state::{Change, Recorded, Step};

/// The longest wait between two looks at whether a resource is ready.
const LONGEST_POLL: Duration = Duration::from_secs(5);

impl Work<'_> {
    /// Does the step at `place`, or what is left of it.
    pub(super) async fn step(&self, place: usize, todo: &Todo, begun: Option<Step>) -> Result<(), Halt> {
        let deed = Box::pin(self.deed(place, todo, begun));
        let end = self.engine.clock.sleep(todo.deadline);
        match select(deed, end).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(Halt::Failed(Error::new(
                Class::Unknown,
                todo.name.clone(),
                format!("it was not done within {} s", todo.deadline.as_secs()),
            ))),
        }
    }

    async fn deed(&self, place: usize, todo: &Todo, begun: Option<Step>) -> Result<(), Halt> {
        let resumed = begun.is_some();
        let mut step = begun.unwrap_or_else(|| self.blank(&todo.name));
        match &todo.deed {
            Deed::Create { make, instead } => {
                let first = self.instead(instead.as_ref()).await?;
                self.make(todo, make, &self.marker(place), &mut step, resumed, first)
                    .await
            }
            Deed::Update {
                make,
                before,
                changed,
            } => self.change(todo, make, before, changed, &mut step).await,
            Deed::Delete { make, before } => self.unmake(todo, make, &before.id, &mut step).await,
            Deed::Forget { id } => self.done(&mut step, vec![Change::Remove(id.clone())]).await,
            Deed::Exec { server, command, .. } => {
                self.intend(&mut step, Vec::new()).await?;
                self.exec(todo, server, command).await?;
                self.done(&mut step, Vec::new()).await
            }
            Deed::Snapshot { address, label } => self.snapshot(place, todo, address, label, &mut step).await,
            Deed::Check { server, command } => {
                self.intend(&mut step, Vec::new()).await?;
                self.check(todo, server, command.as_deref()).await?;
                self.done(&mut step, Vec::new()).await
            }
            Deed::Meet => {
                self.intend(&mut step, Vec::new()).await?;
                self.done(&mut step, Vec::new()).await
            }
        }
    }

    /// What happens to the record of what stood at the address before.
    async fn instead(&self, instead: Option<&Instead>) -> Result<Vec<Change>, Halt> {
        match instead {
            None => Ok(Vec::new()),
            Some(Instead::Gone(id)) => Ok(vec![Change::Remove(id.clone())]),
            Some(Instead::Later(id)) => {
                let resources = self.engine.state.resources().await?;
                let old = resources.into_iter().find(|resource| resource.id == *id);
                let aside = old.map(|old| {
                    Change::Put(Box::new(Recorded {
                        replaced: true,
                        ..old
                    }))
                });
                Ok(aside.into_iter().collect())
            }
        }
    }

    /// Makes a call that can be made twice until it is answered, as often as the step may.
    pub(super) async fn patiently<'a, T>(
        &self,
        todo: &Todo,
        call: impl Fn() -> Call<'a, T>,
    ) -> Result<T, Halt> {
        let mut attempt = 1;
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = todo.retry.wait(attempt, &error, self.engine.chance) else {
                return Err(Halt::Failed(error));
            };
            attempt = attempt.saturating_add(1);
            self.engine.clock.sleep(wait).await;
        }
    }
}
