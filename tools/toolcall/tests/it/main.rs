//! The gate and the catalogue from outside: what is offered, what is recorded, what leaves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod gate;
mod sample;
mod selection;
