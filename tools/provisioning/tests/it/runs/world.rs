//! A workspace, a simulated provider and a clock that jumps ahead whenever everybody waits.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use provisioning::desired::{Desired, Wanted};
use provisioning::plan::{Inputs, Plan, plan};
use provisioning::provider::{Provider, Simulated, Support, World};
use provisioning::resource::{Address, Attributes, Kind, Value};
use provisioning::run::{
    self, Chance, Clock, Engine, OnFailure, Outcome, Providers, Settings, Silent, execute, resume, todo,
};
use provisioning::state::{
    self, Call, Change, Claim, Event, Lease, Memory, Recorded, Run, RunStatus, State, Step,
};

/// The paused time of the test's runtime.
pub(crate) struct Paused {
    base: tokio::time::Instant,
}

impl Paused {
    pub(crate) fn new() -> Self {
        Self {
            base: tokio::time::Instant::now(),
        }
    }
}

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.base.elapsed().as_millis()).expect("a test is short");
        Timestamp::from_millisecond(1_780_000_000_000 + elapsed).expect("a date")
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Chance without chance.
pub(crate) struct Sequence(AtomicU64);

impl Sequence {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Chance for Sequence {
    fn up_to(&self, most: u64) -> u64 {
        let number = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        (number ^ (number >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) % most.saturating_add(1)
    }

    fn name(&self) -> String {
        format!("name-{}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A store whose process is killed at its `n`-th commit: that one and all after it do not happen.
pub(crate) struct Mortal {
    inner: Arc<Memory>,
    left: AtomicU64,
}

impl Mortal {
    pub(crate) fn new(inner: &Arc<Memory>, commits: u64) -> Self {
        Self {
            inner: Arc::clone(inner),
            left: AtomicU64::new(commits),
        }
    }
}

impl State for Mortal {
    fn place(&self) -> &str {
        self.inner.place()
    }
    fn serial(&self) -> Call<'_, u64> {
        self.inner.serial()
    }
    fn workspace(&self) -> Call<'_, String> {
        self.inner.workspace()
    }
    fn resources(&self) -> Call<'_, Vec<Recorded>> {
        self.inner.resources()
    }
    fn resource<'a>(&'a self, address: &'a Address) -> Call<'a, Option<Recorded>> {
        self.inner.resource(address)
    }
    fn acquire<'a>(&'a self, claim: &'a Claim, now: Timestamp) -> Call<'a, Lease> {
        self.inner.acquire(claim, now)
    }
    fn steal<'a>(&'a self, claim: &'a Claim, now: Timestamp, force: bool) -> Call<'a, Lease> {
        self.inner.steal(claim, now, force)
    }
    fn extend(&self, epoch: u64, expires: Timestamp) -> Call<'_, ()> {
        self.inner.extend(epoch, expires)
    }
    fn release(&self, epoch: u64) -> Call<'_, ()> {
        self.inner.release(epoch)
    }
    fn lease(&self) -> Call<'_, Option<Lease>> {
        self.inner.lease()
    }
    fn commit(&self, epoch: u64, at: Timestamp, changes: Vec<Change>) -> Call<'_, u64> {
        let dead = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_err();
        if dead {
            let error = state::Error::Broken {
                place: "the store".to_owned(),
                problem: "killed".to_owned(),
            };
            return Box::pin(async move { Err(error) });
        }
        self.inner.commit(epoch, at, changes)
    }
    fn runs(&self, limit: usize) -> Call<'_, Vec<Run>> {
        self.inner.runs(limit)
    }
    fn run<'a>(&'a self, id: &'a str) -> Call<'a, Option<Run>> {
        self.inner.run(id)
    }
    fn steps<'a>(&'a self, run: &'a str) -> Call<'a, Vec<Step>> {
        self.inner.steps(run)
    }
    fn cancel<'a>(&'a self, run: &'a str, at: Timestamp) -> Call<'a, ()> {
        self.inner.cancel(run, at)
    }
    fn events<'a>(
        &'a self,
        address: Option<&'a Address>,
        run: Option<&'a str>,
        limit: usize,
    ) -> Call<'a, Vec<Event>> {
        self.inner.events(address, run, limit)
    }
}

/// A place to try things.
pub(crate) struct Bench {
    pub(crate) world: Arc<World>,
    pub(crate) store: Arc<Memory>,
    pub(crate) providers: Providers,
    pub(crate) clock: Arc<Paused>,
    pub(crate) chance: Sequence,
    pub(crate) settings: Settings,
}

impl Bench {
    pub(crate) fn new(on_failure: OnFailure) -> Self {
        let clock = Arc::new(Paused::new());
        let world = Arc::new(World::default());
        let simulated = Simulated::new("local", Arc::clone(&world), Arc::clone(&clock) as Arc<dyn Clock>);
        Self {
            world,
            store: Arc::new(Memory::new("w")),
            providers: BTreeMap::from([("local".to_owned(), Arc::new(simulated) as Arc<dyn Provider>)]),
            clock,
            chance: Sequence::new(7),
            settings: Settings {
                on_failure,
                ..Settings::default()
            },
        }
    }

