//! Crashes, torn lines, lost ends, full disks.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use toolcall::Effect;

use crate::{end, findings, intend, open, processes, refuse, verified};

#[test]
fn every_acknowledged_intent_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let mut acknowledged = Vec::new();
    for round in 0..20_u64 {
        let mut child = processes::spawn(&path, 1_000_000, None);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        // Wait for the first acknowledgement, then let it run a little longer each time.
        let mut line = String::new();
        while !line.starts_with("ack ") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the child ended");
        }
        std::thread::sleep(Duration::from_micros(300 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        let lines = std::iter::once(line.trim()).chain(
            rest.split_inclusive('\n')
                .filter_map(|line| line.strip_suffix('\n')),
        );
        acknowledged.extend(
            lines
                .filter_map(|line| line.strip_prefix("ack "))
                .map(str::to_owned),
        );
    }
    drop(open(&path));
    verified(&path);
    let files = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let text: String = files.collect();
    assert!(acknowledged.len() >= 20);
    for call_id in acknowledged {
        assert!(
            text.contains(&format!("\"kind\":\"intent\",\"call_id\":\"{call_id}\"")),
            "{call_id} is lost"
        );
    }
}

#[test]
fn a_torn_line_is_set_aside_and_recorded_even_while_running() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let log = open(&path);
    intend(&log, "c1", Effect::Read).unwrap();
    for torn in [&b"{\"seq\":2,\"time\":\"20"[..], b"\0\0\0\0\n", b"{\"seq\":9}\n{"] {
        OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(torn)
            .unwrap();
        assert!(!findings(&path).is_empty());
        refuse(&log, "after the damage").unwrap();
        verified(&path);
    }
    drop(log);
    OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"{\"half")
        .unwrap();
    drop(open(&path));
    let verified = verified(&path);
    assert_eq!(verified.recovered.len(), 4);
    assert!(
        verified.recovered[0]
            .1
            .starts_with("19 bytes at the end were no record and are now in `audit.jsonl.torn-")
    );
    let mut kept: Vec<Vec<u8>> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".torn-"))
        .map(|path| fs::read(path).unwrap())
        .collect();
    kept.sort();
    assert_eq!(
        kept,
        [
            &b"\0\0\0\0\n"[..],
            b"{\"half",
            b"{\"seq\":2,\"time\":\"20",
            b"{\"seq\":9}\n{"
        ]
    );
}

#[test]
fn records_lost_from_the_end_are_on_record_after_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let log = open(&path);
    for name in ["a", "b", "c"] {
        intend(&log, name, Effect::Read).unwrap();
    }
    drop(log);
    let text = fs::read_to_string(&path).unwrap();
    let kept: String = text.split_inclusive('\n').take(1).collect();
    fs::write(&path, kept).unwrap();
    assert!(
        findings(&path)[0]
            .what
            .contains("records 2 to 3 are missing from the end, says the head file")
    );
    drop(open(&path));
    assert!(
        verified(&path).recovered[0]
            .1
            .starts_with("records 2 to 3 are gone from the end")
    );
    // Without a head nobody can say, and that is on record too.
    fs::remove_file(directory.path().join("audit.jsonl.head")).unwrap();
    drop(open(&path));
    assert!(
        verified(&path).recovered[1]
            .1
            .starts_with("there was no head file")
    );
}

#[test]
fn a_full_disk_refuses_the_intent_and_leaves_the_log_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let child = processes::spawn(&path, 1_000_000, Some(20))
        .wait_with_output()
        .unwrap();
    let output = String::from_utf8(child.stdout).unwrap();
    let failed = output.lines().find(|line| line.starts_with("failed ")).unwrap();
    assert!(
        failed.contains("cannot write the audit record to `") && failed.contains("audit.jsonl"),
        "{failed}"
    );
    let acknowledged = output.lines().filter(|line| line.starts_with("ack ")).count();
    let seen = verified(&path);
    assert!(seen.records >= 2 * acknowledged as u64 - 1 && acknowledged > 3);
    let log = open(&path);
    intend(&log, "there is room again", Effect::Read).unwrap();
    end(&log, "there is room again").unwrap();
    assert_eq!(verified(&path).records, seen.records + 2);
}

#[test]
fn what_cannot_be_opened_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    let error = audit::Log::open(&directory.path().join("file/audit.jsonl"), audit::now)
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("cannot create the directory `"),
        "{error}"
    );
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o500)).unwrap();
    // Root may write anyway.
    if let Err(error) = audit::Log::open(&directory.path().join("audit.jsonl"), audit::now) {
        assert!(error.to_string().contains("cannot open `"), "{error}");
    }
}
