//! What the resources are called, by kind, and that no two of a kind are called the same.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::tree::{Found, all};
use crate::{Diagnostic, Node};

/// A kind of resource that others refer to by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Server,
    Cluster,
    ServerCluster,
    Service,
    LoadBalancer,
    Zone,
    Certificate,
    Database,
    Cache,
    Bucket,
    Volume,
    Backup,
    Alert,
    Secret,
    User,
    Workflow,
    Subnet,
    SecurityGroup,
}

impl Kind {
    const ALL: [Self; 18] = [
        Self::Server,
        Self::Cluster,
        Self::ServerCluster,
        Self::Service,
        Self::LoadBalancer,
        Self::Zone,
        Self::Certificate,
        Self::Database,
        Self::Cache,
        Self::Bucket,
        Self::Volume,
        Self::Backup,
        Self::Alert,
        Self::Secret,
        Self::User,
        Self::Workflow,
        Self::Subnet,
        Self::SecurityGroup,
    ];

    /// What one is called, and several, in a sentence.
    pub(super) fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::Server => ("server", "servers"),
            Self::Cluster => ("Kubernetes cluster", "Kubernetes clusters"),
            Self::ServerCluster => ("server cluster", "server clusters"),
            Self::Service => ("service", "services"),
            Self::LoadBalancer => ("load balancer", "load balancers"),
            Self::Zone => ("DNS zone", "DNS zones"),
            Self::Certificate => ("certificate", "certificates"),
            Self::Database => ("database", "databases"),
            Self::Cache => ("cache", "caches"),
            Self::Bucket => ("bucket", "buckets"),
            Self::Volume => ("volume", "volumes"),
            Self::Backup => ("backup", "backups"),
            Self::Alert => ("alert", "alerts"),
            Self::Secret => ("secret", "secrets"),
            Self::User => ("user", "users"),
            Self::Workflow => ("workflow", "workflows"),
            Self::Subnet => ("subnet", "subnets"),
            Self::SecurityGroup => ("security group", "security groups"),
        }
    }

    /// Where they are declared.
    pub(super) fn groups(self) -> &'static [&'static str] {
        match self {
            Self::Server => &["servers[]"],
            Self::Cluster => &["kubernetes", "clusters[]"],
            Self::ServerCluster => &["server_clusters[]"],
            Self::Service => &["services[]"],
            Self::LoadBalancer => &["load_balancers[]"],
            Self::Zone => &["dns[]"],
            Self::Certificate => &["certificates[]"],
            Self::Database => &["databases[]"],
            Self::Cache => &["caches[]"],
            Self::Bucket => &["object_storage[]"],
            Self::Volume => &["volumes[]"],
            Self::Backup => &["backups[]"],
            Self::Alert => &["alerts[]"],
            Self::Secret => &["secrets[]"],
            Self::User => &["users[]"],
            Self::Workflow => &["workflows[]"],
            Self::Subnet => &["networking.subnets[]"],
            Self::SecurityGroup => &["networking.security_groups[]"],
        }
    }
}

/// Every named resource.
pub(super) struct Names<'a> {
    declared: BTreeMap<Kind, Vec<Found<'a>>>,
    known: HashSet<(Kind, &'a str)>,
    /// `web` with a count of 3 is also `web-1`, `web-2` and `web-3`.
    counts: HashMap<&'a str, i64>,
}

impl<'a> Names<'a> {
    /// The names in `configuration`.
    pub(super) fn of(configuration: &'a Node) -> Self {
        let mut names = Self {
            declared: BTreeMap::new(),
            known: HashSet::new(),
            counts: HashMap::new(),
        };
        for kind in Kind::ALL {
            let groups = kind.groups().iter();
            let resources: Vec<_> = groups.flat_map(|group| all(configuration, group)).collect();
            for resource in &resources {
                if let Some(name) = resource.text("name") {
                    names.known.insert((kind, name));
                    let count = resource.node.get("count").and_then(Node::integer);
                    if kind == Kind::Server && count.is_some_and(|count| count > 1) {
                        names.counts.insert(name, count.unwrap_or(1));
                    }
                }
            }
            names.declared.insert(kind, resources);
        }
        names
    }

    /// Whether something of one of `kinds` is called `name`.
    pub(super) fn has(&self, kinds: &[Kind], name: &str) -> bool {
        kinds.iter().any(|kind| self.known.contains(&(*kind, name)))
            || (kinds.contains(&Kind::Server) && self.server(name).is_some())
    }

    /// The name under which the server `name` is declared: itself, or `web` for `web-2` of three.
    pub(super) fn server<'n>(&self, name: &'n str) -> Option<&'n str> {
        if self.known.contains(&(Kind::Server, name)) {
            return Some(name);
        }
        let (stem, number) = name.rsplit_once('-')?;
        let number: i64 = number.parse().ok()?;
        let count = self.counts.get(stem)?;
        (1..=*count).contains(&number).then_some(stem)
    }

    /// The names of one of `kinds`.
    pub(super) fn of_kinds(&self, kinds: &'a [Kind]) -> impl Iterator<Item = &'a str> {
        let resources = kinds.iter().filter_map(|kind| self.declared.get(kind)).flatten();
        resources.filter_map(|resource| resource.text("name"))
    }

    /// Reports every name that was taken before.
    pub(super) fn unique(&self, configuration: &'a Node, findings: &mut Vec<Diagnostic>) {
        for (kind, resources) in &self.declared {
            once(resources.iter(), "name", kind.titles().0, findings);
        }
        let mut pools: BTreeMap<Option<&str>, Vec<Found<'_>>> = BTreeMap::new();
        for pool in all(configuration, "node_pools[]") {
            pools.entry(pool.text("cluster")).or_default().push(pool);
        }
        for pools in pools.values() {
            once(pools.iter(), "name", "node pool of this cluster", findings);
        }
        for workflow in all(configuration, "workflows[]") {
            once(
                workflow.all("tasks[]").iter(),
                "id",
                "task of this workflow",
                findings,
            );
        }
    }
}

fn once<'n, 'a: 'n>(
    resources: impl Iterator<Item = &'n Found<'a>>,
    field: &str,
    title: &str,
    findings: &mut Vec<Diagnostic>,
) {
    let mut seen: HashMap<&str, String> = HashMap::new();
    for resource in resources {
        let Some(name) = resource.field(field) else {
            continue;
        };
        let Some(text) = name.node.text() else { continue };
        match seen.get(text) {
            Some(first) => findings.push(name.finding(
                "duplicate_name",
                &format!("is `{text}`, as `{first}` is already"),
                &format!("each {title} has a name of its own, because others refer to it by name"),
                "give one of the two another name".to_owned(),
            )),
            None => {
                seen.insert(text, name.path);
            }
        }
    }
}
