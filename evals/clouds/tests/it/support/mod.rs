//! Orders, waiting, a server of AWS, and a proxy that loses answers.

mod moto;
mod proxy;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use provisioning::provider::{Marker, Observed, Order, Provider, Status};
use provisioning::resource::{Address, Attributes, Kind};
use provisioning_aws::{Aws, Settings, Surroundings};
use redacted::Redacted;
use serde_json::Value as Json;

pub(crate) use moto::{Keys, Moto};
pub(crate) use proxy::{Act, Proxy};

pub(crate) const REGION: &str = "eu-west-1";

/// What a test asks for: `name` with `attributes`, marked with an id of its own.
pub(crate) fn order(kind: Kind, name: &str, attributes: Json) -> Order {
    let address = Address::new(kind, name);
    Order {
        name: name.to_owned(),
        region: None,
        attributes: self::attributes(attributes),
        marker: Marker {
            id: format!("id-of-{kind}-{name}"),
            workspace: "test".to_owned(),
            address: address.to_string(),
        },
        references: BTreeMap::new(),
        address,
    }
}

pub(crate) fn attributes(json: Json) -> Attributes {
    serde_json::from_value(json).expect("attributes")
}

/// `order`, where the name of `kind` means `id`.
pub(crate) fn refers(mut order: Order, kind: Kind, name: &str, id: &str) -> Order {
    order.references.insert(Address::new(kind, name), id.to_owned());
    order
}

/// Surroundings with these variables and no files.
pub(crate) fn around(variables: &[(&str, &str)]) -> Surroundings {
    let redacted = |(name, value): &(&str, &str)| ((*name).to_owned(), Redacted::new((*value).to_owned()));
    Surroundings {
        variables: variables.iter().map(redacted).collect(),
        files: Arc::new(|_| None),
    }
}

/// The provider at `endpoint` as `keys`, changed by `change`.
pub(crate) fn aws(endpoint: &str, keys: &Keys, change: impl FnOnce(&mut Settings)) -> Aws {
    let mut settings = Settings::new("cloud", REGION);
    settings.endpoint = Some(endpoint.to_owned());
    change(&mut settings);
    let around = around(&[
        ("AWS_ACCESS_KEY_ID", &keys.id),
        ("AWS_SECRET_ACCESS_KEY", &keys.secret),
    ]);
    Aws::new(settings, &around).expect("a provider")
}

/// `id` as soon as it is ready.
pub(crate) async fn ready(provider: &dyn Provider, kind: Kind, id: &str) -> Observed {
    let began = Instant::now();
    loop {
        let observed = provider.read(kind, None, id).await.expect("an answer");
        match observed {
            Some(observed) if observed.status == Status::Ready => return observed,
            other => assert!(
                began.elapsed() < Duration::from_secs(60),
                "{kind} {id} is not ready: {other:?}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until `id` is gone.
pub(crate) async fn gone(provider: &dyn Provider, kind: Kind, id: &str) {
    let began = Instant::now();
    while let Some(left) = provider.read(kind, None, id).await.expect("an answer") {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{kind} {id} is still there: {left:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Fails if `observed` is not what `wanted` says, attribute by attribute. References are looked up.
pub(crate) fn agrees(observed: &Observed, order: &Order) {
    for (name, wanted) in &order.attributes {
        let kind = match name.as_str() {
            "network" => Some(Kind::Network),
            "subnet" => Some(Kind::Subnet),
            "server" => Some(Kind::Server),
            "security_groups" => Some(Kind::SecurityGroup),
            _ => None,
        };
        let resolved = |value: &provisioning::resource::Value| match (kind, value.text()) {
            (Some(kind), Some(text)) => order.reference(kind, text).into(),
            _ => value.clone(),
        };
        let wanted = match wanted {
            provisioning::resource::Value::List(items) => {
                provisioning::resource::Value::List(items.iter().map(resolved).collect())
            }
            value => resolved(value),
        };
        assert_eq!(
            observed.attributes.get(name),
            Some(&wanted),
            "{name} of {observed:?}"
        );
    }
    assert_eq!(observed.marker.as_ref(), Some(&order.marker), "{observed:?}");
    assert_eq!(observed.name, order.name);
}
