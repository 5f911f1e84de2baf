//! Servers are instances of EC2.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};

use crate::client::Service;
use crate::error::{Effect, Failure};
use crate::images::{self, Image};
use crate::query::{self, Form};
use crate::site::{Site, Which};
use crate::xml::Element;
use crate::{names, tags};

/// Most ids of one filter.
const FILTER_VALUES: usize = 200;

pub(crate) const SUPPORT: Support = Support {
    // Another plan needs a stopped instance, so it is a replacement.
    in_place: &["security_groups", "tags"],
    unread: &["cpu", "memory_gb", "os_family", "os_version", "role"],
    visible_after: Duration::from_secs(120),
    twins: true,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    let plan = plan(site, order)?;
    let image = images::of(site, order, &plan).await?;
    let form = Form::new()
        .with("ImageId", &image.id)
        .with("InstanceType", plan)
        .with("MinCount", "1")
        .with("MaxCount", "1")
        .with("ClientToken", &order.marker.id)
        // The old metadata service gives credentials to whoever makes the server ask for an address.
        .with("MetadataOptions.HttpTokens", "required");
    let form = disk(form, order, &image);
    let form = connected(form, site, order).await?;
    let form = tags::specified(form, "instance", &tags::of(order)?);
    // Not the marker: the disk is a part of the server and no volume of the configuration.
    let mut of_disk = tags::asked(order)?;
    of_disk.insert(tags::NAME.to_owned(), order.name.clone());
    let form = form
        .with("TagSpecification.2.ResourceType", "volume")
        .tags("TagSpecification.2.Tag", &of_disk);
    let answer = site
        .call(Service::Ec2, "RunInstances", form, Effect::Change)
        .await?;
    let made = answer
        .items("instancesSet")
        .first()
        .and_then(|instance| instance.text("instanceId"));
    let id = made.map(str::to_owned);
    id.ok_or_else(|| query::without(Effect::Change, "instanceId"))
}

/// The instance type: the plan, or the first one of the settings that is large enough.
fn plan(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    if let Some(plan) = order.attributes.get("plan").and_then(Value::text) {
        return Ok(plan.to_owned());
    }
    let number = |name: &str| match order.attributes.get(name) {
        Some(Value::Integer(number)) => *number as f64,
        Some(Value::Real(number)) => *number,
        _ => 0.0,
    };
    let (cpu, memory_gb) = (number("cpu"), number("memory_gb"));
    let fits = site
        .settings
        .plans
        .iter()
        .find(|plan| plan.cpu as f64 >= cpu && plan.memory_gb >= memory_gb);
    fits.map(|plan| plan.name.clone()).ok_or_else(|| {
        Failure::new(
            Class::Permanent,
            format!("no plan is known with {cpu} processors and {memory_gb} GB"),
        )
        .hint("write a `plan`, such as \"t3.medium\"")
    })
}

fn disk(form: Form, order: &Order, image: &Image) -> Form {
    let size = order.attributes.get("disk_gb").and_then(Value::integer);
    let encrypted = order.attributes.get("disk_encrypted").and_then(Value::bool);
    if size.is_none() && encrypted.is_none() {
        return form;
    }
    form.with("BlockDeviceMapping.1.DeviceName", &image.root)
        .with("BlockDeviceMapping.1.Ebs.VolumeType", "gp3")
        .with("BlockDeviceMapping.1.Ebs.DeleteOnTermination", "true")
        .maybe(
            "BlockDeviceMapping.1.Ebs.VolumeSize",
            size.map(|size| size.to_string()),
        )
        .maybe(
            "BlockDeviceMapping.1.Ebs.Encrypted",
            encrypted.map(|encrypted| encrypted.to_string()),
        )
}

/// With its subnet, its groups and its address. Whether there is a public address can only be said of an interface.
async fn connected(form: Form, site: &Site<'_>, order: &Order) -> Result<Form, Failure> {
    let subnet = subnet(site, order).await?;
    let groups = names::many(site, order, Kind::SecurityGroup, "security_groups").await?;
    let groups = groups.iter().map(String::as_str);
    let Some(public) = order.attributes.get("public_ip").and_then(Value::bool) else {
        return Ok(form.maybe("SubnetId", subnet).list("SecurityGroupId", groups));
    };
    Ok(form
        .with("NetworkInterface.1.DeviceIndex", "0")
        .with("NetworkInterface.1.DeleteOnTermination", "true")
        .with("NetworkInterface.1.AssociatePublicIpAddress", public.to_string())
        .maybe("NetworkInterface.1.SubnetId", subnet)
        .list("NetworkInterface.1.SecurityGroupId", groups))
}

