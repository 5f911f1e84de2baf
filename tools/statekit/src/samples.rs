//! Resources, runs and claims to write into a store.

use jiff::Timestamp;
use provisioning::resource::{Address, Attributes, Kind, Value};
use provisioning::state::{
    Change, Claim, Lease, Note, Phase, Recorded, Run, RunStatus, State, Step, StepStatus,
};

/// The moment `second` seconds and some nanoseconds after the tests' first.
#[must_use]
pub fn at(second: i64) -> Timestamp {
    Timestamp::new(1_790_000_000 + second, 123_456_789).expect("a moment")
}

/// `owner` wants the lease until `expires`.
#[must_use]
pub fn claim(owner: &str, expires: i64) -> Claim {
    Claim {
        owner: owner.to_owned(),
        host: "host-1".to_owned(),
        pid: 4711,
        reason: "apply prod.ncl".to_owned(),
        expires: at(expires),
    }
}

/// The lease of `owner`, from 0 until 30.
pub async fn held(store: &dyn State, owner: &str) -> Lease {
    let claim = claim(owner, 30);
    store.acquire(&claim, at(0)).await.expect("the lease")
}

/// A server of that id and name.
#[must_use]
pub fn server(id: &str, name: &str) -> Recorded {
    let attributes = Attributes::from([
        ("cpu".to_owned(), Value::Integer(4)),
        ("plan".to_owned(), Value::from("medium")),
        ("ratio".to_owned(), Value::Real(1.0)),
        (
            "tags".to_owned(),
            Value::Record([("team".to_owned(), Value::from("web"))].into()),
        ),
        (
            "security_groups".to_owned(),
            Value::List(vec![Value::from("web"), Value::Null, Value::Bool(true)]),
        ),
    ]);
    Recorded {
        id: id.to_owned(),
        address: Address::new(Kind::Server, name),
        replaced: false,
        provider: "local".to_owned(),
        region: Some("here".to_owned()),
        provider_id: None,
        phase: Phase::Intended,
        attributes,
        computed: Attributes::new(),
        depends_on: vec![Address::new(Kind::Network, "net")],
        protected: false,
        config_hash: "abc123".to_owned(),
        origin: Some("prod.ncl:12".to_owned()),
        created: at(1),
        updated: at(2),
    }
}

/// The change that writes `resource`.
#[must_use]
pub fn put(resource: &Recorded) -> Change {
    Change::Put(Box::new(resource.clone()))
}

/// A run of that id.
#[must_use]
pub fn run(id: &str) -> Run {
    Run {
        id: id.to_owned(),
        name: "apply".to_owned(),
        definition: "{\"steps\":[]}".to_owned(),
        plan_hash: "f00".to_owned(),
        owner: "tester".to_owned(),
        status: RunStatus::Running,
        cancelled: false,
        started: at(1),
        finished: None,
        message: None,
    }
}

/// A step of that name of the run `run`.
#[must_use]
pub fn step(run: &str, name: &str) -> Step {
    Step {
        run: run.to_owned(),
        name: name.to_owned(),
        status: StepStatus::Intended,
        attempt: 1,
        effect: None,
        error: None,
        started: at(3),
        finished: None,
    }
}

/// Something to remember.
#[must_use]
pub fn note(kind: &str) -> Change {
    Change::Note(Note {
        address: None,
        run: None,
        kind: kind.to_owned(),
        detail: String::new(),
    })
}
