//! Configurations, good, bad and hostile, through real worker processes.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may fail loudly"
)]

mod between;
mod diagnostics;
mod examples;
mod explain;
mod fixtures;
mod format;
mod fuzz;
mod generated;
mod hidden_imports;
mod hostile;
mod imports;
mod layers;
mod pool;

use std::sync::Arc;

use provisioning::evaluate::Error;
use provisioning::workspace::{InMemory, Workspace};
use provisioning::{Diagnostic, Embedded, Evaluate, Evaluation, Source};
use provisioning_nickel::{Bounds, Pool, WorkerCommand};

/// A configuration that holds.
const GOOD: &str = "{ servers = [{ name = \"web-1\", provider = 'local }] }";

/// The worker: an example of this crate, built beside the tests.
fn command() -> WorkerCommand {
    let tests = std::env::current_exe().unwrap();
    let program = tests
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/workbench");
    assert!(
        program.exists(),
        "build it: `cargo build -p provisioning-nickel --example workbench`"
    );
    WorkerCommand {
        program,
        arguments: vec!["worker".to_owned()],
    }
}

fn pool_of(bounds: Bounds, workspace: impl Workspace + 'static) -> Pool {
    Pool::new(command(), bounds, Arc::new(Embedded), Arc::new(workspace))
}

fn pool() -> Pool {
    pool_of(Bounds::default(), InMemory::new())
}

async fn evaluate(pool: &Pool, text: &str) -> Result<Evaluation, Error> {
    pool.evaluate(
        Source {
            name: "main.ncl".to_owned(),
            text: text.to_owned(),
        },
        true,
    )
    .await
}

/// Asserts that the pool is well.
async fn assert_well(pool: &Pool) {
    let evaluation = evaluate(pool, GOOD).await.unwrap();
    assert_eq!(evaluation.diagnostics, []);
    let configuration = evaluation.configuration.unwrap();
    let servers = configuration.get("servers").unwrap().items();
    assert_eq!(
        servers[0].at("spec.cpu").and_then(provisioning::Node::integer),
        Some(2)
    );
}

/// A finding as one line: `code path line:column`.
fn brief(found: &Diagnostic) -> String {
    let place = found
        .line
        .zip(found.column)
        .map_or_else(String::new, |(line, column)| format!(" {line}:{column}"));
    format!("{} {}{place}", found.code, found.path.as_deref().unwrap_or("-"))
}

async fn briefs(pool: &Pool, text: &str) -> Vec<String> {
    evaluate(pool, text)
        .await
        .unwrap()
        .diagnostics
        .iter()
        .map(brief)
        .collect()
}
