//! The store in a file: the contract, the file itself, crashes, other processes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

mod crash;
mod file;
mod processes;

use std::path::{Path, PathBuf};

use provisioning_sqlite::SqliteState;
use statekit::Fresh;
use tempfile::TempDir;

async fn fresh() -> Fresh {
    let (folder, path) = place();
    Fresh::keeping(open(&path), folder)
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".prov/state.db");
    (folder, path)
}

fn open(path: &Path) -> SqliteState {
    SqliteState::open(path).unwrap()
}

statekit::contract!(fresh);

#[test]
fn random_sequences_agree() {
    statekit::random::same_as_memory(48, fresh);
}
