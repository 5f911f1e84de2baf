//! An intent as templates see it: every name is there, `none` for what nobody said, with the path of each part.

mod store;
mod watch;

use serde::Serialize;

use crate::intent::{Block, Intent, Network};

/// Everything.
#[derive(Serialize)]
pub(super) struct View<'a> {
    /// The description, or none if the intent was made otherwise.
    request: Option<&'a str>,
    provider: &'a str,
    region: &'a str,
    environment: Option<&'a str>,
    tags: Vec<Tag<'a>>,
    budget: Option<Budget<'a>>,
    servers: Vec<Server<'a>>,
    clusters: Vec<Cluster<'a>>,
    databases: Vec<Database<'a>>,
    caches: Vec<store::Cache<'a>>,
    buckets: Vec<store::Bucket<'a>>,
    volumes: Vec<store::Volume<'a>>,
    network: Option<Net<'a>>,
    monitoring: Option<watch::Monitoring<'a>>,
    alerts: Vec<watch::Alert<'a>>,
    contact: Option<&'a str>,
    secrets: Vec<watch::Secret>,
    open_group: &'static str,
}

#[derive(Serialize)]
struct Tag<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Budget<'a> {
    amount: u64,
    currency: &'a str,
}

#[derive(Serialize)]
struct Server<'a> {
    path: String,
    name: &'a str,
    role: Option<&'a str>,
    count: Option<u64>,
    plan: Option<&'a str>,
    spec: bool,
    cpu: Option<u64>,
    memory_gb: Option<u64>,
    disk_gb: Option<u64>,
    os: Option<Os<'a>>,
    networking: bool,
    public_ip: Option<bool>,
    vpc: Option<&'a str>,
    subnet: Option<&'a str>,
    security_groups: &'a [String],
}

#[derive(Serialize)]
struct Os<'a> {
    family: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Cluster<'a> {
    path: String,
    name: &'a str,
    version: Option<&'a str>,
    control_plane: bool,
    control_planes: Option<u64>,
    control_plane_size: Option<&'a str>,
    high_availability: Option<bool>,
    worker: bool,
    workers: Option<u64>,
    worker_size: Option<&'a str>,
    scaling: Option<Scaling>,
    networking: bool,
    cni: Option<&'a str>,
    vpc_cidr: Option<&'a str>,
    addons: Vec<Addon<'a>>,
}

#[derive(Serialize)]
struct Scaling {
    min: u64,
    max: u64,
}

#[derive(Serialize)]
struct Addon<'a> {
    name: &'a str,
    wanted: bool,
}

#[derive(Serialize)]
struct Database<'a> {
    path: String,
    name: &'a str,
    engine: Option<&'a str>,
    version: Option<&'a str>,
    replicas: Option<u64>,
    quorum: Option<bool>,
    plan: Option<&'a str>,
    cpu: Option<u64>,
    memory_gb: Option<u64>,
    disk_gb: Option<u64>,
    encrypted: Option<bool>,
    backup_days: Option<u64>,
    password: Option<String>,
}

#[derive(Serialize)]
struct Net<'a> {
    name: Option<&'a str>,
    cidr: Option<&'a str>,
    subnets: Vec<Subnet>,
    nat_gateways: Option<u64>,
    load_balancers: Option<u64>,
    open_ports: &'a [u64],
}

#[derive(Serialize)]
struct Subnet {
    name: String,
    cidr: String,
    public: bool,
}

impl<'a> View<'a> {
    /// The view of `intent`. `currency` is the provider's own.
    pub(super) fn new(intent: &'a Intent, request: Option<&'a str>, currency: &'a str) -> Self {
        Self {
            request,
            provider: &intent.provider,
            region: &intent.region,
            environment: intent.environment.as_deref(),
            tags: intent
                .tags
                .iter()
                .map(|(name, value)| Tag { name, value })
                .collect(),
            budget: intent.budget.as_ref().map(|budget| Budget {
                amount: budget.amount,
                currency: budget.currency.as_deref().unwrap_or(currency),
            }),
            servers: intent.servers.iter().enumerate().map(server).collect(),
            clusters: intent.clusters.iter().enumerate().map(cluster).collect(),
            databases: intent.databases.iter().enumerate().map(database).collect(),
            caches: intent.caches.iter().enumerate().map(store::cache).collect(),
            buckets: intent.buckets.iter().enumerate().map(store::bucket).collect(),
            volumes: intent.volumes.iter().enumerate().map(store::volume).collect(),
            network: intent.network.as_ref().map(network),
            monitoring: intent.monitoring.as_ref().map(watch::monitoring),
            alerts: intent.alerts.iter().enumerate().map(watch::alert).collect(),
            contact: intent
                .monitoring
                .as_ref()
                .and_then(|monitoring| monitoring.contact.as_deref()),
            secrets: watch::secrets(intent),
            open_group: crate::intent::OPEN_GROUP,
        }
    }
}

