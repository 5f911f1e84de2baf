//! Changes and deletes resources.

use super::LONGEST_POLL;
use crate::plan::Before;
use crate::provider::{Class, Error};
use crate::resource::Attributes;
use crate::run::execute::{Halt, Work};
use crate::run::todo::{Make, Todo};
use crate::state::{Change, Phase, Recorded, Step};

impl Work<'_> {
    /// Changes a resource in place. What it was stays recorded until it is changed.
    pub(in crate::run) async fn change(
        &self,
        todo: &Todo,
        make: &Make,
        before: &Before,
        changed: &[String],
        step: &mut Step,
    ) -> Result<(), Halt> {
        let Some(known) = self
            .engine
            .state
            .resource(&make.address)
            .await?
            .filter(|known| known.id == before.id)
        else {
            let message = "it is recorded as another resource now";
            return Err(Halt::Failed(Error::new(
                Class::Permanent,
                todo.name.clone(),
                message,
            )));
        };
        // It was begun by a run that did not get to its id.
        if known.provider_id.is_none() {
            return self.make(todo, make, &before.id, step, true, Vec::new()).await;
        }
        let row = Recorded {
            phase: Phase::Changing,
            ..known
        };
        self.intend(step, vec![Change::Put(Box::new(row.clone()))])
            .await?;
        self.written(todo, make, &row, changed).await?;
        let row = Recorded {
            phase: Phase::Ready,
            computed: self.computed(todo, make, &row).await?,
            ..self.like(make, row)
        };
        self.done(step, vec![Change::Put(Box::new(row))]).await
    }

    /// Writes what `make` says to the resource that `row` records. To write it twice is to write it once.
    pub(in crate::run) async fn written(
        &self,
        todo: &Todo,
        make: &Make,
        row: &Recorded,
        changed: &[String],
    ) -> Result<(), Halt> {
        let provider = self.provider(&make.provider)?;
        let order = self.order(make, &row.id).await?;
        let id = row.provider_id.clone().unwrap_or_default();
        if !changed.is_empty() {
            self.patiently(todo, || provider.update(&id, &order, changed))
                .await?;
        }
        Ok(())
    }

    async fn computed(&self, todo: &Todo, make: &Make, row: &Recorded) -> Result<Attributes, Halt> {
        let provider = self.provider(&make.provider)?;
        let order = self.order(make, &row.id).await?;
        let support = provider.support(make.address.kind);
        let support = support.ok_or_else(|| Halt::Failed(provider.cannot(todo.name.clone())))?;
        let id = row.provider_id.clone().unwrap_or_default();
        Ok(self
            .settled(todo, provider, &order, &id, &support)
            .await?
            .computed)
    }

    /// Deletes the resource that is recorded as `id`, and waits until it is gone.
    pub(in crate::run) async fn unmake(
        &self,
        todo: &Todo,
        make: &Make,
        id: &str,
        step: &mut Step,
    ) -> Result<(), Halt> {
        let Some(known) = self.known(&make.address, id).await? else {
            return self.done(step, Vec::new()).await;
        };
        let row = Recorded {
            phase: Phase::Deleting,
            ..known
        };
        self.intend(step, vec![Change::Put(Box::new(row.clone()))])
            .await?;
        self.gone(todo, make, id, row.provider_id.as_deref()).await?;
        self.done(step, vec![Change::Remove(id.to_owned())]).await
    }

    /// Deletes what is there under our marker `id`, or as `provider_id`, and waits until nothing is.
    pub(in crate::run) async fn gone(
        &self,
        todo: &Todo,
        make: &Make,
        id: &str,
        provider_id: Option<&str>,
    ) -> Result<(), Halt> {
        let provider = self.provider(&make.provider)?;
        let (kind, region) = (make.address.kind, make.region.as_deref());
        let ids = match provider_id {
            Some(id) => vec![id.to_owned()],
            None => {
                let visible = provider
                    .support(kind)
                    .map(|support| support.visible_after)
                    .unwrap_or_default();
                let order = self.order(make, id).await?;
                self.sought(todo, provider, &order, visible)
                    .await?
                    .into_iter()
                    .map(|found| found.id)
                    .collect()
            }
        };
        for id in &ids {
            self.patiently(todo, || provider.delete(kind, region, id)).await?;
            let mut wait = self.engine.settings.poll;
            while self
                .patiently(todo, || provider.read(kind, region, id))
                .await?
                .is_some()
            {
                self.engine.clock.sleep(wait).await;
                wait = wait.saturating_mul(2).min(LONGEST_POLL);
            }
        }
        Ok(())
    }
}
