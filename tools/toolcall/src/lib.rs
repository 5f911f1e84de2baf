//! What a tool call is, and the one way to make it.
//!
//! A [`Tool`] declares what it is asked, what it answers and what it touches. A [`Catalog`] holds the
//! declared tools. The [`Gate`] is the only door to them: it decides, records, calls with a deadline, bounds
//! and scrubs the answer, and records the outcome. A tool is handed a [`Granted`] that only the gate can make,
//! so a call around the gate does not compile:
//!
//! ```compile_fail,E0451
//! let granted = toolcall::Granted { seal: () };
//! ```
//!
//! This crate knows nothing of MCP, HTTP, Cedar, tokens or files. Who the caller is ([`Identify`]), what they
//! may do ([`Decide`]) and where it is written down ([`Record`]) are ports, filled by `identity`, `policy` and
//! `audit`.

mod ask;
mod bound;
mod call;
mod caller;
mod catalog;
mod decision;
mod document;
mod error;
mod gate;
mod granted;
mod progress;
mod prompt;
mod record;
mod schema;
mod tool;

pub use ask::{Answers, Ask, Capability, ClientCapabilities, Question};
pub use bound::{Bounds, REDACTION_MARKER};
pub use call::{Call, Origin};
pub use caller::{Caller, CallerKind, Credential, Identified, Identify};
pub use catalog::{Catalog, CatalogError, Selection, Toolset};
pub use decision::{Decide, Decision, Request};
pub use document::{
    Completion, Document, DocumentBody, DocumentEntry, DocumentTemplate, Documents, NoDocuments,
};
pub use error::{ErrorKind, ToolError};
pub use gate::Gate;
pub use granted::Granted;
pub use progress::{Progress, Silent, Step};
pub use prompt::{PromptArgument, PromptEntry, PromptReply, Prompts};
pub use record::{Intent, Outcome, Record, RecordError, Refusal, Verdict};
pub use schema::{Shape, lint, portable};
pub use tool::{AnyTool, Content, Declaration, Effect, Prepared, Reply, Resource, Severity, Tool};

/// A future that can be stored; what ports with asynchronous methods return.
pub type BoxFuture<'a, T> = futures_util::future::BoxFuture<'a, T>;
