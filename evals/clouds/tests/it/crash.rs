//! `prov` killed at random moments of apply, rollback and destroy, against a server that speaks as AWS does: afterwards
//! every resource that exists is recorded, none is doubled, none is lost, and the work can be gone on with at once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use provisioning::provider::Provider as _;
use provisioning::resource::Kind;
use provisioning::state::{Run, RunStatus, State as _};
use provisioning_aws::{Aws, Settings, Surroundings};
use provisioning_sqlite::SqliteState;
use redacted::Redacted;
use serde_json::Value;

use crate::support::{Keys, Moto};

/// Rounds of one test; `./dev soak` asks for more.
const ROUNDS: u32 = 50;

/// How often the executable may be killed again while it goes on.
const AGAIN: u32 = 2;

#[tokio::test]
async fn killed_while_it_applies_and_destroys() {
    let mut world = World::new().await;
    for round in 0..rounds() {
        // Bigger, other, smaller, nothing: creations, updates, replacements and deletions are all killed.
        let config = match round % 4 {
            0 => Some(fleet(3, "t3.micro", "one", true)),
            1 => Some(fleet(3, "t3.small", "two", true)),
            2 => Some(fleet(1, "t3.small", "two", true)),
            _ => None,
        };
        world.round(config.as_deref()).await;
    }
    world.ended();
}

#[tokio::test]
async fn killed_while_it_undoes() {
    let mut world = World::new().await;
    for round in 0..rounds() {
        // The image of the last server does not exist: everything before it is undone.
        let config = match round % 2 {
            0 => fleet(2, "t3.micro", "one", false),
            _ => fleet(2, "t3.micro", "one", true),
        };
        world.round(Some(&config)).await;
    }
    world.ended();
}

fn rounds() -> u32 {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a test takes is said by whoever starts it"
    )]
    let asked = std::env::var("CRASH_ROUNDS").ok();
    asked.map_or(ROUNDS, |text| text.parse().expect("`CRASH_ROUNDS` is a number"))
}

