//! What somebody asked for, typed: the one form between a description and a configuration.
//!
//! A description in words becomes an [`Intent`] in [`understand`](fn@understand), and an intent becomes Nickel text in
//! [`generate`](crate::generate). An intent holds what was said and nothing else: what is `None` is left to the schemas.
//! Whatever made it, [`Intent::check`] holds it to the catalogues before anything is written.

mod build;
mod catalogue;
mod check;
mod cidr;
mod classify;
mod frame;
mod guard;
mod language;
mod lexicon;
mod monitoring;
mod pattern;
mod placement;
mod proposal;
mod refusal;
mod release;
mod rule;
mod secret;
mod settle;
mod sort;
mod store;
mod token;
mod understand;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use catalogue::Catalogue;
pub use check::Problem;
pub use lexicon::Lexicon;
pub use monitoring::{Alert, Monitoring};
pub use proposal::{Evidence, Proposal, Propose, proposed};
pub use refusal::Refusal;
pub use secret::{SecretReference, names_secret};
pub use store::{Bucket, Cache, Volume};
pub use understand::{Assumption, NotUnderstood, Reason, Request, Understood, understand};

pub(crate) use check::{DEFAULT_BLOCK, label};
pub(crate) use cidr::Block;
pub(crate) use token::{Shape, Token, normalise, tokens};
pub(crate) use understand::{OPEN_GROUP, guard_ports};

/// Characters of a description from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The first character, from 0.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

/// Where a value of an intent comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// These words of the description.
    Said {
        /// Where they stand.
        place: Place,
        /// The words.
        text: String,
    },
    /// This answer to a form.
    Answered {
        /// The form's field.
        field: String,
    },
    /// Nobody said it; the reason stands in the assumptions.
    Assumed,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Servers of one kind.
    Server,
    /// The private network.
    Network,
    /// A Kubernetes cluster.
    Cluster,
    /// A database.
    Database,
    /// A cache in memory.
    Cache,
    /// A bucket of object storage.
    Bucket,
    /// A volume of block storage.
    Volume,
    /// Measurements, dashboards and logs.
    Monitoring,
}

impl Resource {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Server,
        Self::Network,
        Self::Cluster,
        Self::Database,
        Self::Cache,
        Self::Bucket,
        Self::Volume,
        Self::Monitoring,
    ];

    /// Whether a configuration has one at most.
    pub(crate) fn single(self) -> bool {
        matches!(self, Self::Network | Self::Monitoring)
    }

    /// The word that lexicon files and callers use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Network => "network",
            Self::Cluster => "cluster",
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Bucket => "bucket",
            Self::Volume => "volume",
            Self::Monitoring => "monitoring",
        }
    }

    /// The resource of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.name() == name)
    }
}

/// A configuration as asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Intent {
    /// Name of the provider, one of the catalogue's.
    pub provider: String,
    /// Region of the provider.
    pub region: String,
    /// What it is for, such as `production`.
    pub environment: Option<String>,
    /// Tags of every resource.
    pub tags: BTreeMap<String, String>,
    /// What it may cost at most.
    pub budget: Option<Budget>,
    /// Servers, one entry for each kind.
    pub servers: Vec<Server>,
    /// Kubernetes clusters.
    pub clusters: Vec<Cluster>,
    /// Databases.
    pub databases: Vec<Database>,
    /// Caches in memory.
    pub caches: Vec<Cache>,
    /// Buckets of object storage.
    pub buckets: Vec<Bucket>,
    /// Volumes beside the system disks.
    pub volumes: Vec<Volume>,
    /// The private network.
    pub network: Option<Network>,
    /// What is measured and logged.
    pub monitoring: Option<Monitoring>,
    /// When somebody is told.
    pub alerts: Vec<Alert>,
}

/// The most that a month may cost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Whole units of the currency.
    pub amount: u64,
    /// ISO 4217 code; the provider's own if nobody named one.
    pub currency: Option<String>,
}

/// An operating system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Os {
    /// The distribution, one of the schema's.
    pub family: String,
    /// Its release, such as `24.04`.
    pub version: String,
}

/// Servers of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Name, an RFC 1123 label.
    pub name: String,
    /// What they are for, such as `web`.
    pub role: Option<String>,
    /// How many.
    pub count: Option<u64>,
    /// The provider's name for a size.
    pub plan: Option<String>,
    /// Virtual processors of one.
    pub cpu: Option<u64>,
    /// Memory of one, in GB.
    pub memory_gb: Option<u64>,
    /// System disk of one, in GB.
    pub disk_gb: Option<u64>,
    /// Operating system.
    pub os: Option<Os>,
    /// Whether each has a public address.
    pub public_ip: Option<bool>,
    /// The private network that they are in, by its name.
    pub vpc: Option<String>,
    /// The subnet that they are in, by its name.
    pub subnet: Option<String>,
    /// Names of security groups of the network.
    pub security_groups: Vec<String>,
}

/// A Kubernetes cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cluster {
    /// Name, an RFC 1123 label.
    pub name: String,
    /// Release of two numbers, such as `1.30`.
    pub version: Option<String>,
    /// Nodes of the control plane.
    pub control_planes: Option<u64>,
    /// Size word of a control-plane node.
    pub control_plane_size: Option<String>,
    /// Whether the control plane survives the loss of a node.
    pub high_availability: Option<bool>,
    /// Worker nodes.
    pub workers: Option<u64>,
    /// Size word of a worker.
    pub worker_size: Option<String>,
    /// Fewest and most workers, if they come and go.
    pub scaling: Option<Scaling>,
    /// Network plugin.
    pub cni: Option<String>,
    /// Addons by name, and whether they are wanted.
    pub addons: BTreeMap<String, bool>,
    /// Address block of the nodes.
    pub vpc_cidr: Option<String>,
}

/// Between how many workers a cluster scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scaling {
    /// Fewest.
    pub min: u64,
    /// Most.
    pub max: u64,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// Name, an RFC 1123 label.
    pub name: String,
    /// The engine, such as `postgresql`.
    pub engine: Option<String>,
    /// Release of the engine.
    pub version: Option<String>,
    /// Copies beside the primary.
    pub replicas: Option<u64>,
    /// Whether the nodes elect the primary among themselves.
    pub quorum: Option<bool>,
    /// The provider's name for a size.
    pub plan: Option<String>,
    /// Virtual processors of a node.
    pub cpu: Option<u64>,
    /// Memory of a node, in GB.
    pub memory_gb: Option<u64>,
    /// Storage of a node, in GB.
    pub disk_gb: Option<u64>,
    /// Whether its disk and backups are encrypted.
    pub encrypted: Option<bool>,
    /// Days that a daily backup is kept.
    pub backup_days: Option<u64>,
    /// Where the administrator's password is kept; never the password.
    pub password: Option<String>,
}

/// The private network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Its name.
    pub name: Option<String>,
    /// Its address block.
    pub cidr: Option<String>,
    /// Subnets that the internet may reach.
    pub public_subnets: Option<u64>,
    /// Subnets that it may not.
    pub private_subnets: Option<u64>,
    /// NAT gateways.
    pub nat_gateways: Option<u64>,
    /// Load balancers.
    pub load_balancers: Option<u64>,
    /// TCP ports that are open to everyone.
    pub open_ports: Vec<u64>,
}
