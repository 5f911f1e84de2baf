//! What an intent costs. Figures are printed; only gross mistakes fail.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use toolcall::Effect;

use crate::{end, intend, open, verified};

const ROUNDS: u32 = 500;

fn median(mut round: impl FnMut(u32)) -> Duration {
    let mut all: Vec<Duration> = (0..ROUNDS)
        .map(|number| {
            let started = Instant::now();
            round(number);
            started.elapsed()
        })
        .collect();
    all.sort();
    all[all.len() / 2]
}

#[test]
fn an_intent_costs_little_more_than_its_sync() {
    for base in [
        Path::new("/dev/shm"),
        Path::new("/var/tmp"),
        &std::env::temp_dir(),
    ] {
        let Ok(directory) = tempfile::tempdir_in(base) else {
            continue;
        };
        let mut plain = File::create(directory.path().join("plain")).unwrap();
        let line = [b'x'; 800];
        let sync = median(|_| {
            plain.write_all(&line).unwrap();
            plain.sync_data().unwrap();
        });
        let path = directory.path().join("audit.jsonl");
        let log = open(&path);
        let intent = median(|number| intend(&log, &format!("c{number}"), Effect::Read).unwrap());
        let outcome = median(|number| end(&log, &format!("c{number}")).unwrap());
        println!(
            "{}: write and sync {sync:?}, intent {intent:?}, outcome without sync {outcome:?}",
            base.display()
        );
        assert!(outcome < Duration::from_millis(5));
        let started = Instant::now();
        std::thread::scope(|scope| {
            for worker in 0..8 {
                let log = &log;
                scope.spawn(move || {
                    (0..100)
                        .for_each(|number| intend(log, &format!("{worker}-{number}"), Effect::Read).unwrap())
                });
            }
        });
        println!(
            "{}: 8 threads, {:?} an intent",
            base.display(),
            started.elapsed() / 800
        );
        let started = Instant::now();
        let records = verified(&path).records;
        println!(
            "{}: verified {records} records in {:?}",
            base.display(),
            started.elapsed()
        );
    }
}
