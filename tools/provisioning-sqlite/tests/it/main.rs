//! The store in a file: the contract, the file itself, crashes, other processes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

use statekit::Fresh;

async fn fresh() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = provisioning_sqlite::SqliteState::open(&folder.path().join(".prov/state.db")).unwrap();
    Fresh::keeping(store, folder)
}

statekit::contract!(fresh);

#[test]
fn random_sequences_agree() {
    statekit::random::same_as_memory(48, fresh);
}
