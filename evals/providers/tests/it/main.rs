//! The providers against what really runs infrastructure. `lxd` needs the server that `./dev test` and `./dev lxd` start,
//! named by `LXD_TEST_SOCKET`, and fails without it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests fail as loudly as tests"
)]

mod lxd;
