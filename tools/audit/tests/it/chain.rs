//! What a log looks like, and that every change of it is found.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use audit::{Head, Log, Options, Unverified};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};
use toolcall::Effect;

use crate::{end, findings, intend, open, refuse, verified};

#[test]
fn records_have_their_fields_in_order_and_form_a_chain() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state/audit.jsonl");
    let time = "2026-03-01T12:00:00.5Z".parse().unwrap();
    let log = Log::open(&path, move || time).unwrap();
    intend(&log, "c1", Effect::Destroy).unwrap();
    end(&log, "c1").unwrap();
    refuse(&log, "no policy permits it").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let zeros = "0".repeat(64);
    assert!(lines[0].starts_with(&format!(
        "{{\"seq\":1,\"time\":\"2026-03-01T12:00:00.500000Z\",\"kind\":\"intent\",\"call_id\":\"c1\",\"tool\":\"estimate_cost\",\
         \"caller\":{{\"id\":\"ann\",\"kind\":\"token\",\"issuer\":\"https://issuer.example\",\"roles\":[\"operator\"]}},\
         \"resource\":{{\"kind\":\"Configuration\",\"id\":\"web.ncl\"}},\"effect\":\"destroy\",\
         \"arguments_sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\
         \"policies\":[\"operators-may-read\"],\"transport\":\"stdio\",\"client\":\"a client 1.0\",\
         \"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"prev\":\"{zeros}\",\"hash\":\""
    )));
    let values: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(values[1]["verdict"], "not_found");
    assert_eq!(values[1]["elapsed_us"], 1234);
    assert_eq!(values[2]["reason"], "no policy permits it");
    assert!(values.windows(2).all(|pair| pair[1]["prev"] == pair[0]["hash"]));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let verified = verified(&path);
    assert_eq!(
        (verified.records, verified.files, verified.open_intents.len()),
        (3, 1, 0)
    );
    assert_eq!(verified.head.to_string().parse::<Head>().unwrap(), verified.head);
}

#[test]
fn long_and_hostile_text_is_bounded_and_cleaned() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    refuse(
        &open(&path),
        &format!("\u{1b}[31m\u{202e}{}", "ä\n\"".repeat(100_000)),
    )
    .unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.len() < 4000 && text.lines().count() == 1 && !text.contains('\u{202e}'),
        "{text}"
    );
    assert_eq!(verified(&path).records, 1);
}

#[test]
fn a_call_without_outcome_is_listed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let log = open(&path);
    intend(&log, "running", Effect::Read).unwrap();
    intend(&log, "ended", Effect::Read).unwrap();
    end(&log, "ended").unwrap();
    let open: Vec<_> = verified(&path)
        .open_intents
        .into_iter()
        .map(|intent| intent.call_id)
        .collect();
    assert_eq!(open, ["running"]);
}

#[test]
fn full_files_are_verified_in_order_with_the_one_being_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let log = Log::open_with(&path, audit::now, Options { rotate_bytes: 3000 }).unwrap();
    for number in 0..40 {
        intend(&log, &format!("c{number}"), Effect::Read).unwrap();
    }
    let seen = verified(&path);
    assert_eq!(seen.records, 40);
    assert!(seen.files > 5);
    // A file from the middle is missed, and so is the oldest.
    let mut full: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    full.retain(|file| file.extension().is_some_and(|end| end.len() == 20));
    full.sort();
    for file in [&full[2], &full[0]] {
        let bytes = fs::read(file).unwrap();
        fs::remove_file(file).unwrap();
        assert!(findings(&path)[0].what.contains("are missing before this one"));
        fs::write(file, bytes).unwrap();
    }
    // The one being written is gone: the chain goes on where the head says, and the loss is on record.
    fs::remove_file(&path).unwrap();
    assert!(findings(&path)[0].what.contains("missing from the end"));
    intend(&log, "after", Effect::Read).unwrap();
    drop(log);
    assert!(verified(&path).recovered[0].1.contains("are gone from the end"));
}