fn server((at, server): (usize, &crate::intent::Server)) -> Server<'_> {
    let sized = server.cpu.or(server.memory_gb).or(server.disk_gb).is_some();
    let placed = server.vpc.is_some() || server.subnet.is_some();
    Server {
        path: format!("servers.{at}"),
        name: &server.name,
        role: server.role.as_deref(),
        count: server.count,
        plan: server.plan.as_deref(),
        spec: sized || server.os.is_some(),
        cpu: server.cpu,
        memory_gb: server.memory_gb,
        disk_gb: server.disk_gb,
        os: server.os.as_ref().map(|os| Os {
            family: &os.family,
            version: &os.version,
        }),
        networking: server.public_ip.is_some() || placed || !server.security_groups.is_empty(),
        public_ip: server.public_ip,
        vpc: server.vpc.as_deref(),
        subnet: server.subnet.as_deref(),
        security_groups: &server.security_groups,
    }
}

fn cluster((at, cluster): (usize, &crate::intent::Cluster)) -> Cluster<'_> {
    let size = cluster.control_plane_size.as_deref();
    Cluster {
        path: format!("clusters.{at}"),
        name: &cluster.name,
        version: cluster.version.as_deref(),
        control_plane: cluster.control_planes.is_some()
            || size.is_some()
            || cluster.high_availability.is_some(),
        control_planes: cluster.control_planes,
        control_plane_size: size,
        high_availability: cluster.high_availability,
        worker: cluster.workers.is_some() || cluster.worker_size.is_some() || cluster.scaling.is_some(),
        workers: cluster.workers,
        worker_size: cluster.worker_size.as_deref(),
        scaling: cluster.scaling.map(|scaling| Scaling {
            min: scaling.min,
            max: scaling.max,
        }),
        networking: cluster.cni.is_some() || cluster.vpc_cidr.is_some(),
        cni: cluster.cni.as_deref(),
        vpc_cidr: cluster.vpc_cidr.as_deref(),
        addons: cluster
            .addons
            .iter()
            .map(|(name, wanted)| Addon {
                name,
                wanted: *wanted,
            })
            .collect(),
    }
}

fn database((at, database): (usize, &crate::intent::Database)) -> Database<'_> {
    Database {
        path: format!("databases.{at}"),
        name: &database.name,
        engine: database.engine.as_deref(),
        version: database.version.as_deref(),
        replicas: database.replicas,
        quorum: database.quorum,
        plan: database.plan.as_deref(),
        cpu: database.cpu,
        memory_gb: database.memory_gb,
        disk_gb: database.disk_gb,
        encrypted: database.encrypted,
        backup_days: database.backup_days,
        password: database
            .password
            .is_some()
            .then(|| watch::password_of(&database.name)),
    }
}

fn network(network: &Network) -> Net<'_> {
    let public = usize::try_from(network.public_subnets.unwrap_or(0)).unwrap_or(0);
    let private = usize::try_from(network.private_subnets.unwrap_or(0)).unwrap_or(0);
    // The intent was checked: the block is one, and large enough.
    let blocks = Block::read(network.cidr.as_deref().unwrap_or(crate::intent::DEFAULT_BLOCK))
        .ok()
        .and_then(|block| block.cut(public + private))
        .unwrap_or_default();
    Net {
        name: network.name.as_deref(),
        cidr: network.cidr.as_deref(),
        subnets: network
            .subnet_names()
            .into_iter()
            .zip(blocks)
            .enumerate()
            .map(|(at, (name, block))| Subnet {
                name,
                cidr: block.to_string(),
                public: at < public,
            })
            .collect(),
        nat_gateways: network.nat_gateways,
        load_balancers: network.load_balancers,
        open_ports: &network.open_ports,
    }
}
