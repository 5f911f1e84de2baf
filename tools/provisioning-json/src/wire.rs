//! What the file looks like inside. A name that was ever written keeps its meaning.

use std::collections::BTreeMap;

use jiff::Timestamp;
use provisioning::resource::{self, Attributes, Kind};
use provisioning::state::{self, Phase, RunStatus, StepStatus, Whole};
use serde::{Deserialize, Serialize};

/// Everything.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    workspace: String,
    serial: u64,
    epoch: u64,
    resources: Vec<Recorded>,
    runs: Vec<Run>,
    steps: Vec<Step>,
    spent: BTreeMap<String, Timestamp>,
    events: Vec<Event>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    kind: String,
    name: String,
    index: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    id: String,
    address: Address,
    replaced: bool,
    provider: String,
    region: Option<String>,
    provider_id: Option<String>,
    phase: String,
    attributes: Attributes,
    computed: Attributes,
    depends_on: Vec<Address>,
    protected: bool,
    config_hash: String,
    origin: Option<String>,
    created: Timestamp,
    updated: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    id: String,
    name: String,
    definition: String,
    plan_hash: String,
    owner: String,
    status: String,
    cancelled: bool,
    started: Timestamp,
    finished: Option<Timestamp>,
    message: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    run: String,
    name: String,
    status: String,
    attempt: u32,
    effect: Option<String>,
    error: Option<String>,
    started: Timestamp,
    finished: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    sequence: u64,
    at: Timestamp,
    serial: u64,
    address: Option<Address>,
    run: Option<String>,
    kind: String,
    detail: String,
}

impl State {
    /// `whole`, to be written.
    pub(crate) fn of(whole: &Whole) -> Self {
        Self {
            workspace: whole.workspace.clone(),
            serial: whole.serial,
            epoch: whole.epoch,
            resources: whole.resources.iter().map(Recorded::of).collect(),
            runs: whole.runs.iter().map(Run::of).collect(),
            steps: whole.steps.iter().map(Step::of).collect(),
            spent: whole.spent.clone(),
            events: whole.events.iter().map(Event::of).collect(),
        }
    }

    /// What was read.
    pub(crate) fn whole(self) -> Result<Whole, String> {
        Ok(Whole {
            workspace: self.workspace,
            serial: self.serial,
            epoch: self.epoch,
            resources: all(self.resources, Recorded::read)?,
            runs: all(self.runs, Run::read)?,
            steps: all(self.steps, Step::read)?,
            spent: self.spent,
            events: all(self.events, Event::read)?,
        })
    }
}

impl Address {
    fn of(address: &resource::Address) -> Self {
        Self {
            kind: address.kind.name().to_owned(),
            name: address.name.clone(),
            index: address.index,
        }
    }

    fn read(self) -> Result<resource::Address, String> {
        Ok(resource::Address {
            kind: named(&self.kind, |name| name.parse::<Kind>().ok())?,
            name: self.name,
            index: self.index,
        })
    }
}

impl Recorded {
    fn of(resource: &state::Recorded) -> Self {
        Self {
            id: resource.id.clone(),
            address: Address::of(&resource.address),
            replaced: resource.replaced,
            provider: resource.provider.clone(),
            region: resource.region.clone(),
            provider_id: resource.provider_id.clone(),
            phase: resource.phase.name().to_owned(),
            attributes: resource.attributes.clone(),
            computed: resource.computed.clone(),
            depends_on: resource.depends_on.iter().map(Address::of).collect(),
            protected: resource.protected,
            config_hash: resource.config_hash.clone(),
            origin: resource.origin.clone(),
            created: resource.created,
            updated: resource.updated,
        }
    }

    fn read(self) -> Result<state::Recorded, String> {
        Ok(state::Recorded {
            id: self.id,
            address: self.address.read()?,
            replaced: self.replaced,
            provider: self.provider,
            region: self.region,
            provider_id: self.provider_id,
            phase: named(&self.phase, Phase::named)?,
            attributes: self.attributes,
            computed: self.computed,
            depends_on: all(self.depends_on, Address::read)?,
            protected: self.protected,
            config_hash: self.config_hash,
            origin: self.origin,
            created: self.created,
            updated: self.updated,
        })
    }
}

impl Run {
    fn of(run: &state::Run) -> Self {
        Self {
            id: run.id.clone(),
            name: run.name.clone(),
            definition: run.definition.clone(),
            plan_hash: run.plan_hash.clone(),
            owner: run.owner.clone(),
            status: run.status.name().to_owned(),
            cancelled: run.cancelled,
            started: run.started,
            finished: run.finished,
            message: run.message.clone(),
        }
    }

    fn read(self) -> Result<state::Run, String> {
        Ok(state::Run {
            id: self.id,
            name: self.name,
            definition: self.definition,
            plan_hash: self.plan_hash,
            owner: self.owner,
            status: named(&self.status, RunStatus::named)?,
            cancelled: self.cancelled,
            started: self.started,
            finished: self.finished,
            message: self.message,
        })
    }
}

impl Step {
    fn of(step: &state::Step) -> Self {
        Self {
            run: step.run.clone(),
            name: step.name.clone(),
            status: step.status.name().to_owned(),
            attempt: step.attempt,
            effect: step.effect.clone(),
            error: step.error.clone(),
            started: step.started,
            finished: step.finished,
        }
    }

    fn read(self) -> Result<state::Step, String> {
        Ok(state::Step {
            run: self.run,
            name: self.name,
            status: named(&self.status, StepStatus::named)?,
            attempt: self.attempt,
            effect: self.effect,
            error: self.error,
            started: self.started,
            finished: self.finished,
        })
    }
}

impl Event {
    fn of(event: &state::Event) -> Self {
        Self {
            sequence: event.sequence,
            at: event.at,
            serial: event.serial,
            address: event.note.address.as_ref().map(Address::of),
            run: event.note.run.clone(),
            kind: event.note.kind.clone(),
            detail: event.note.detail.clone(),
        }
    }

    fn read(self) -> Result<state::Event, String> {
        Ok(state::Event {
            sequence: self.sequence,
            at: self.at,
            serial: self.serial,
            note: state::Note {
                address: self.address.map(Address::read).transpose()?,
                run: self.run,
                kind: self.kind,
                detail: self.detail,
            },
        })
    }
}

fn all<T, U>(wired: Vec<T>, read: impl Fn(T) -> Result<U, String>) -> Result<Vec<U>, String> {
    wired.into_iter().map(read).collect()
}

fn named<T>(name: &str, known: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    known(name).ok_or_else(|| format!("`{name}` is not known here"))
}