    pub(crate) fn engine<'a>(&'a self, state: &'a dyn State) -> Engine<'a> {
        Engine {
            state,
            providers: &self.providers,
            clock: &*self.clock,
            chance: &self.chance,
            watch: &Silent,
            settings: self.settings.clone(),
        }
    }

    /// The plan from what is recorded and there to `wanted`; nothing for a destroy.
    pub(crate) async fn plan(&self, wanted: Option<&Wanted>) -> Plan {
        let recorded = self.store.resources().await.expect("the store");
        let reality = run::reality(&self.providers, &recorded)
            .await
            .expect("the provider");
        let support = |name: &str, kind: Kind| -> Option<Support> { self.providers.get(name)?.support(kind) };
        let allow: BTreeSet<Address> = recorded.iter().map(|resource| resource.address.clone()).collect();
        plan(&Inputs {
            wanted,
            recorded: &recorded,
            reality: &reality,
            support: &support,
            allow_destroy: &allow,
            workspace: "w",
            serial: self.store.serial().await.expect("the store"),
            accounts: BTreeMap::new(),
        })
        .expect("an order")
    }

    pub(crate) async fn lease(&self, state: &dyn State) -> u64 {
        let claim = Claim {
            owner: "test".to_owned(),
            host: "here".to_owned(),
            pid: 1,
            reason: "test".to_owned(),
            expires: self.clock.now() + Duration::from_secs(30),
        };
        // Whoever was killed does not give its lease back: it runs out.
        loop {
            match state.acquire(&claim, self.clock.now()).await {
                Ok(lease) => return lease.epoch,
                Err(state::Error::Held(_)) => tokio::time::sleep(Duration::from_secs(31)).await,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Executes `plan` as run `id` with `state`.
    pub(crate) async fn execute(
        &self,
        state: &dyn State,
        id: &str,
        plan: &Plan,
    ) -> Result<Outcome, run::Error> {
        let epoch = self.lease(state).await;
        let run = Run {
            id: id.to_owned(),
            name: "apply".to_owned(),
            definition: String::new(),
            plan_hash: String::new(),
            owner: "test".to_owned(),
            status: RunStatus::Running,
            cancelled: false,
            started: self.clock.now(),
            finished: None,
            message: None,
        };
        let outcome = execute(&self.engine(state), epoch, run, Vec::new(), &todo::steps(plan)).await;
        if outcome.is_ok() {
            state.release(epoch).await.expect("the store");
        }
        outcome
    }

    /// Goes on with run `id`, as a new process.
    pub(crate) async fn resume(
        &self,
        state: &dyn State,
        id: &str,
        plan: &Plan,
    ) -> Result<Option<Outcome>, run::Error> {
        let Some(run) = state.run(id).await.expect("the store") else {
            return Ok(None);
        };
        let epoch = self.lease(state).await;
        let outcome = resume(&self.engine(state), epoch, run, &todo::steps(plan)).await?;
        state.release(epoch).await.expect("the store");
        Ok(Some(outcome))
    }

    /// Whether what is recorded is what is there, one for one.
    pub(crate) async fn agrees(&self) -> Result<(), String> {
        let recorded = self.store.resources().await.expect("the store");
        let mut ours: Vec<String> = recorded.iter().map(|resource| resource.id.clone()).collect();
        ours.sort();
        let mut theirs: Vec<String> = self
            .world
            .contents()
            .into_iter()
            .map(|(marker, _, _)| marker)
            .filter(|marker| marker != "foreign")
            .collect();
        theirs.sort();
        if ours == theirs {
            Ok(())
        } else {
            Err(format!("recorded {ours:?}, there {theirs:?}"))
        }
    }

    /// What is recorded, as addresses with their `size`.
    pub(crate) async fn shape(&self) -> Vec<(String, Option<i64>)> {
        let recorded = self.store.resources().await.expect("the store");
        let size = |resource: &Recorded| resource.attributes.get("cpu").and_then(Value::integer);
        recorded
            .iter()
            .map(|resource| (resource.address.to_string(), size(resource)))
            .collect()
    }
}

/// A network with a subnet, and servers in it.
pub(crate) fn fleet(servers: u32, cpu: i64, family: &str) -> Wanted {
    let network = Address::new(Kind::Network, "main");
    let subnet = Address::new(Kind::Subnet, "private");
    let one = |address: &Address, attributes: &[(&str, Value)], needs: &[&Address]| Desired {
        address: address.clone(),
        provider: "local".to_owned(),
        region: None,
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<Attributes>(),
        depends_on: needs.iter().map(|need| (*need).clone()).collect(),
        protected: false,
        path: "somewhere".to_owned(),
        origin: None,
    };
    let mut resources = vec![
        one(&network, &[("cidr", "10.0.0.0/16".into())], &[]),
        one(
            &subnet,
            &[("cidr", "10.0.1.0/24".into()), ("network", "main".into())],
            &[&network],
        ),
    ];
    for index in 0..servers {
        let address = Address {
            kind: Kind::Server,
            name: "web".to_owned(),
            index: Some(index),
        };
        let attributes = [
            ("cpu", cpu.into()),
            ("os_family", family.into()),
            ("subnet", "private".into()),
        ];
        resources.push(one(&address, &attributes, &[&subnet]));
    }
    Wanted {
        resources,
        not_managed: Vec::new(),
    }
}
