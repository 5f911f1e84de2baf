//! Makes a resource so that an unanswered call makes no second one.

use std::time::Duration;

use super::LONGEST_POLL;
use crate::provider::{Class, Error, Observed, Order, Provider, Status, Support};
use crate::run::execute::{Halt, Work};
use crate::run::todo::{Make, Todo};
use crate::state::{Change, Phase, Step, StepStatus};

impl Work<'_> {
    /// Makes a resource, or goes on with one that was begun under the same marker.
    pub(in crate::run) async fn make(
        &self,
        todo: &Todo,
        make: &Make,
        marker: &str,
        step: &mut Step,
        resumed: bool,
        first: Vec<Change>,
    ) -> Result<(), Halt> {
        let provider = self.provider(&make.provider)?;
        let kind = make.address.kind;
        let support = provider.support(kind).ok_or_else(|| {
            let name = format!("a {kind}");
            Halt::Failed(Error::new(
                Class::Unsupported,
                format!("make {name}"),
                format!("provider `{}` makes none", make.provider),
            ))
        })?;
        let known = self
            .engine
            .state
            .resource(&make.address)
            .await?
            .filter(|known| known.id == marker);
        let resumed = resumed && known.is_some();
        let mut row = known.unwrap_or_else(|| self.row(make, marker));
        if !resumed {
            let mut changes = first;
            changes.push(Change::Put(Box::new(row.clone())));
            self.intend(step, changes).await?;
        }
        let order = self.order(make, marker).await?;
        let id = match row.provider_id.clone() {
            Some(id) => id,
            None => {
                self.obtained(todo, provider, &order, &support, step, resumed)
                    .await?
            }
        };
        row.provider_id = Some(id.clone());
        row.phase = Phase::Known;
        step.status = known_of(step.status);
        step.effect = Some(id.clone());
        self.record(step, vec![Change::Put(Box::new(row.clone()))])
            .await?;
        let observed = self.settled(todo, provider, &order, &id, &support).await?;
        row.phase = Phase::Ready;
        row.computed = observed.computed;
        self.done(step, vec![Change::Put(Box::new(row))]).await
    }

    /// The id of what `order` asks for: what is there under its marker, or newly made.
    async fn obtained(
        &self,
        todo: &Todo,
        provider: &dyn Provider,
        order: &Order,
        support: &Support,
        step: &mut Step,
        resumed: bool,
    ) -> Result<String, Halt> {
        // An earlier try may have made it without our hearing of it.
        let mut ask = resumed;
        loop {
            if ask && let Some(found) = self.sought(todo, provider, order, support.visible_after).await? {
                return Ok(found.id);
            }
            let error = match provider.create(order).await {
                Ok(created) => return Ok(created.id),
                Err(error) => error,
            };
            ask = error.class == Class::Unknown;
            let Some(wait) = todo.retry.wait(step.attempt, &error, self.engine.chance) else {
                let found = if ask {
                    self.sought(todo, provider, order, support.visible_after).await?
                } else {
                    None
                };
                return found.map(|found| found.id).ok_or(Halt::Failed(error));
            };
            step.attempt = step.attempt.saturating_add(1);
            step.error = Some(error.to_string());
            self.record(step, Vec::new()).await?;
            self.engine.clock.sleep(wait).await;
        }
    }

    /// What carries the marker of `order`, if it shows within the time that new resources may stay invisible.
    pub(super) async fn sought(
        &self,
        todo: &Todo,
        provider: &dyn Provider,
        order: &Order,
        visible_after: Duration,
    ) -> Result<Option<Observed>, Halt> {
        let mut waited = Duration::ZERO;
        loop {
            let look = || provider.find(order.address.kind, order.region.as_deref(), &order.marker.id);
            if let Some(found) = self.patiently(todo, look).await?.into_iter().next() {
                return Ok(Some(found));
            }
            if waited >= visible_after {
                return Ok(None);
            }
            let wait = self
                .engine
                .settings
                .poll
                .min(visible_after.saturating_sub(waited));
            self.engine.clock.sleep(wait).await;
            waited = waited.saturating_add(wait);
        }
    }

    /// Waits until `id` is as it should be.
    pub(super) async fn settled(
        &self,
        todo: &Todo,
        provider: &dyn Provider,
        order: &Order,
        id: &str,
        support: &Support,
    ) -> Result<Observed, Halt> {
        let start = [STATUS.to_owned()];
        let (mut wait, mut waited, mut started) = (self.engine.settings.poll, Duration::ZERO, false);
        let failed = |message: &str| {
            Halt::Failed(Error::new(
                Class::Permanent,
                format!("wait for {} ({id})", order.address),
                message,
            ))
        };
        loop {
            let look = || provider.read(order.address.kind, order.region.as_deref(), id);
            match self.patiently(todo, look).await? {
                Some(found) if found.status == Status::Ready => return Ok(found),
                Some(found) if found.status == Status::Failed => {
                    return Err(failed("the provider says that it failed"));
                }
                Some(found) if found.status == Status::Stopped && !started => {
                    started = true;
                    self.patiently(todo, || provider.update(id, order, &start))
                        .await?;
                }
                None if waited > support.visible_after => return Err(failed("it is not there any more")),
                _ => {}
            }
            self.engine.clock.sleep(wait).await;
            waited = waited.saturating_add(wait);
            wait = wait.saturating_mul(2).min(LONGEST_POLL);
        }
    }
}

/// The attribute that is no attribute: a stopped server is to run.
const STATUS: &str = "status";

/// A step that is being undone stays so when it makes something.
fn known_of(status: StepStatus) -> StepStatus {
    match status {
        StepStatus::Undoing => StepStatus::Undoing,
        _ => StepStatus::Known,
    }
}
