//! Networks are VPCs of EC2.

use std::time::Duration;

use provisioning::provider::{Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};

use crate::client::Service;
use crate::error::{Effect, Failure};
use crate::query::{self, Form};
use crate::site::{Site, Which};
use crate::xml::Element;
use crate::{gateway, tags};

/// What an order without `cidr` gets: AWS has no choice of its own.
const CIDR: &str = "10.0.0.0/16";

pub(crate) const SUPPORT: Support = Support {
    in_place: &["tags"],
    unread: &[],
    visible_after: Duration::from_secs(60),
    twins: true,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    let cidr = order.attributes.get("cidr").and_then(Value::text).unwrap_or(CIDR);
    let form = tags::specified(Form::new().with("CidrBlock", cidr), "vpc", &tags::of(order)?);
    let answer = site.call(Service::Ec2, "CreateVpc", form, Effect::Change).await?;
    let id = answer.text("vpc/vpcId").map(str::to_owned);
    id.ok_or_else(|| query::without(Effect::Change, "vpcId"))
}

/// Names of servers resolve inside the network, as they do in the network that every account begins with.
pub(crate) async fn finish(site: &Site<'_>, id: &str, _order: &Order) -> Result<(), Failure> {
    let form = Form::new()
        .with("VpcId", id)
        .with("EnableDnsHostnames.Value", "true");
    site.call(Service::Ec2, "ModifyVpcAttribute", form, Effect::Change)
        .await?;
    Ok(())
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    let found = site
        .pages(Service::Ec2, "DescribeVpcs", which.form("vpc-id"), "vpcSet")
        .await?;
    Ok(found.iter().filter_map(observed).collect())
}

fn observed(vpc: &Element) -> Option<Observed> {
    let tags = tags::read(vpc.items("tagSet"));
    let mut attributes = Attributes::from([("tags".to_owned(), tags::attribute(&tags))]);
    if let Some(cidr) = vpc.text("cidrBlock") {
        attributes.insert("cidr".to_owned(), cidr.into());
    }
    Some(Observed {
        kind: Kind::Network,
        id: vpc.text("vpcId")?.to_owned(),
        name: tags.get(tags::NAME).cloned().unwrap_or_default(),
        status: match vpc.text("state") {
            Some("pending") => Status::Pending,
            _ => Status::Ready,
        },
        attributes,
        computed: Attributes::from([("default".to_owned(), vpc.is_true("isDefault").into())]),
        marker: tags::marker(&tags),
    })
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    tags::update(site, id, order, changed).await
}

/// With it go the gateway and the routes that its public subnets were given.
pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    gateway::remove(site, id).await?;
    let form = Form::new().with("VpcId", id);
    site.call(Service::Ec2, "DeleteVpc", form, Effect::Change).await?;
    Ok(())
}
