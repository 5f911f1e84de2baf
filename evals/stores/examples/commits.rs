//! How long a commit of three changes takes, and reading 100,000 resources.
//!
//! `cargo run --release -p stores --example commits -- sqlite FILE` or `… -- postgres URL SCHEMA`; the store must be unused.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement prints what it found and fails loudly"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use provisioning::state::{Archive, Change, Whole};
use provisioning_postgres::{Options, PostgresState};
use provisioning_sqlite::SqliteState;
use redacted::Redacted;
use statekit::samples::{at, held, note, put, run, server, step};

const COMMITS: usize = 1000;
const RESOURCES: usize = 100_000;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let store: Box<dyn Archive> = match words.as_slice() {
        ["sqlite", path] => Box::new(SqliteState::open(Path::new(path)).unwrap()),
        ["postgres", url, schema] => Box::new(
            PostgresState::open(&Options {
                url: Redacted::new((*url).to_owned()),
                schema: (*schema).to_owned(),
                authority: None,
            })
            .await
            .unwrap(),
        ),
        _ => panic!("say `sqlite FILE` or `postgres URL SCHEMA`"),
    };
    let whole = Whole {
        workspace: "measured".to_owned(),
        resources: (0..RESOURCES)
            .map(|number| server(&format!("id-{number}"), &format!("web-{number}")))
            .collect(),
        ..Whole::default()
    };
    let began = Instant::now();
    store.fill(whole).await.unwrap();
    println!("filling with {RESOURCES} resources: {:?}", began.elapsed());
    let mut listed: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(store.resources().await.unwrap().len(), RESOURCES);
        listed.push(began.elapsed());
    }
    print("listing them", &mut listed);
    let epoch = held(&*store, "anna").await.epoch;
    let mut taken: Vec<Duration> = Vec::new();
    let all = Instant::now();
    for number in 0..COMMITS {
        let changes = vec![
            put(&server(&format!("new-{number}"), &format!("new-{number}"))),
            Change::Step(Box::new(step("r1", &format!("step {number}")))),
            match number {
                0 => Change::Run(Box::new(run("r1"))),
                _ => note("measured"),
            },
        ];
        let began = Instant::now();
        store.commit(epoch, at(1), changes).await.unwrap();
        taken.push(began.elapsed());
    }
    let second = f64::from(u32::try_from(COMMITS).unwrap()) / all.elapsed().as_secs_f64();
    println!("{second:.0} commits/s");
    print("a commit of 3 changes", &mut taken);
}

fn print(what: &str, taken: &mut [Duration]) {
    taken.sort();
    let part = |share: usize| taken.get((taken.len() - 1) * share / 100).unwrap();
    println!(
        "{what}: min {:?}, median {:?}, p99 {:?}",
        part(0),
        part(50),
        part(99)
    );
}
