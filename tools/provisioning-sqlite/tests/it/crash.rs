//! Crashes and full disks: what was acknowledged is there, and nothing by halves.

use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

use provisioning::state::{Archive, State, Whole};
use statekit::samples::{at, claim, note};

use crate::processes::{next, writer};
use crate::{open, place};

#[tokio::test]
async fn every_acknowledged_commit_survives_kill_9() {
    let (_folder, path) = place();
    let mut acknowledged = 0;
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..30 {
        let (mut child, mut output) = writer(&path, None);
        let first: u64 = next(&mut output, "ack ").parse().unwrap();
        assert!(first > acknowledged, "round {round}: a serial was given twice");
        // Anywhere within some commits, by numbers that are the same in every run.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_micros(seed >> 50));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = last(first, &mut output);
        let whole = open(&path).whole().await.unwrap();
        // A commit that was made and not yet acknowledged may be there: all of it.
        assert!(
            (acknowledged..=acknowledged + 1).contains(&whole.serial),
            "round {round}: {} of {acknowledged}",
            whole.serial
        );
        assert_whole(&whole);
    }
    assert!(acknowledged >= 30);
}

/// The last acknowledged serial; a line that was cut is none.
fn last(first: u64, output: &mut impl BufRead) -> u64 {
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    rest.split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n')?.strip_prefix("ack ")?.parse().ok())
        .next_back()
        .unwrap_or(first)
}

/// Every commit of a child puts a resource, a run, a step and a note.
fn assert_whole(whole: &Whole) {
    for serial in 1..=whole.serial {
        let kinds: Vec<&str> = whole
            .events
            .iter()
            .filter(|event| event.serial == serial && event.note.kind != "lease stolen")
            .map(|event| event.note.kind.as_str())
            .collect();
        assert_eq!(kinds, ["resource", "run", "step", "child"], "serial {serial}");
    }
    assert_eq!(whole.steps.len() as u64, whole.serial);
    whole.fit("the store").unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_grow_refuses_and_stays_whole() {
    let (_folder, path) = place();
    drop(open(&path));
    let (mut child, mut output) = writer(&path, Some(600));
    let mut acknowledged = 0;
    let failed = loop {
        let mut line = String::new();
        assert_ne!(output.read_line(&mut line).unwrap(), 0, "the child ended");
        if let Some(serial) = line.strip_prefix("ack ") {
            acknowledged = serial.trim().parse().unwrap();
        } else if let Some(error) = line.strip_prefix("failed ") {
            break error.to_owned();
        }
    };
    child.wait().unwrap();
    assert!(failed.contains("state.db failed: disk I/O error"), "{failed}");
    let store = open(&path);
    let whole = store.whole().await.unwrap();
    assert_eq!(whole.serial, acknowledged);
    assert_whole(&whole);
    goes_on(&path).await;
}

async fn goes_on(path: &Path) {
    let store = open(path);
    let serial = store.serial().await.unwrap();
    let epoch = store.steal(&claim("next", 90), at(40), true).await.unwrap().epoch;
    let committed = store
        .commit(epoch, at(41), vec![note("there is room again")])
        .await;
    assert_eq!(committed, Ok(serial + 1));
}