#[test]
fn an_anchor_kept_elsewhere_finds_a_log_that_was_rewritten_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    for name in ["one", "two"] {
        let log = open(&path);
        intend(&log, name, Effect::Read).unwrap();
        end(&log, name).unwrap();
    }
    let anchor = verified(&path).head;
    fs::remove_file(&path).unwrap();
    fs::remove_file(directory.path().join("audit.jsonl.head")).unwrap();
    let log = open(&path);
    for name in ["one", "other", "three", "four", "five"] {
        intend(&log, name, Effect::Read).unwrap();
    }
    // By itself it looks whole; the anchor knows better.
    assert_eq!(verified(&path).records, 5);
    let Err(Unverified::Changed(findings)) = audit::verify(&path, Some(&anchor)) else {
        panic!("not found")
    };
    assert!(
        findings[0]
            .what
            .contains("record 4 was replaced: the expected head"),
        "{findings:?}"
    );
}

#[derive(Debug, Clone)]
enum Change {
    Byte(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    CutLines(prop::sample::Index),
    CutBytes(prop::sample::Index),
    Rehash(prop::sample::Index),
    NoHead,
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), 1_u8..).prop_map(|(at, by)| Change::Byte(at, by)),
        index().prop_map(Change::Remove),
        (index(), index()).prop_map(|(which, to)| Change::Repeat(which, to)),
        (index(), index()).prop_map(|(one, other)| Change::Swap(one, other)),
        index().prop_map(Change::CutLines),
        index().prop_map(Change::CutBytes),
        index().prop_map(Change::Rehash),
        Just(Change::NoHead),
    ]
}

/// `line` with another tool in it and a hash that fits.
fn rehashed(line: &str) -> String {
    let changed = line.replace("estimate_cost", "execute_workflow");
    let (fields, _) = changed.rsplit_once(",\"hash\":").unwrap();
    let hash: String = Sha256::digest(format!("{fields}}}"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{fields},\"hash\":\"{hash}\"}}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_change_is_found(calls in 2..8_usize, change in change()) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = open(&path);
        for number in 0..calls {
            intend(&log, &format!("c{number}"), Effect::Read).unwrap();
            end(&log, &format!("c{number}")).unwrap();
        }
        drop(log);
        prop_assert_eq!(verified(&path).records, calls as u64 * 2);
        let before = fs::read(&path).unwrap();
        let text = String::from_utf8(before.clone()).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut after = None;
        match change {
            Change::Byte(at, by) => {
                let mut bytes = before.clone();
                let at = at.index(bytes.len());
                bytes[at] ^= by;
                after = Some(bytes);
            }
            Change::Remove(at) => { lines.remove(at.index(lines.len())); }
            Change::Repeat(which, to) => {
                let line = lines[which.index(lines.len())].clone();
                lines.insert(to.index(lines.len()), line);
            }
            Change::Swap(one, other) => {
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                prop_assume!(one != other);
                lines.swap(one, other);
            }
            Change::CutLines(keep) => lines.truncate(keep.index(lines.len())),
            Change::CutBytes(keep) => after = Some(before[..keep.index(before.len())].to_vec()),
            Change::Rehash(at) => {
                let at = at.index(lines.len());
                lines[at] = rehashed(&lines[at]);
            }
            Change::NoHead => fs::remove_file(directory.path().join("audit.jsonl.head")).unwrap(),
        }
        let after = after.unwrap_or_else(|| lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect());
        fs::write(&path, after).unwrap();
        prop_assert!(!findings(&path).is_empty());
        // Whatever it was, writing goes on, and what went missing from the end is on record.
        intend(&open(&path), "after", Effect::Read).unwrap();
        let text = fs::read(&path).unwrap();
        prop_assert!(String::from_utf8_lossy(&text).contains("\"call_id\":\"after\""));
    }
}
