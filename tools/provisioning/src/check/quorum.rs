//! That those who decide by majority are an odd number: an even one survives no more losses than one less.

use super::tree::{Found, all};
use crate::{Diagnostic, Node};

/// Services whose members elect a leader.
const ELECTING: [&str; 4] = ["etcd", "consul", "zookeeper", "vault"];

/// Reports groups of members that are even.
pub(super) fn odd(configuration: &Node, findings: &mut Vec<Diagnostic>) {
    for group in ["kubernetes.control_plane.count", "clusters[].control_plane.count"] {
        for count in all(configuration, group) {
            let members = count.node.integer().unwrap_or(1);
            // One node is no quorum, and is allowed where nothing else was asked for.
            report(&count, members, members == 1, findings);
        }
    }
    for cluster in all(configuration, "server_clusters[]") {
        if cluster.node.get("quorum").and_then(Node::bool) != Some(true) {
            continue;
        }
        match members(configuration, &cluster) {
            Some((servers, members)) => report(&servers, members, false, findings),
            None => {
                if let Some(size) = cluster.field("size") {
                    report(&size, size.node.integer().unwrap_or(0), false, findings);
                }
            }
        }
    }
    for service in all(configuration, "services[]") {
        let kind = service.text("service").or_else(|| service.text("name"));
        if !kind.is_some_and(|kind| ELECTING.contains(&kind)) {
            continue;
        }
        let (place, members) = match members(configuration, &service) {
            Some(found) => found,
            None => match service.field("replicas") {
                Some(replicas) => {
                    let members = replicas.node.integer().unwrap_or(1);
                    (replicas, members)
                }
                None => continue,
            },
        };
        report(&place, members, members == 1, findings);
    }
    for database in all(configuration, "databases[]") {
        if database.node.get("quorum").and_then(Node::bool) == Some(true)
            && let Some(replicas) = database.field("replicas")
        {
            let members = replicas.node.integer().unwrap_or(0).saturating_add(1);
            report(&replicas, members, false, findings);
        }
    }
}

/// The servers that `holder` names, and how many machines they are; `None` if it names none.
fn members<'a>(configuration: &Node, holder: &Found<'a>) -> Option<(Found<'a>, i64)> {
    let servers = holder.field("servers")?;
    if servers.node.items().is_empty() {
        return None;
    }
    let names = servers.node.items().iter().filter_map(Node::text);
    let machines = names.map(|name| {
        let declared = configuration.get("servers").map(Node::items).unwrap_or_default();
        let server = declared
            .iter()
            .find(|server| server.get("name").and_then(Node::text) == Some(name));
        server
            .and_then(|server| server.get("count"))
            .and_then(Node::integer)
            .unwrap_or(1)
    });
    let members = machines.fold(0_i64, i64::saturating_add);
    Some((servers, members))
}

fn report(place: &Found<'_>, members: i64, excused: bool, findings: &mut Vec<Diagnostic>) {
    if excused || (members >= 3 && members % 2 == 1) {
        return;
    }
    let near = members.saturating_add(1).max(3);
    findings.push(place.finding(
        "even_quorum",
        &format!("makes {members} members that decide by majority, which must be 3, 5, 7 …"),
        "an even number survives no more losses than one less, and fewer than 3 survive none",
        format!("make it {near} members"),
    ));
}
