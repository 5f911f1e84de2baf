//! Whether a caller may: the question and its answer.

use crate::{Caller, Effect, Resource};

/// May `caller` do `action` to `resource`?
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tool's wire name, or `document_read`.
    pub action: &'a str,
    /// What the tool can do at worst.
    pub effect: Effect,
    /// What it would touch.
    pub resource: &'a Resource,
    /// How the call came in: `stdio`, `http`, `sse` or `cli`.
    pub transport: &'a str,
}

/// Yes or no, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A policy permits it and none forbids it.
    Allow {
        /// Ids of the policies that decided.
        policies: Vec<String>,
    },
    /// Anything else: default deny.
    Deny {
        /// Ids of the policies that decided; empty when none permits.
        policies: Vec<String>,
        /// A sentence for the operator.
        reason: String,
    },
}

/// Decides requests. Must answer at once: it is on the path of every call.
pub trait Decide: Send + Sync {
    /// The decision on `request`.
    fn decide(&self, request: &Request<'_>) -> Decision;
}
