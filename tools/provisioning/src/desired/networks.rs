//! The private network with its subnets and firewall rules.

use super::{Error, List, Part, picked, text};
use crate::resource::{Attributes, Kind, Value};
use crate::{Node, node};

/// Adds the network of `configuration`, if it has one.
pub(super) fn networking(list: &mut List<'_>, configuration: &Node) -> Result<(), Error> {
    let Some(node) = configuration.get("networking") else {
        return Ok(());
    };
    let path = "networking".to_owned();
    let part = Part { node, path };
    let network = text(node, "vpc").unwrap_or_else(|| "main".to_owned());
    list.add(
        &part,
        Kind::Network,
        &network,
        None,
        picked(node, &[("cidr", "vpc_cidr")]),
    )?;
    for part in Part::all(node, "subnets").into_iter().map(inside) {
        let mut attributes = picked(
            part.node,
            &[("cidr", "cidr"), ("zone", "zone"), ("public", "public")],
        );
        attributes.insert("network".to_owned(), network.clone().into());
        list.add(&part, Kind::Subnet, &name(part.node), None, attributes)?;
    }
    for part in Part::all(node, "security_groups").into_iter().map(inside) {
        let mut attributes = picked(part.node, &[("description", "description")]);
        attributes.insert("network".to_owned(), network.clone().into());
        attributes.insert("rules".to_owned(), rules(part.node));
        list.add(&part, Kind::SecurityGroup, &name(part.node), None, attributes)?;
    }
    Ok(())
}

/// A part of the network, where it stands in the configuration.
fn inside(part: Part<'_>) -> Part<'_> {
    Part {
        path: format!("networking.{}", part.path),
        ..part
    }
}

/// Both directions in one list, in the order of the configuration.
fn rules(node: &Node) -> Value {
    let direction = |name: &'static str| {
        node.get(name)
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .map(move |rule| (name, rule))
    };
    let all = direction("ingress").chain(direction("egress"));
    Value::List(
        all.map(|(direction, node)| Value::Record(rule(direction, node)))
            .collect(),
    )
}

fn rule(direction: &str, node: &Node) -> Attributes {
    let mut rule = picked(
        node,
        &[
            ("protocol", "protocol"),
            ("from_port", "from_port"),
            ("to_port", "to_port"),
            ("sources", "cidrs"),
            ("description", "description"),
        ],
    );
    rule.insert("direction".to_owned(), direction.into());
    // A single port is a range of one.
    if let (Some(from), None) = (rule.get("from_port").cloned(), rule.get("to_port")) {
        rule.insert("to_port".to_owned(), from);
    }
    rule
}

/// The name, which the contracts require.
pub(super) fn name(node: &Node) -> String {
    match node.get("name").map(|name| &name.value) {
        Some(node::Value::Text(name)) => name.clone(),
        _ => String::new(),
    }
}
