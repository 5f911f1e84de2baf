//! Servers: those that are listed, and the nodes of clusters.

use super::networks::name;
use super::{Error, List, Part, count, picked, text};
use crate::Node;
use crate::resource::{Attributes, Kind, Value};

/// Where a server has what a server has.
const SERVER: &[(&str, &str)] = &[
    ("plan", "plan"),
    ("cpu", "spec.cpu"),
    ("memory_gb", "spec.memory_gb"),
    ("disk_gb", "spec.disk_gb"),
    ("disk_encrypted", "spec.disk_encrypted"),
    ("os_family", "spec.os.family"),
    ("os_version", "spec.os.version"),
    ("public_ip", "networking.public_ip"),
    ("network", "networking.vpc"),
    ("subnet", "networking.subnet"),
    ("security_groups", "networking.security_groups"),
    ("role", "role"),
];

/// Adds the servers of `configuration`.
pub(super) fn servers(list: &mut List<'_>, configuration: &Node) -> Result<(), Error> {
    for part in Part::all(configuration, "servers") {
        let attributes = sized(picked(part.node, SERVER));
        list.add(
            &part,
            Kind::Server,
            &name(part.node),
            several(count(part.node, "count")),
            attributes,
        )?;
    }
    Ok(())
}

/// Adds the nodes of the Kubernetes clusters of `configuration`. What runs on them is not installed here.
pub(super) fn clusters(list: &mut List<'_>, configuration: &Node) -> Result<(), Error> {
    let single = configuration.get("kubernetes").map(|node| Part {
        node,
        path: "kubernetes".to_owned(),
    });
    for part in single.into_iter().chain(Part::all(configuration, "clusters")) {
        for (field, suffix, role) in [
            ("control_plane", "cp", "control-plane"),
            ("workers", "worker", "worker"),
        ] {
            let Some(nodes) = part.node.get(field) else {
                continue;
            };
            let mut attributes = Attributes::new();
            if let Some(word) = text(nodes, "plan") {
                size(list, &part, &word, &mut attributes)?;
            }
            let cluster = name(part.node);
            attributes.insert("role".to_owned(), role.into());
            attributes.insert("cluster".to_owned(), cluster.clone().into());
            let number = count(nodes, "count");
            list.add(
                &part,
                Kind::Server,
                &format!("{cluster}-{suffix}"),
                Some(number),
                attributes,
            )?;
        }
    }
    Ok(())
}

/// Adds the servers of clusters that bring their own.
pub(super) fn server_clusters(list: &mut List<'_>, configuration: &Node) -> Result<(), Error> {
    for part in Part::all(configuration, "server_clusters") {
        // Servers that are listed are made as such.
        if !part
            .node
            .get("servers")
            .map(Node::items)
            .unwrap_or_default()
            .is_empty()
        {
            continue;
        }
        let cluster = name(part.node);
        let mut attributes = picked(
            part.node,
            &[
                ("plan", "plan"),
                ("subnet", "subnet"),
                ("security_groups", "security_groups"),
                ("role", "template"),
            ],
        );
        attributes.insert("cluster".to_owned(), cluster.clone().into());
        list.add(
            &part,
            Kind::Server,
            &cluster,
            Some(count(part.node, "size")),
            attributes,
        )?;
    }
    Ok(())
}

/// A plan stands above the size, which has defaults.
fn sized(mut attributes: Attributes) -> Attributes {
    if attributes.contains_key("plan") {
        for field in ["cpu", "memory_gb"] {
            attributes.remove(field);
        }
    }
    attributes
}

/// What a word for a size means at the provider; any other word is a plan of the provider.
fn size(list: &List<'_>, part: &Part<'_>, word: &str, attributes: &mut Attributes) -> Result<(), Error> {
    let (provider, _) = list.place(part)?;
    let needs = list
        .book
        .provider(&provider)
        .and_then(|known| known.cluster_plans.get(word));
    match needs {
        None => {
            attributes.insert("plan".to_owned(), word.into());
        }
        Some(needs) => {
            let whole = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
            attributes.insert("cpu".to_owned(), whole(needs.vcpu));
            attributes.insert("memory_gb".to_owned(), whole(needs.memory_mib.div_ceil(1024)));
            attributes.insert("disk_gb".to_owned(), whole(needs.disk_gb));
        }
    }
    Ok(())
}

/// One server has a plain address, several have a place in the row.
fn several(count: u32) -> Option<u32> {
    (count != 1).then_some(count)
}
