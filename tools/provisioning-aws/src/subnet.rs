//! Subnets of a VPC.

use std::time::Duration;

use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};

use crate::client::Service;
use crate::error::{Effect, Failure};
use crate::query::{self, Form};
use crate::site::{Site, Which};
use crate::xml::Element;
use crate::{gateway, names, tags};

pub(crate) const SUPPORT: Support = Support {
    in_place: &["public", "tags"],
    unread: &[],
    visible_after: Duration::from_secs(60),
    // Two subnets of a network cannot have the same addresses.
    twins: false,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    let network = names::one(site, order, Kind::Network, "network").await?;
    let network = network.ok_or_else(|| Failure::new(Class::Permanent, "a subnet needs a `network`"))?;
    let text = |name: &str| order.attributes.get(name).and_then(Value::text);
    let cidr = text("cidr").ok_or_else(|| Failure::new(Class::Permanent, "a subnet needs a `cidr`"))?;
    let form = Form::new()
        .with("VpcId", network)
        .with("CidrBlock", cidr)
        .maybe("AvailabilityZone", text("zone"));
    let form = tags::specified(form, "subnet", &tags::of(order)?);
    let answer = site
        .call(Service::Ec2, "CreateSubnet", form, Effect::Change)
        .await?;
    let id = answer.text("subnet/subnetId").map(str::to_owned);
    id.ok_or_else(|| query::without(Effect::Change, "subnetId"))
}

pub(crate) async fn finish(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    match order.attributes.get("public").and_then(Value::bool) {
        Some(true) => publish(site, id, true).await,
        _ => Ok(()),
    }
}

/// Whether servers in it get a public address and can be reached at it.
async fn publish(site: &Site<'_>, id: &str, public: bool) -> Result<(), Failure> {
    if public {
        let found = site
            .pages(
                Service::Ec2,
                "DescribeSubnets",
                Which::Id(id).form("subnet-id"),
                "subnetSet",
            )
            .await?;
        let network = found.iter().find_map(|subnet| subnet.text("vpcId"));
        let network =
            network.ok_or_else(|| Failure::new(Class::Absent, format!("subnet `{id}` is not there")))?;
        gateway::open(site, network, id).await?;
    } else {
        gateway::close(site, id).await?;
    }
    let form = Form::new()
        .with("SubnetId", id)
        .with("MapPublicIpOnLaunch.Value", public.to_string());
    site.call(Service::Ec2, "ModifySubnetAttribute", form, Effect::Change)
        .await?;
    Ok(())
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    let found = site
        .pages(
            Service::Ec2,
            "DescribeSubnets",
            which.form("subnet-id"),
            "subnetSet",
        )
        .await?;
    Ok(found.iter().filter_map(observed).collect())
}

fn observed(subnet: &Element) -> Option<Observed> {
    let tags = tags::read(subnet.items("tagSet"));
    let mut attributes = Attributes::from([
        ("public".to_owned(), subnet.is_true("mapPublicIpOnLaunch").into()),
        ("tags".to_owned(), tags::attribute(&tags)),
    ]);
    for (attribute, field) in [
        ("cidr", "cidrBlock"),
        ("network", "vpcId"),
        ("zone", "availabilityZone"),
    ] {
        if let Some(text) = subnet.text(field) {
            attributes.insert(attribute.to_owned(), text.into());
        }
    }
    Some(Observed {
        kind: Kind::Subnet,
        id: subnet.text("subnetId")?.to_owned(),
        name: tags.get(tags::NAME).cloned().unwrap_or_default(),
        status: match subnet.text("state") {
            Some("pending") => Status::Pending,
            Some("unavailable" | "failed" | "failed-insufficient-capacity") => Status::Failed,
            _ => Status::Ready,
        },
        attributes,
        computed: Attributes::new(),
        marker: tags::marker(&tags),
    })
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    if changed.iter().any(|attribute| attribute == "public") {
        let public = order
            .attributes
            .get("public")
            .and_then(Value::bool)
            .unwrap_or(false);
        publish(site, id, public).await?;
    }
    tags::update(site, id, order, changed).await
}

pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    let form = Form::new().with("SubnetId", id);
    site.call(Service::Ec2, "DeleteSubnet", form, Effect::Change)
        .await?;
    // AWS forgets its route with it; other servers of the same protocol keep it, and with it the network.
    gateway::close(site, id).await
}
