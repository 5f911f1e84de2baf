//! Random sequences of operations: a store gives the same answers as [`Memory`], and keeps the same.

use std::mem::discriminant;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use provisioning::resource::{Address, Kind, Value};
use provisioning::state::{Archive, Change, Error, Memory, Note, RunStatus, State as _, StepStatus};
use tokio::runtime::Runtime;

use crate::Fresh;
use crate::samples::{at, claim, put, run, server, step};

/// What is done to both stores. Epochs are counted back from the newest, so that most are right and some are lost.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Time passes.
    Wait(i64),
    /// Somebody wants the lease for so long.
    Acquire(u8, i64),
    /// Somebody steals it.
    Steal(u8, i64, bool),
    /// The holder of that epoch wants it for longer.
    Extend(u64, i64),
    /// The holder of that epoch gives it back.
    Release(u64),
    /// The holder of that epoch writes.
    Commit(u64, Vec<Change>),
    /// Somebody wants a run to stop.
    Cancel(String),
}

/// Checks `cases` sequences against stores that `make` gives.
///
/// # Panics
/// If a store answers otherwise than [`Memory`].
pub fn same_as_memory(cases: u32, make: impl AsyncFn() -> Fresh) {
    let runtime = Runtime::new().expect("a runtime");
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&sequence(), |operations| {
        runtime.block_on(async { compare(&operations, make().await).await });
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

async fn compare(operations: &[Operation], fresh: Fresh) {
    let store = fresh.store;
    let memory = Memory::new(&store.workspace().await.unwrap());
    let mut now = 0;
    for operation in operations {
        let ours = perform(&*store, operation, &mut now.clone()).await;
        let theirs = perform(&memory, operation, &mut now).await;
        assert_same(&ours, &theirs, operation);
    }
    same_reads(&*store, &memory).await;
}

/// What an operation answered, as one type.
#[derive(Debug, PartialEq)]
enum Answer {
    Nothing,
    Serial(u64),
    Lease(provisioning::state::Lease),
}

async fn perform(store: &dyn Archive, operation: &Operation, now: &mut i64) -> Result<Answer, Error> {
    let newest = store.whole().await.unwrap().epoch;
    let epoch = |back: u64| newest.saturating_sub(back);
    match operation {
        Operation::Wait(seconds) => {
            *now += seconds;
            Ok(Answer::Nothing)
        }
        Operation::Acquire(who, long) => {
            let claim = claim(&format!("owner {who}"), *now + long);
            store.acquire(&claim, at(*now)).await.map(Answer::Lease)
        }
        Operation::Steal(who, long, force) => {
            let claim = claim(&format!("owner {who}"), *now + long);
            store.steal(&claim, at(*now), *force).await.map(Answer::Lease)
        }
        Operation::Extend(back, long) => store
            .extend(epoch(*back), at(*now + long))
            .await
            .map(|()| Answer::Nothing),
        Operation::Release(back) => store.release(epoch(*back)).await.map(|()| Answer::Nothing),
        Operation::Commit(back, changes) => store
            .commit(epoch(*back), at(*now), changes.clone())
            .await
            .map(Answer::Serial),
        Operation::Cancel(run) => store.cancel(run, at(*now)).await.map(|()| Answer::Nothing),
    }
}

fn assert_same(ours: &Result<Answer, Error>, theirs: &Result<Answer, Error>, operation: &Operation) {
    match (ours, theirs) {
        // Only the place differs in what stores say of themselves.
        (Err(ours @ Error::Broken { .. }), Err(theirs)) => {
            assert_eq!(discriminant(ours), discriminant(theirs), "{operation:?}");
        }
        _ => assert_eq!(ours, theirs, "{operation:?}"),
    }
}

async fn same_reads(store: &dyn Archive, memory: &Memory) {
    assert_eq!(store.whole().await, memory.whole().await);
    assert_eq!(store.serial().await, memory.serial().await);
    assert_eq!(store.lease().await, memory.lease().await);
    assert_eq!(store.resources().await, memory.resources().await);
    for limit in [0, 2, usize::MAX] {
        assert_eq!(store.runs(limit).await, memory.runs(limit).await);
    }
    for run in RUNS {
        assert_eq!(store.run(run).await, memory.run(run).await);
        assert_eq!(store.steps(run).await, memory.steps(run).await);
    }
    for address in addresses().map(Some).chain([None]) {
        let address = address.as_ref();
        if let Some(address) = address {
            assert_eq!(store.resource(address).await, memory.resource(address).await);
        }
        for run in RUNS.map(Some).into_iter().chain([None]) {
            for limit in [3, usize::MAX] {
                let ours = store.events(address, run, limit).await;
                assert_eq!(ours, memory.events(address, run, limit).await);
            }
        }
    }
}

const RUNS: [&str; 3] = ["r1", "r2", "größe's"];
const NAMES: [&str; 3] = ["web", "Web", "東京'\""];

fn addresses() -> impl Iterator<Item = Address> {
    let kinds = [Kind::Volume, Kind::Server];
    kinds.into_iter().flat_map(|kind| {
        NAMES.into_iter().flat_map(move |name| {
            [None, Some(0)].map(|index| Address {
                kind,
                name: name.to_owned(),
                index,
            })
        })
    })
}

fn sequence() -> impl Strategy<Value = Vec<Operation>> {
    proptest::collection::vec(operation(), 1..40)
}

fn operation() -> impl Strategy<Value = Operation> {
    // Mostly the newest epoch, sometimes one that was lost.
    let back = || prop_oneof![6 => Just(0_u64), 1 => Just(1)];
    let long = || 0..20_i64;
    prop_oneof![
        1 => (0..15_i64).prop_map(Operation::Wait),
        3 => (0..3_u8, long()).prop_map(|(who, long)| Operation::Acquire(who, long)),
        1 => (0..3_u8, long(), any::<bool>()).prop_map(|(who, long, force)| Operation::Steal(who, long, force)),
        1 => (back(), long()).prop_map(|(back, long)| Operation::Extend(back, long)),
        1 => back().prop_map(Operation::Release),
        8 => (back(), proptest::collection::vec(change(), 0..5))
            .prop_map(|(back, changes)| Operation::Commit(back, changes)),
        1 => proptest::sample::select(&RUNS[..]).prop_map(|run| Operation::Cancel(run.to_owned())),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let id = || (0..4_u8).prop_map(|number| format!("id-{number}"));
    let address = || proptest::sample::select(addresses().collect::<Vec<_>>());
    let run_id = || proptest::sample::select(&RUNS[..]);
    let written = (id(), address(), any::<bool>(), value()).prop_map(|(id, address, replaced, value)| {
        let mut resource = server(&id, "web");
        resource.address = address;
        resource.replaced = replaced;
        resource.computed = [("value".to_owned(), value)].into();
        put(&resource)
    });
    let status = proptest::sample::select(&RunStatus::ALL[..]);
    let ran = (run_id(), status, any::<bool>()).prop_map(|(id, status, cancelled)| {
        let mut run = run(id);
        run.status = status;
        run.cancelled = cancelled;
        Change::Run(Box::new(run))
    });
    let status = proptest::sample::select(&StepStatus::ALL[..]);
    let stepped = (run_id(), "[ab]", status, proptest::option::of("[ -~é東]{0,8}")).prop_map(
        |(run, name, status, error)| {
            let mut step = step(run, &name);
            step.status = status;
            step.error = error;
            Change::Step(Box::new(step))
        },
    );
    let spent = (0..6_u8).prop_map(|number| Change::Spend {
        token: format!("t{number}"),
        expires: at(i64::from(number)),
    });
    let told = (
        proptest::option::of(address()),
        proptest::option::of(run_id()),
        "\\PC{0,12}",
    )
        .prop_map(|(address, run, detail)| {
            Change::Note(Note {
                address,
                run: run.map(str::to_owned),
                kind: "seen".to_owned(),
                detail,
            })
        });
    prop_oneof![
        6 => written,
        1 => id().prop_map(Change::Remove),
        2 => ran,
        2 => stepped,
        1 => spent,
        1 => told,
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>()
            .prop_filter("not a number equals nothing", |number| !number.is_nan())
            .prop_map(Value::Real),
        any::<String>().prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::Record),
        ]
    })
}
