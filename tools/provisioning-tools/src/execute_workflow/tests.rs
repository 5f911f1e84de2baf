//! Plans and tokens through the gate, in a simulated world.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use provisioning::evaluate::{self, Evaluation};
use provisioning::provider::{self, Class, Fault, Provider, Simulated, Trouble, World};
use provisioning::run::{Chance, Clock, Settings};
use provisioning::site::Site;
use provisioning::state::{self, Claim, Memory, State};
use provisioning::{Embedded, Evaluate, Source, compliance};
use serde_json::{Value, json};
use testkit::{Identifying, Setup, caller};
use toolcall::{CallerKind, Catalog, Credential, ErrorKind, Gate, ToolError};

use super::ExecuteWorkflow;
use crate::Shelf;

/// The paused time of the test's runtime.
struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.0.elapsed().as_millis()).unwrap();
        Timestamp::from_millisecond(1_780_000_000_000 + elapsed).unwrap()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

struct Counting(AtomicU64);

impl Chance for Counting {
    fn up_to(&self, most: u64) -> u64 {
        most / 2
    }

    fn name(&self) -> String {
        format!("name-{}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Reads data, without contracts.
struct Data;

impl Evaluate for Data {
    fn evaluate<'a>(
        &'a self,
        source: Source,
        _strict: bool,
    ) -> Pin<Box<dyn Future<Output = Result<Evaluation, evaluate::Error>> + Send + 'a>> {
        Box::pin(async move {
            Ok(Evaluation {
                configuration: Some(compliance::data(&source.name, &source.text).unwrap()),
                diagnostics: Vec::new(),
                assets: Vec::new(),
            })
        })
    }
}

struct Bench {
    world: Arc<World>,
    state: Arc<dyn State>,
    clock: Arc<Paused>,
    chance: Arc<Counting>,
}

impl Site for Bench {
    fn state(&self) -> state::Call<'_, Arc<dyn State>> {
        Box::pin(async { Ok(Arc::clone(&self.state)) })
    }

    fn provider(&self, name: &str) -> Result<Option<Arc<dyn Provider>>, provider::Error> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let simulated =
            || Arc::new(Simulated::new("local", Arc::clone(&self.world), clock)) as Arc<dyn Provider>;
        Ok((name == "local").then(simulated))
    }

    fn providers(&self) -> Vec<&'static str> {
        vec!["local"]
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    fn chance(&self) -> Arc<dyn Chance> {
        Arc::clone(&self.chance) as Arc<dyn Chance>
    }

    fn settings(&self) -> Settings {
        Settings::default()
    }

    fn process(&self) -> (String, u32) {
        ("here".to_owned(), 1)
    }

    fn gone(&self, _claim: &Claim) -> bool {
        false
    }

    fn key(&self) -> Result<[u8; 32], state::Error> {
        Ok([7; 32])
    }
}

fn bench() -> Arc<Bench> {
    Arc::new(Bench {
        world: Arc::default(),
        state: Arc::new(Memory::new("w")),
        clock: Arc::new(Paused(tokio::time::Instant::now())),
        chance: Arc::new(Counting(AtomicU64::new(0))),
    })
}

fn gate(bench: &Arc<Bench>, who: &str) -> Gate {
    let shelf = Arc::new(Shelf::new(Arc::new(Embedded)));
    let site = Arc::clone(bench) as Arc<dyn Site>;
    let today = || "2026-11-24".parse().unwrap();
    let catalog = Catalog::new()
        .with(ExecuteWorkflow::new(Arc::new(Data), shelf, site, today))
        .unwrap();
    let who = caller(who, CallerKind::Token, &["admin"]);
    Setup::new(catalog)
        .identify(Identifying::new(move |_: &Credential| Ok(who.clone())))
        .gate()
}

const TWO: &str = "{ provider = \"local\", servers = [{ name = \"web\", count = 2, spec = { cpu = 1, memory_gb = 1, disk_gb = 20 } }] }";

async fn plan(gate: &Gate, config: &str) -> Value {
    let asked = json!({"workflow_id": "apply", "config": config});
    testkit::call(gate, "execute_workflow", asked).await.unwrap()
}

