//! What is written down of a call: the intent before, the outcome after, and refusals.
//!
//! Argument values are never recorded, only their digest: a secret that reached an argument by mistake must
//! not reach the log.

use std::time::Duration;

use crate::{Caller, Effect, Origin, Resource};

/// What is about to happen. On disk before it happens.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// Id of the call.
    pub call_id: &'a str,
    /// Wire name of the tool.
    pub tool: &'a str,
    /// Who calls.
    pub caller: &'a Caller,
    /// What it touches.
    pub resource: &'a Resource,
    /// What it can do at worst.
    pub effect: Effect,
    /// SHA-256 of the canonical arguments, in hex.
    pub arguments_digest: &'a str,
    /// Ids of the policies that allowed it.
    pub policies: &'a [String],
    /// How the call came in.
    pub origin: &'a Origin,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The tool answered.
    Answered,
    /// The tool asked the client for something first.
    Asked,
    /// The tool answered with an error of this code.
    Failed(&'static str),
}

impl Verdict {
    /// The text in the log: `ok`, `asked`, or the error's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Answered => "ok",
            Self::Asked => "asked",
            Self::Failed(code) => code,
        }
    }
}

/// What happened to a call whose intent was recorded.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// Id of the call.
    pub call_id: &'a str,
    /// Wire name of the tool.
    pub tool: &'a str,
    /// How it ended.
    pub verdict: Verdict,
    /// How long the tool ran.
    pub elapsed: Duration,
    /// How many bytes the answer has.
    pub bytes: usize,
}

/// A call that did not happen.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    /// Id of the call.
    pub call_id: &'a str,
    /// The name that was asked for, shortened and cleaned; empty when identification failed.
    pub tool: &'a str,
    /// Who called, if we know.
    pub caller: Option<&'a Caller>,
    /// Why, as an error code.
    pub code: &'static str,
    /// Why, for the operator.
    pub reason: &'a str,
    /// How the call came in.
    pub origin: &'a Origin,
}

/// The record could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the audit record to {target}")]
pub struct RecordError {
    /// Where it should have gone.
    pub target: String,
    /// Why it could not.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Writes calls down.
pub trait Record: Send + Sync {
    /// Writes the intent and returns only once it is durable.
    fn intent(&self, intent: &Intent<'_>) -> Result<(), RecordError>;
    /// Writes the outcome.
    fn outcome(&self, outcome: &Outcome<'_>) -> Result<(), RecordError>;
    /// Writes a refusal.
    fn refusal(&self, refusal: &Refusal<'_>) -> Result<(), RecordError>;
}
