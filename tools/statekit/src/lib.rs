//! What every store of recorded infrastructure must do, as tests that each of them runs.
//!
//! [`contract!`] makes a test of each rule for a store. `provisioning::state::Memory` passes them too: it is what the port
//! means, and [`random`] compares every other store with it, answer by answer.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests, for crates to run, and they fail as loudly as tests"
)]

mod archive;
mod commit;
mod history;
mod lease;
mod odd;
mod race;
pub mod random;
pub mod samples;

use std::any::Any;
use std::sync::Arc;

use provisioning::state::Archive;

/// A store that is empty and nobody else's, with what must live as long as it, such as its folder.
pub struct Fresh {
    /// The store.
    pub store: Arc<dyn Archive>,
    /// Dropped with it.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl Fresh {
    /// A store that needs nothing beside it.
    #[must_use]
    pub fn new(store: impl Archive + 'static) -> Self {
        Self {
            store: Arc::new(store),
            keep: Box::new(()),
        }
    }

    /// A store, and what must live as long as it.
    #[must_use]
    pub fn keeping(store: impl Archive + 'static, keep: impl Any + Send + Sync) -> Self {
        Self {
            store: Arc::new(store),
            keep: Box::new(keep),
        }
    }
}

/// The rules, each of a name and for one fresh store.
pub mod rules {
    pub use crate::archive::{a_store_can_be_taken_elsewhere_whole, a_used_store_is_not_filled};
    pub use crate::commit::{
        a_commit_is_all_or_nothing, a_new_run_write_does_not_take_back_a_cancellation,
        addresses_belong_to_one_resource, an_empty_commit_counts, everything_comes_back_as_it_was,
        resources_come_in_order, runs_and_steps_stay_in_place, tokens_are_spent_once,
    };
    pub use crate::history::{
        a_limit_gives_the_newest, the_history_has_no_gaps, the_history_is_found_by_address_and_by_run,
    };
    pub use crate::lease::{
        a_lease_is_held_by_one, a_lease_that_ran_out_can_be_taken, a_lost_lease_writes_nothing,
        a_released_lease_is_gone, an_extended_lease_lasts, only_what_is_held_can_be_stolen,
    };
    pub use crate::odd::{long_texts_are_kept, odd_texts_are_kept, what_does_not_come_back_is_refused};
    pub use crate::race::{
        a_fenced_owner_never_shows, one_of_many_gets_the_lease, readers_see_whole_commits,
    };
}

/// Makes a test of each rule, for the stores that `$make`, an `async fn() -> Fresh`, gives.
#[macro_export]
macro_rules! contract {
    ($make:path) => {
        $crate::contract!($make:
            a_commit_is_all_or_nothing
            a_fenced_owner_never_shows
            a_lease_is_held_by_one
            a_lease_that_ran_out_can_be_taken
            a_limit_gives_the_newest
            a_lost_lease_writes_nothing
            a_new_run_write_does_not_take_back_a_cancellation
            a_released_lease_is_gone
            a_store_can_be_taken_elsewhere_whole
            a_used_store_is_not_filled
            addresses_belong_to_one_resource
            an_empty_commit_counts
            an_extended_lease_lasts
            everything_comes_back_as_it_was
            long_texts_are_kept
            odd_texts_are_kept
            one_of_many_gets_the_lease
            only_what_is_held_can_be_stolen
            readers_see_whole_commits
            resources_come_in_order
            runs_and_steps_stay_in_place
            the_history_has_no_gaps
            the_history_is_found_by_address_and_by_run
            tokens_are_spent_once
            what_does_not_come_back_is_refused
        );
    };
    ($make:path: $($rule:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let fresh: $crate::Fresh = $make().await;
                $crate::rules::$rule(std::sync::Arc::clone(&fresh.store)).await;
            }
        )+
    };
}
