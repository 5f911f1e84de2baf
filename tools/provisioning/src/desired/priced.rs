//! The way back: resources as a configuration, to price what is recorded with the same rules as what is wanted.

use std::collections::BTreeMap;

use crate::Node;
use crate::node::{self, Number};
use crate::resource::{Address, Attributes, Kind, Value};

/// A resource as far as its price goes.
pub struct Priced<'a> {
    /// What it is called.
    pub address: &'a Address,
    /// The provider.
    pub provider: &'a str,
    /// Where.
    pub region: Option<&'a str>,
    /// What it is like.
    pub attributes: &'a Attributes,
}

/// An attribute, and where a configuration has it.
type Field = (&'static str, &'static [&'static str]);

/// Where a configuration has what a resource has, by kind: the group, and the path of each attribute.
const GROUPS: &[(Kind, &str, &[Field])] = &[
    (
        Kind::Server,
        "servers",
        &[
            ("plan", &["plan"]),
            ("cpu", &["spec", "cpu"]),
            ("memory_gb", &["spec", "memory_gb"]),
            ("disk_gb", &["spec", "disk_gb"]),
            ("public_ip", &["networking", "public_ip"]),
        ],
    ),
    (
        Kind::Volume,
        "volumes",
        &[
            ("size_gb", &["size_gb"]),
            ("type", &["tier"]),
            ("iops", &["iops"]),
        ],
    ),
    (
        Kind::Bucket,
        "object_storage",
        &[("storage_class", &["storage_class"])],
    ),
    (
        Kind::Database,
        "databases",
        &[
            ("engine", &["engine"]),
            ("version", &["version"]),
            ("plan", &["plan"]),
            ("cpu", &["cpu"]),
            ("memory_gb", &["memory_gb"]),
            ("storage_gb", &["disk_gb"]),
            ("replicas", &["replicas"]),
        ],
    ),
];

/// A configuration of `resources`, which is for pricing only.
#[must_use]
pub fn configuration<'a>(resources: impl IntoIterator<Item = Priced<'a>>) -> Node {
    let mut groups: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for resource in resources {
        let kind = resource.address.kind;
        if let Some((_, group, fields)) = GROUPS.iter().find(|(known, _, _)| *known == kind) {
            groups
                .entry((*group).to_owned())
                .or_default()
                .push(one(&resource, fields));
        }
    }
    let lists = groups
        .into_iter()
        .map(|(name, items)| (name, Node::new(node::Value::List(items))));
    Node::new(node::Value::Record(lists.collect()))
}

fn one(resource: &Priced<'_>, fields: &[Field]) -> Node {
    let mut record = BTreeMap::from([
        ("name".to_owned(), words(&resource.address.label())),
        ("provider".to_owned(), words(resource.provider)),
    ]);
    if let Some(region) = resource.region {
        record.insert("region".to_owned(), words(region));
    }
    for (name, path) in fields {
        if let Some(value) = resource.attributes.get(*name) {
            set(&mut record, path, node(value));
        }
    }
    Node::new(node::Value::Record(record))
}

fn set(record: &mut BTreeMap<String, Node>, path: &[&str], value: Node) {
    match path {
        [] => {}
        [name] => {
            record.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let inner = record
                .entry((*name).to_owned())
                .or_insert_with(|| Node::new(node::Value::Record(BTreeMap::new())));
            if let node::Value::Record(inner) = &mut inner.value {
                set(inner, rest, value);
            }
        }
    }
}

fn words(text: &str) -> Node {
    Node::new(node::Value::Text(text.to_owned()))
}

fn node(value: &Value) -> Node {
    Node::new(match value {
        Value::Null => node::Value::Null,
        Value::Bool(value) => node::Value::Bool(*value),
        Value::Integer(number) => node::Value::Number(Number::Integer(*number)),
        Value::Real(number) => node::Value::Number(Number::Real(*number)),
        Value::Text(text) => node::Value::Text(text.clone()),
        Value::List(items) => node::Value::List(items.iter().map(node).collect()),
        Value::Record(fields) => node::Value::Record(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), node(value)))
                .collect(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_comes_back_where_it_came_from() {
        let address = Address::new(Kind::Server, "web");
        let attributes = Attributes::from([
            ("cpu".to_owned(), Value::Integer(2)),
            ("public_ip".to_owned(), true.into()),
        ]);
        let node = configuration([Priced {
            address: &address,
            provider: "aws",
            region: Some("us-east-1"),
            attributes: &attributes,
        }]);
        let servers = node.get("servers").expect("servers");
        let server = &servers.items()[0];
        assert_eq!(server.get("provider").and_then(Node::text), Some("aws"));
        assert_eq!(server.get("region").and_then(Node::text), Some("us-east-1"));
        assert_eq!(server.at("spec.cpu").and_then(Node::integer), Some(2));
        assert_eq!(server.at("networking.public_ip").and_then(Node::bool), Some(true));
    }
}
