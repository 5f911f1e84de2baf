//! Subnets are private networks (SDN) of a zone, joined by the router that is their network.

use std::time::Duration;

use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::error::{Effect, Failure};
use crate::json;
use crate::labels;
use crate::site::{self, Site, Which};

pub(crate) const SUPPORT: Support = Support {
    in_place: &["tags"],
    unread: &[],
    visible_after: Duration::from_secs(10),
    // Two networks of a router cannot have the same addresses.
    twins: false,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    if order.attributes.get("public").and_then(Value::bool) == Some(true) {
        return Err(Failure::new(
            Class::Unsupported,
            "a private network of UpCloud leads to no internet",
        )
        .hint("leave out `public`, and give servers a `public_ip`"));
    }
    let text = |name: &str| order.attributes.get(name).and_then(Value::text);
    let cidr = text("cidr").ok_or_else(|| Failure::new(Class::Permanent, "a subnet needs a `cidr`"))?;
    let mut network = json!({
        "name": order.name,
        "zone": text("zone").unwrap_or(site.zone),
        "ip_networks": {"ip_network": [{"address": cidr, "dhcp": "yes", "family": family(cidr)}]},
        "labels": labels::list(&labels::of(order)?),
    });
    if let (Some(router), Some(fields)) = (text("network"), network.as_object_mut()) {
        let router = site::id(order.reference(Kind::Network, router))?;
        fields.insert("router".to_owned(), router.into());
    }
    let answer = site
        .client
        .post("/network/", &json!({"network": network}))
        .await?;
    let id = json::text(&answer, "network/uuid").map(str::to_owned);
    id.ok_or_else(|| Failure::lost(Effect::Change, "the answer has no `uuid`"))
}

fn family(cidr: &str) -> &'static str {
    if cidr.contains(':') { "IPv6" } else { "IPv4" }
}

/// A network is complete when it is made.
pub(crate) async fn finish(_site: &Site<'_>, _id: &str, _order: &Order) -> Result<(), Failure> {
    Ok(())
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    if let Which::Id(id) = which {
        let answer = site.client.get(&format!("/network/{}", site::id(id)?)).await?;
        return Ok(json::at(&answer, "network")
            .and_then(observed)
            .into_iter()
            .collect());
    }
    let answer = site.client.get(&format!("/network/{}", which.filter())).await?;
    Ok(json::items(&answer, "networks")
        .iter()
        .filter_map(observed)
        .collect())
}

/// A private network; those that UpCloud has for everybody are no resources of an account.
fn observed(network: &Json) -> Option<Observed> {
    if json::text(network, "type") != Some("private") {
        return None;
    }
    let labels = labels::read(network);
    let mut attributes = Attributes::from([
        ("public".to_owned(), false.into()),
        ("tags".to_owned(), labels::attribute(&labels)),
    ]);
    let address = json::items(network, "ip_networks")
        .iter()
        .find_map(|range| json::text(range, "address"));
    let fields = [
        ("cidr", address),
        ("network", json::text(network, "router")),
        ("zone", json::text(network, "zone")),
    ];
    for (attribute, text) in fields {
        if let Some(text) = text {
            attributes.insert(attribute.to_owned(), text.into());
        }
    }
    Some(Observed {
        kind: Kind::Subnet,
        id: json::text(network, "uuid")?.to_owned(),
        name: json::text(network, "name").unwrap_or_default().to_owned(),
        status: Status::Ready,
        attributes,
        computed: Attributes::new(),
        marker: labels::marker(&labels),
    })
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    _changed: &[String],
) -> Result<(), Failure> {
    let body = json!({"network": {"labels": labels::list(&labels::of(order)?)}});
    site.client
        .change(Method::PUT, &format!("/network/{}", site::id(id)?), &body)
        .await?;
    Ok(())
}

pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    site.client.delete(&format!("/network/{}", site::id(id)?)).await
}
