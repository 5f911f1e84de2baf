//! The PostgreSQL store against PostgreSQL: the contract, lost connections, TLS, formats. Moving between the stores.
//!
//! The server is one of the test's own, in a folder of its own, from the programs that `./dev setup` installs, named by
//! `PEERS_POSTGRES`. Without them the tests fail.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as tests"
)]

mod postgres;
mod proxy;
mod server;
