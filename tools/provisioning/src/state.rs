//! The port to what is recorded: resources, leases, runs with their journal, and an append-only history.
//!
//! Whoever changes something holds the lease and names its epoch in every [`State::commit`]; a store refuses the epoch of
//! anybody who lost the lease, so that a paused process that wakes up writes nothing. A commit is all or nothing, and on the
//! disk before it is acknowledged. No value here is secret: secrets are references.
//!
//! INVARIANT: a serial grows by one with every commit; the history is never changed, only added to.

mod fit;
mod memory;
mod whole;

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use crate::resource::{Address, Attributes};

pub use fit::{fit, fit_claim, order};
pub use memory::Memory;
pub use whole::{Archive, Whole};

/// What a call to a store is.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Keeps what is recorded of one workspace.
pub trait State: Send + Sync {
    /// Where it is kept, for people, such as `.prov/state.db`.
    fn place(&self) -> &str;

    /// How many commits there were.
    fn serial(&self) -> Call<'_, u64>;

    /// The name that marks resources of this workspace; made once, with the store.
    fn workspace(&self) -> Call<'_, String>;

    /// Every resource, in the order of addresses, those that are being replaced after their successors.
    fn resources(&self) -> Call<'_, Vec<Recorded>>;

    /// The resource at `address`, if there is one that is not being replaced.
    fn resource<'a>(&'a self, address: &'a Address) -> Call<'a, Option<Recorded>>;

    /// Takes the lease: nobody else may hold one that has not run out at `now`.
    fn acquire<'a>(&'a self, claim: &'a Claim, now: Timestamp) -> Call<'a, Lease>;

    /// Takes the lease from its holder: only one that ran out, or any with `force`. It stands in the history.
    fn steal<'a>(&'a self, claim: &'a Claim, now: Timestamp, force: bool) -> Call<'a, Lease>;

    /// Makes the lease of `epoch` last until `expires`.
    fn extend(&self, epoch: u64, expires: Timestamp) -> Call<'_, ()>;

    /// Gives the lease of `epoch` back. Of a lease that was lost there is nothing to give back.
    fn release(&self, epoch: u64) -> Call<'_, ()>;

    /// The lease that is held, even if it ran out.
    fn lease(&self) -> Call<'_, Option<Lease>>;

    /// Does all of `changes`, in order, or nothing; durable when it comes back with the new serial. Each change adds to the
    /// history.
    fn commit(&self, epoch: u64, at: Timestamp, changes: Vec<Change>) -> Call<'_, u64>;

    /// The runs, newest first, at most `limit`.
    fn runs(&self, limit: usize) -> Call<'_, Vec<Run>>;

    /// The run `id`, if there is one.
    fn run<'a>(&'a self, id: &'a str) -> Call<'a, Option<Run>>;

    /// The steps of the run `id`, in the order in which they were first written.
    fn steps<'a>(&'a self, run: &'a str) -> Call<'a, Vec<Step>>;

    /// Asks the run `id` to stop; its owner looks. Needs no lease.
    fn cancel<'a>(&'a self, run: &'a str, at: Timestamp) -> Call<'a, ()>;

    /// The history, newest first, at most `limit`: of an address or of a run, if one is named.
    fn events<'a>(
        &'a self,
        address: Option<&'a Address>,
        run: Option<&'a str>,
        limit: usize,
    ) -> Call<'a, Vec<Event>>;
}

