//! That every name that a resource mentions is the name of something.

use super::names::{Kind, Names};
use super::tree::{Found, all, listed};
use crate::cost::nearest;
use crate::{Diagnostic, Node};

/// A field that names other resources.
struct Reference {
    field: &'static str,
    to: &'static [Kind],
    /// It may also be the provider's id, or belong to a network that is not declared here.
    outside: bool,
}

const fn inside(field: &'static str, to: &'static [Kind]) -> Reference {
    Reference {
        field,
        to,
        outside: false,
    }
}

const fn anywhere(field: &'static str, to: &'static [Kind]) -> Reference {
    Reference {
        field,
        to,
        outside: true,
    }
}

const SUBNET: &[Kind] = &[Kind::Subnet];
const GROUP: &[Kind] = &[Kind::SecurityGroup];
const SERVER: &[Kind] = &[Kind::Server];
const CLUSTER: &[Kind] = &[Kind::Cluster, Kind::ServerCluster];
const SECRET: &[Kind] = &[Kind::Secret];
const BUCKET: &[Kind] = &[Kind::Bucket];

const REFERENCES: &[Reference] = &[
    anywhere("servers[].networking.subnet", SUBNET),
    anywhere("servers[].networking.security_groups[]", GROUP),
    anywhere("networking.routes[].subnets[]", SUBNET),
    inside("node_pools[].cluster", &[Kind::Cluster]),
    inside("server_clusters[].servers[]", SERVER),
    anywhere("server_clusters[].subnet", SUBNET),
    anywhere("server_clusters[].security_groups[]", GROUP),
    inside("services[].servers[]", SERVER),
    inside("services[].cluster", CLUSTER),
    inside("services[].depends_on[]", &[Kind::Service]),
    inside("services[].secrets[]", SECRET),
    inside("load_balancers[].listeners[].certificate", &[Kind::Certificate]),
    inside(
        "load_balancers[].targets[]",
        &[Kind::Server, Kind::Cluster, Kind::ServerCluster],
    ),
    anywhere("load_balancers[].subnet", SUBNET),
    anywhere("load_balancers[].security_groups[]", GROUP),
    inside("dns[].records[].server", SERVER),
    inside("dns[].records[].load_balancer", &[Kind::LoadBalancer]),
    inside("databases[].servers[]", SERVER),
    inside("databases[].password_secret", SECRET),
    anywhere("databases[].subnet", SUBNET),
    anywhere("databases[].security_groups[]", GROUP),
    inside("caches[].servers[]", SERVER),
    inside("caches[].password_secret", SECRET),
    anywhere("caches[].subnet", SUBNET),
    anywhere("caches[].security_groups[]", GROUP),
    inside("volumes[].server", SERVER),
    inside("backups[].servers[]", SERVER),
    inside("backups[].volumes[]", &[Kind::Volume]),
    inside("backups[].databases[]", &[Kind::Database]),
    inside("backups[].clusters[]", CLUSTER),
    inside("backups[].destination", BUCKET),
    inside("monitoring.servers[]", SERVER),
    inside("monitoring.clusters[]", CLUSTER),
    inside("monitoring.host", SERVER),
    inside("monitoring.dashboards.password_secret", SECRET),
    inside("alerts[].channels[].url_secret", SECRET),
    inside("users[].servers[]", SERVER),
    inside("security.audit_logging.destination", BUCKET),
    inside("providers.aws.credentials_secret", SECRET),
    inside("providers.gcp.credentials_secret", SECRET),
    inside("providers.azure.credentials_secret", SECRET),
    inside("providers.hetzner.credentials_secret", SECRET),
    inside("providers.upcloud.credentials_secret", SECRET),
    inside("providers.local.credentials_secret", SECRET),
    inside("workspace.state.credentials_secret", SECRET),
];

/// Reports every name that nothing has.
pub(super) fn resolve(configuration: &Node, names: &Names<'_>, findings: &mut Vec<Diagnostic>) {
    let networked = configuration.get("networking").is_some();
    for reference in REFERENCES {
        if reference.outside && !networked {
            continue;
        }
        for found in all(configuration, reference.field) {
            if !(reference.outside && found.node.text().is_some_and(is_id)) {
                known(&found, reference.to, names, findings);
            }
        }
    }
    for workflow in all(configuration, "workflows[]") {
        tasks(&workflow, names, findings);
    }
}

