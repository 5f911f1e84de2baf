//! What a commit does: all of it or nothing, one more serial, and what was written comes back.

use std::sync::Arc;

use provisioning::resource::{Address, Kind, Value};
use provisioning::state::{Archive, Change, Error, Phase, RunStatus, StepStatus};

use crate::samples::{at, claim, held, note, put, run, server, step};

/// A change that cannot be made takes those before it with it.
pub async fn a_commit_is_all_or_nothing(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let first = server("id-1", "web");
    let begun = vec![
        put(&first),
        Change::Spend {
            token: "t1".to_owned(),
            expires: at(9),
        },
    ];
    assert_eq!(store.commit(epoch, at(1), begun).await, Ok(1));
    let before = store.whole().await.unwrap();
    let failing = vec![
        put(&server("id-2", "db")),
        Change::Remove("id-1".to_owned()),
        Change::Run(Box::new(run("r1"))),
        Change::Step(Box::new(step("r1", "create server.db"))),
        note("seen"),
        Change::Spend {
            token: "t1".to_owned(),
            expires: at(9),
        },
    ];
    assert_eq!(store.commit(epoch, at(2), failing).await, Err(Error::Spent));
    assert_eq!(store.whole().await.unwrap(), before);
    // The next one goes on as if nothing had been.
    assert_eq!(store.commit(epoch, at(3), vec![note("seen")]).await, Ok(2));
    assert_eq!(store.serial().await.unwrap(), 2);
}

/// A commit of nothing is a commit.
pub async fn an_empty_commit_counts(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    assert_eq!(store.commit(epoch, at(1), Vec::new()).await, Ok(1));
    assert_eq!(store.commit(epoch, at(1), Vec::new()).await, Ok(2));
    assert_eq!(store.events(None, None, 9).await.unwrap().len(), 1);
}

/// Every field of what was written is what is read.
pub async fn everything_comes_back_as_it_was(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let mut resource = server("id-1", "web");
    resource.attributes.extend([
        ("least".to_owned(), Value::Integer(i64::MIN)),
        ("most".to_owned(), Value::Integer(i64::MAX)),
        ("tiny".to_owned(), Value::Real(f64::MIN_POSITIVE)),
        ("third".to_owned(), Value::Real(0.1 + 0.2)),
        ("large".to_owned(), Value::Real(1.797_693_134_862_315_7e308)),
        ("none".to_owned(), Value::List(Vec::new())),
    ]);
    resource.computed = [("ip".to_owned(), Value::from("10.0.0.4"))].into();
    resource.address.index = Some(u32::MAX);
    let mut ended = run("r1");
    ended.finished = Some(at(5));
    ended.message = Some("it failed".to_owned());
    let mut written = step("r1", "create");
    written.effect = Some("i-123".to_owned());
    written.error = Some("no capacity".to_owned());
    written.finished = Some(at(6));
    written.attempt = u32::MAX;
    for (phase, status) in Phase::ALL.into_iter().zip(RunStatus::ALL) {
        resource.phase = phase;
        resource.protected = !resource.protected;
        ended.status = status;
        let changes = vec![
            put(&resource),
            Change::Run(Box::new(ended.clone())),
            Change::Step(Box::new(written.clone())),
        ];
        store.commit(epoch, at(4), changes).await.unwrap();
        assert_eq!(store.resources().await.unwrap(), [resource.clone()]);
        let found = store.resource(&resource.address).await.unwrap();
        assert_eq!(found, Some(resource.clone()));
        assert_eq!(store.run("r1").await.unwrap(), Some(ended.clone()));
        assert_eq!(store.steps("r1").await.unwrap(), [written.clone()]);
    }
    for status in StepStatus::ALL {
        written.status = status;
        let changes = vec![Change::Step(Box::new(written.clone()))];
        store.commit(epoch, at(4), changes).await.unwrap();
        assert_eq!(store.steps("r1").await.unwrap(), [written.clone()]);
    }
    for status in RunStatus::ALL {
        ended.status = status;
        let changes = vec![Change::Run(Box::new(ended.clone()))];
        store.commit(epoch, at(4), changes).await.unwrap();
        assert_eq!(store.run("r1").await.unwrap(), Some(ended.clone()));
    }
    let changes = vec![
        Change::Remove("id-1".to_owned()),
        Change::Remove("id-0".to_owned()),
    ];
    store.commit(epoch, at(7), changes).await.unwrap();
    assert_eq!(store.resources().await.unwrap(), []);
    assert_eq!(store.run("r2").await.unwrap(), None);
    assert_eq!(store.steps("r2").await.unwrap(), []);
}

/// An address is free again when its resource is replaced, renamed or forgotten, in the order of the changes.
pub async fn addresses_belong_to_one_resource(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let mut old = server("id-1", "web");
    let new = server("id-2", "web");
    store.commit(epoch, at(1), vec![put(&old)]).await.unwrap();
    let occupied = Err(Error::Occupied(new.address.clone()));
    assert_eq!(store.commit(epoch, at(2), vec![put(&new)]).await, occupied);
    old.replaced = true;
    // The order counts: first the address becomes free.
    let wrong = vec![put(&new), put(&old)];
    assert_eq!(store.commit(epoch, at(2), wrong).await, occupied);
    let right = vec![put(&old), put(&new)];
    assert_eq!(store.commit(epoch, at(2), right).await, Ok(2));
    assert_eq!(store.resource(&new.address).await.unwrap(), Some(new.clone()));
    old.replaced = false;
    assert_eq!(store.commit(epoch, at(3), vec![put(&old)]).await, occupied);
    // Several may be on their way out of one address.
    let mut third = server("id-3", "web");
    third.replaced = true;
    assert_eq!(store.commit(epoch, at(3), vec![put(&third)]).await, Ok(3));
    // Elements of a row are addresses of their own.
    let mut row = server("id-4", "web");
    row.address.index = Some(0);
    let changes = vec![put(&row), Change::Remove("id-2".to_owned()), put(&old)];
    assert_eq!(store.commit(epoch, at(4), changes).await, Ok(4));
    assert_eq!(store.resource(&row.address).await.unwrap(), Some(row));
    assert_eq!(store.resource(&old.address).await.unwrap(), Some(old));
    let absent = Address::new(Kind::Bucket, "web");
    assert_eq!(store.resource(&absent).await.unwrap(), None);
}