/// Its subnet; if only the network is said, the first of that; without both it is AWS's to choose.
async fn subnet(site: &Site<'_>, order: &Order) -> Result<Option<String>, Failure> {
    if let Some(subnet) = names::one(site, order, Kind::Subnet, "subnet").await? {
        return Ok(Some(subnet));
    }
    let Some(network) = names::one(site, order, Kind::Network, "network").await? else {
        return Ok(None);
    };
    let form = Form::new().filters(&[("vpc-id", &[&network])]);
    let subnets = site
        .pages(Service::Ec2, "DescribeSubnets", form, "subnetSet")
        .await?;
    let first = subnets.iter().filter_map(|subnet| subnet.text("subnetId")).min();
    let first = first.map(|id| Some(id.to_owned()));
    first.ok_or_else(|| {
        Failure::new(Class::Permanent, format!("network `{network}` has no subnet"))
            .hint("add a subnet, and name it in the server's `subnet`")
    })
}

/// An instance is complete when it is made.
pub(crate) async fn finish(_site: &Site<'_>, _id: &str, _order: &Order) -> Result<(), Failure> {
    Ok(())
}

/// The instances, without those that are gone, which AWS goes on showing for an hour.
pub(crate) async fn instances(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Element>, Failure> {
    let form = which.form("instance-id");
    let reservations = site
        .pages(Service::Ec2, "DescribeInstances", form, "reservationSet")
        .await?;
    let all = reservations
        .iter()
        .flat_map(|reservation| reservation.items("instancesSet"));
    Ok(all
        .filter(|instance| instance.text("instanceState/name") != Some("terminated"))
        .cloned()
        .collect())
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    let instances = instances(site, which).await?;
    let disks = disks(site, &instances).await?;
    Ok(instances
        .iter()
        .filter_map(|instance| observed(instance, &disks))
        .collect())
}

/// The system disks of `instances` by their id.
async fn disks(site: &Site<'_>, instances: &[Element]) -> Result<BTreeMap<String, Element>, Failure> {
    let ids: Vec<&str> = instances.iter().filter_map(root_volume).collect();
    let mut disks = BTreeMap::new();
    for ids in ids.chunks(FILTER_VALUES) {
        let form = Form::new().filters(&[("volume-id", ids)]);
        for volume in site
            .pages(Service::Ec2, "DescribeVolumes", form, "volumeSet")
            .await?
        {
            if let Some(id) = volume.text("volumeId").map(str::to_owned) {
                disks.insert(id, volume);
            }
        }
    }
    Ok(disks)
}

fn root_volume(instance: &Element) -> Option<&str> {
    let root = instance.text("rootDeviceName")?;
    let mut devices = instance.items("blockDeviceMapping").iter();
    devices
        .find(|device| device.text("deviceName") == Some(root))?
        .text("ebs/volumeId")
}

fn observed(instance: &Element, disks: &BTreeMap<String, Element>) -> Option<Observed> {
    let status = match instance.text("instanceState/name")? {
        "running" => Status::Ready,
        "stopped" => Status::Stopped,
        "shutting-down" => Status::Deleting,
        _ => Status::Pending,
    };
    let tags = tags::read(instance.items("tagSet"));
    Some(Observed {
        kind: Kind::Server,
        id: instance.text("instanceId")?.to_owned(),
        name: tags.get(tags::NAME).cloned().unwrap_or_default(),
        status,
        attributes: attributes(instance, status, disks, tags::attribute(&tags)),
        computed: computed(instance),
        marker: tags::marker(&tags),
    })
}

fn attributes(
    instance: &Element,
    status: Status,
    disks: &BTreeMap<String, Element>,
    tags: Value,
) -> Attributes {
    let groups = groups(instance);
    let groups = groups.into_iter().map(Value::from).collect();
    let mut attributes = Attributes::from([
        ("security_groups".to_owned(), Value::List(groups)),
        ("tags".to_owned(), tags),
    ]);
    for (attribute, field) in [
        ("plan", "instanceType"),
        ("network", "vpcId"),
        ("subnet", "subnetId"),
    ] {
        if let Some(text) = instance.text(field) {
            attributes.insert(attribute.to_owned(), text.into());
        }
    }
    // Only a running instance has its public address.
    if status == Status::Ready {
        let public = instance.text("ipAddress").is_some();
        attributes.insert("public_ip".to_owned(), public.into());
    }
    if let Some(disk) = root_volume(instance).and_then(|id| disks.get(id)) {
        attributes.insert("disk_encrypted".to_owned(), disk.is_true("encrypted").into());
        if let Some(size) = disk.integer("size") {
            attributes.insert("disk_gb".to_owned(), size.into());
        }
    }
    attributes
}

/// Its groups: those of its first interface, which the instance repeats, but not with every server of this protocol.
fn groups(instance: &Element) -> BTreeSet<&str> {
    let own = instance.items("groupSet");
    let first = instance.items("networkInterfaceSet").first();
    let listed = if own.is_empty() {
        first.map_or(own, |first| first.items("groupSet"))
    } else {
        own
    };
    listed.iter().filter_map(|group| group.text("groupId")).collect()
}

fn computed(instance: &Element) -> Attributes {
    let addresses = ["ipAddress", "privateIpAddress"]
        .iter()
        .filter_map(|field| instance.text(field));
    let addresses = addresses.map(Value::from).collect();
    let mut computed = Attributes::from([("ipv4".to_owned(), Value::List(addresses))]);
    for (name, field) in [
        ("dns", "dnsName"),
        ("image", "imageId"),
        ("zone", "placement/availabilityZone"),
        ("reason", "stateReason/message"),
    ] {
        if let Some(text) = instance.text(field) {
            computed.insert(name.to_owned(), text.into());
        }
    }
    computed
}

/// The first name of a device that the instance has not.
pub(crate) async fn free_device(site: &Site<'_>, id: &str) -> Result<String, Failure> {
    let found = instances(site, Which::Id(id)).await?;
    let instance = found.first();
    let instance =
        instance.ok_or_else(|| Failure::new(Class::Absent, format!("there is no server `{id}`")))?;
    let taken: BTreeSet<&str> = instance
        .items("blockDeviceMapping")
        .iter()
        .filter_map(|device| device.text("deviceName"))
        .collect();
    let mut names = ('f'..='p').map(|letter| format!("/dev/sd{letter}"));
    names.find(|name| !taken.contains(name.as_str())).ok_or_else(|| {
        Failure::new(
            Class::Quota,
            format!("server `{id}` has as many volumes as there are names for"),
        )
    })
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    if changed.iter().any(|attribute| attribute == "security_groups") {
        let groups = names::many(site, order, Kind::SecurityGroup, "security_groups").await?;
        if groups.is_empty() {
            return Err(Failure::new(
                Class::Permanent,
                "a server has at least one security group",
            ));
        }
        let form = Form::new()
            .with("InstanceId", id)
            .list("GroupId", groups.iter().map(String::as_str));
        site.call(Service::Ec2, "ModifyInstanceAttribute", form, Effect::Change)
            .await?;
    }
    tags::update(site, id, order, changed).await
}

pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    let form = Form::new().list("InstanceId", [id]);
    site.call(Service::Ec2, "TerminateInstances", form, Effect::Change)
        .await?;
    Ok(())
}

/// What the instance has written to its console. AWS keeps the last 64 KiB, and has nothing for some minutes.
pub(crate) async fn console(site: &Site<'_>, id: &str) -> Result<String, Failure> {
    let form = Form::new().with("InstanceId", id).with("Latest", "true");
    let form_without = Form::new().with("InstanceId", id);
    // Only newer types have what is latest; the others have what they kept at the last change of state.
    let answer = match site
        .call(Service::Ec2, "GetConsoleOutput", form, Effect::Read)
        .await
    {
        Err(failure) if failure.is("UnsupportedOperation") => {
            site.call(Service::Ec2, "GetConsoleOutput", form_without, Effect::Read)
                .await?
        }
        other => other?,
    };
    let encoded: String = answer
        .text("output")
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let bytes = STANDARD
        .decode(encoded)
        .map_err(|_| Failure::new(Class::Permanent, "the console cannot be decoded"))?;
    Ok(redacted::clean(&String::from_utf8_lossy(&bytes)).to_string())
}
