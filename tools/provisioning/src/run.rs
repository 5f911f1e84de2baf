//! Executes steps against providers so that a crash at any moment loses nothing and doubles nothing.
//!
//! Every step goes the same way: intent on the disk, call, the provider's id on the disk the moment it is known, wait, result on
//! the disk. What resumes a run finds by the marker what an unanswered call has made. A step that fails for good stops what
//! depends on it; then everything is undone in reverse, or stays, as the run says.
//!
//! INVARIANT: no call that changes something before its intent is committed under our epoch; after a commit is refused, no
//! call at all.
//!
//! Reading order: [`todo`](mod@todo) (what a plan means as steps), `execute` (the scheduler), `deeds` (one step), `undo`.

mod deeds;
mod execute;
mod graph;
mod ports;
mod refresh;
mod retry;
pub mod todo;
mod undo;
pub mod workflow;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::provider::Provider;
use crate::state::{self, RunStatus, State};

pub use execute::{execute, resume};
pub use graph::Unordered;
pub use ports::{Chance, Clock, Silent, Watch};
pub use refresh::{Reality, accounts, reality};
pub use retry::Retry;
pub use todo::{Deed, Todo};

/// Providers by name.
pub type Providers = BTreeMap<String, Arc<dyn Provider>>;

/// What a run works with.
pub struct Engine<'a> {
    /// Where everything is written down.
    pub state: &'a dyn State,
    /// Who does it.
    pub providers: &'a Providers,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Chance.
    pub chance: &'a dyn Chance,
    /// Who wants to know how far it is.
    pub watch: &'a dyn Watch,
    /// How it works.
    pub settings: Settings,
}

/// How a run works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Most steps at the same time, 1 to 64.
    pub parallel: usize,
    /// How long the lease lasts without a sign of life.
    pub lease: Duration,
    /// How often a resource is asked whether it is ready, at first; later less often.
    pub poll: Duration,
    /// What happens after a step failed for good.
    pub on_failure: OnFailure,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            parallel: 4,
            lease: Duration::from_secs(30),
            poll: Duration::from_millis(200),
            on_failure: OnFailure::Rollback,
        }
    }
}

/// What happens after a step failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Everything that was done is undone.
    Rollback,
    /// What is done stays, and nothing more is begun.
    Stop,
    /// What does not depend on it goes on.
    Continue,
}

impl OnFailure {
    /// The name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rollback => "rollback",
            Self::Stop => "stop",
            Self::Continue => "continue",
        }
    }

    /// The choice of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Rollback, Self::Stop, Self::Continue]
            .into_iter()
            .find(|choice| choice.name() == name)
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The run.
    pub run: String,
    /// How it is now.
    pub status: RunStatus,
    /// Its steps, as far as they came.
    pub steps: Vec<state::Step>,
    /// What could not be undone and has to be looked at.
    pub leftovers: Vec<Leftover>,
}

/// Something that is still there and should not be, or is gone and should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The step.
    pub step: String,
    /// What the provider calls it, if that is known.
    pub provider_id: Option<String>,
    /// Why.
    pub reason: String,
}

/// Why a run stopped without an end: it can be resumed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state could not be written, or is another's now.
    #[error(transparent)]
    State(#[from] state::Error),
    /// A provider of the plan is not set up.
    #[error("provider `{0}` is not set up here")]
    NoProvider(String),
    /// The steps cannot be put in order.
    #[error(transparent)]
    Unordered(#[from] Unordered),
    /// A provider could not be asked.
    #[error(transparent)]
    Provider(#[from] crate::provider::Error),
}
