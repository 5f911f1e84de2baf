//! An intent on the wire: what was said, without what was not.

mod store;
mod watch;

use std::collections::BTreeMap;

use provisioning::intent;
use serde::Serialize;

use store::{Bucket, Cache, Volume};
use watch::{Alert, Monitoring};

/// What was understood.
#[derive(Debug, Serialize)]
pub(super) struct Intent {
    /// Name of the provider.
    provider: String,
    /// Region of the provider.
    region: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
    /// Tags of every resource.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    /// The most that a month may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Budget>,
    /// Servers, one entry for each kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    servers: Vec<Server>,
    /// Kubernetes clusters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<Cluster>,
    /// Databases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    databases: Vec<Database>,
    /// Caches in memory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    caches: Vec<Cache>,
    /// Buckets of object storage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    buckets: Vec<Bucket>,
    /// Volumes beside the system disks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<Volume>,
    /// The private network.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    /// What is measured and logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    monitoring: Option<Monitoring>,
    /// When somebody is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<Alert>,
}

/// The most that a month may cost.
#[derive(Debug, Serialize)]
struct Budget {
    /// Whole units of the currency.
    amount: u64,
    /// ISO 4217 code; the provider's own if nobody named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

/// Servers of one kind.
#[derive(Debug, Serialize)]
struct Server {
    /// Name.
    name: String,
    /// What they are for.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// How many.
    count: u64,
    /// The provider's name for a size.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// Virtual processors of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<u64>,
    /// Memory of one, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_gb: Option<u64>,
    /// System disk of one, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_gb: Option<u64>,
    /// Operating system and release, such as `ubuntu 24.04`.
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<String>,
    /// Whether each has a public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_ip: Option<bool>,
    /// The private network that they are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc: Option<String>,
    /// The subnet that they are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    subnet: Option<String>,
}

/// A Kubernetes cluster.
#[derive(Debug, Serialize)]
struct Cluster {
    /// Name.
    name: String,
    /// Release.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Nodes of the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    control_planes: Option<u64>,
    /// Size word of a control-plane node.
    #[serde(skip_serializing_if = "Option::is_none")]
    control_plane_size: Option<String>,
    /// Whether the control plane survives the loss of a node.
    #[serde(skip_serializing_if = "Option::is_none")]
    high_availability: Option<bool>,
    /// Worker nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<u64>,
    /// Size word of a worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    worker_size: Option<String>,
    /// Fewest and most workers, if they come and go.
    #[serde(skip_serializing_if = "Option::is_none")]
    scaling: Option<[u64; 2]>,
    /// Network plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    cni: Option<String>,
    /// Addons, and whether they are wanted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    addons: BTreeMap<String, bool>,
    /// Address block of the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_cidr: Option<String>,
}

/// A database.
#[derive(Debug, Serialize)]
struct Database {
    /// Name.
    name: String,
    /// The engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
    /// Release of the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Copies beside the primary.
    #[serde(skip_serializing_if = "Option::is_none")]
    replicas: Option<u64>,
    /// Whether the nodes elect the primary among themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    quorum: Option<bool>,
    /// The provider's name for a size.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// Virtual processors of a node.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<u64>,
    /// Memory of a node, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_gb: Option<u64>,
    /// Storage of a node, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_gb: Option<u64>,
    /// Whether its disk and backups are encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<bool>,
    /// Days that a daily backup is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_days: Option<u64>,
    /// Where the administrator's password is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// The private network.
#[derive(Debug, Serialize)]
struct Network {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Address block.
    #[serde(skip_serializing_if = "Option::is_none")]
    cidr: Option<String>,
    /// Subnets that the internet may reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_subnets: Option<u64>,
    /// Subnets that it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    private_subnets: Option<u64>,
    /// NAT gateways.
    #[serde(skip_serializing_if = "Option::is_none")]
    nat_gateways: Option<u64>,
    /// Load balancers.
    #[serde(skip_serializing_if = "Option::is_none")]
    load_balancers: Option<u64>,
    /// TCP ports that are open to everyone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open_ports: Vec<u64>,
}

impl From<&intent::Intent> for Intent {
    fn from(intent: &intent::Intent) -> Self {
        Self {
            provider: intent.provider.clone(),
            region: intent.region.clone(),
            environment: intent.environment.clone(),
            tags: intent.tags.clone(),
            budget: intent.budget.as_ref().map(|budget| Budget {
                amount: budget.amount,
                currency: budget.currency.clone(),
            }),
            servers: intent.servers.iter().map(Server::from).collect(),
            clusters: intent.clusters.iter().map(Cluster::from).collect(),
            databases: intent.databases.iter().map(Database::from).collect(),
            caches: intent.caches.iter().map(Cache::from).collect(),
            buckets: intent.buckets.iter().map(Bucket::from).collect(),
            volumes: intent.volumes.iter().map(Volume::from).collect(),
            network: intent.network.as_ref().map(Network::from),
            monitoring: intent.monitoring.as_ref().map(Monitoring::from),
            alerts: intent.alerts.iter().map(Alert::from).collect(),
        }
    }
}

impl From<&intent::Server> for Server {
    fn from(server: &intent::Server) -> Self {
        Self {
            name: server.name.clone(),
            role: server.role.clone(),
            count: server.count.unwrap_or(1),
            plan: server.plan.clone(),
            cpu: server.cpu,
            memory_gb: server.memory_gb,
            disk_gb: server.disk_gb,
            os: server
                .os
                .as_ref()
                .map(|os| format!("{} {}", os.family, os.version)),
            public_ip: server.public_ip,
            vpc: server.vpc.clone(),
            subnet: server.subnet.clone(),
        }
    }
}

impl From<&intent::Cluster> for Cluster {
    fn from(cluster: &intent::Cluster) -> Self {
        Self {
            name: cluster.name.clone(),
            version: cluster.version.clone(),
            control_planes: cluster.control_planes,
            control_plane_size: cluster.control_plane_size.clone(),
            high_availability: cluster.high_availability,
            workers: cluster.workers,
            worker_size: cluster.worker_size.clone(),
            scaling: cluster.scaling.map(|scaling| [scaling.min, scaling.max]),
            cni: cluster.cni.clone(),
            addons: cluster.addons.clone(),
            vpc_cidr: cluster.vpc_cidr.clone(),
        }
    }
}

impl From<&intent::Database> for Database {
    fn from(database: &intent::Database) -> Self {
        Self {
            name: database.name.clone(),
            engine: database.engine.clone(),
            version: database.version.clone(),
            replicas: database.replicas,
            quorum: database.quorum,
            plan: database.plan.clone(),
            cpu: database.cpu,
            memory_gb: database.memory_gb,
            disk_gb: database.disk_gb,
            encrypted: database.encrypted,
            backup_days: database.backup_days,
            password: database.password.clone(),
        }
    }
}

impl From<&intent::Network> for Network {
    fn from(network: &intent::Network) -> Self {
        Self {
            name: network.name.clone(),
            cidr: network.cidr.clone(),
            public_subnets: network.public_subnets,
            private_subnets: network.private_subnets,
            nat_gateways: network.nat_gateways,
            load_balancers: network.load_balancers,
            open_ports: network.open_ports.clone(),
        }
    }
}
