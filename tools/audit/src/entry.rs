//! One record as a line: its fields in their order, and the hash over them.
//!
//! The hash is over the line as written, without the field `hash`. So nothing depends on how a reader would
//! write the same JSON, and every byte of the line is covered.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toolcall::{Caller, Intent, Origin, Outcome, Refusal};

use crate::flood::Counted;
use crate::head::Head;

/// No text in a record is longer, in bytes.
const LONGEST_TEXT: usize = 1024;
/// No list in a record has more items.
const LONGEST_LIST: usize = 32;
/// No item of a list is longer, in bytes.
const LONGEST_ITEM: usize = 256;
/// No line is longer. Texts are at most six times as long when escaped; this leaves ample room.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// What stands between the fields and the hash.
const HASH_FIELD: &[u8] = b",\"hash\":\"";

/// A record without its hash. The order of the fields is the order in the file.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Entry<'a> {
    seq: u64,
    time: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<CallerEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<ResourceEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments_sha256: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<Vec<Cow<'a, str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeated: Option<u64>,
    prev: String,
}

#[derive(Debug, Serialize)]
struct CallerEntry<'a> {
    id: Cow<'a, str>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<Cow<'a, str>>,
    roles: Vec<Cow<'a, str>>,
}

#[derive(Debug, Serialize)]
struct ResourceEntry<'a> {
    kind: &'static str,
    id: Cow<'a, str>,
}

impl<'a> Entry<'a> {
    pub(crate) fn intent(intent: &Intent<'a>) -> Self {
        Self {
            kind: "intent",
            call_id: Some(text(intent.call_id)),
            tool: Some(text(intent.tool)),
            caller: Some(caller(intent.caller)),
            resource: Some(ResourceEntry {
                kind: intent.resource.kind,
                id: text(&intent.resource.id),
            }),
            effect: Some(intent.effect.name()),
            arguments_sha256: Some(text(intent.arguments_digest)),
            policies: Some(list(intent.policies)),
            ..Self::from(intent.origin)
        }
    }

    pub(crate) fn outcome(outcome: &Outcome<'a>) -> Self {
        Self {
            kind: "outcome",
            call_id: Some(text(outcome.call_id)),
            tool: Some(text(outcome.tool)),
            verdict: Some(outcome.verdict.code()),
            elapsed_us: Some(u64::try_from(outcome.elapsed.as_micros()).unwrap_or(u64::MAX)),
            bytes: Some(outcome.bytes as u64),
            ..Self::default()
        }
    }

    pub(crate) fn refusal(refusal: &Refusal<'a>) -> Self {
        Self {
            kind: "refusal",
            call_id: Some(text(refusal.call_id)),
            tool: Some(text(refusal.tool)),
            caller: refusal.caller.map(caller),
            code: Some(refusal.code),
            reason: Some(text(refusal.reason)),
            ..Self::from(refusal.origin)
        }
    }

    /// The last refusal of its second and code that is recorded by itself.
    pub(crate) fn last_refusal(refusal: &Refusal<'a>) -> Self {
        Self {
            reason: Some(text_owned(format!(
                "{}; more of this code within this second are only counted",
                bounded(refusal.reason, LONGEST_TEXT / 2)
            ))),
            ..Self::refusal(refusal)
        }
    }

    /// How many refusals of one second and code were not recorded by themselves.
    pub(crate) fn repeated(counted: &Counted) -> Self {
        let second = jiff::Timestamp::from_second(counted.second).unwrap_or_default();
        Self {
            kind: "refusal",
            code: Some(counted.code),
            reason: Some(text_owned(format!(
                "{} more refusals of this code without a caller within the second from {second}",
                counted.more
            ))),
            repeated: Some(counted.more),
            ..Self::default()
        }
    }

    /// Damage was found; `reason` says which and where the bytes are now.
    pub(crate) fn recovered(reason: &'a str) -> Self {
        Self {
            kind: "recovered",
            reason: Some(text(reason)),
            ..Self::default()
        }
    }

    /// The line of this record after `last`, and the new head.
    pub(crate) fn seal(
        mut self,
        last: &Head,
        time: jiff::Timestamp,
    ) -> Result<(Vec<u8>, Head), serde_json::Error> {
        self.seq = last.seq + 1;
        self.time = format!("{time:.6}");
        self.prev.clone_from(&last.hash);
        let mut line = serde_json::to_vec(&self)?;
        let hash = hex(&Sha256::digest(&line));
        line.pop();
        line.extend_from_slice(HASH_FIELD);
        line.extend_from_slice(hash.as_bytes());
        line.extend_from_slice(b"\"}\n");
        Ok((line, Head { seq: self.seq, hash }))
    }
}

impl<'a> From<&'a Origin> for Entry<'a> {
    fn from(origin: &'a Origin) -> Self {
        Self {
            transport: Some(origin.transport),
            client: origin.client.as_deref().map(text),
            trace_id: origin.trace_id.as_deref().map(text),
            ..Self::default()
        }
    }
}

fn caller(caller: &Caller) -> CallerEntry<'_> {
    CallerEntry {
        id: text(&caller.id),
        kind: caller.kind.name(),
        issuer: caller.issuer.as_deref().map(text),
        roles: list(&caller.roles),
    }
}

fn text(text: &str) -> Cow<'_, str> {
    bounded(text, LONGEST_TEXT)
}

fn text_owned(text: String) -> Cow<'static, str> {
    bounded(&text, LONGEST_TEXT).into_owned().into()
}

fn list(items: &[String]) -> Vec<Cow<'_, str>> {
    let mut kept: Vec<_> = items
        .iter()
        .take(LONGEST_LIST)
        .map(|item| bounded(item, LONGEST_ITEM))
        .collect();
    if items.len() > LONGEST_LIST {
        kept.push(format!("… {} more", items.len() - LONGEST_LIST).into());
    }
    kept
}

/// `text` without what a terminal would obey, and no longer than `longest` bytes.
fn bounded(text: &str, longest: usize) -> Cow<'_, str> {
    let clean = redacted::clean(text);
    if clean.len() <= longest {
        return clean;
    }
    let end = clean.floor_char_boundary(longest);
    format!("{}…", clean.get(..end).unwrap_or_default()).into()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| DIGITS.get(usize::from(digit)))
        .map(|digit| char::from(*digit))
        .collect()
}

/// What is read of a record.
#[derive(Debug, Deserialize)]
pub(crate) struct Read {
    pub(crate) seq: u64,
    pub(crate) time: String,
    pub(crate) kind: String,
    pub(crate) call_id: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) prev: String,
    pub(crate) hash: String,
}

impl Read {
    /// The record on `line` (without its newline), and whether its hash is right; an error if it is none.
    pub(crate) fn parse(line: &[u8]) -> Result<(Self, bool), String> {
        let read: Self = serde_json::from_slice(line).map_err(|error| format!("not a record: {error}"))?;
        let end = HASH_FIELD.len() + 64 + 2;
        let split = line
            .len()
            .checked_sub(end)
            .and_then(|at| line.split_at_checked(at));
        let (fields, tail) = split.ok_or("not a record: it does not end in a hash")?;
        if tail.strip_prefix(HASH_FIELD).and_then(|tail| tail.get(..64)) != Some(read.hash.as_bytes()) {
            return Err("not a record: it does not end in its hash".to_owned());
        }
        let digest = Sha256::new().chain_update(fields).chain_update(b"}").finalize();
        let right = hex(&digest) == read.hash;
        Ok((read, right))
    }

    pub(crate) fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash.clone(),
        }
    }
}