fn tasks(workflow: &Found<'_>, names: &Names<'_>, findings: &mut Vec<Diagnostic>) {
    let tasks = workflow.all("tasks[]");
    for task in &tasks {
        let kinds: Option<&[Kind]> = match task.text("type") {
            Some("provision_server") => Some(SERVER),
            Some("install_service") => Some(&[Kind::Service]),
            Some("create_backup") => Some(&[Kind::Backup]),
            // The others work on anything, the network as a whole included.
            _ => None,
        };
        if let (Some(target), Some(kinds)) = (task.field("target"), kinds) {
            known(&target, kinds, names, findings);
        }
        for wanted in task.all("depends_on[]") {
            let Some(name) = wanted.node.text() else { continue };
            if !tasks.iter().any(|task| task.text("id") == Some(name)) {
                let ids = || tasks.iter().filter_map(|task| task.text("id"));
                findings.push(wanted.finding(
                    "unknown_reference",
                    &format!("names the task `{name}`, which this workflow does not have"),
                    "a task waits for tasks of its own workflow",
                    hint(name, ids, "tasks"),
                ));
            }
        }
    }
}

fn known(found: &Found<'_>, kinds: &'static [Kind], names: &Names<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(name) = found.node.text() else { return };
    if names.has(kinds, name) {
        return;
    }
    let titles: Vec<_> = kinds.iter().map(|kind| kind.titles()).collect();
    let join = |words: Vec<&str>| words.join(" or ");
    let one = join(titles.iter().map(|(one, _)| *one).collect());
    let many = join(titles.iter().map(|(_, many)| *many).collect());
    findings.push(found.finding(
        "unknown_reference",
        &format!("names the {one} `{name}`, which the configuration does not have"),
        &format!("what is named must be one of its {many}"),
        hint(name, || names.of_kinds(kinds), &many),
    ));
}

/// What to write instead of `name`: the nearest, or what there is.
fn hint<'a, I: Iterator<Item = &'a str>>(name: &str, words: impl Fn() -> I, many: &str) -> String {
    if words().next().is_none() {
        return format!("there are no {many} here: declare `{name}`, or take the reference out");
    }
    match nearest(name, words()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the {many} here are {}", listed(words())),
    }
}

/// Whether this is how a provider names something that it has: `subnet-0a1b2c3d`, a UUID, a number, a path.
fn is_id(text: &str) -> bool {
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let prefixed = ["subnet-", "sg-"]
        .iter()
        .filter_map(|prefix| text.strip_prefix(prefix))
        .any(|rest| rest.len() >= 8 && is_hex(rest));
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    let uuid = groups == [8, 4, 4, 4, 12] && text.split('-').all(is_hex);
    let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    prefixed || uuid || number || text.contains(['/', ':'])
}

/// Reports resources that lack what gives them a sense, where one field stands in for another.
pub(super) fn complete(configuration: &Node, findings: &mut Vec<Diagnostic>) {
    for backup in all(configuration, "backups[]") {
        let empty = |name: &str| backup.node.get(name).is_none_or(|list| list.items().is_empty());
        if ["servers", "volumes", "databases", "clusters"]
            .iter()
            .all(|name| empty(name))
        {
            findings.push(backup.finding(
                "incomplete",
                "backs up nothing",
                "one of `servers`, `volumes`, `databases` and `clusters` must name something",
                "name what is to be backed up".to_owned(),
            ));
        }
    }
    for listener in all(configuration, "load_balancers[].listeners[]") {
        if listener.text("protocol") == Some("https") && listener.node.get("certificate").is_none() {
            findings.push(listener.finding(
                "incomplete",
                "speaks `'https` without a certificate",
                "`'https` needs `certificate`",
                "add `certificate = …` with the name of one of `certificates`".to_owned(),
            ));
        }
    }
    for record in all(configuration, "dns[].records[]") {
        let pointers = ["server", "load_balancer"]
            .iter()
            .filter(|name| record.node.get(name).is_some());
        let values = record
            .node
            .get("values")
            .is_some_and(|values| !values.items().is_empty());
        if pointers.count() + usize::from(values) != 1 {
            findings.push(record.finding(
                "incomplete",
                "must say exactly one of `values`, `server` and `load_balancer`",
                "a record has its own values, or the address of one resource",
                "keep one of the three".to_owned(),
            ));
        }
    }
    for channel in all(configuration, "alerts[].channels[]") {
        let field = if channel.text("kind") == Some("email") {
            "address"
        } else {
            "url_secret"
        };
        if channel.node.get(field).is_none() {
            findings.push(channel.finding(
                "incomplete",
                &format!("reaches nobody without `{field}`"),
                "an e-mail needs `address`, every other kind `url_secret`",
                format!("add `{field} = …`"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn ids_of_providers_are_told_from_names() {
        for id in [
            "subnet-0a1b2c3d",
            "sg-0123456789abcdef0",
            "03000000-0000-4000-8001-000000000000",
            "4711",
            "projects/p/regions/r/subnetworks/s",
        ] {
            assert!(is_id(id), "{id}");
        }
        for name in ["web", "subnet-a", "public-a", "sg-web", ""] {
            assert!(!is_id(name), "{name}");
        }
    }
}
