//! The domain from outside, with what it ships.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod compliance;
mod cost;
mod forms;
mod fuzz;
mod generation;
mod migration;
mod proposals;
mod questions;
mod runs;
