//! Many at once: one gets the lease, the fenced leave nothing, readers never see half of a commit.

use std::sync::Arc;

use provisioning::state::{Archive, Change, Error};
use tokio::task::JoinSet;

use crate::samples::{at, claim, held, note, put, run, server};

/// However many race for the lease, one gets it, and the others are told who.
pub async fn one_of_many_gets_the_lease(store: Arc<dyn Archive>) {
    for round in 0..5 {
        let mut racers = JoinSet::new();
        for number in 0..12 {
            let store = Arc::clone(&store);
            racers.spawn(async move {
                let claim = claim(&format!("racer {number}"), 100 * round + 99);
                store.acquire(&claim, at(100 * round)).await
            });
        }
        let answers = racers.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "round {round}");
        let lease = won.into_iter().next().unwrap().unwrap();
        for answer in lost {
            assert_eq!(answer, Err(Error::Held(Box::new(lease.clone()))));
        }
        assert_eq!(lease.epoch, u64::try_from(round).unwrap() + 1);
    }
    assert_eq!(store.events(None, None, 99).await.unwrap().len(), 5);
}

/// Of two who both believe that they hold the lease, only the newer one is recorded, whatever the order of their commits.
pub async fn a_fenced_owner_never_shows(store: Arc<dyn Archive>) {
    let first = held(&*store, "anna").await.epoch;
    store.commit(first, at(1), vec![note("anna")]).await.unwrap();
    let paused = writer(&store, first, "anna");
    let second = store.steal(&claim("bert", 90), at(31), false).await.unwrap();
    let active = writer(&store, second.epoch, "bert");
    let (paused, active) = (paused.await.unwrap(), active.await.unwrap());
    assert!(active.iter().all(Result::is_ok), "{active:?}");
    let first_refused = paused.iter().position(Result::is_err);
    let fenced = Err(Error::Fenced {
        epoch: first,
        current: second.epoch,
    });
    assert!(
        paused[first_refused.unwrap_or(paused.len())..]
            .iter()
            .all(|answer| *answer == fenced)
    );
    let mut events = store.events(None, None, 999).await.unwrap();
    events.reverse();
    let stolen = events
        .iter()
        .position(|event| event.note.kind == "lease stolen")
        .unwrap();
    assert!(events[stolen..].iter().all(|event| event.note.kind != "anna"));
    let done = paused
        .iter()
        .chain(&active)
        .filter(|answer| answer.is_ok())
        .count();
    let kinds = ["anna", "bert"];
    let shown = events
        .iter()
        .filter(|event| kinds.contains(&event.note.kind.as_str()))
        .count();
    // The first note was written before the race.
    assert_eq!(shown, done + 1);
    assert_eq!(store.serial().await.unwrap(), u64::try_from(shown).unwrap());
}

fn writer(
    store: &Arc<dyn Archive>,
    epoch: u64,
    owner: &'static str,
) -> tokio::task::JoinHandle<Vec<Result<u64, Error>>> {
    let store = Arc::clone(store);
    tokio::spawn(async move {
        let mut answers = Vec::new();
        for second in 0..20 {
            answers.push(store.commit(epoch, at(second), vec![note(owner)]).await);
        }
        answers
    })
}

/// A reader beside a writer sees a commit whole or not at all, and never less than before.
pub async fn readers_see_whole_commits(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let both = |number: i64| {
        let mut pair = [server("id-1", "a"), server("id-2", "b")];
        for one in &mut pair {
            one.config_hash = number.to_string();
        }
        pair.iter().map(put).collect::<Vec<Change>>()
    };
    store.commit(epoch, at(0), both(0)).await.unwrap();
    let mut changes = both(0);
    changes.push(Change::Run(Box::new(run("r1"))));
    store.commit(epoch, at(0), changes).await.unwrap();
    let reading = Arc::clone(&store);
    let reader = tokio::spawn(async move {
        let mut earlier = 0;
        while earlier < 30 {
            let pair = reading.resources().await.unwrap();
            assert_eq!(pair[0].config_hash, pair[1].config_hash);
            let number: u64 = pair[0].config_hash.parse().unwrap();
            assert!(number >= earlier);
            earlier = number;
            // Whoever looks from outside may ask for an end meanwhile.
            reading.cancel("r1", at(1)).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    for number in 1..=30 {
        store.commit(epoch, at(number), both(number)).await.unwrap();
        let pair = store.resources().await.unwrap();
        assert_eq!(pair[0].config_hash, number.to_string());
    }
    reader.await.unwrap();
    let events = store.events(None, None, usize::MAX).await.unwrap();
    let count = u64::try_from(events.len()).unwrap();
    assert!(
        events
            .iter()
            .rev()
            .zip(1..=count)
            .all(|(event, number)| event.sequence == number)
    );
}
