//! From one configuration to another in waves: what becomes what, what moves at once, in which order, what it costs, how
//! long it stands still, and how to go back.
//!
//! Pure rules over two lists of resources; nothing is asked of a provider. What cannot be told from the two is a
//! [`Question`], and until it is answered the resource is one that goes and another that comes, so that nothing is guessed.
//! First everything new is made and taken into use, wave by wave; then the old goes, what holds data and the networks last.
//!
//! Reading order: [`plan`](fn@plan), `item`, `matching` (what becomes what), `classify` (what happens to it), `order` (what waits
//! for what), [`graph`] (components, levels, waves), `wave`, `downtime`, `steps`.

mod bill;
mod classify;
mod document;
mod downtime;
pub mod graph;
mod item;
mod matching;
mod order;
pub mod render;
mod similar;
mod steps;
mod wave;

use std::collections::{BTreeMap, BTreeSet};

use crate::cost::{AmountChange, Currency, Estimate, Money};
use crate::desired::Wanted;
use crate::resource::Address;

pub use downtime::Downtime;
pub use item::{Because, Class, Item, Method, Reason};
pub use matching::{Matched, Question};
pub use order::{Dependencies, dependencies};
pub use steps::{Rollback, Stage, Step};

/// How long what holds data stays after everything that replaces it is in use, in days.
pub const DELAY_DAYS: u32 = 7;

/// What a plan is made of.
pub struct Inputs<'a> {
    /// What there is.
    pub current: &'a Wanted,
    /// What there is to be.
    pub target: &'a Wanted,
    /// What the user says of what becomes what.
    pub moved: &'a [Moved],
    /// What is assumed.
    pub limits: Limits,
    /// What both cost a month, if that is known.
    pub bills: Option<Bills<'a>>,
}

/// What the user says of one resource: it becomes another, or nothing, or it comes from nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The resource of today; nothing if `to` is new.
    pub from: Option<Address>,
    /// What it becomes; nothing if `from` goes.
    pub to: Option<Address>,
}

/// What is assumed of the connection and the people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How fast data is copied, in Mbit a second, over all copies of a group together.
    pub bandwidth_mbit_s: u64,
    /// How long it takes to point everything at the new one, in seconds.
    pub cut_over_s: u64,
    /// How many resources that exist are replaced or resized in one wave.
    pub max_parallel_moves: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bandwidth_mbit_s: 500,
            cut_over_s: 300,
            max_parallel_moves: 10,
        }
    }
}

/// What both configurations cost a month.
#[derive(Clone, Copy)]
pub struct Bills<'a> {
    /// The current one.
    pub before: &'a Estimate,
    /// The target.
    pub after: &'a Estimate,
}

/// A migration.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Every resource of either side, once, in the order of addresses.
    pub items: Vec<Item>,
    /// What happens, in order.
    pub waves: Vec<Wave>,
    /// What has to be answered before the plan is to be believed.
    pub questions: Vec<Question>,
    /// What was assumed, with units.
    pub assumptions: Vec<String>,
    /// The cost of a month before and after, per currency.
    pub cost: Vec<AmountChange>,
    /// Whether something of either side has no known price, or nothing was priced.
    pub cost_incomplete: bool,
    /// Providers that nothing uses any more after the last wave.
    pub providers_gone: Vec<String>,
    /// The hash of the whole plan.
    pub hash: String,
}

/// What is done before the next wave begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Wave {
    /// Its number, from 1.
    pub number: usize,
    /// What it is for.
    pub phase: Phase,
    /// How many days are waited before it.
    pub after_days: u32,
    /// What moves at once, each by itself.
    pub groups: Vec<Group>,
    /// The hash of the wave: what an approval is of.
    pub hash: String,
}

/// What a wave is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The new comes into use.
    Move,
    /// What holds no data goes.
    Retire,
    /// What holds data goes, and what it stands on.
    Decommission,
}

impl Phase {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Retire => "retire",
            Self::Decommission => "decommission",
        }
    }
}

/// Resources that are migrated at once, because each waits for another.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name: wave and place, such as `2.1`.
    pub name: String,
    /// The items, by their place in [`Plan::items`].
    pub members: Vec<usize>,
    /// The groups that it waits for.
    pub needs: Vec<String>,
    /// What a month costs more once it is done, per currency.
    pub cost: BTreeMap<Currency, Money>,
    /// Whether something of it has no known price.
    pub cost_incomplete: bool,
    /// How long it stands still.
    pub downtime: Downtime,
    /// What must hold before it begins.
    pub checks: Vec<String>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What must hold after it.
    pub validation: Vec<String>,
    /// How to go back, and until when.
    pub rollback: Rollback,
    /// Whether it alone is more than a wave should move.
    pub over_limit: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A pair names nothing.
    #[error("`moved[{place}]` has neither `from` nor `to`")]
    Empty {
        /// Its place.
        place: usize,
    },
    /// A pair names a resource that its configuration does not have.
    #[error("`moved[{place}]` names `{address}`, which the {side} configuration does not have")]
    Absent {
        /// Its place.
        place: usize,
        /// The address.
        address: Address,
        /// `current` or `target`.
        side: &'static str,
        /// Those of that kind that it has, a bounded number of them.
        valid: Vec<String>,
    },
    /// A pair of two kinds.
    #[error("`moved[{place}]` makes `{to}` of `{from}`, which is of another kind")]
    Kinds {
        /// Its place.
        place: usize,
        /// The one.
        from: Address,
        /// The other.
        to: Address,
    },
    /// Two pairs name one resource.
    #[error("`moved[{place}]` names `{address}`, which another pair names too")]
    Twice {
        /// The place of the second.
        place: usize,
        /// The address.
        address: Address,
    },
    /// A sum too large.
    #[error("the costs are too large to be added up")]
    Overflow,
}

/// Makes the plan.
///
/// # Errors
/// If what the user says of what becomes what does not fit the configurations, or a sum is too large.
pub fn plan(inputs: &Inputs<'_>) -> Result<Plan, Error> {
    let matching = matching::matched(inputs)?;
    let items = classify::items(matching.pairs);
    let waves = wave::waves(&items, inputs)?;
    let (cost, cost_incomplete) = bill::totals(inputs)?;
    let mut plan = Plan {
        assumptions: steps::assumptions(&items, inputs, &matching.unlooked),
        providers_gone: providers_gone(inputs),
        items,
        waves,
        questions: matching.questions,
        cost,
        cost_incomplete,
        hash: String::new(),
    };
    document::sign(&mut plan);
    Ok(plan)
}

fn providers_gone(inputs: &Inputs<'_>) -> Vec<String> {
    let names = |wanted: &Wanted| -> BTreeSet<String> {
        wanted.resources.iter().map(|one| one.provider.clone()).collect()
    };
    let stays = names(inputs.target);
    names(inputs.current)
        .into_iter()
        .filter(|name| !stays.contains(name))
        .collect()
}
