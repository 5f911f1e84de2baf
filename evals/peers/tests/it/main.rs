//! Clients and suites that are not ours, and pipes and sockets that mean no good, against the real executables.
//!
//! `stdio` and `http` need nothing but the executables; the others need the peers that `./dev setup` installs,
//! named by `PEERS_NODE`, `PEERS_NPM_DIR` and `PEERS_PYTHON`, and fail without them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as tests"
)]

mod conformance;
mod http;
mod inspector;
mod python;
mod stdio;
mod support;
mod typescript;
