//! Volumes of EBS.
//!
//! A volume of a server is attached by `create` already, which waits some seconds for that: a new volume cannot be attached
//! before AWS has made it ready, and nobody would come back to attach it. If the process ends meanwhile, making it again with
//! the same marker finds the volume and attaches it.

use std::time::{Duration, Instant};

use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};

use crate::client::Service;
use crate::error::{Effect, Failure};
use crate::query::{self, Form};
use crate::site::{Site, Which};
use crate::xml::Element;
use crate::{server, tags};

/// The words of the schema for how fast a volume is, and the types of AWS that they mean.
const TYPES: [(&str, &str); 4] = [
    ("standard", "st1"),
    ("ssd", "gp3"),
    ("nvme", "io2"),
    ("archive", "sc1"),
];
/// Operations per second of a type that must be told some: the least that is as fast as `gp3`.
const IOPS: &str = "3000";

pub(crate) const SUPPORT: Support = Support {
    in_place: &["server", "size_gb", "tags", "type"],
    unread: &[],
    visible_after: Duration::from_secs(60),
    twins: true,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    let size = order.attributes.get("size_gb").and_then(Value::integer);
    let size = size.ok_or_else(|| Failure::new(Class::Permanent, "a volume needs a `size_gb`"))?;
    let kind = type_of(order);
    let encrypted = order.attributes.get("encrypted").and_then(Value::bool);
    let form = Form::new()
        .with("AvailabilityZone", zone(site, order).await?)
        .with("Size", size.to_string())
        .with("VolumeType", kind)
        .maybe("Iops", (kind == "io2").then_some(IOPS))
        .maybe("Encrypted", encrypted.map(|encrypted| encrypted.to_string()))
        .with("ClientToken", &order.marker.id);
    let form = tags::specified(form, "volume", &tags::of(order)?);
    let answer = site
        .call(Service::Ec2, "CreateVolume", form, Effect::Change)
        .await?;
    let id = answer.text("volumeId").map(str::to_owned);
    id.ok_or_else(|| query::without(Effect::Change, "volumeId"))
}

/// What AWS calls the type that `order` asks for.
fn type_of(order: &Order) -> &str {
    let asked = order
        .attributes
        .get("type")
        .and_then(Value::text)
        .unwrap_or("ssd");
    TYPES
        .iter()
        .find(|(word, _)| *word == asked)
        .map_or(asked, |(_, name)| name)
}

/// The zone of its server; without a server the first one of the region.
async fn zone(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    if let Some(server) = server_of(order) {
        let found = server::instances(site, Which::Id(&server)).await?;
        let zone = found
            .first()
            .and_then(|instance| instance.text("placement/availabilityZone"));
        let zone = zone.map(str::to_owned);
        return zone.ok_or_else(|| Failure::new(Class::Permanent, format!("there is no server `{server}`")));
    }
    let form = Form::new().filters(&[("state", &["available"]), ("zone-type", &["availability-zone"])]);
    let answer = site
        .call(Service::Ec2, "DescribeAvailabilityZones", form, Effect::Read)
        .await?;
    let zones = answer
        .items("availabilityZoneInfo")
        .iter()
        .filter_map(|zone| zone.text("zoneName"));
    let first = zones.min().map(str::to_owned);
    first.ok_or_else(|| query::without(Effect::Read, "zoneName"))
}

fn server_of(order: &Order) -> Option<String> {
    let name = order.attributes.get("server").and_then(Value::text)?;
    Some(order.reference(Kind::Server, name).to_owned())
}

pub(crate) async fn finish(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    match server_of(order) {
        Some(server) => attach(site, id, &server).await,
        None => Ok(()),
    }
}

