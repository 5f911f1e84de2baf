//! The fault matrix: each ends in a recorded state that can be gone on with.

use std::time::Duration;

use provisioning::plan::Action;
use provisioning::provider::{Class, Fault, Trouble};
use provisioning::resource::Kind;
use provisioning::run::OnFailure;
use provisioning::state::{RunStatus, State as _};

use super::world::{Bench, fleet};

fn fault(call: &'static str, about: Option<&str>, times: u32, trouble: Trouble) -> Fault {
    Fault {
        call,
        about: about.map(str::to_owned),
        after: 0,
        times,
        trouble,
    }
}

/// Applies three servers under `faults`; afterwards recorded and there are one for one, and without the faults the
/// configuration becomes true.
async fn check(faults: Vec<Fault>, expected: RunStatus) -> Bench {
    let bench = Bench::new(OnFailure::Rollback);
    let wanted = fleet(3, 1, "debian");
    for fault in faults {
        bench.world.order(fault);
    }
    let plan = bench.plan(Some(&wanted)).await;
    let outcome = bench.execute(&*bench.store, "run", &plan).await.expect("it ends");
    assert_eq!(outcome.status, expected, "{outcome:#?}");
    bench.agrees().await.expect("recorded is there");
    bench.world.mend();
    let plan = bench.plan(Some(&wanted)).await;
    bench
        .execute(&*bench.store, "again", &plan)
        .await
        .expect("it works");
    bench.agrees().await.expect("recorded is there");
    assert_eq!(bench.shape().await.len(), 5);
    let again = bench.plan(Some(&wanted)).await;
    assert!(again.is_empty(), "{again:#?}");
    bench
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_doubles_nothing() {
    let bench = check(
        vec![fault("create", Some("server.web[1]"), 1, Trouble::Lost)],
        RunStatus::Succeeded,
    )
    .await;
    let made = bench
        .world
        .effects()
        .into_iter()
        .filter(|effect| effect == "create server.web[1]")
        .count();
    assert_eq!(made, 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_after_the_effect_doubles_nothing() {
    // Every reply of every creation is lost, as often as it is tried.
    check(
        vec![fault("create", None, 100, Trouble::Lost)],
        RunStatus::Succeeded,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_out() {
    let class = Class::Throttled {
        retry_after: Some(Duration::from_secs(2)),
    };
    check(
        vec![fault("create", None, 6, Trouble::Refused(class))],
        RunStatus::Succeeded,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_deadline_and_is_undone() {
    check(
        vec![fault("create", Some("server.web[2]"), 1, Trouble::Hangs)],
        RunStatus::RolledBack,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_minute_without_provider_is_waited_out() {
    check(
        vec![fault(
            "create",
            Some("subnet.private"),
            1,
            Trouble::Down(Duration::from_secs(60)),
        )],
        RunStatus::Succeeded,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_fails_is_taken_away() {
    check(
        vec![fault("create", Some("server.web[0]"), 1, Trouble::Broken)],
        RunStatus::RolledBack,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_said_and_undone() {
    check(
        vec![fault(
            "create",
            Some("server.web[2]"),
            1,
            Trouble::Refused(Class::Quota),
        )],
        RunStatus::RolledBack,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_make_nothing() {
    let bench = check(
        vec![fault("create", None, 100, Trouble::Refused(Class::Denied))],
        RunStatus::RolledBack,
    )
    .await;
    drop(bench);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_resource_of_the_same_name_is_left_alone() {
    let bench = Bench::new(OnFailure::Rollback);
    bench.world.put_foreign(Kind::Server, "web-2");
    let plan = bench.plan(Some(&fleet(3, 1, "debian"))).await;
    let outcome = bench.execute(&*bench.store, "run", &plan).await.expect("it ends");
    assert_eq!(outcome.status, RunStatus::RolledBack);
    let run = bench.store.run("run").await.expect("the store").expect("a run");
    assert!(
        run.message
            .expect("a message")
            .contains("is there already and is not ours")
    );
    let left: Vec<String> = bench
        .world
        .contents()
        .into_iter()
        .map(|(marker, _, name)| format!("{marker} {name}"))
        .collect();
    assert_eq!(left, ["foreign web-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_does_not_end_is_recorded_and_gone_on_with() {
    let bench = Bench::new(OnFailure::Stop);
    let wanted = fleet(2, 1, "debian");
    let plan = bench.plan(Some(&wanted)).await;
    bench
        .execute(&*bench.store, "run", &plan)
        .await
        .expect("it works");
    let doomed = bench
        .store
        .resources()
        .await
        .expect("the store")
        .into_iter()
        .find(|one| one.address.index == Some(1));
    let id = doomed.and_then(|one| one.provider_id).expect("a server");
    bench.world.order(fault("delete", Some(&id), 1, Trouble::Broken));
    let plan = bench.plan(None).await;
    let outcome = bench
        .execute(&*bench.store, "destroy", &plan)
        .await
        .expect("it ends");
    assert_eq!(outcome.status, RunStatus::Failed);
    bench.agrees().await.expect("recorded is there");
    bench.world.remove(&id);
    let plan = bench.plan(None).await;
    bench
        .execute(&*bench.store, "again", &plan)
        .await
        .expect("it works");
    assert_eq!(bench.world.contents(), []);
    assert_eq!(bench.shape().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_others_change_is_seen_and_mended() {
    let bench = Bench::new(OnFailure::Rollback);
    let wanted = fleet(2, 1, "debian");
    let plan = bench.plan(Some(&wanted)).await;
    bench
        .execute(&*bench.store, "run", &plan)
        .await
        .expect("it works");
    let servers = bench.store.resources().await.expect("the store");
    let ids: Vec<String> = servers
        .iter()
        .filter(|one| one.address.kind == Kind::Server)
        .filter_map(|one| one.provider_id.clone())
        .collect();
    bench.world.tamper(&ids[0], |attributes| {
        attributes.insert("cpu".to_owned(), 16.into());
    });
    bench.world.remove(&ids[1]);
    let plan = bench.plan(Some(&wanted)).await;
    let drifted: Vec<String> = plan
        .drift
        .iter()
        .map(|one| format!("{} {}", one.address, one.findings[0].attribute))
        .collect();
    assert_eq!(drifted, ["server.web[0] cpu", "server.web[1] status"]);
    let actions: Vec<Action> = plan.changes.iter().map(|change| change.action).collect();
    assert_eq!(
        actions,
        [Action::NoOp, Action::NoOp, Action::Update, Action::Create]
    );
    bench
        .execute(&*bench.store, "mend", &plan)
        .await
        .expect("it works");
    bench.agrees().await.expect("recorded is there");
    assert!(bench.plan(Some(&wanted)).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_to_stop_stops_and_is_undone() {
    let bench = Bench::new(OnFailure::Rollback);
    let plan = bench.plan(Some(&fleet(40, 1, "debian"))).await;
    let run = bench.execute(&*bench.store, "run", &plan);
    let stop = async {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        bench
            .store
            .cancel("run", provisioning::run::Clock::now(&*bench.clock))
            .await
            .expect("it runs");
    };
    let (outcome, ()) = futures_util::future::join(run, stop).await;
    assert_eq!(outcome.expect("it ends").status, RunStatus::Cancelled);
    assert_eq!(bench.world.contents(), []);
    assert_eq!(bench.shape().await, []);
}
