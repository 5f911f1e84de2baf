//! Credentials from the outside: who is believed, and what the others are told.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may fail loudly"
)]

mod believed;
mod issuer;
mod refused;
mod rotation;
