//! Policies from the outside: text in, decisions and messages out.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests may fail loudly")]

mod catalogue;
mod decisions;
mod files;
mod pages;
