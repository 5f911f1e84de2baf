//! The rules that an intent keeps, whoever made it: the catalogues' values, ranges, names, and what must fit together.

use std::collections::BTreeSet;
use std::fmt;

use super::{Block, Catalogue, Cluster, Database, Intent, Network, Server};

/// The most of one kind that is taken for what somebody meant.
const MOST: u64 = 1_000;
/// Largest memory of one machine, in GB, and largest disk.
const MEMORY_GB: u64 = 32_768;
pub(super) const DISK_GB: u64 = 65_536;
const CPU: u64 = 1_024;
/// Smallest system disk that the schema allows, in GB.
const SMALLEST_DISK_GB: u64 = 20;

/// A value that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The value's path in the intent, such as `servers.0.name`.
    pub path: String,
    /// The value.
    pub value: String,
    /// The rule: `must be …`.
    pub rule: String,
    /// What it may be, if that is a list.
    pub valid: Vec<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is `{}`, but {}", self.path, self.value, self.rule)
    }
}

/// Collects problems.
pub(super) struct Checker<'a> {
    pub(super) catalogue: &'a Catalogue,
    problems: Vec<Problem>,
}

impl Intent {
    /// Every rule that is broken.
    #[must_use]
    pub fn check(&self, catalogue: &Catalogue) -> Vec<Problem> {
        let mut checker = Checker {
            catalogue,
            problems: Vec::new(),
        };
        checker.place(self);
        checker.tags(self);
        checker.names(self);
        for (at, server) in self.servers.iter().enumerate() {
            checker.server(&format!("servers.{at}"), server, &self.provider);
        }
        for (at, cluster) in self.clusters.iter().enumerate() {
            checker.cluster(&format!("clusters.{at}"), cluster, &self.provider);
        }
        for (at, database) in self.databases.iter().enumerate() {
            checker.database(&format!("databases.{at}"), database, &self.provider);
        }
        if let Some(network) = &self.network {
            checker.network(network);
            if !self.clusters.is_empty() {
                checker.apart("network.cidr".to_owned(), network.cidr.as_ref());
            }
        }
        checker.placed(self);
        checker.store(self);
        checker.watch(self);
        checker.problems
    }
}

