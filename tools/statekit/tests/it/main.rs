//! `Memory` keeps to the contract that it stands for.

use provisioning::state::Memory;
use statekit::Fresh;

async fn fresh() -> Fresh {
    Fresh::new(Memory::new("w-1"))
}

statekit::contract!(fresh);

#[test]
fn random_sequences_agree() {
    statekit::random::same_as_memory(64, fresh);
}
