//! Intent before, outcome after: chained records that show any change.
//!
//! [`Log`] fills the port [`toolcall::Record`] with a file of JSON lines. Each record holds the hash of the
//! one before it and its own, so a record that was changed, removed, inserted or moved is found by [`verify`].
//!
//! # What the chain proves, and what it cannot
//!
//! Beside the log lies a head file that says which record is the last, so that cutting records from the end is
//! found as well. Both files belong to the same user: somebody who may write both can rewrite both, from any
//! record on, and the result verifies. Against that only an anchor outside their reach helps: keep the
//! [`Head`] that `verify` returns (or the head file) on another machine, and give it to a later `verify`.
//! An outcome that was not yet synced when the power failed may be missing; the next start says so in a record
//! of kind `recovered`, and so does it with every other damage. Nothing is dropped silently, and no damage keeps
//! a server from starting.
//!
//! # Durability
//!
//! An intent is on disk when [`toolcall::Record::intent`] returns, and so is the outcome of a call that could
//! change something. Refusals and the outcomes of reads are written at once and are on disk with the next
//! intent. Once a sync has failed, the log takes nothing more until it is opened again: the kernel reports a
//! lost page only once, so trying again would seem to succeed.
//!
//! Refusals without a caller cost whoever causes them nothing. Of each second and code twenty are recorded one by
//! one; the last of them says that more are only counted, and a record with `repeated` says how many those were. It
//! is written with the next record after that second, or when the log is closed.
//!
//! No write waits longer than two seconds for another process: then it fails, and says who may hold the lock.
//!
//! # Files
//!
//! For a log at `audit.jsonl`: `audit.jsonl` is written now, `audit.jsonl.<last seq>` are full ones,
//! `audit.jsonl.head` is the head and the lock, `audit.jsonl.torn-<time>` keeps bytes that were no record. Their
//! folder must be ours and closed to others, links are not followed, and a file that is no log is left alone.

mod commit;
mod entry;
mod error;
mod files;
mod flood;
mod head;
mod log;
mod recover;
mod trust;
mod verify;

pub use error::Error;
pub use head::Head;
pub use log::{Log, Options, now};
pub use verify::{Finding, OpenIntent, Unverified, Verified, verify};
