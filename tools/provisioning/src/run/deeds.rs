//! One step, from its intent to its result.

use std::time::Duration;

use futures_util::future::{Either, select};

use super::execute::{Halt, Work};
use super::todo::{Deed, Instead, Make, Todo};
use crate::canonical;
use crate::plan::Before;
use crate::provider::{Call, Class, Error, Marker, Observed, Order, Provider, Status, Support};
use crate::resource::Address;
use crate::state::{Change, Phase, Recorded, Step, StepStatus};

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

    /// Makes a resource, or goes on with one that was begun under the same marker.
    pub(super) async fn make(
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
    async fn sought(
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
    async fn settled(
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

    /// Changes a resource in place. What it was stays recorded until it is changed.
    async fn change(
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
    pub(super) async fn written(
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

    async fn computed(
        &self,
        todo: &Todo,
        make: &Make,
        row: &Recorded,
    ) -> Result<crate::resource::Attributes, Halt> {
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
    pub(super) async fn unmake(
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
    pub(super) async fn gone(
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

    /// Runs `command` in `server`; another exit code than 0 is a failure.
    pub(super) async fn exec(&self, todo: &Todo, server: &Address, command: &[String]) -> Result<(), Halt> {
        let (row, provider) = self.recorded(server).await?;
        let id = row.provider_id.unwrap_or_default();
        let ran = self
            .patiently(todo, || provider.exec(row.region.as_deref(), &id, command))
            .await?;
        match ran.code {
            0 => Ok(()),
            code => Err(Halt::Failed(Error::new(
                Class::Permanent,
                format!("run `{}` in {server}", command.first().map_or("", String::as_str)),
                format!("it exited with {code}: {}", ran.output.trim()),
            ))),
        }
    }

    async fn snapshot(
        &self,
        place: usize,
        todo: &Todo,
        address: &Address,
        label: &str,
        step: &mut Step,
    ) -> Result<(), Halt> {
        self.intend(step, Vec::new()).await?;
        let (row, provider) = self.recorded(address).await?;
        let id = row.provider_id.clone().unwrap_or_default();
        // One name for one step of one run: a second try finds the first.
        let name = format!("{label}-{}", self.marker(place));
        let region = row.region.as_deref();
        let taken = self
            .patiently(todo, || provider.snapshot(address.kind, region, &id, &name))
            .await?;
        step.effect = Some(taken);
        self.done(step, Vec::new()).await
    }

    async fn check(&self, todo: &Todo, server: &Address, command: Option<&[String]>) -> Result<(), Halt> {
        let (row, provider) = self.recorded(server).await?;
        let id = row.provider_id.clone().unwrap_or_default();
        let region = row.region.as_deref();
        let mut wait = self.engine.settings.poll;
        loop {
            let found = self
                .patiently(todo, || provider.read(server.kind, region, &id))
                .await?;
            let ready = found.is_some_and(|found| found.status == Status::Ready);
            let answered = match command {
                Some(command) if ready => {
                    self.patiently(todo, || provider.exec(region, &id, command))
                        .await?
                        .code
                        == 0
                }
                _ => ready,
            };
            if answered {
                return Ok(());
            }
            self.engine.clock.sleep(wait).await;
            wait = wait.saturating_mul(2).min(LONGEST_POLL);
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

    /// What is recorded as `id`: mostly what stands at its address, otherwise something that was replaced there.
    pub(super) async fn known(&self, address: &Address, id: &str) -> Result<Option<Recorded>, Halt> {
        if let Some(row) = self
            .engine
            .state
            .resource(address)
            .await?
            .filter(|row| row.id == id)
        {
            return Ok(Some(row));
        }
        let resources = self.engine.state.resources().await?;
        Ok(resources.into_iter().find(|row| row.id == id))
    }

    /// What is recorded at `address`, and its provider.
    async fn recorded(&self, address: &Address) -> Result<(Recorded, &dyn Provider), Halt> {
        let row = self.engine.state.resource(address).await?.ok_or_else(|| {
            Halt::Failed(Error::new(
                Class::Absent,
                format!("work on {address}"),
                "nothing is recorded at that address",
            ))
        })?;
        let provider = self.provider(&row.provider)?;
        Ok((row, provider))
    }

    pub(super) fn provider(&self, name: &str) -> Result<&dyn Provider, Halt> {
        let found = self.engine.providers.get(name).map(AsRef::as_ref);
        found.ok_or_else(|| {
            Halt::Failed(Error::new(
                Class::Denied,
                format!("reach provider `{name}`"),
                "it is not set up here",
            ))
        })
    }

    /// What the provider is asked for, with the ids of what it refers to.
    pub(super) async fn order(&self, make: &Make, marker: &str) -> Result<Order, Halt> {
        let mut references = std::collections::BTreeMap::new();
        for address in &make.depends_on {
            if let Some(id) = self
                .engine
                .state
                .resource(address)
                .await?
                .and_then(|row| row.provider_id)
            {
                references.insert(address.clone(), id);
            }
        }
        Ok(Order {
            address: make.address.clone(),
            name: make.address.label(),
            region: make.region.clone(),
            attributes: make.attributes.clone(),
            marker: Marker {
                id: marker.to_owned(),
                workspace: self.workspace.clone(),
                address: make.address.to_string(),
            },
            references,
        })
    }

    /// A new record.
    fn row(&self, make: &Make, marker: &str) -> Recorded {
        let now = self.engine.clock.now();
        let blank = Recorded {
            id: marker.to_owned(),
            address: make.address.clone(),
            replaced: false,
            provider: make.provider.clone(),
            region: make.region.clone(),
            provider_id: None,
            phase: Phase::Intended,
            attributes: Default::default(),
            computed: Default::default(),
            depends_on: Vec::new(),
            protected: false,
            config_hash: String::new(),
            origin: None,
            created: now,
            updated: now,
        };
        self.like(make, blank)
    }

    /// The record of a resource that is as `make` says.
    pub(super) fn like(&self, make: &Make, row: Recorded) -> Recorded {
        Recorded {
            attributes: make.attributes.clone(),
            depends_on: make.depends_on.clone(),
            protected: make.protected,
            config_hash: canonical::hash_of(&make.attributes),
            origin: make.origin.clone(),
            ..row
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
