//! O2, O3, O7 of the design: a kill at any point between two durable writes.

use provisioning::desired::Wanted;
use provisioning::provider::{Class, Fault, Trouble};
use provisioning::run::OnFailure;
use provisioning::state::{RunStatus, State as _};

use super::world::{Bench, Mortal, fleet};

/// Kills the second of two applies at every commit in turn, resumes it, and compares with what an undisturbed one leaves.
async fn every_kill_point(first: Option<Wanted>, second: Option<Wanted>) {
    let undisturbed = Bench::new(OnFailure::Rollback);
    let expected = {
        apply(&undisturbed, first.as_ref(), "first").await;
        let plan = undisturbed.plan(second.as_ref()).await;
        undisturbed
            .execute(&*undisturbed.store, "second", &plan)
            .await
            .expect("it works");
        undisturbed.agrees().await.expect("recorded is there");
        undisturbed.shape().await
    };
    let mut commits = 0;
    loop {
        let bench = Bench::new(OnFailure::Rollback);
        apply(&bench, first.as_ref(), "first").await;
        let plan = bench.plan(second.as_ref()).await;
        let mortal = Mortal::new(&bench.store, commits);
        let survived = bench.execute(&mortal, "second", &plan).await.is_ok();
        // It is killed again on its way, and again.
        for further in [1, 3] {
            let again = Mortal::new(&bench.store, further);
            let _ = bench.resume(&again, "second", &plan).await;
        }
        match bench
            .resume(&*bench.store, "second", &plan)
            .await
            .expect("it can be resumed")
        {
            Some(outcome) => assert_eq!(
                outcome.status,
                RunStatus::Succeeded,
                "killed at {commits}: {outcome:?}"
            ),
            // Not even its beginning was written: it is begun again.
            None => {
                bench
                    .execute(&*bench.store, "second", &plan)
                    .await
                    .expect("it works");
            }
        }
        bench
            .agrees()
            .await
            .unwrap_or_else(|problem| panic!("killed at {commits}: {problem}"));
        assert_eq!(bench.shape().await, expected, "killed at {commits}");
        if survived {
            assert!(commits > 3, "it was killed nowhere");
            break;
        }
        commits += 1;
    }
}

async fn apply(bench: &Bench, wanted: Option<&Wanted>, id: &str) {
    if wanted.is_some() {
        let plan = bench.plan(wanted).await;
        bench.execute(&*bench.store, id, &plan).await.expect("it works");
    }
}

#[tokio::test(start_paused = true)]
async fn making_survives_a_kill_anywhere() {
    every_kill_point(None, Some(fleet(3, 1, "debian"))).await;
}

#[tokio::test(start_paused = true)]
async fn changing_replacing_and_deleting_survive_a_kill_anywhere() {
    // One server goes, the others change in place.
    every_kill_point(Some(fleet(3, 1, "debian")), Some(fleet(2, 4, "debian"))).await;
    // The others are made anew.
    every_kill_point(Some(fleet(2, 1, "debian")), Some(fleet(2, 1, "alpine"))).await;
}

#[tokio::test(start_paused = true)]
async fn taking_everything_away_survives_a_kill_anywhere() {
    every_kill_point(Some(fleet(3, 1, "debian")), None).await;
}

/// A step that fails for good undoes the run; the undoing is killed at every commit in turn.
#[tokio::test(start_paused = true)]
async fn undoing_survives_a_kill_anywhere() {
    let broken = || Fault {
        call: "create",
        about: Some("server.web[1]".to_owned()),
        after: 0,
        times: 1,
        trouble: Trouble::Refused(Class::Quota),
    };
    let mut commits = 0;
    loop {
        let bench = Bench::new(OnFailure::Rollback);
        apply(&bench, Some(&fleet(1, 1, "debian")), "first").await;
        let before = bench.shape().await;
        bench.world.order(broken());
        let plan = bench.plan(Some(&fleet(3, 2, "debian"))).await;
        let mortal = Mortal::new(&bench.store, commits);
        let survived = bench.execute(&mortal, "second", &plan).await.is_ok();
        let again = Mortal::new(&bench.store, 2);
        let _ = bench.resume(&again, "second", &plan).await;
        if let Some(outcome) = bench
            .resume(&*bench.store, "second", &plan)
            .await
            .expect("it can be resumed")
        {
            // Killed before the refusal was written, the second try may go well: the fault hits once.
            let ended = [RunStatus::RolledBack, RunStatus::Succeeded].contains(&outcome.status);
            assert!(ended, "killed at {commits}: {outcome:?}");
            if outcome.status == RunStatus::RolledBack {
                assert_eq!(bench.shape().await, before, "killed at {commits}");
            }
        }
        bench
            .agrees()
            .await
            .unwrap_or_else(|problem| panic!("killed at {commits}: {problem}"));
        if survived {
            break;
        }
        commits += 1;
    }
}

/// Whoever lost the lease does nothing any more.
#[tokio::test(start_paused = true)]
async fn the_loser_of_a_lease_has_no_effect() {
    let bench = Bench::new(OnFailure::Rollback);
    let plan = bench.plan(Some(&fleet(6, 1, "debian"))).await;
    let first = bench.execute(&*bench.store, "first", &plan);
    let second = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let claim = provisioning::state::Claim {
            owner: "other".to_owned(),
            host: "there".to_owned(),
            pid: 2,
            reason: "impatience".to_owned(),
            expires: provisioning::run::Clock::now(&*bench.clock) + std::time::Duration::from_secs(30),
        };
        let now = provisioning::run::Clock::now(&*bench.clock);
        assert!(matches!(
            bench.store.acquire(&claim, now).await,
            Err(provisioning::state::Error::Held(_))
        ));
        let lease = bench.store.steal(&claim, now, true).await.expect("by force");
        let effects = bench.world.effects().len();
        bench.store.release(lease.epoch).await.expect("the store");
        effects
    };
    let (outcome, effects) = futures_util::future::join(first, second).await;
    assert!(outcome.is_err(), "{outcome:?}");
    // What was on its way when the lease was taken arrives; nothing new is begun.
    assert!(
        bench.world.effects().len() <= effects + bench.settings.parallel,
        "{:?}",
        bench.world.effects()
    );
    let outcome = bench
        .resume(&*bench.store, "first", &plan)
        .await
        .expect("it can be resumed")
        .expect("it began");
    assert_eq!(outcome.status, RunStatus::Succeeded);
    bench.agrees().await.expect("recorded is there");
}
