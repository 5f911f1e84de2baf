//! From one store to another and back, by way of a file.

use provisioning::state::{Archive, Change, State};
use provisioning_json::{export, restore};
use provisioning_sqlite::SqliteState;
use statekit::samples::{at, claim, held, note, put, run, server, step};

use crate::server::SERVER;

#[tokio::test]
async fn a_workspace_moves_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| SqliteState::open(&folder.path().join(name)).unwrap();
    let first = open("first.db");
    let epoch = held(&first, "anna").await.epoch;
    for number in 0..20 {
        let changes = vec![
            put(&server(&format!("id-{number}"), &format!("größe-{number}"))),
            Change::Run(Box::new(run(&format!("r{number}")))),
            Change::Step(Box::new(step("r1", &format!("step {number}")))),
        ];
        first.commit(epoch, at(number), changes).await.unwrap();
    }
    let whole = first.whole().await.unwrap();
    let second = SERVER.store().await;
    restore(&second, &export(&first).await.unwrap()).await.unwrap();
    assert_eq!(second.whole().await.unwrap(), whole);
    let third = open("third.db");
    restore(&third, &export(&second).await.unwrap()).await.unwrap();
    assert_eq!(third.whole().await.unwrap(), whole);
    for store in [&second as &dyn Archive, &third] {
        let lease = store.acquire(&claim("bert", 90), at(40)).await.unwrap();
        assert_eq!(store.commit(lease.epoch, at(41), vec![note("on")]).await, Ok(21));
    }
}