impl Checker<'_> {
    pub(super) fn say(
        &mut self,
        path: String,
        value: impl ToString,
        rule: impl Into<String>,
        valid: &[String],
    ) {
        self.problems.push(Problem {
            path,
            value: value.to_string(),
            rule: rule.into(),
            valid: valid.to_vec(),
        });
    }

    /// Servers in networks and subnets that there are.
    fn placed(&mut self, intent: &Intent) {
        let network = intent.network.as_ref();
        let names: Vec<String> = network
            .map(|network| network.called().to_owned())
            .into_iter()
            .collect();
        let subnets: Vec<String> = network.map(Network::subnet_names).unwrap_or_default();
        for (at, server) in intent.servers.iter().enumerate() {
            for (field, value, there) in [("vpc", &server.vpc, &names), ("subnet", &server.subnet, &subnets)]
            {
                if let Some(value) = value.as_ref().filter(|value| !there.contains(value)) {
                    let rule = "must be one of the network that is asked for";
                    self.say(format!("servers.{at}.{field}"), value, rule, there);
                }
            }
        }
    }

    fn place(&mut self, intent: &Intent) {
        let Some(provider) = self.catalogue.book().provider(&intent.provider) else {
            let valid = self.catalogue.provider_names();
            self.say(
                "provider".to_owned(),
                &intent.provider,
                "must be a known provider",
                &valid,
            );
            return;
        };
        let listed: Vec<String> = provider.regions.keys().cloned().collect();
        if Catalogue::any_region(provider) {
            self.text("region", &intent.region);
        } else if !provider.regions.contains_key(&intent.region) {
            let rule = format!("must be a region of {}", provider.name);
            self.say("region".to_owned(), &intent.region, rule, &listed);
        }
    }

    fn tags(&mut self, intent: &Intent) {
        if let Some(budget) = &intent.budget {
            self.between("budget.amount".to_owned(), Some(budget.amount), 1, u64::MAX);
        }
        if let Some(environment) = &intent.environment {
            self.text("environment", environment);
        }
        for (name, value) in &intent.tags {
            self.text(&format!("tags.{name}"), name);
            // A tag is shown to everybody who may list resources.
            if super::names_secret(name) {
                let rule = "is named like a secret, and tags are no place for one: leave it out, and name where it is \
                            kept by a `secret_ref`";
                self.say(format!("tags.{name}"), "…", rule, &[]);
                continue;
            }
            self.text(&format!("tags.{name}"), value);
        }
    }

    /// Text that people read: short, and nothing in it that is not shown.
    pub(super) fn text(&mut self, path: &str, value: &str) {
        let long = value.chars().count() > 256;
        if value.trim().is_empty() || long || value.chars().any(char::is_control) {
            let shown: String = value.chars().filter(|c| !c.is_control()).take(64).collect();
            let rule = "must be 1 to 256 characters without line breaks";
            self.say(path.to_owned(), shown, rule, &[]);
        }
    }

    fn names(&mut self, intent: &Intent) {
        let servers = intent.servers.iter().map(|server| &server.name);
        let databases = intent.databases.iter().map(|database| &database.name);
        let clusters = intent.clusters.iter().map(|cluster| &cluster.name);
        self.unique("servers", servers.chain(databases));
        self.unique("clusters", clusters);
    }

    pub(super) fn unique<'n>(&mut self, path: &str, names: impl Iterator<Item = &'n String>) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.say(format!("{path}.name"), name, "must be there only once", &[]);
            }
            if !label(name) {
                let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
                let rule =
                    "must be 1 to 63 lower-case letters, digits or `-`, with a letter or digit at both ends";
                self.say(format!("{path}.name"), shown, rule, &[]);
            }
        }
    }

    pub(super) fn between(&mut self, path: String, value: Option<u64>, least: u64, most: u64) {
        if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
            self.say(
                path,
                value,
                format!("must be a whole number from {least} to {most}"),
                &[],
            );
        }
    }

    pub(super) fn word(&mut self, path: String, value: Option<&String>, valid: &[String]) {
        if let Some(value) = value.filter(|value| !valid.contains(value)) {
            self.say(path, value, format!("must be one of {}", valid.join(", ")), valid);
        }
    }

    pub(super) fn version(
        &mut self,
        path: String,
        value: Option<&String>,
        parts: std::ops::RangeInclusive<usize>,
    ) {
        let holds = |value: &String| {
            let split: Vec<&str> = value.split('.').collect();
            let digits =
                |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            parts.contains(&split.len()) && split.iter().all(digits)
        };
        if let Some(value) = value.filter(|value| !holds(value)) {
            let rule = format!(
                "must be a version of {} to {} numbers",
                parts.start(),
                parts.end()
            );
            self.say(path, value, rule, &[]);
        }
    }

    /// A release that the catalogue knows, or a patch of one.
    pub(super) fn release(&mut self, path: String, of: &str, value: Option<&String>) {
        let Some(release) = self.catalogue.releases(of) else {
            return;
        };
        if let Some(value) = value.filter(|value| !release.has(value)) {
            let rule = format!(
                "must be a release of {of} that is known as of {}: {}",
                release.as_of,
                release.known.join(", ")
            );
            let valid = release.known.clone();
            self.say(path, value, rule, &valid);
        }
    }

    fn cidr(&mut self, path: &str, value: Option<&String>) {
        if let Some(value) = value
            && let Err(rule) = Block::read(value).and_then(Block::of_a_network)
        {
            self.say(path.to_owned(), value, rule, &[]);
        }
    }

    fn machine(&mut self, path: &str, cpu: Option<u64>, memory_gb: Option<u64>, disk_gb: Option<u64>) {
        self.between(format!("{path}.cpu"), cpu, 1, CPU);
        self.between(format!("{path}.memory_gb"), memory_gb, 1, MEMORY_GB);
        self.between(format!("{path}.disk_gb"), disk_gb, SMALLEST_DISK_GB, DISK_GB);
    }

    /// A plan that there is, and a size beside it that is the plan's: the machine would have the plan's, and the price.
    fn plan(
        &mut self,
        path: &str,
        plan: Option<&String>,
        provider: &str,
        cpu: Option<u64>,
        memory_gb: Option<u64>,
    ) {
        let Some(name) = plan else { return };
        let Some(of) = self.catalogue.book().provider(provider) else {
            return;
        };
        if Catalogue::any_plan(of) {
            return self.text(&format!("{path}.plan"), name);
        }
        let plan = self
            .catalogue
            .plan_of(of, name)
            .map(|plan| (plan.vcpu, plan.memory_mib.saturating_add(512) / 1024));
        let Some((vcpu, gigabytes)) = plan else {
            let rule = format!("must be a plan of {provider}");
            self.say(format!("{path}.plan"), name, rule, &[]);
            return;
        };
        for (field, said, has) in [("cpu", cpu, vcpu), ("memory_gb", memory_gb, gigabytes)] {
            if let Some(said) = said.filter(|said| *said != has) {
                let rule = format!("must be {has}, which the plan `{name}` has, or there must be no plan");
                self.say(format!("{path}.{field}"), said, rule, &[]);
            }
        }
    }

    fn server(&mut self, path: &str, server: &Server, provider: &str) {
        self.between(format!("{path}.count"), server.count, 1, MOST);
        self.machine(path, server.cpu, server.memory_gb, server.disk_gb);
        self.plan(path, server.plan.as_ref(), provider, server.cpu, server.memory_gb);
        if let Some(role) = &server.role {
            self.text(&format!("{path}.role"), role);
        }
        if let Some(os) = &server.os {
            let valid = self.catalogue.words("os").to_vec();
            self.word(format!("{path}.os.family"), Some(&os.family), &valid);
            self.version(format!("{path}.os.version"), Some(&os.version), 1..=3);
            self.release(format!("{path}.os.version"), &os.family, Some(&os.version));
        }
    }

    fn cluster(&mut self, path: &str, cluster: &Cluster, provider: &str) {
        self.version(format!("{path}.version"), cluster.version.as_ref(), 2..=2);
        self.release(format!("{path}.version"), "kubernetes", cluster.version.as_ref());
        self.between(format!("{path}.control_planes"), cluster.control_planes, 1, 99);
        self.between(format!("{path}.workers"), cluster.workers, 1, MOST);
        let cni = self.catalogue.words("cni").to_vec();
        self.word(format!("{path}.cni"), cluster.cni.as_ref(), &cni);
        let sizes = self.catalogue.sizes(provider);
        // gcp and azure have no price lists, and with them no sizes to check against.
        if !sizes.is_empty() {
            self.word(
                format!("{path}.worker_size"),
                cluster.worker_size.as_ref(),
                &sizes,
            );
        }
        let sizes = self.catalogue.words("control_plane_size").to_vec();
        let size = cluster.control_plane_size.as_ref();
        self.word(format!("{path}.control_plane_size"), size, &sizes);
        self.cidr(&format!("{path}.vpc_cidr"), cluster.vpc_cidr.as_ref());
        self.apart(format!("{path}.vpc_cidr"), cluster.vpc_cidr.as_ref());
        let addons = self.catalogue.addons().to_vec();
        for addon in cluster.addons.keys() {
            self.word(format!("{path}.addons"), Some(addon), &addons);
        }
        self.quorum(path, cluster);
        if let Some(scaling) = cluster.scaling {
            self.between(format!("{path}.scaling.min"), Some(scaling.min), 1, MOST);
            self.between(
                format!("{path}.scaling.max"),
                Some(scaling.max),
                scaling.min,
                MOST,
            );
            self.between(
                format!("{path}.workers"),
                cluster.workers.or(Some(DEFAULT_WORKERS)),
                scaling.min,
                scaling.max,
            );
        }
    }

    /// A block of nodes, which are not the pods and services that run on them.
    fn apart(&mut self, path: String, value: Option<&String>) {
        let Some(block) = value.and_then(|value| Block::read(value).ok()) else {
            return;
        };
        let taken = TAKEN_BLOCKS.iter().find(|taken| {
            let taken = Block::read(taken);
            taken.is_ok_and(|taken| taken.overlaps(block))
        });
        if let Some(taken) = taken {
            let rule = format!("must not overlap `{taken}`, which a cluster's pods or services have");
            self.say(path, block, rule, &[]);
        }
    }

    fn quorum(&mut self, path: &str, cluster: &Cluster) {
        // The schema's defaults are three nodes and high availability.
        let count = cluster.control_planes.unwrap_or(3);
        let wanted = cluster.high_availability.unwrap_or(true);
        if count.is_multiple_of(2) || (wanted && count < 3) {
            let rule = "must be odd, and 3 or more for high availability, because an even quorum survives no more \
                        failures than one less";
            self.say(format!("{path}.control_planes"), count, rule, &[]);
        }
    }

    fn database(&mut self, path: &str, database: &Database, provider: &str) {
        let engines = self.catalogue.words("engine").to_vec();
        if !engines.is_empty() {
            self.word(format!("{path}.engine"), database.engine.as_ref(), &engines);
        }
        match &database.version {
            None => self.say(format!("{path}.version"), "", "must be set, such as `16`", &[]),
            version => self.version(format!("{path}.version"), version.as_ref(), 1..=3),
        }
        let engine = database.engine.as_deref().unwrap_or("postgresql");
        self.release(format!("{path}.version"), engine, database.version.as_ref());
        self.between(format!("{path}.replicas"), database.replicas, 0, 15);
        self.between(format!("{path}.backup_days"), database.backup_days, 0, 365);
        self.machine(path, database.cpu, database.memory_gb, database.disk_gb);
        self.plan(
            path,
            database.plan.as_ref(),
            provider,
            database.cpu,
            database.memory_gb,
        );
        self.secret(format!("{path}.password"), database.password.as_ref());
        let nodes = database.replicas.unwrap_or(0).saturating_add(1);
        if database.quorum == Some(true) && (nodes < 3 || nodes.is_multiple_of(2)) {
            let rule = "must make 3, 5, 7 … nodes together with the primary, to elect one among themselves";
            self.say(format!("{path}.replicas"), nodes - 1, rule, &[]);
        }
    }

    fn network(&mut self, network: &Network) {
        if let Some(name) = &network.name {
            self.text("network.name", name);
        }
        self.cidr("network.cidr", network.cidr.as_ref());
        self.between("network.public_subnets".to_owned(), network.public_subnets, 0, 64);
        self.between(
            "network.private_subnets".to_owned(),
            network.private_subnets,
            0,
            64,
        );
        self.between("network.nat_gateways".to_owned(), network.nat_gateways, 0, 64);
        self.between("network.load_balancers".to_owned(), network.load_balancers, 0, 64);
        for port in &network.open_ports {
            self.between("network.open_ports".to_owned(), Some(*port), 1, 65_535);
        }
        let subnets = network
            .public_subnets
            .unwrap_or(0)
            .saturating_add(network.private_subnets.unwrap_or(0));
        let block = network.cidr.as_deref().unwrap_or(DEFAULT_BLOCK);
        if let (Ok(block), Ok(subnets)) = (Block::read(block), usize::try_from(subnets))
            && subnets <= 128
            && block.cut(subnets).is_none()
        {
            let rule = format!("must be larger for {subnets} subnets of 16 addresses or more");
            self.say("network.cidr".to_owned(), block, rule, &[]);
        }
    }
}

/// The network block that the schema takes by default.
pub(crate) const DEFAULT_BLOCK: &str = "10.0.0.0/16";

/// The blocks of pods and services that the schema takes by default; an intent does not name others.
const TAKEN_BLOCKS: [&str; 2] = ["10.244.0.0/16", "10.96.0.0/12"];

/// The workers that the schema takes by default.
const DEFAULT_WORKERS: u64 = 3;

/// Whether `name` is an RFC 1123 label.
pub(crate) fn label(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let ends = bytes.first().copied().is_some_and(inner) && bytes.last().copied().is_some_and(inner);
    ends && bytes.len() <= 63 && bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
}
