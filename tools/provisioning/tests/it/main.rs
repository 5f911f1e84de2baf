//! The domain from outside, with what it ships.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as tests"
)]

mod cost;
mod generation;
