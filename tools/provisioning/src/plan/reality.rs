//! What providers say is there, in the words of the state, and where the two differ.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::shown;
use crate::provider::{Observed, Status, Support};
use crate::resource::{Attributes, Kind, Value};
use crate::state::Recorded;

/// A resource that is not as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// The resource.
    pub address: String,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// What differs.
    pub findings: Vec<Finding>,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The attribute; `status` if the resource itself is gone or stopped.
    pub attribute: String,
    /// What is recorded.
    pub recorded: String,
    /// What is there.
    pub actual: String,
}

/// What is known of the resources that are recorded: their ids, to read references back.
pub(super) struct Known<'a> {
    reality: &'a BTreeMap<String, Option<Observed>>,
    names: BTreeMap<(Kind, &'a str), &'a str>,
}

/// How a recorded resource is.
pub(super) enum Seen<'a> {
    /// Nobody asked.
    AsRecorded,
    /// It is not there any more.
    Gone,
    /// It is there.
    There(&'a Observed, Attributes),
}

impl<'a> Known<'a> {
    pub(super) fn of(recorded: &'a [Recorded], reality: &'a BTreeMap<String, Option<Observed>>) -> Self {
        let name = |one: &'a Recorded| {
            Some((
                (one.address.kind, one.provider_id.as_deref()?),
                one.address.name.as_str(),
            ))
        };
        Self {
            reality,
            names: recorded.iter().filter_map(name).collect(),
        }
    }

    pub(super) fn seen(&self, resource: &Recorded) -> Seen<'a> {
        match self.reality.get(&resource.id) {
            None => Seen::AsRecorded,
            Some(None) => Seen::Gone,
            Some(Some(observed)) => Seen::There(observed, self.named(&observed.attributes)),
        }
    }

    /// The attributes with the names of what they refer to instead of ids.
    fn named(&self, attributes: &Attributes) -> Attributes {
        let name = |kind: Kind, value: &Value| match value.text().and_then(|id| self.names.get(&(kind, id))) {
            Some(name) => Value::from(*name),
            None => value.clone(),
        };
        let field = |(field, value): (&String, &Value)| {
            let value = match field.as_str() {
                "network" => name(Kind::Network, value),
                "subnet" => name(Kind::Subnet, value),
                "server" => name(Kind::Server, value),
                "security_groups" => Value::List(
                    value
                        .items()
                        .iter()
                        .map(|item| name(Kind::SecurityGroup, item))
                        .collect(),
                ),
                _ => value.clone(),
            };
            (field.clone(), value)
        };
        attributes.iter().map(field).collect()
    }
}

/// Where reality is not as it is recorded.
#[must_use]
pub fn drift(
    recorded: &[Recorded],
    reality: &BTreeMap<String, Option<Observed>>,
    support: &dyn Fn(&str, Kind) -> Option<Support>,
) -> Vec<Drift> {
    let known = Known::of(recorded, reality);
    let of = |resource: &Recorded| {
        let findings = findings(resource, &known.seen(resource), support);
        (!findings.is_empty()).then(|| Drift {
            address: resource.address.to_string(),
            provider_id: resource.provider_id.clone(),
            findings,
        })
    };
    recorded
        .iter()
        .filter(|resource| !resource.replaced)
        .filter_map(of)
        .collect()
}

fn findings(
    resource: &Recorded,
    seen: &Seen<'_>,
    support: &dyn Fn(&str, Kind) -> Option<Support>,
) -> Vec<Finding> {
    let status = |recorded: &str, actual: &str| Finding {
        attribute: "status".to_owned(),
        recorded: recorded.to_owned(),
        actual: actual.to_owned(),
    };
    match seen {
        Seen::AsRecorded => Vec::new(),
        Seen::Gone => vec![status(resource.phase.name(), "gone")],
        Seen::There(observed, attributes) => {
            let unread = support(&resource.provider, resource.address.kind);
            let mut findings: Vec<Finding> = differing(&resource.attributes, attributes, unread.as_ref())
                .into_iter()
                .map(|name| Finding {
                    recorded: shown(resource.attributes.get(&name)),
                    actual: shown(attributes.get(&name)),
                    attribute: name,
                })
                .collect();
            if matches!(
                observed.status,
                Status::Stopped | Status::Failed | Status::Deleting
            ) {
                findings.push(status(resource.phase.name(), observed.status.name()));
            }
            findings
        }
    }
}

/// The attributes of `ours` that the provider shows otherwise. What it cannot show, it does not contradict.
pub(super) fn differing(
    ours: &Attributes,
    theirs: &Attributes,
    support: Option<&Support>,
) -> BTreeSet<String> {
    let unread = |name: &str| support.is_some_and(|support| support.unread.contains(&name));
    ours.iter()
        .filter(|(name, _)| !unread(name))
        .filter(|(name, value)| theirs.get(*name).is_some_and(|actual| !holds(value, actual)))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Whether `actual` has what is wanted. Records may have more: others set tags too. Lists of names have no order.
pub(super) fn holds(wanted: &Value, actual: &Value) -> bool {
    match (wanted, actual) {
        (Value::Record(wanted), Value::Record(actual)) => wanted
            .iter()
            .all(|(name, value)| actual.get(name).is_some_and(|actual| holds(value, actual))),
        (Value::List(wanted), Value::List(actual)) if wanted.iter().all(|item| item.text().is_some()) => {
            let sorted = |items: &[Value]| -> BTreeSet<String> {
                items.iter().map(|item| shown(Some(item))).collect()
            };
            sorted(wanted) == sorted(actual)
        }
        (wanted, actual) => wanted == actual,
    }
}