/// Attaches `id` to `server`, if need be after it was detached from another one.
async fn attach(site: &Site<'_>, id: &str, server: &str) -> Result<(), Failure> {
    let began = Instant::now();
    loop {
        let volume = present(site, id).await?;
        match (holder(&volume), volume.text("status")) {
            (Some(holder), _) if holder == server => return Ok(()),
            (Some(holder), Some("in-use")) => detach(site, id, holder).await?,
            (None, Some("available")) => break,
            _ => {}
        }
        if began.elapsed() >= site.settings.attach_within {
            return Err(Failure::new(
                Class::Transient,
                format!("volume `{id}` cannot be attached yet"),
            ));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let form = Form::new()
        .with("VolumeId", id)
        .with("InstanceId", server)
        .with("Device", server::free_device(site, server).await?);
    site.call(Service::Ec2, "AttachVolume", form, Effect::Change)
        .await?;
    Ok(())
}

async fn detach(site: &Site<'_>, id: &str, server: &str) -> Result<(), Failure> {
    let form = Form::new().with("VolumeId", id).with("InstanceId", server);
    match site
        .call(Service::Ec2, "DetachVolume", form, Effect::Change)
        .await
    {
        // It is on its way already, or nobody has it.
        Err(failure) if failure.is("IncorrectState") => Ok(()),
        other => other.map(drop),
    }
}

/// Detaches it from the server that has it, if one has.
async fn release(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    match holder(&present(site, id).await?) {
        Some(server) => detach(site, id, server).await,
        None => Ok(()),
    }
}

async fn present(site: &Site<'_>, id: &str) -> Result<Element, Failure> {
    let found = volumes(site, Which::Id(id)).await?.into_iter().next();
    found.ok_or_else(|| Failure::new(Class::Absent, format!("volume `{id}` is not there")))
}

/// The server that has it, or gets it.
fn holder(volume: &Element) -> Option<&str> {
    let attachments = volume.items("attachmentSet").iter();
    let mut held = attachments.filter(|attachment| attachment.text("status") != Some("detached"));
    held.find_map(|attachment| attachment.text("instanceId"))
}

pub(crate) async fn volumes(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Element>, Failure> {
    site.pages(
        Service::Ec2,
        "DescribeVolumes",
        which.form("volume-id"),
        "volumeSet",
    )
    .await
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    Ok(volumes(site, which).await?.iter().filter_map(observed).collect())
}

fn observed(volume: &Element) -> Option<Observed> {
    let status = match volume.text("status")? {
        "creating" => Status::Pending,
        "deleting" => Status::Deleting,
        "deleted" => return None,
        "error" => Status::Failed,
        _ => Status::Ready,
    };
    let tags = tags::read(volume.items("tagSet"));
    let kind = volume.text("volumeType").unwrap_or_default();
    let word = TYPES
        .iter()
        .find(|(_, name)| *name == kind)
        .map_or(kind, |(word, _)| word);
    let mut attributes = Attributes::from([
        ("encrypted".to_owned(), volume.is_true("encrypted").into()),
        ("tags".to_owned(), tags::attribute(&tags)),
        ("type".to_owned(), word.into()),
    ]);
    if let Some(size) = volume.integer("size") {
        attributes.insert("size_gb".to_owned(), size.into());
    }
    if let Some(server) = holder(volume) {
        attributes.insert("server".to_owned(), server.into());
    }
    let mut computed = Attributes::new();
    if let Some(zone) = volume.text("availabilityZone") {
        computed.insert("zone".to_owned(), zone.into());
    }
    Some(Observed {
        kind: Kind::Volume,
        id: volume.text("volumeId")?.to_owned(),
        name: tags.get(tags::NAME).cloned().unwrap_or_default(),
        status,
        attributes,
        computed,
        marker: tags::marker(&tags),
    })
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    let changes = |attribute: &str| changed.iter().any(|changed| changed == attribute);
    if changes("size_gb") || changes("type") {
        modify(site, id, order).await?;
    }
    if changes("server") {
        match server_of(order) {
            Some(server) => attach(site, id, &server).await?,
            None => release(site, id).await?,
        }
    }
    tags::update(site, id, order, changed).await
}

/// Makes it larger or faster. Nothing makes it smaller, which is said before AWS is asked.
async fn modify(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    let has = present(site, id).await?.integer("size").unwrap_or_default();
    let size = order
        .attributes
        .get("size_gb")
        .and_then(Value::integer)
        .unwrap_or(has);
    if size < has {
        return Err(Failure::new(
            Class::Permanent,
            format!("a volume of {has} GB cannot become one of {size} GB"),
        )
        .hint("make a new volume and copy what is on the old one"));
    }
    let kind = type_of(order);
    let form = Form::new()
        .with("VolumeId", id)
        .with("Size", size.to_string())
        .with("VolumeType", kind)
        .maybe("Iops", (kind == "io2").then_some(IOPS));
    site.call(Service::Ec2, "ModifyVolume", form, Effect::Change)
        .await?;
    Ok(())
}

/// A volume that a server has is detached first; deleting it works when that is done.
pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    release(site, id).await?;
    let form = Form::new().with("VolumeId", id);
    site.call(Service::Ec2, "DeleteVolume", form, Effect::Change)
        .await?;
    Ok(())
}

pub(crate) async fn snapshot(site: &Site<'_>, id: &str, name: &str) -> Result<String, Failure> {
    let volume = present(site, id).await?;
    let mut tags = tags::read(volume.items("tagSet"));
    // It belongs to the workspace, but it is not the volume.
    tags.retain(|key, _| !key.to_ascii_lowercase().starts_with("aws:") && key != tags::ID);
    tags.insert(tags::NAME.to_owned(), name.to_owned());
    let form = Form::new().with("VolumeId", id).with("Description", name);
    let form = tags::specified(form, "snapshot", &tags);
    let answer = site
        .call(Service::Ec2, "CreateSnapshot", form, Effect::Change)
        .await?;
    let id = answer.text("snapshotId").map(str::to_owned);
    id.ok_or_else(|| query::without(Effect::Change, "snapshotId"))
}