/// A network with servers; `sound` says whether all of them can be made.
fn fleet(servers: u32, plan: &str, tag: &str, sound: bool) -> String {
    let last = match sound {
        true => String::new(),
        false => "{ name = \"broken\", plan = \"t3.micro\", networking = { subnet = \"inside\" }, \
                  spec = { os = { family = 'alpine, version = \"3.20\" } } },"
            .to_owned(),
    };
    format!(
        "{{ provider = 'aws, region = \"us-east-1\", tags = {{ round = \"{tag}\" }},
            networking = {{ vpc = \"main\", vpc_cidr = \"10.0.0.0/16\",
              subnets = [{{ name = \"inside\", cidr = \"10.0.1.0/24\" }}],
              security_groups = [{{ name = \"web\", description = \"web\", ingress = [{{ from_port = 443, to_port = 443 }}] }}] }},
            servers = [{{ name = \"web\", count = {servers}, plan = \"{plan}\",
              spec = {{ os = {{ family = 'debian, version = \"12\" }} }},
              networking = {{ subnet = \"inside\", security_groups = [\"web\"] }} }}, {last}] }}"
    )
}

/// A workspace, a server, and what was counted.
struct World {
    moto: Moto,
    keys: Keys,
    folder: tempfile::TempDir,
    random: u64,
    /// How long an undisturbed change takes, about.
    usual: Duration,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    rounds: u32,
    killed: u32,
    resumed: u32,
    succeeded: u32,
    rolled_back: u32,
    resources: usize,
}

impl World {
    async fn new() -> Self {
        let (moto, keys) = Moto::locked().await;
        Self {
            moto,
            keys,
            folder: tempfile::tempdir().expect("a folder"),
            random: u64::from(std::process::id()) | 1,
            usual: Duration::from_secs(3),
            counts: Counts::default(),
        }
    }

    /// Plans, begins, kills, goes on until it is done, and looks.
    async fn round(&mut self, config: Option<&str>) {
        let file = self.folder.path().join("main.ncl");
        let arguments: Vec<&str> = match config {
            Some(text) => {
                std::fs::write(&file, text).expect("a file");
                vec!["main.ncl"]
            }
            None => vec!["--destroy"],
        };
        let plan = self.json(&[&["plan", "--format", "json"], arguments.as_slice()].concat());
        let hash = plan["plan_hash"].as_str().expect("a hash").to_owned();
        let begin: Vec<&str> = match config {
            Some(_) => vec!["apply", "main.ncl", "--yes", "--plan-hash", &hash],
            None => vec!["destroy", "--yes", "--plan-hash", &hash],
        };
        let began = Instant::now();
        if !self.killed(&begin) {
            self.usual = (self.usual + began.elapsed()) / 2;
        }
        for _ in 0..AGAIN {
            if let Some(run) = self.open().await {
                self.killed(&["workflow", "resume", &run.id]);
            }
        }
        if let Some(run) = self.open().await {
            self.counts.resumed += 1;
            let output = self
                .prov(&["workflow", "resume", &run.id])
                .output()
                .expect("it runs");
            assert!(self.open().await.is_none(), "{run:?} {}", said(&output));
        }
        self.counts.rounds += 1;
        match self.last().await.map(|run| run.status) {
            Some(RunStatus::Succeeded) | None => self.counts.succeeded += 1,
            Some(RunStatus::RolledBack) => self.counts.rolled_back += 1,
            Some(other) => panic!("{other:?}: {:?}", self.last().await),
        }
        self.agrees().await;
    }

    /// Starts `prov`, and kills it after a random part of the usual time. Whether it was killed before it ended.
    fn killed(&mut self, arguments: &[&str]) -> bool {
        let mut child = self
            .prov(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let most = u64::try_from(self.usual.as_millis()).expect("a test is short") * 5 / 4;
        std::thread::sleep(Duration::from_millis(self.up_to(most)));
        let ended = child.try_wait().expect("it can be asked").is_some();
        // SIGKILL: nothing of it runs any more.
        let _gone = child.kill();
        child.wait().expect("it ends");
        self.counts.killed += u32::from(!ended);
        !ended
    }

    /// The newest run, if it can be gone on with.
    async fn open(&self) -> Option<Run> {
        self.last().await.filter(|run| run.status.open())
    }

    async fn last(&self) -> Option<Run> {
        self.state()?.runs(1).await.expect("the store").pop()
    }

    fn state(&self) -> Option<SqliteState> {
        let path = self.folder.path().join(".prov/state/state.db");
        path.exists()
            .then(|| SqliteState::open_read_only(&path).expect("the store opens"))
    }

    /// Every resource with our marker is recorded, everything recorded is there, and nothing is there twice.
    async fn agrees(&mut self) {
        let Some(state) = self.state() else { return };
        let recorded = state.resources().await.expect("the store");
        let recorded: BTreeSet<(Kind, String)> = recorded
            .into_iter()
            .map(|row| {
                (
                    row.address.kind,
                    row.provider_id.expect("everything recorded has its id"),
                )
            })
            .collect();
        let aws = self.aws();
        let mut there = Vec::new();
        for kind in [Kind::Network, Kind::Subnet, Kind::SecurityGroup, Kind::Server] {
            let found = aws.list(kind, None, None).await.expect("the server answers");
            there.extend(
                found
                    .into_iter()
                    .filter(|one| one.marker.is_some())
                    .map(|one| (kind, one.id)),
            );
        }
        let count = there.len();
        let there: BTreeSet<(Kind, String)> = there.into_iter().collect();
        assert_eq!(there.len(), count, "something is there twice");
        assert_eq!(recorded, there, "recorded is not what is there");
        self.counts.resources += count;
    }

    fn aws(&self) -> Aws {
        let mut settings = Settings::new("aws", "us-east-1");
        settings.endpoint = Some(self.moto.url());
        let keys = [
            ("AWS_ACCESS_KEY_ID", &self.keys.id),
            ("AWS_SECRET_ACCESS_KEY", &self.keys.secret),
        ];
        let variables = keys.map(|(name, value)| (name.to_owned(), Redacted::new(value.clone())));
        let around = Surroundings {
            variables: variables.into_iter().collect(),
            files: Arc::new(|_| None),
        };
        Aws::new(settings, &around).expect("there are keys")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.prov(arguments).output().expect("it runs");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
    }

    fn prov(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(executable());
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("USER", "tester")
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("AWS_ACCESS_KEY_ID", &self.keys.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.keys.secret)
            .arg("--set")
            .arg(format!("aws.endpoint={}", self.moto.url()))
            .args([
                "--set",
                "aws.images=[\"debian-12=ami-1e749f67\",\"alpine-3.20=ami-00000000\"]",
            ])
            .args(arguments);
        command
    }

    fn up_to(&mut self, most: u64) -> u64 {
        // Xorshift: any spread of moments will do.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % most.max(1)
    }

    fn ended(&self) {
        assert!(
            self.counts.killed > self.counts.rounds / 3,
            "too little was killed: {:?}",
            self.counts
        );
        #[expect(clippy::print_stdout, reason = "the counts are what such a test is run for")]
        let () = println!("{:?}; doubled 0, lost 0, unrecorded 0", self.counts);
    }
}

/// `prov`, built beside this test.
fn executable() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let folder = test.parent().and_then(Path::parent).expect("a folder");
    let path = folder.join("prov");
    assert!(
        path.is_file(),
        "`{}` is not there: run `cargo build -p prov`",
        path.display()
    );
    path
}

fn said(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
