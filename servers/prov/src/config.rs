//! Every setting of `prov`.

use program::config::{Audit, Http, Identity, Mcp, Policy, Telemetry};
use program::{Common, Config};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every setting of `prov`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProvConfig {
    /// Where calls are written down.
    pub audit: Audit,
    /// How the provider `aws` is reached.
    pub aws: Aws,
    /// How HTTP is served.
    pub http: Http,
    /// Who may identify how.
    pub identity: Identity,
    /// How the provider `local` is reached.
    pub local: Local,
    /// Which tools are offered.
    pub mcp: Mcp,
    /// How configurations are evaluated.
    pub nickel: Nickel,
    /// Who may do what.
    pub policy: Policy,
    /// How changes are executed.
    pub run: Run,
    /// Where is recorded what there is.
    pub state: State,
    /// Where traces go.
    pub telemetry: Telemetry,
    /// How the provider `upcloud` is reached.
    pub upcloud: UpCloud,
}

/// How configurations are evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Nickel {
    /// How long one evaluation may take, in milliseconds, 100 to 60000.
    #[schemars(range(min = 100, max = 60_000))]
    pub wall_ms: u64,
    /// How much memory one worker may use, in MiB, 256 to 16384.
    #[schemars(range(min = 256, max = 16_384))]
    pub memory_mib: u64,
    /// How many workers evaluate at once, 1 to 64.
    #[schemars(range(min = 1, max = 64))]
    pub workers: u64,
}

impl Default for Nickel {
    fn default() -> Self {
        Self {
            wall_ms: 5_000,
            memory_mib: 1_024,
            workers: 1,
        }
    }
}

/// How the provider `local` is reached: LXD or Incus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Local {
    /// Path of the server's socket, or its address, such as `https://lxd.example.com:8443`; the first of the usual sockets
    /// if empty.
    pub endpoint: String,
    /// The project for resources that name no region.
    pub project: String,
    /// The storage pool of root disks and volumes.
    pub pool: String,
    /// Profiles of every server.
    pub profiles: Vec<String>,
    /// Images by operating system, such as `debian/12=images:debian/12`.
    pub images: Vec<String>,
    /// The image of a server that names no operating system.
    pub image: String,
    /// For an address: file of our certificate, PEM.
    pub certificate: String,
    /// For an address: file of the key of our certificate, PEM.
    pub key: String,
    /// For an address: the SHA-256 fingerprint of the server's certificate, or a file with it; a trusted authority if empty.
    pub server: String,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            project: "default".to_owned(),
            pool: "default".to_owned(),
            profiles: vec!["default".to_owned()],
            images: Vec::new(),
            image: "debian/12".to_owned(),
            certificate: String::new(),
            key: String::new(),
            server: String::new(),
        }
    }
}

/// How the provider `aws` is reached. Its credentials come the way AWS's own tools find them: variables, `~/.aws`, the instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Aws {
    /// Where resources are that name no region.
    pub region: String,
    /// Another address for every service, such as that of a test server.
    pub endpoint: String,
    /// Images by operating system, such as `debian-12=ami-0123456789abcdef0`; looked up if not named.
    pub images: Vec<String>,
    /// The longest that a new resource may stay invisible, in seconds, 0 to 600; after an answer that was lost it is looked for so
    /// long. Lower it only for servers that show at once what they have made.
    #[schemars(range(min = 0, max = 600))]
    pub visible_s: u64,
}

impl Default for Aws {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            endpoint: String::new(),
            images: Vec::new(),
            visible_s: 120,
        }
    }
}

/// How the provider `upcloud` is reached. Its credentials are in `UPCLOUD_TOKEN`, or `UPCLOUD_USERNAME` and `UPCLOUD_PASSWORD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpCloud {
    /// Where resources are that name no region.
    pub zone: String,
    /// Another address of the API, such as that of a test server.
    pub endpoint: String,
    /// Templates by operating system, such as `debian-12=01000000-0000-4000-8000-000020070100`; looked up if not named.
    pub images: Vec<String>,
    /// Public keys that may sign in to new servers.
    pub ssh_keys: Vec<String>,
}

impl Default for UpCloud {
    fn default() -> Self {
        Self {
            zone: "fi-hel1".to_owned(),
            endpoint: String::new(),
            images: Vec::new(),
            ssh_keys: Vec::new(),
        }
    }
}

/// How changes are executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// Most steps at the same time, 1 to 64.
    #[schemars(range(min = 1, max = 64))]
    pub parallel: u64,
    /// How long a lease lasts without a sign of life, in seconds, 5 to 3600.
    #[schemars(range(min = 5, max = 3_600))]
    pub lease_s: u64,
    /// What happens after a step of `apply` or `destroy` failed for good: `rollback`, `stop` or `continue`.
    pub on_failure: String,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            parallel: 4,
            lease_s: 30,
            on_failure: "rollback".to_owned(),
        }
    }
}

/// Where is recorded what there is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Path of an SQLite file; `.prov/state/state.db` in the workspace if empty.
    pub path: String,
}

impl Config for ProvConfig {
    // A workspace may not even set bounds: it is what they protect against.
    const WORKSPACE_SECTIONS: &'static [&'static str] = &[];

    fn common(&self) -> Common<'_> {
        Common {
            audit: &self.audit,
            http: &self.http,
            identity: &self.identity,
            mcp: &self.mcp,
            policy: &self.policy,
            telemetry: &self.telemetry,
        }
    }
}
