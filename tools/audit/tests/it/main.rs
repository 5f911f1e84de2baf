//! The log from outside: whole chains, damaged ones, several processes, crashes and full disks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod careful;
mod chain;
mod cost;
mod crash;
mod flood;
mod processes;

use std::path::Path;
use std::time::Duration;

use audit::{Finding, Log, Unverified, Verified};
use toolcall::{
    Caller, CallerKind, Effect, Intent, Origin, Outcome, Record, RecordError, Refusal, Resource, Verdict,
};

fn caller() -> Caller {
    Caller {
        id: "ann".into(),
        kind: CallerKind::Token,
        issuer: Some("https://issuer.example".into()),
        roles: vec!["operator".into()],
        scopes: Vec::new(),
    }
}

fn origin() -> Origin {
    Origin {
        transport: "stdio",
        client: Some("a client 1.0".into()),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".into()),
    }
}

/// Records the intent of call `call_id`.
fn intend(log: &Log, call_id: &str, effect: Effect) -> Result<(), RecordError> {
    log.intent(&Intent {
        call_id,
        tool: "estimate_cost",
        caller: &caller(),
        resource: &Resource {
            kind: "Configuration",
            id: "web.ncl".into(),
        },
        effect,
        arguments_digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        policies: &["operators-may-read".to_owned()],
        origin: &origin(),
    })
}

/// Records how call `call_id` ended.
fn end(log: &Log, call_id: &str) -> Result<(), RecordError> {
    let (verdict, elapsed) = (Verdict::Failed("not_found"), Duration::from_micros(1234));
    log.outcome(&Outcome {
        call_id,
        tool: "estimate_cost",
        verdict,
        elapsed,
        bytes: 99,
    })
}

/// Records a refusal.
fn refuse(log: &Log, reason: &str) -> Result<(), RecordError> {
    let origin = origin();
    log.refusal(&Refusal {
        call_id: "r",
        tool: "execute_workflow",
        caller: None,
        code: "denied",
        reason,
        origin: &origin,
    })
}

fn verified(path: &Path) -> Verified {
    match audit::verify(path, None) {
        Ok(verified) => verified,
        Err(error) => panic!("{error:?}"),
    }
}

fn findings(path: &Path) -> Vec<Finding> {
    match audit::verify(path, None) {
        Err(Unverified::Changed(findings)) => findings,
        other => panic!("{other:?}"),
    }
}

fn open(path: &Path) -> Log {
    Log::open(path, audit::now).unwrap()
}
