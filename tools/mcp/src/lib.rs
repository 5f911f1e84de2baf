//! The Model Context Protocol in front of the gate.
//!
//! One [`Server`] serves every transport ([`stdio`], [`http`] with Streamable HTTP and, when asked, the old
//! HTTP+SSE) and both eras of the protocol: the 2025-11-25 handshake and the stateless 2026-07-28 requests.
//! It converts wire messages to calls and replies to wire messages; everything that matters is decided
//! behind [`toolcall::Gate`].
//!
//! The only crate that knows rmcp. It knows no domain.

mod ask;
mod budget;
mod convert;
mod entries;
mod frame;
mod handler;
pub mod http;
mod notify;
mod page;
mod server;
mod sse;
pub mod stdio;

pub use server::{About, AdoptTrace, Change, Changes, Features, Server};
