//! The history: every change, in order, without gaps, never less than before.

use std::sync::Arc;

use provisioning::resource::Kind;
use provisioning::state::{Archive, Change, Note};

use crate::samples::{at, claim, held, note, put, run, server, step};

/// Each change is one line, numbered from 1; what was refused left none.
pub async fn the_history_has_no_gaps(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let spend = Change::Spend {
        token: "t1".to_owned(),
        expires: at(9),
    };
    let mut earlier = Vec::new();
    for second in 1..5 {
        let changes = vec![
            put(&server("id-1", "web")),
            Change::Run(Box::new(run("r1"))),
            Change::Step(Box::new(step("r1", "create"))),
            note("seen"),
            Change::Remove("id-9".to_owned()),
        ];
        store.commit(epoch, at(second), changes).await.unwrap();
        let twice = vec![note("lost"), spend.clone(), spend.clone()];
        store.commit(epoch, at(second), twice).await.unwrap_err();
        store.cancel("r1", at(second)).await.unwrap();
        store.acquire(&claim("bert", 99), at(2)).await.unwrap_err();
        let mut events = store.events(None, None, usize::MAX).await.unwrap();
        events.reverse();
        assert_eq!(events[..earlier.len()], earlier);
        earlier = events;
    }
    let numbers: Vec<u64> = earlier.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, (1..=25).collect::<Vec<u64>>());
    let told: Vec<String> = earlier[13..19]
        .iter()
        .map(|event| format!("{} {}: {}", event.serial, event.note.kind, event.note.detail))
        .collect();
    let expected = [
        "3 resource: intended on local (no id yet)",
        "3 run: apply running",
        "3 step: create intended",
        "3 seen: ",
        "3 forgotten: id-9",
        "3 cancel asked for: ",
    ];
    assert_eq!(told, expected);
}

/// Lines about an address, about a run, or about both.
pub async fn the_history_is_found_by_address_and_by_run(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let (web, db) = (server("id-1", "web"), server("id-2", "db"));
    let mut second = server("id-3", "web");
    second.address.index = Some(1);
    let about = |run: Option<&str>, kind: &str| {
        Change::Note(Note {
            address: Some(web.address.clone()),
            run: run.map(str::to_owned),
            kind: kind.to_owned(),
            detail: "more".to_owned(),
        })
    };
    let changes = vec![
        put(&web),
        put(&db),
        put(&second),
        about(None, "drifted"),
        about(Some("r1"), "asked"),
        Change::Step(Box::new(step("r1", "create"))),
    ];
    store.commit(epoch, at(1), changes).await.unwrap();
    let kinds = async |address: Option<&_>, run: Option<&str>| -> Vec<String> {
        let events = store.events(address, run, 9).await.unwrap();
        events.into_iter().map(|event| event.note.kind).collect()
    };
    let of_web = kinds(Some(&web.address), None).await;
    assert_eq!(of_web, ["asked", "drifted", "resource"]);
    assert_eq!(kinds(Some(&second.address), None).await, ["resource"]);
    assert_eq!(kinds(None, Some("r1")).await, ["step", "asked"]);
    assert_eq!(kinds(Some(&web.address), Some("r1")).await, ["asked"]);
    assert_eq!(kinds(Some(&db.address), Some("r1")).await, Vec::<String>::new());
    let mut other = web.address.clone();
    other.kind = Kind::Bucket;
    assert_eq!(kinds(Some(&other), None).await, Vec::<String>::new());
    assert_eq!(kinds(None, Some("r2")).await, Vec::<String>::new());
    let event = store.events(Some(&web.address), Some("r1"), 1).await.unwrap();
    assert_eq!((event[0].sequence, event[0].at), (6, at(1)));
    assert_eq!(event[0].note.detail, "more");
    assert_eq!(event[0].note.address.as_ref(), Some(&web.address));
    assert_eq!(event[0].note.run.as_deref(), Some("r1"));
}

/// The limit counts lines that fit, from the newest on.
pub async fn a_limit_gives_the_newest(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let changes = vec![
        Change::Step(Box::new(step("r1", "a"))),
        note("one"),
        Change::Step(Box::new(step("r1", "b"))),
        note("two"),
    ];
    store.commit(epoch, at(1), changes).await.unwrap();
    let numbers = async |run: Option<&str>, limit: usize| -> Vec<u64> {
        let events = store.events(None, run, limit).await.unwrap();
        events.into_iter().map(|event| event.sequence).collect()
    };
    assert_eq!(numbers(None, 2).await, [5, 4]);
    assert_eq!(numbers(Some("r1"), 1).await, [4]);
    assert_eq!(numbers(None, 0).await, Vec::<u64>::new());
    assert_eq!(numbers(None, usize::MAX).await, [5, 4, 3, 2, 1]);
}
