//! What is recorded of a resource, as the inventory knows it.

use super::Row;
use crate::provider::Status;
use crate::resource::{Attributes, Kind, Value};
use crate::state::{Phase, Recorded};

impl Row {
    /// The row of a resource that is recorded.
    #[must_use]
    pub fn of(recorded: &Recorded) -> Self {
        let status = match recorded.phase {
            Phase::Intended | Phase::Known | Phase::Changing => Status::Pending,
            Phase::Ready => Status::Ready,
            Phase::Deleting => Status::Deleting,
        };
        let row = Self::new(recorded.address.clone(), &recorded.provider, status);
        let (wanted, computed) = (&recorded.attributes, &recorded.computed);
        let text = |name: &str| text(wanted, name).or_else(|| text(computed, name));
        let number = |name: &str| number(wanted, name).or_else(|| number(computed, name));
        let flag = |name: &str| wanted.get(name).and_then(Value::bool);
        // What a volume or database holds has one name in questions, whatever each schema calls it.
        let size = number("size_gb").or_else(|| number("storage_gb"));
        let tags = wanted.get("tags").and_then(Value::record);
        let tag = |(name, value): (&String, &Value)| Some((name.clone(), value.text()?.to_owned()));
        let encrypted = match recorded.address.kind {
            Kind::Server => flag("disk_encrypted"),
            _ => flag("encrypted"),
        };
        Self {
            region: recorded.region.clone(),
            zone: text("zone"),
            plan: text("plan"),
            cpu: number("cpu"),
            memory_gb: number("memory_gb"),
            disk_gb: number("disk_gb"),
            size_gb: size,
            os_family: text("os_family"),
            os_version: text("os_version"),
            public_ip: flag("public_ip").or_else(|| flag("public")),
            ipv4: address(computed),
            network: text("network"),
            subnet: text("subnet"),
            role: text("role"),
            environment: tags
                .and_then(|tags| tags.get("environment")?.text())
                .map(str::to_owned),
            engine: text("engine"),
            version: text("version"),
            encrypted,
            cluster: text("cluster"),
            tags: tags.into_iter().flatten().filter_map(tag).collect(),
            created_at: Some(recorded.created.as_second()),
            updated_at: Some(recorded.updated.as_second()),
            provider_id: recorded.provider_id.clone(),
            ..row
        }
    }
}

fn text(attributes: &Attributes, name: &str) -> Option<String> {
    attributes.get(name).and_then(Value::text).map(str::to_owned)
}

fn number(attributes: &Attributes, name: &str) -> Option<f64> {
    match attributes.get(name)? {
        Value::Integer(number) => i32::try_from(*number).ok().map(f64::from),
        Value::Real(number) => Some(*number),
        _ => None,
    }
}

/// The first address, where there are several.
fn address(computed: &Attributes) -> Option<String> {
    match computed.get("ipv4")? {
        Value::Text(text) => Some(text.clone()),
        Value::List(items) => items.iter().find_map(Value::text).map(str::to_owned),
        _ => None,
    }
}