/// A resource as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What marks it at its provider: [`crate::provider::Marker::id`]. It is the key.
    pub id: String,
    /// What the configuration calls it.
    pub address: Address,
    /// Whether another resource has taken its address, and it is only here to be deleted.
    pub replaced: bool,
    /// The provider's name.
    pub provider: String,
    /// Where.
    pub region: Option<String>,
    /// What the provider calls it; nothing as long as the reply to its making is out.
    pub provider_id: Option<String>,
    /// How far it is.
    pub phase: Phase,
    /// What it was made to be.
    pub attributes: Attributes,
    /// What the provider chose.
    pub computed: Attributes,
    /// What it needs: these are made before it and deleted after it.
    pub depends_on: Vec<Address>,
    /// Whether it is deleted only when that is said by address.
    pub protected: bool,
    /// The hash of what the configuration said of it.
    pub config_hash: String,
    /// Where the configuration says it, as `file:line`.
    pub origin: Option<String>,
    /// When it was first recorded.
    pub created: Timestamp,
    /// When it was last changed here.
    pub updated: Timestamp,
}

/// How far a resource is, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is to be made: the provider may or may not have it.
    Intended,
    /// It is made and its id is known; it was not ready yet.
    Known,
    /// It is there.
    Ready,
    /// It is being changed.
    Changing,
    /// It is being deleted: the provider may or may not have it.
    Deleting,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 5] = [
        Self::Intended,
        Self::Known,
        Self::Ready,
        Self::Changing,
        Self::Deleting,
    ];

    /// The name in stores and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Known => "known",
            Self::Ready => "ready",
            Self::Changing => "changing",
            Self::Deleting => "deleting",
        }
    }

    /// The phase of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

/// Who wants the lease, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who, as the gate knows the caller.
    pub owner: String,
    /// The machine.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// What for, such as `apply clusters/prod.ncl`.
    pub reason: String,
    /// Until when, if it is not extended.
    pub expires: Timestamp,
}

/// A lease that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it, and why.
    pub claim: Claim,
    /// Since when.
    pub acquired: Timestamp,
    /// Which lease it is: every new one has a higher epoch.
    pub epoch: u64,
}

/// What a commit changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Writes a resource, over that of the same id.
    Put(Box<Recorded>),
    /// Forgets the resource of that id.
    Remove(String),
    /// Writes a run, over that of the same id.
    Run(Box<Run>),
    /// Writes a step, over that of the same name of the same run.
    Step(Box<Step>),
    /// Marks a plan token as used; the commit fails if it is already.
    Spend {
        /// The token's own id.
        token: String,
        /// When it would have run out: it may be forgotten then.
        expires: Timestamp,
    },
    /// Only adds to the history.
    Note(Note),
}

/// Steps that belong together: an apply, a destroy, a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// What it is, such as `apply` or the name of a workflow.
    pub name: String,
    /// Everything that is needed to go on with it, in the words of whoever began it.
    pub definition: String,
    /// The hash of the plan that it executes.
    pub plan_hash: String,
    /// Who began it.
    pub owner: String,
    /// How it is.
    pub status: RunStatus,
    /// Whether somebody wants it to stop.
    pub cancelled: bool,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// What is to be said of how it ended, for people.
    pub message: Option<String>,
}

/// How a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Steps are done, or its process is gone and it can be resumed.
    Running,
    /// Steps are undone.
    RollingBack,
    /// Every step is done.
    Succeeded,
    /// A step failed for good, and what was done stays.
    Failed,
    /// Everything is undone.
    RolledBack,
    /// Not everything could be undone.
    RollbackIncomplete,
    /// It was stopped.
    Cancelled,
}

impl RunStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Running,
        Self::RollingBack,
        Self::Succeeded,
        Self::Failed,
        Self::RolledBack,
        Self::RollbackIncomplete,
        Self::Cancelled,
    ];

    /// The name in stores and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::RollingBack => "rolling_back",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
            Self::RollbackIncomplete => "rollback_incomplete",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether there is something to go on with.
    #[must_use]
    pub fn open(self) -> bool {
        matches!(self, Self::Running | Self::RollingBack)
    }
}

/// A step of a run, as far as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The run.
    pub run: String,
    /// Its name in the run, such as `create server.web[0]`.
    pub name: String,
    /// How it is.
    pub status: StepStatus,
    /// Which try it is in, from 1.
    pub attempt: u32,
    /// What it made, in the provider's words, the moment it was known.
    pub effect: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// When its intent was written.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

