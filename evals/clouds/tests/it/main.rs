//! Adapters of cloud providers against servers that speak as the providers do.
//!
//! `moto` needs the server that `./dev setup` installs and names in `CLOUDS_MOTO`, and fails without it; each test starts
//! one of its own, and `crash` does too. `credentials` and `upcloud` need nothing.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as loudly as tests"
)]

mod crash;
mod credentials;
mod moto;
mod support;
mod upcloud;