/// By kind in the order in which kinds are made, then name and place in the row; what is being replaced after its successor.
pub async fn resources_come_in_order(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let wanted = [
        ("a", Kind::Network, "z", None, false),
        ("b", Kind::Volume, "A", None, false),
        ("c", Kind::Volume, "a", None, false),
        ("d", Kind::Volume, "a.b", None, false),
        ("e", Kind::Volume, "ab", None, false),
        ("z", Kind::Server, "web", None, false),
        ("f", Kind::Server, "web", None, true),
        ("g", Kind::Server, "web", None, true),
        ("h", Kind::Server, "web", Some(2), false),
        ("i", Kind::Server, "web", Some(10), false),
        ("j", Kind::Server, "é", None, false),
        ("k", Kind::Server, "𐀀", None, false),
        ("l", Kind::Bucket, "a", None, false),
    ];
    let resources = wanted.map(|(id, kind, name, index, replaced)| {
        let mut resource = server(id, name);
        resource.address = Address {
            kind,
            name: name.to_owned(),
            index,
        };
        resource.replaced = replaced;
        resource
    });
    let changes = resources.iter().rev().map(put).collect();
    store.commit(epoch, at(1), changes).await.unwrap();
    assert_eq!(store.resources().await.unwrap(), resources);
}

/// What is written again stays where it was; of runs the newest comes first.
pub async fn runs_and_steps_stay_in_place(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    // The time says nothing about the order: clocks differ.
    let mut first = run("r2");
    first.started = at(900);
    let changes = vec![
        Change::Run(Box::new(first.clone())),
        Change::Run(Box::new(run("r1"))),
        Change::Step(Box::new(step("r2", "b"))),
        Change::Step(Box::new(step("r1", "b"))),
        Change::Step(Box::new(step("r2", "a"))),
        Change::Step(Box::new(step("r2", "b"))),
        Change::Run(Box::new(first.clone())),
    ];
    store.commit(epoch, at(1), changes).await.unwrap();
    store
        .commit(epoch, at(2), vec![Change::Run(Box::new(run("r3")))])
        .await
        .unwrap();
    let runs = store.runs(9).await.unwrap();
    assert_eq!(runs, [run("r3"), run("r1"), first]);
    assert_eq!(store.runs(1).await.unwrap(), [run("r3")]);
    assert_eq!(store.runs(0).await.unwrap(), []);
    assert_eq!(store.runs(usize::MAX).await.unwrap().len(), 3);
    assert_eq!(
        store.steps("r2").await.unwrap(),
        [step("r2", "b"), step("r2", "a")]
    );
}

/// A plan token works once, also within one commit.
pub async fn tokens_are_spent_once(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let spend = |token: &str| Change::Spend {
        token: token.to_owned(),
        expires: at(1),
    };
    let twice = vec![spend("t1"), spend("t1")];
    assert_eq!(store.commit(epoch, at(0), twice).await, Err(Error::Spent));
    assert_eq!(store.commit(epoch, at(0), vec![spend("t1")]).await, Ok(1));
    assert_eq!(
        store.commit(epoch, at(0), vec![spend("t1")]).await,
        Err(Error::Spent)
    );
    store.release(epoch).await.unwrap();
    let next = store.acquire(&claim("bert", 9), at(0)).await.unwrap().epoch;
    assert_eq!(
        store.commit(next, at(0), vec![spend("t1")]).await,
        Err(Error::Spent)
    );
    assert_eq!(store.commit(next, at(0), vec![spend("t2")]).await, Ok(2));
}

/// A request to stop comes from outside; the owner, who knows the run without it, does not take it back.
pub async fn a_new_run_write_does_not_take_back_a_cancellation(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let absent = Err(Error::NoRun("r1".to_owned()));
    assert_eq!(store.cancel("r1", at(1)).await, absent);
    let changes = vec![Change::Run(Box::new(run("r1"))), Change::Run(Box::new(run("r2")))];
    store.commit(epoch, at(1), changes).await.unwrap();
    // It needs no lease.
    store.release(epoch).await.unwrap();
    store.cancel("r1", at(2)).await.unwrap();
    let epoch = store.acquire(&claim("bert", 9), at(3)).await.unwrap().epoch;
    let mut ended = run("r1");
    ended.status = RunStatus::Cancelled;
    store
        .commit(epoch, at(3), vec![Change::Run(Box::new(ended.clone()))])
        .await
        .unwrap();
    ended.cancelled = true;
    assert_eq!(store.run("r1").await.unwrap(), Some(ended));
    assert_eq!(store.run("r2").await.unwrap(), Some(run("r2")));
    let told = store.events(None, Some("r1"), 9).await.unwrap();
    assert_eq!(told[1].note.kind, "cancel asked for");
    assert_eq!((told[1].at, told[1].serial), (at(2), 1));
}