/// How a step is. What is not written yet is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// It is about to be done: it may have been done.
    Intended,
    /// What it made is known, and is waited for.
    Known,
    /// It is done.
    Done,
    /// It failed for good.
    Failed,
    /// It is about to be undone.
    Undoing,
    /// It is undone.
    Undone,
    /// It could not be undone.
    Stuck,
    /// It is not done, because a step before it failed.
    Skipped,
}

impl StepStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Intended,
        Self::Known,
        Self::Done,
        Self::Failed,
        Self::Undoing,
        Self::Undone,
        Self::Stuck,
        Self::Skipped,
    ];

    /// The name in stores and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Known => "known",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Stuck => "stuck",
            Self::Skipped => "skipped",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Something to remember that changes nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub address: Option<Address>,
    /// The run that it belongs to.
    pub run: Option<String>,
    /// What happened, such as `drifted` or `lease stolen`.
    pub kind: String,
    /// More about it, for people.
    pub detail: String,
}

/// A line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the history, from 1, without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// The commit that it belongs to.
    pub serial: u64,
    /// What happened.
    pub note: Note,
}

/// Why a store did not do it. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Somebody else holds the lease.
    #[error("`{}` on {} (process {}) holds the lease until {} for: {}", .0.claim.owner, .0.claim.host, .0.claim.pid, .0.claim.expires, .0.claim.reason)]
    Held(Box<Lease>),
    /// The lease of that epoch is lost: somebody took it after it ran out.
    #[error("the lease of epoch {epoch} is lost; epoch {current} holds it")]
    Fenced {
        /// Ours.
        epoch: u64,
        /// The newest.
        current: u64,
    },
    /// Nobody has such a lease to take.
    #[error("nobody holds the lease")]
    Free,
    /// The plan token was used before.
    #[error("the plan token was used already")]
    Spent,
    /// The address belongs to another resource.
    #[error("`{0}` is recorded already as another resource")]
    Occupied(Address),
    /// There is no such run.
    #[error("there is no run `{0}`")]
    NoRun(String),
    /// The store was written by a newer version.
    #[error("{place} has format {found}, and this version reads up to {known}")]
    Newer {
        /// The store.
        place: String,
        /// Its format.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// The store is damaged.
    #[error("{place} is damaged: {problem}")]
    Damaged {
        /// The store.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// There is no room.
    #[error("{place} cannot grow: {problem}")]
    Full {
        /// The store.
        place: String,
        /// What the system said.
        problem: String,
    },
    /// The store cannot be reached or written.
    #[error("{place} failed: {problem}")]
    Broken {
        /// The store.
        place: String,
        /// What the system said.
        problem: String,
    },
}

/// What the history says of `change`. The one place, so that every store tells the same.
#[must_use]
pub fn note(change: &Change) -> Note {
    let note = |address: Option<&Address>, run: Option<&str>, kind: &str, detail: String| Note {
        address: address.cloned(),
        run: run.map(str::to_owned),
        kind: kind.to_owned(),
        detail,
    };
    match change {
        Change::Put(resource) => {
            let id = resource.provider_id.as_deref().unwrap_or("no id yet");
            let detail = format!("{} on {} ({id})", resource.phase.name(), resource.provider);
            note(Some(&resource.address), None, "resource", detail)
        }
        Change::Remove(id) => note(None, None, "forgotten", id.clone()),
        Change::Run(run) => note(
            None,
            Some(&run.id),
            "run",
            format!("{} {}", run.name, run.status.name()),
        ),
        Change::Step(step) => {
            let detail = match &step.error {
                Some(error) => format!("{} {}: {error}", step.name, step.status.name()),
                None => format!("{} {}", step.name, step.status.name()),
            };
            note(None, Some(&step.run), "step", detail)
        }
        Change::Spend { token, .. } => note(None, None, "plan token used", token.clone()),
        Change::Note(note) => note.clone(),
    }
}
