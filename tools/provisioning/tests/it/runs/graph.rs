//! O1, O5: random graphs of steps, each done once, after what it waits for, in the same order every time.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use provisioning::run::{self, Deed, OnFailure, Retry, Todo, execute};
use provisioning::state::{Run, RunStatus, State as _, StepStatus};

use super::world::Bench;

fn meet(name: usize, after: &[usize]) -> Todo {
    Todo {
        name: format!("step {name}"),
        deed: Deed::Meet,
        after: after.iter().map(|before| format!("step {before}")).collect(),
        deadline: Duration::from_secs(60),
        retry: Retry::default(),
    }
}

async fn executed(steps: &[Todo]) -> Result<Vec<provisioning::state::Step>, run::Error> {
    let bench = Bench::new(OnFailure::Rollback);
    let epoch = bench.lease(&*bench.store).await;
    let run = Run {
        id: "run".to_owned(),
        name: "graph".to_owned(),
        definition: String::new(),
        plan_hash: String::new(),
        owner: "test".to_owned(),
        status: RunStatus::Running,
        cancelled: false,
        started: run::Clock::now(&*bench.clock),
        finished: None,
        message: None,
    };
    let outcome = execute(&bench.engine(&*bench.store), epoch, run, Vec::new(), steps).await?;
    assert_eq!(outcome.status, RunStatus::Succeeded);
    Ok(bench.store.steps("run").await.expect("the store"))
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_step_is_done_once_after_what_it_waits_for(edges in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), 1..30)) {
        let steps: Vec<Todo> = edges
            .iter()
            .enumerate()
            .map(|(place, needs)| {
                let needs: Vec<usize> = if place == 0 { vec![] } else { needs.iter().map(|need| need.index(place)).collect() };
                meet(place, &needs)
            })
            .collect();
        let done = paused().block_on(executed(&steps)).expect("an order");
        let again = paused().block_on(executed(&steps)).expect("an order");
        prop_assert_eq!(&done, &again);
        let places: BTreeMap<&str, usize> = done.iter().enumerate().map(|(place, step)| (step.name.as_str(), place)).collect();
        prop_assert_eq!(places.len(), steps.len());
        prop_assert!(done.iter().all(|step| step.status == StepStatus::Done));
        for step in &steps {
            for need in &step.after {
                prop_assert!(places[need.as_str()] < places[step.name.as_str()]);
            }
        }
    }
}

#[test]
fn circles_and_unknown_steps_are_named() {
    let check = |steps: &[Todo], message: &str| {
        let error = paused().block_on(executed(steps)).expect_err("no order");
        assert_eq!(error.to_string(), message);
    };
    check(
        &[meet(0, &[2]), meet(1, &[0]), meet(2, &[1])],
        "these steps wait for each other: step 0 -> step 2 -> step 1 -> step 0",
    );
    check(
        &[meet(0, &[7])],
        "step `step 0` waits for `step 7`, which is no step; there are: step 0",
    );
    check(&[meet(0, &[]), meet(0, &[])], "two steps are named `step 0`");
}
