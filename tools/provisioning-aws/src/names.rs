//! What attributes refer to, as ids of EC2.

use provisioning::provider::{Class, Order};
use provisioning::resource::{Kind, Value};

use crate::client::Service;
use crate::error::Failure;
use crate::query::Form;
use crate::site::Site;

/// The id of what the attribute `attribute` names, if it names something.
pub(crate) async fn one(
    site: &Site<'_>,
    order: &Order,
    kind: Kind,
    attribute: &str,
) -> Result<Option<String>, Failure> {
    match order.attributes.get(attribute).and_then(Value::text) {
        Some(name) => Ok(Some(resolve(site, order, kind, name).await?)),
        None => Ok(None),
    }
}

/// The ids of what the list `attribute` names.
pub(crate) async fn many(
    site: &Site<'_>,
    order: &Order,
    kind: Kind,
    attribute: &str,
) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::new();
    for value in order.attributes.get(attribute).map_or(&[][..], Value::items) {
        let Some(name) = value.text() else { continue };
        ids.push(resolve(site, order, kind, name).await?);
    }
    Ok(ids)
}

/// The id of what is called `name`: one of ours, an id, or the name of something that is there already.
pub(crate) async fn resolve(
    site: &Site<'_>,
    order: &Order,
    kind: Kind,
    name: &str,
) -> Result<String, Failure> {
    let id = order.reference(kind, name);
    let Some(place) = Place::of(kind) else {
        return Ok(id.to_owned());
    };
    if id.starts_with(place.prefix) {
        return Ok(id.to_owned());
    }
    let form = Form::new().filters(&[(place.filter, &[id])]);
    let found = site.pages(Service::Ec2, place.action, form, place.list).await?;
    let mut ids = found.iter().filter_map(|element| element.text(place.id));
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id.to_owned()),
        (None, _) => Err(Failure::new(
            Class::Permanent,
            format!("there is no {kind} `{id}` in {}", site.region),
        )),
        (Some(_), Some(_)) => Err(Failure::new(
            Class::Permanent,
            format!("there is more than one {kind} `{id}` in {}", site.region),
        )
        .hint(format!("write its id, which begins with `{}`", place.prefix))),
    }
}

/// How a kind of EC2 is looked up by its name.
struct Place {
    prefix: &'static str,
    action: &'static str,
    filter: &'static str,
    list: &'static str,
    id: &'static str,
}

impl Place {
    fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Network => Some(Self {
                prefix: "vpc-",
                action: "DescribeVpcs",
                filter: "tag:Name",
                list: "vpcSet",
                id: "vpcId",
            }),
            Kind::Subnet => Some(Self {
                prefix: "subnet-",
                action: "DescribeSubnets",
                filter: "tag:Name",
                list: "subnetSet",
                id: "subnetId",
            }),
            Kind::SecurityGroup => Some(Self {
                prefix: "sg-",
                action: "DescribeSecurityGroups",
                filter: "group-name",
                list: "securityGroupInfo",
                id: "groupId",
            }),
            _ => None,
        }
    }
}
