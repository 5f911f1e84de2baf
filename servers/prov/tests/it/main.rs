//! `prov` from the outside: the real executable, its tools on the real evaluator, its pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod client_file;
mod commands;
mod compliance;
mod explain;
mod fmt;
mod forms;
mod generation;
mod install;
mod migration;
mod pages;
mod refusals;
mod regeneration;
mod run;
mod tools;
