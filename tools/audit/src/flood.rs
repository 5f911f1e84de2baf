//! Refusals without a caller, of which only so many are recorded one by one.
//!
//! Whoever can reach the server can cause them, and a disk full of them would stop every call: no record, no call.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// So many of one second and code are recorded one by one.
const SINGLE: u64 = 20;

/// What to do with a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Record it.
    Record,
    /// Record it, and say in it that more are counted only.
    RecordAsLast,
    /// It is counted.
    Counted,
}

/// How many refusals were counted and not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) code: &'static str,
    /// The second they came in, since 1970.
    pub(crate) second: i64,
    pub(crate) more: u64,
}

/// The refusals of the current second.
#[derive(Default)]
pub(crate) struct Flood(Mutex<State>);

#[derive(Default)]
struct State {
    second: i64,
    /// How many there were in this second, by code.
    seen: BTreeMap<&'static str, u64>,
    /// Counts of past seconds that are not written yet.
    due: Vec<Counted>,
}

impl State {
    /// Goes on to the second of `time`. A clock that is set back begins a new second as well.
    fn turn(&mut self, time: Timestamp) {
        let second = time.as_second();
        if second != self.second {
            self.close();
            self.second = second;
        }
    }

    fn close(&mut self) {
        let second = self.second;
        let counted = std::mem::take(&mut self.seen)
            .into_iter()
            .filter(|(_, seen)| *seen > SINGLE)
            .map(|(code, seen)| Counted {
                code,
                second,
                more: seen - SINGLE,
            });
        self.due.extend(counted);
    }
}

impl Flood {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here is left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a refusal of `code`. The time is taken under the lock, so it goes on in the order of the refusals.
    pub(crate) fn admit(&self, code: &'static str, clock: impl Fn() -> Timestamp) -> Admission {
        let mut state = self.state();
        state.turn(clock());
        let seen = state.seen.entry(code).or_default();
        *seen += 1;
        match (*seen).cmp(&SINGLE) {
            std::cmp::Ordering::Less => Admission::Record,
            std::cmp::Ordering::Equal => Admission::RecordAsLast,
            std::cmp::Ordering::Greater => Admission::Counted,
        }
    }

    /// Whether counts of seconds before that of `time` wait to be written.
    pub(crate) fn is_due(&self, time: Timestamp) -> bool {
        let mut state = self.state();
        state.turn(time);
        !state.due.is_empty()
    }

    /// The counts of past seconds; `all`: of the current one, too. Whoever takes them writes them or puts them back.
    pub(crate) fn take(&self, all: bool) -> Vec<Counted> {
        let mut state = self.state();
        if all {
            state.close();
        }
        std::mem::take(&mut state.due)
    }

    /// Takes counts back that could not be written.
    pub(crate) fn put_back(&self, counts: impl IntoIterator<Item = Counted>) {
        let mut state = self.state();
        for counted in counts {
            // While nothing can be written, one number for each code must do, or the list would grow for ever.
            match state.due.iter_mut().find(|due| due.code == counted.code) {
                Some(due) => {
                    due.more += counted.more;
                    due.second = due.second.min(counted.second);
                }
                None => state.due.push(counted),
            }
        }
    }
}
