//! Refusals that cost nothing to cause: counted, not recorded one by one, and never lost.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use audit::Log;
use jiff::Timestamp;
use serde_json::Value;
use toolcall::{Effect, Record, Refusal};

use crate::{caller, intend, origin, verified};

/// A log whose clock stands at the given millisecond.
fn clocked(path: &Path) -> (Log, Arc<AtomicI64>) {
    let time = Arc::new(AtomicI64::new(1_000_000));
    let clock = Arc::clone(&time);
    let log = Log::open(path, move || {
        Timestamp::from_millisecond(clock.load(Ordering::SeqCst)).unwrap()
    });
    (log.unwrap(), time)
}

fn refuse(log: &Log, code: &'static str, times: usize) {
    for _ in 0..times {
        log.refusal(&Refusal {
            call_id: "r",
            tool: "",
            caller: None,
            code,
            reason: "bad token",
            origin: &origin(),
        })
        .unwrap();
    }
}

fn records(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Code and number of each record that counts.
fn counts(path: &Path) -> Vec<(String, u64)> {
    records(path)
        .iter()
        .filter_map(|record| Some((record["code"].as_str()?.to_owned(), record["repeated"].as_u64()?)))
        .collect()
}

#[test]
fn of_each_second_and_code_twenty_are_recorded_and_the_rest_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let (log, time) = clocked(&path);
    refuse(&log, "unauthenticated", 5000);
    refuse(&log, "denied", 21);
    assert_eq!(records(&path).len(), 40);
    let last = records(&path)[19]["reason"].to_string();
    assert!(last.contains("only counted"), "{last}");
    // The next record of any kind in a later second brings the counts.
    time.store(1_001_000, Ordering::SeqCst);
    intend(&log, "c", Effect::Read).unwrap();
    assert_eq!(
        counts(&path),
        [("denied".to_owned(), 1), ("unauthenticated".to_owned(), 4980)]
    );
    assert_eq!(records(&path).len(), 43);
    let said = records(&path)[41]["reason"].to_string();
    assert!(
        said.contains("4980 more refusals") && said.contains("1970-01-01T00:16:40Z"),
        "{said}"
    );
    // A new second has room for single ones again.
    refuse(&log, "unauthenticated", 20);
    assert_eq!(records(&path).len(), 63);
    drop(log);
    assert_eq!((counts(&path).len(), verified(&path).records), (2, 63));
}

#[test]
fn what_is_counted_when_the_log_closes_is_written_and_every_refusal_is_accounted_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let (log, time) = clocked(&path);
    for second in 0..5 {
        time.store(1_000_000 + second * 1000, Ordering::SeqCst);
        refuse(&log, "unauthenticated", 100);
    }
    // A clock that is set back begins a second, too.
    time.store(1_000_500, Ordering::SeqCst);
    refuse(&log, "unauthenticated", 30);
    drop(log);
    let counted: u64 = counts(&path).iter().map(|(_, count)| count).sum();
    let single = records(&path).len() - counts(&path).len();
    assert_eq!((single, counted), (120, 5 * 80 + 10));
    assert_eq!(counts(&path).len(), 6);
    verified(&path);
}

#[test]
fn refusals_of_known_callers_are_recorded_one_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let (log, _time) = clocked(&path);
    let caller = caller();
    for _ in 0..50 {
        log.refusal(&Refusal {
            call_id: "r",
            tool: "estimate_cost",
            caller: Some(&caller),
            code: "denied",
            reason: "no policy permits it",
            origin: &origin(),
        })
        .unwrap();
    }
    assert_eq!(records(&path).len(), 50);
}
