//! Reading the parts of a configuration that cost something, with the field's path in every error.

use super::{Address, Error, Needs};
use crate::{Node, Number, Value};

/// What a part is priced as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Server,
    Cluster,
    Network,
    Database,
    Cache,
    Bucket,
    Volume,
    Other,
}

/// A resource of the configuration.
pub(crate) struct Part<'a> {
    pub(crate) kind: Kind,
    pub(crate) address: Address,
    pub(crate) node: &'a Node,
}

/// Fields at the top that describe and are not resources.
const DESCRIPTIONS: [&str; 11] = [
    "tags",
    "labels",
    "metadata",
    "policies",
    "budget",
    "security",
    "secrets",
    "users",
    "providers",
    "workspace",
    "workflows",
];

/// Every resource of `configuration`, in the order of its fields and lists.
pub(crate) fn parts(configuration: &Node) -> Vec<Part<'_>> {
    let Value::Record(fields) = &configuration.value else {
        return Vec::new();
    };
    // A server or a cluster by itself is a configuration too.
    if fields.contains_key("control_plane") {
        return vec![part(
            Kind::Cluster,
            "kubernetes",
            "kubernetes".to_owned(),
            configuration,
        )];
    }
    if fields.contains_key("spec") {
        return vec![part(Kind::Server, "servers", "server".to_owned(), configuration)];
    }
    let mut parts = Vec::new();
    for (field, node) in fields {
        let kind = match field.as_str() {
            "servers" => Kind::Server,
            "kubernetes" | "clusters" => Kind::Cluster,
            "networking" => Kind::Network,
            "databases" => Kind::Database,
            "caches" => Kind::Cache,
            "object_storage" => Kind::Bucket,
            "volumes" => Kind::Volume,
            name if DESCRIPTIONS.contains(&name) => continue,
            _ => Kind::Other,
        };
        match &node.value {
            Value::List(items) => parts.extend(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| part(kind, field, format!("{field}[{at}]"), item)),
            ),
            Value::Record(_) => parts.push(part(kind, field, field.clone(), node)),
            // Text, numbers and flags at the top describe.
            _ => {}
        }
    }
    parts
}

fn part<'a>(kind: Kind, field: &str, path: String, node: &'a Node) -> Part<'a> {
    let name = text(node, "name").map(str::to_owned);
    Part {
        kind,
        address: Address {
            kind: field.to_owned(),
            path,
            name,
        },
        node,
    }
}

/// Whether `node` runs on servers of the configuration, which are priced by themselves.
pub(crate) fn on_servers(node: &Node) -> bool {
    matches!(node.at("servers").map(|node| &node.value), Some(Value::List(servers)) if !servers.is_empty())
}

/// The text at `name`, if there is one and it is not empty.
pub(crate) fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.at(name).and_then(Node::text).filter(|text| !text.is_empty())
}

/// The amount at `path.name`, times `scale` and rounded up to a whole one: providers sell nothing smaller.
pub(crate) fn amount(node: &Node, path: &str, name: &str, scale: u64) -> Result<Option<u64>, Error> {
    let refuse = |problem: String| Error::Field {
        path: format!("{path}.{name}"),
        problem,
    };
    let number = match node.at(name).map(|node| &node.value) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(_) => return Err(refuse("is not a number".to_owned())),
    };
    let scaled = match number {
        Number::Integer(whole) => u64::try_from(*whole)
            .ok()
            .and_then(|whole| whole.checked_mul(scale)),
        Number::Real(real) => round_up(*real, scale),
    };
    scaled.map(Some).ok_or_else(|| {
        refuse(format!(
            "is {number}: it must be a number from 0 that can be counted"
        ))
    })
}

/// A count or an amount that must be there.
pub(crate) fn required(node: &Node, path: &str, name: &str, scale: u64) -> Result<u64, Error> {
    amount(node, path, name, scale)?.ok_or_else(|| Error::Field {
        path: format!("{path}.{name}"),
        problem: "is missing: without it nothing can be chosen; name a `plan` or say it".to_owned(),
    })
}

/// What the server at `path` asks for. A named plan stands above it, so that with one nothing is required.
pub(crate) fn needs(node: &Node, path: &str, planned: bool) -> Result<Needs, Error> {
    let read = |name: &str, scale: u64| {
        if planned {
            Ok(amount(node, path, name, scale)?.unwrap_or(0))
        } else {
            required(node, path, name, scale)
        }
    };
    Ok(Needs {
        vcpu: read("spec.cpu", 1)?,
        memory_mib: read("spec.memory_gb", 1024)?,
        disk_gb: read("spec.disk_gb", 1)?,
    })
}

/// Sizes, not money: a double is exact enough for every one below 2^53, and larger ones are refused.
fn round_up(real: f64, scale: u64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let scaled = (real * scale as f64).ceil();
    (0.0..EXACT).contains(&scaled).then_some(scaled as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_and_nonsense_is_refused() {
        assert_eq!(round_up(0.5, 1024), Some(512));
        assert_eq!(round_up(1.2, 1), Some(2));
        for bad in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(round_up(bad, 1), None);
        }
    }
}
