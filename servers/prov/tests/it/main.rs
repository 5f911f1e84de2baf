//! `prov` from the outside: the real executable, its tools on the real evaluator, its pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod commands;
mod install;
mod run;
mod tools;