async fn execute(gate: &Gate, config: &str, token: &str) -> Result<Value, ToolError> {
    let asked = json!({"workflow_id": "apply", "config": config, "dry_run": false, "plan_token": token});
    testkit::call(gate, "execute_workflow", asked).await
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_executed_with_its_token_and_once() {
    let bench = bench();
    let gate = gate(&bench, "ana");
    let planned = plan(&gate, TWO).await;
    assert_eq!(
        (planned["status"].as_str(), bench.world.contents().len()),
        (Some("planned"), 0)
    );
    let token = planned["plan_token"].as_str().unwrap();
    let done = execute(&gate, TWO, token).await.unwrap();
    assert_eq!(done["status"], "succeeded", "{done:#}");
    assert_eq!(bench.world.contents().len(), 2);
    // What it was made for has happened: the plan is another now.
    let error = execute(&gate, TWO, token).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(plan(&gate, TWO).await["status"], "nothing_to_do");
    assert_eq!(bench.state.lease().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_for_one_plan_one_caller_and_a_while() {
    let bench = bench();
    let (ana, bob) = (gate(&bench, "ana"), gate(&bench, "bob"));
    let planned = plan(&ana, TWO).await;
    let token = planned["plan_token"].as_str().unwrap().to_owned();
    let three = TWO.replace("count = 2", "count = 3");
    let forged = token.replace("v1.name", "v1.game");
    for (gate, config, token, why) in [
        (&bob, TWO, token.as_str(), "another caller"),
        (&ana, three.as_str(), token.as_str(), "another plan"),
        (&ana, TWO, forged.as_str(), "another nonce"),
        (&ana, TWO, "v1.x", "no token"),
        (&ana, TWO, "", "nothing"),
    ] {
        let error = execute(gate, config, token).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{why}");
    }
    tokio::time::advance(Duration::from_secs(31 * 60)).await;
    let error = execute(&ana, TWO, &token).await.unwrap_err();
    assert!(error.message().contains("run out"), "{error}");
    assert!(bench.world.contents().is_empty());
    let asked = json!({"workflow_id": "apply", "config": TWO, "dry_run": false});
    let error = testkit::call(&ana, "execute_workflow", asked).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingArgument);
}

#[tokio::test(start_paused = true)]
async fn a_plan_made_for_another_state_is_refused() {
    let bench = bench();
    let gate = gate(&bench, "ana");
    let first = plan(&gate, TWO).await;
    let second = plan(&gate, TWO).await;
    execute(&gate, TWO, first["plan_token"].as_str().unwrap())
        .await
        .unwrap();
    let (id, ..) = bench.world.contents().into_iter().next().unwrap();
    assert!(!id.is_empty());
    let error = execute(&gate, TWO, second["plan_token"].as_str().unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    // Somebody changes what is there after the plan was made: it fails closed.
    let four = TWO.replace("count = 2", "count = 4");
    let planned = plan(&gate, &four).await;
    bench.world.remove("sim-server-1");
    let error = execute(&gate, &four, planned["plan_token"].as_str().unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[tokio::test(start_paused = true)]
async fn a_simulation_changes_nothing_and_needs_no_token() {
    let bench = bench();
    let gate = gate(&bench, "ana");
    let asked = json!({"workflow_id": "apply", "config": TWO, "simulate": true});
    let done = testkit::call(&gate, "execute_workflow", asked).await.unwrap();
    assert_eq!(
        (done["status"].as_str(), done["simulated"].as_bool()),
        (Some("succeeded"), Some(true))
    );
    assert!(bench.world.contents().is_empty());
    assert_eq!(bench.state.serial().await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_credentials_there_is_a_plan_and_no_token() {
    let bench = bench();
    let gate = gate(&bench, "ana");
    bench.world.order(Fault {
        call: "account",
        about: None,
        after: 0,
        times: 100,
        trouble: Trouble::Refused(Class::Denied),
    });
    let planned = plan(&gate, TWO).await;
    assert_eq!(planned["status"], "planned");
    assert!(
        planned["assumptions"][0]
            .as_str()
            .unwrap()
            .contains("what is recorded is what is there")
    );
    assert!(planned.get("plan_token").is_none());
    let error = execute(&gate, TWO, "v1.a.1.00").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[tokio::test(start_paused = true)]
async fn what_holds_data_goes_only_when_it_is_named() {
    let bench = bench();
    let gate = gate(&bench, "ana");
    let volume = "{ provider = \"local\", volumes = [{ name = \"data\", size_gb = 5 }] }";
    let planned = plan(&gate, volume).await;
    execute(&gate, volume, planned["plan_token"].as_str().unwrap())
        .await
        .unwrap();
    let destroy = |allow: Value| json!({"workflow_id": "destroy", "allow_destroy": allow});
    let kept = testkit::call(&gate, "execute_workflow", destroy(json!([])))
        .await
        .unwrap();
    assert_eq!(kept["blocked"][0]["subject"], "volume.data");
    assert!(kept.get("plan_token").is_none());
    let planned = testkit::call(&gate, "execute_workflow", destroy(json!(["volume.data"])))
        .await
        .unwrap();
    let mut asked = destroy(json!(["volume.data"]));
    asked["dry_run"] = json!(false);
    asked["plan_token"] = planned["plan_token"].clone();
    let done = testkit::call(&gate, "execute_workflow", asked).await.unwrap();
    assert_eq!(done["status"], "succeeded");
    assert!(bench.world.contents().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_nobody_knows_is_said() {
    let bench = bench();
    let gate = gate(&bench, "ana");
    let planned = plan(&gate, &TWO.replace("local", "gcp")).await;
    assert_eq!(planned["blocked"][0]["reason"], "provider `gcp` makes no server");

    assert!(planned.get("plan_token").is_none());
}
