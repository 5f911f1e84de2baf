//! A store as a whole, taken out and laid down elsewhere.

use std::sync::Arc;

use provisioning::state::{Archive, Change, Error, Memory, State as _, Whole};

use crate::samples::{at, claim, held, note, put, run, server, step};

async fn used(store: &dyn Archive) -> Whole {
    let epoch = held(store, "anna").await.epoch;
    let mut old = server("id-0", "web");
    old.replaced = true;
    let changes = vec![
        put(&server("id-1", "web")),
        put(&old),
        Change::Run(Box::new(run("r2"))),
        Change::Run(Box::new(run("r1"))),
        Change::Step(Box::new(step("r2", "b"))),
        Change::Step(Box::new(step("r2", "a"))),
        Change::Spend {
            token: "t1".to_owned(),
            expires: at(9),
        },
    ];
    store.commit(epoch, at(1), changes).await.unwrap();
    store.cancel("r1", at(2)).await.unwrap();
    store.whole().await.unwrap()
}

/// Both stores tell the same, go on alike, and keep out whoever held a lease before.
pub async fn a_store_can_be_taken_elsewhere_whole(store: Arc<dyn Archive>) {
    let other = Memory::new("w-elsewhere");
    let whole = used(&other).await;
    assert_eq!((whole.workspace.as_str(), whole.epoch), ("w-elsewhere", 1));
    store.fill(whole.clone()).await.unwrap();
    assert_eq!(store.whole().await.unwrap(), whole);
    assert_eq!(store.workspace().await.unwrap(), "w-elsewhere");
    assert_eq!(store.serial().await.unwrap(), 1);
    assert_eq!(store.lease().await.unwrap(), None);
    assert_eq!(store.runs(9).await.unwrap(), other.runs(9).await.unwrap());
    let fenced = Err(Error::Fenced { epoch: 1, current: 1 });
    assert_eq!(store.commit(1, at(3), vec![note("late")]).await, fenced);
    let lease = store.acquire(&claim("bert", 60), at(3)).await.unwrap();
    assert_eq!(lease.epoch, 2);
    let spend = Change::Spend {
        token: "t1".to_owned(),
        expires: at(9),
    };
    assert_eq!(store.commit(2, at(3), vec![spend]).await, Err(Error::Spent));
    let changes = vec![
        Change::Run(Box::new(run("r3"))),
        Change::Step(Box::new(step("r2", "c"))),
    ];
    assert_eq!(store.commit(2, at(4), changes).await, Ok(2));
    assert_eq!(store.runs(1).await.unwrap(), [run("r3")]);
    assert_eq!(store.steps("r2").await.unwrap()[2], step("r2", "c"));
    let events = store.events(None, None, 3).await.unwrap();
    let numbers = events.iter().map(|event| event.sequence);
    let next = u64::try_from(whole.events.len()).unwrap() + 3;
    assert!(numbers.eq([next, next - 1, next - 2]));
}

/// Nothing is laid over what is there, and nothing that no store would have written is laid down.
pub async fn a_used_store_is_not_filled(store: Arc<dyn Archive>) {
    let workspace = store.workspace().await.unwrap();
    let whole = used(&Memory::new("w-elsewhere")).await;
    let twice = [whole.resources.clone(), whole.resources.clone()].concat();
    let broken = [
        Whole {
            resources: twice,
            ..whole.clone()
        },
        Whole {
            events: whole.events[1..].to_vec(),
            ..whole.clone()
        },
        Whole {
            serial: 0,
            ..whole.clone()
        },
        Whole {
            workspace: "\0".to_owned(),
            ..whole.clone()
        },
    ];
    for broken in broken {
        assert!(matches!(store.fill(broken).await, Err(Error::Broken { .. })));
    }
    assert_eq!(store.workspace().await.unwrap(), workspace);
    held(&*store, "anna").await;
    let before = store.whole().await.unwrap();
    let refused = Whole::refused(store.place());
    assert_eq!(store.fill(whole).await, Err(refused));
    assert_eq!(store.whole().await.unwrap(), before);
    assert!(store.lease().await.unwrap().is_some());
}
