//! Who may write: leases, when they run out, and the fence behind them.

use std::sync::Arc;

use provisioning::state::{Archive, Error};

use crate::samples::{at, claim, held, note};

/// A lease that has not run out is nobody else's, not even its holder's a second time.
pub async fn a_lease_is_held_by_one(store: Arc<dyn Archive>) {
    assert_eq!(store.lease().await.unwrap(), None);
    let lease = held(&*store, "anna").await;
    assert_eq!((lease.epoch, lease.acquired), (1, at(0)));
    assert_eq!(lease.claim, claim("anna", 30));
    assert_eq!(store.lease().await.unwrap(), Some(lease.clone()));
    for owner in ["bert", "anna"] {
        let refused = store.acquire(&claim(owner, 90), at(29)).await.unwrap_err();
        assert_eq!(refused, Error::Held(Box::new(lease.clone())));
    }
    assert_eq!(store.lease().await.unwrap(), Some(lease));
    assert_eq!(store.serial().await.unwrap(), 0);
}

/// The store goes by the time it is told. At the moment of its end a lease has run out.
pub async fn a_lease_that_ran_out_can_be_taken(store: Arc<dyn Archive>) {
    held(&*store, "anna").await;
    let second = store.acquire(&claim("bert", 60), at(30)).await.unwrap();
    assert_eq!((second.epoch, second.claim.owner.as_str()), (2, "bert"));
    // It stays readable although it ran out.
    assert_eq!(store.lease().await.unwrap(), Some(second));
}

/// Only a held lease is stolen: one that ran out, or any by force. Every theft stands in the history.
pub async fn only_what_is_held_can_be_stolen(store: Arc<dyn Archive>) {
    let thief = claim("bert", 90);
    assert_eq!(store.steal(&thief, at(1), true).await, Err(Error::Free));
    let lease = held(&*store, "anna").await;
    let refused = store.steal(&thief, at(29), false).await.unwrap_err();
    assert_eq!(refused, Error::Held(Box::new(lease)));
    let stolen = store.steal(&thief, at(30), false).await.unwrap();
    assert_eq!(stolen.epoch, 2);
    let forced = store.steal(&claim("carl", 95), at(40), true).await.unwrap();
    assert_eq!((forced.epoch, forced.acquired), (3, at(40)));
    let events = store.events(None, None, 10).await.unwrap();
    let told: Vec<(&str, &str)> = events
        .iter()
        .map(|event| (event.note.kind.as_str(), event.note.detail.as_str()))
        .collect();
    let expected = [
        ("lease stolen", "carl: apply prod.ncl"),
        ("lease stolen", "bert: apply prod.ncl"),
        ("lease taken", "anna: apply prod.ncl"),
    ];
    assert_eq!(told, expected);
}

/// A lease lasts as long as it was last said to, and only its holder says so.
pub async fn an_extended_lease_lasts(store: Arc<dyn Archive>) {
    let lease = held(&*store, "anna").await;
    store.extend(lease.epoch, at(100)).await.unwrap();
    assert!(matches!(
        store.acquire(&claim("bert", 200), at(99)).await,
        Err(Error::Held(_))
    ));
    // Nobody needs a clock to keep what nobody took: a lease that ran out can be extended.
    store.extend(lease.epoch, at(50)).await.unwrap();
    store.extend(lease.epoch, at(60)).await.unwrap();
    assert_eq!(store.lease().await.unwrap().unwrap().claim.expires, at(60));
    let refused = store.extend(7, at(100)).await.unwrap_err();
    assert_eq!(refused, Error::Fenced { epoch: 7, current: 1 });
    assert_eq!(store.events(None, None, 10).await.unwrap().len(), 1);
}

/// What was given back can be taken, and what was lost is not given back again.
pub async fn a_released_lease_is_gone(store: Arc<dyn Archive>) {
    let first = held(&*store, "anna").await;
    store.release(first.epoch).await.unwrap();
    assert_eq!(store.lease().await.unwrap(), None);
    let fenced = Error::Fenced { epoch: 1, current: 1 };
    assert_eq!(store.extend(1, at(90)).await, Err(fenced.clone()));
    assert_eq!(store.commit(1, at(5), vec![note("late")]).await, Err(fenced));
    let second = store.acquire(&claim("bert", 60), at(6)).await.unwrap();
    assert_eq!(second.epoch, 2);
    store.release(first.epoch).await.unwrap();
    assert_eq!(store.lease().await.unwrap(), Some(second));
}

/// Whoever lost the lease changes nothing, by commits or otherwise.
pub async fn a_lost_lease_writes_nothing(store: Arc<dyn Archive>) {
    let first = held(&*store, "anna").await;
    assert_eq!(store.commit(1, at(1), vec![note("mine")]).await, Ok(1));
    let second = store.steal(&claim("bert", 90), at(31), false).await.unwrap();
    let before = store.whole().await.unwrap();
    let fenced = Error::Fenced {
        epoch: first.epoch,
        current: second.epoch,
    };
    assert_eq!(
        store.commit(first.epoch, at(32), vec![note("late")]).await,
        Err(fenced.clone())
    );
    assert_eq!(store.extend(first.epoch, at(99)).await, Err(fenced));
    // An epoch that nobody was given is no better.
    for epoch in [0, 3, u64::MAX] {
        let fenced = Error::Fenced { epoch, current: 2 };
        assert_eq!(store.commit(epoch, at(32), vec![note("odd")]).await, Err(fenced));
    }
    assert_eq!(store.whole().await.unwrap(), before);
    assert_eq!(store.lease().await.unwrap(), Some(second));
    assert_eq!(store.commit(2, at(33), vec![note("mine")]).await, Ok(2));
}
