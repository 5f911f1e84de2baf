//! What differs between a resource and what it is to be, and what of that changes in place.

use std::collections::BTreeSet;

use super::super::{Because, Reason};
use super::{PLACE, Renamed, field};
use crate::desired::Desired;
use crate::plan::shown;
use crate::resource::{Address, Kind, Value};

/// Attributes that change without the resource being made anew, by kind; `tags` do everywhere.
const IN_PLACE: &[(Kind, &[&str])] = &[
    (Kind::Network, &[]),
    (Kind::Subnet, &["public"]),
    (Kind::SecurityGroup, &["rules"]),
    (Kind::Volume, &["size_gb", "type", "iops", "server"]),
    (
        Kind::Server,
        &[
            "plan",
            "cpu",
            "memory_gb",
            "disk_gb",
            "public_ip",
            "security_groups",
            "role",
            "cluster",
        ],
    ),
    (
        Kind::Bucket,
        &["versioning", "encrypted", "public", "storage_class"],
    ),
    (
        Kind::Database,
        &[
            "version",
            "plan",
            "cpu",
            "memory_gb",
            "storage_gb",
            "replicas",
            "public",
            "deletion_protection",
            "backup_days",
            "security_groups",
        ],
    ),
];

/// Attributes that say how large something is.
const SIZES: [&str; 8] = [
    "plan",
    "cpu",
    "memory_gb",
    "disk_gb",
    "size_gb",
    "storage_gb",
    "replicas",
    "iops",
];
/// Those of them that no provider makes smaller.
const ONLY_GROW: [&str; 3] = ["disk_gb", "size_gb", "storage_gb"];

/// Whether `attribute` of `kind` can change without the resource being made anew.
pub(super) fn in_place(kind: Kind, attribute: &str) -> bool {
    let listed = || {
        IN_PLACE
            .iter()
            .any(|(known, names)| *known == kind && names.contains(&attribute))
    };
    attribute == "tags" || listed()
}

/// Whether `attribute` says how large something is.
pub(super) fn sizing(attribute: &str) -> bool {
    SIZES.contains(&attribute)
}

/// What differs, in the order of attributes.
pub(super) fn reasons(from: &Desired, to: &Desired, renamed: &Renamed) -> Vec<Reason> {
    let mut reasons = place(from, to);
    let names: BTreeSet<&String> = from.attributes.keys().chain(to.attributes.keys()).collect();
    for name in names {
        let (before, after) = (from.attributes.get(name), to.attributes.get(name));
        if same(before, after) {
            continue;
        }
        let followed = before.is_some_and(|before| same(Some(&followed(name, before, renamed)), after));
        let kind = to.address.kind;
        reasons.push(Reason {
            attribute: name.clone(),
            before: shown(before),
            after: shown(after),
            because: if followed {
                Because::Follows
            } else {
                Because::Configured
            },
            in_place: followed
                || (in_place(kind, name) && !PLACE.contains(&name.as_str()) && grows(name, before, after)),
        });
    }
    let needs = needs(from, to, renamed, &reasons);
    reasons.extend(needs);
    reasons.sort_by(|left, right| left.attribute.cmp(&right.attribute));
    reasons
}

/// References that stay the same text and mean something else: what they name was not of the configuration, or no longer is.
fn needs(from: &Desired, to: &Desired, renamed: &Renamed, said: &[Reason]) -> Vec<Reason> {
    let of_today = |need: &Address| renamed.addresses.get(need).unwrap_or(need).clone();
    let before: BTreeSet<Address> = from.depends_on.iter().map(of_today).collect();
    let after: BTreeSet<Address> = to.depends_on.iter().cloned().collect();
    let changed: BTreeSet<&str> = before
        .symmetric_difference(&after)
        .map(|address| field(address.kind))
        .filter(|attribute| !said.iter().any(|reason| reason.attribute == *attribute))
        .collect();
    let list = |needs: &BTreeSet<Address>, attribute: &str| {
        let of_attribute = needs.iter().filter(|need| field(need.kind) == attribute);
        let names: Vec<String> = of_attribute.map(ToString::to_string).collect();
        match names.is_empty() {
            true => "none of the configuration".to_owned(),
            false => names.join(", "),
        }
    };
    let reason = |attribute: &str| Reason {
        attribute: attribute.to_owned(),
        before: list(&before, attribute),
        after: list(&after, attribute),
        because: Because::Configured,
        in_place: in_place(to.address.kind, attribute),
    };
    changed.into_iter().map(reason).collect()
}

/// Where the two are, and what they are called.
fn place(from: &Desired, to: &Desired) -> Vec<Reason> {
    let region = |one: &Desired| one.region.clone().unwrap_or_else(|| "(none)".to_owned());
    let label = |one: &Desired| one.address.label();
    let all = [
        ("provider", from.provider.clone(), to.provider.clone(), false),
        ("region", region(from), region(to), false),
        // What a provider calls it can be changed, or is a tag.
        ("name", label(from), label(to), true),
    ];
    all.into_iter()
        .filter(|(_, before, after, _)| before != after)
        .map(|(attribute, before, after, in_place)| Reason {
            attribute: attribute.to_owned(),
            before,
            after,
            because: Because::Configured,
            in_place,
        })
        .collect()
}

/// Nothing and an absent attribute are the same; lists of names have no order.
fn same(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (None | Some(Value::Null), None | Some(Value::Null)) => true,
        (Some(Value::List(before)), Some(Value::List(after)))
            if before.iter().chain(after).all(|item| item.text().is_some()) =>
        {
            let sorted = |items: &[Value]| -> BTreeSet<String> {
                items.iter().map(|item| shown(Some(item))).collect()
            };
            sorted(before) == sorted(after)
        }
        (before, after) => before == after,
    }
}

/// A reference with the name that the target has for what it refers to.
fn followed(attribute: &str, value: &Value, renamed: &Renamed) -> Value {
    let kind = match attribute {
        "network" => Kind::Network,
        "subnet" => Kind::Subnet,
        "server" => Kind::Server,
        "security_groups" => Kind::SecurityGroup,
        _ => return value.clone(),
    };
    let one = |value: &Value| {
        let name = value
            .text()
            .and_then(|name| renamed.names.get(&(kind, name.to_owned())));
        name.map_or_else(|| value.clone(), |name| name.clone().into())
    };
    match value {
        Value::List(items) => Value::List(items.iter().map(one).collect()),
        value => one(value),
    }
}

/// Whether a size may become `after` where it is.
fn grows(attribute: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before.and_then(Value::integer), after.and_then(Value::integer)) {
        (Some(before), Some(after)) if ONLY_GROW.contains(&attribute) => after >= before,
        _ => true,
    }
}
