//! Servers.
//!
//! A server's system disk is a part of it; it is known by its title, which is the server's with [`DISK`] behind it, and goes
//! with the server. Other storages are resources of their own and are detached first, so that none is ever deleted with it.

use std::time::{Duration, Instant};

use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::error::{Effect, Failure};
use crate::json;
use crate::labels;
use crate::site::{self, Site, Which};
use crate::templates;

const DISK: &str = " system disk";
/// What a server gets that says no size, in GB.
const DISK_GB: i64 = 50;

pub(crate) const SUPPORT: Support = Support {
    // Another plan needs a stopped server, so it is a replacement.
    in_place: &["tags"],
    unread: &["os_family", "os_version", "role", "network"],
    visible_after: Duration::from_secs(10),
    twins: true,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    if order
        .attributes
        .get("security_groups")
        .is_some_and(|groups| !groups.items().is_empty())
    {
        return Err(Failure::new(
            Class::Unsupported,
            "UpCloud has no security groups, but rules of single servers",
        )
        .hint("leave out `security_groups`, and filter in the server itself"));
    }
    let server = description(site, order, &templates::of(site, order).await?)?;
    let answer = site.client.post("/server", &json!({"server": server})).await?;
    let id = json::text(&answer, "server/uuid").map(str::to_owned);
    id.ok_or_else(|| Failure::lost(Effect::Change, "the answer has no `uuid`"))
}

fn description(site: &Site<'_>, order: &Order, template: &str) -> Result<Json, Failure> {
    let labels = labels::list(&labels::of(order)?);
    let size = order
        .attributes
        .get("disk_gb")
        .and_then(Value::integer)
        .unwrap_or(DISK_GB);
    let encrypted = order
        .attributes
        .get("disk_encrypted")
        .and_then(Value::bool)
        .unwrap_or(false);
    let mut server = json!({
        "zone": site.zone,
        "title": order.name,
        "hostname": order.name,
        // Templates with cloud-init read their key from there.
        "metadata": "yes",
        "password_delivery": "none",
        "labels": {"label": labels},
        "networking": {"interfaces": {"interface": interfaces(order)?}},
        "storage_devices": {"storage_device": [{
            "action": "clone",
            "storage": template,
            "title": format!("{}{DISK}", order.name),
            "size": size,
            "tier": "maxiops",
            "encrypted": json::word(encrypted),
        }]},
    });
    let Some(fields) = server.as_object_mut() else {
        return Ok(server);
    };
    if !site.settings.ssh_keys.is_empty() {
        let keys = &site.settings.ssh_keys;
        fields.insert(
            "login_user".to_owned(),
            json!({"username": "root", "create_password": "no", "ssh_keys": {"ssh_key": keys}}),
        );
    }
    match order.attributes.get("plan").and_then(Value::text) {
        Some(plan) => drop(fields.insert("plan".to_owned(), plan.into())),
        None => {
            let (cores, memory) = size_of(order)?;
            fields.insert("core_number".to_owned(), cores.into());
            fields.insert("memory_amount".to_owned(), memory.into());
        }
    }
    Ok(server)
}

/// Processors and MB of a server without a plan.
fn size_of(order: &Order) -> Result<(i64, i64), Failure> {
    let cores = order.attributes.get("cpu").and_then(Value::integer);
    let memory = order.attributes.get("memory_gb").and_then(Value::integer);
    match (cores, memory) {
        (Some(cores), Some(memory)) => Ok((cores, memory.saturating_mul(1024))),
        _ => Err(Failure::new(
            Class::Permanent,
            "a server needs a `plan`, or whole numbers of `cpu` and `memory_gb`",
        )),
    }
}

/// A public address only if it is asked for; always one of the utility network, which reaches UpCloud's own services.
fn interfaces(order: &Order) -> Result<Vec<Json>, Failure> {
    let address = json!({"ip_address": [{"family": "IPv4"}]});
    let mut interfaces = Vec::new();
    if order.attributes.get("public_ip").and_then(Value::bool) == Some(true) {
        interfaces.push(json!({"type": "public", "ip_addresses": address}));
    }
    interfaces.push(json!({"type": "utility", "ip_addresses": address}));
    if let Some(name) = order.attributes.get("subnet").and_then(Value::text) {
        let network = site::id(order.reference(Kind::Subnet, name))?;
        interfaces.push(json!({"type": "private", "network": network, "ip_addresses": address}));
    }
    Ok(interfaces)
}

/// A server is complete when it is made.
pub(crate) async fn finish(_site: &Site<'_>, _id: &str, _order: &Order) -> Result<(), Failure> {
    Ok(())
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    let ids = match which {
        Which::Id(id) => vec![id.to_owned()],
        _ => {
            let answer = site.client.get(&format!("/server{}", which.filter())).await?;
            let servers = json::items(&answer, "servers").iter();
            servers
                .filter_map(|server| json::text(server, "uuid").map(str::to_owned))
                .collect()
        }
    };
    let mut found = Vec::new();
    for id in ids {
        // A list says neither disks nor addresses.
        match details(site, &id).await {
            Ok(server) => found.extend(observed(&server)),
            Err(failure) if failure.class == Class::Absent => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

async fn details(site: &Site<'_>, id: &str) -> Result<Json, Failure> {
    let answer = site.client.get(&format!("/server/{}", site::id(id)?)).await?;
    let server = json::at(&answer, "server").cloned();
    server.ok_or_else(|| Failure::new(Class::Permanent, "the answer has no `server`"))
}

fn observed(server: &Json) -> Option<Observed> {
    let labels = labels::read(server);
    Some(Observed {
        kind: Kind::Server,
        id: json::text(server, "uuid")?.to_owned(),
        name: json::text(server, "title").unwrap_or_default().to_owned(),
        status: match json::text(server, "state") {
            Some("started") => Status::Ready,
            Some("stopped") => Status::Stopped,
            Some("error") => Status::Failed,
            _ => Status::Pending,
        },
        attributes: attributes(server, labels::attribute(&labels)),
        computed: computed(server),
        marker: labels::marker(&labels),
    })
}

fn attributes(server: &Json, tags: Value) -> Attributes {
    let interfaces = json::items(server, "networking/interfaces");
    let of = |kind: &str| {
        interfaces
            .iter()
            .find(|interface| json::text(interface, "type") == Some(kind))
    };
    let mut attributes = Attributes::from([
        ("public_ip".to_owned(), of("public").is_some().into()),
        ("security_groups".to_owned(), Value::List(Vec::new())),
        ("tags".to_owned(), tags),
    ]);
    if let Some(network) = of("private").and_then(|interface| json::text(interface, "network")) {
        attributes.insert("subnet".to_owned(), network.into());
    }
    if let Some(plan) = json::text(server, "plan").filter(|plan| *plan != "custom") {
        attributes.insert("plan".to_owned(), plan.into());
    }
    if let Some(cores) = json::number(server, "core_number") {
        attributes.insert("cpu".to_owned(), cores.into());
    }
    if let Some(memory) = json::number(server, "memory_amount") {
        attributes.insert("memory_gb".to_owned(), (memory / 1024).into());
    }
    if let Some(disk) = devices(server).find(|device| is_system_disk(server, device)) {
        attributes.insert(
            "disk_encrypted".to_owned(),
            json::yes(disk, "storage_encrypted").into(),
        );
        if let Some(size) = json::number(disk, "storage_size") {
            attributes.insert("disk_gb".to_owned(), size.into());
        }
    }
    attributes
}

fn devices(server: &Json) -> impl Iterator<Item = &Json> {
    json::items(server, "storage_devices").iter()
}

fn is_system_disk(server: &Json, device: &Json) -> bool {
    let title = json::text(server, "title").unwrap_or_default();
    json::text(device, "storage_title").and_then(|text| text.strip_suffix(DISK)) == Some(title)
}

fn computed(server: &Json) -> Attributes {
    let addresses = json::items(server, "ip_addresses").iter();
    let addresses = addresses.filter(|address| json::text(address, "family") == Some("IPv4"));
    let addresses = addresses
        .filter_map(|address| json::text(address, "address"))
        .map(Value::from)
        .collect();
    let mut computed = Attributes::from([("ipv4".to_owned(), Value::List(addresses))]);
    for name in ["hostname", "zone"] {
        if let Some(text) = json::text(server, name) {
            computed.insert(name.to_owned(), text.into());
        }
    }
    computed
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    _changed: &[String],
) -> Result<(), Failure> {
    let body = json!({"server": {"labels": {"label": labels::list(&labels::of(order)?)}}});
    site.client
        .change(Method::PUT, &format!("/server/{}", site::id(id)?), &body)
        .await?;
    Ok(())
}

/// Takes the storage `storage` from the server `id`. One that is not there is taken.
pub(crate) async fn detach(site: &Site<'_>, id: &str, storage: &str) -> Result<(), Failure> {
    let server = details(site, id).await?;
    let device = devices(&server).find(|device| json::text(device, "storage") == Some(storage));
    let Some(address) = device.and_then(|device| json::text(device, "address")) else {
        return Ok(());
    };
    let body = json!({"storage_device": {"address": address}});
    site.client
        .post(&format!("/server/{}/storage/detach", site::id(id)?), &body)
        .await?;
    Ok(())
}

/// Stops it, lets go of every storage that is not its own disk, and deletes it with its disk.
pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    stop(site, id).await?;
    let server = details(site, id).await?;
    for device in devices(&server).filter(|device| !is_system_disk(&server, device)) {
        if let Some(storage) = json::text(device, "storage") {
            detach(site, id, storage).await?;
        }
    }
    let server = details(site, id).await?;
    // Whatever is attached now would be deleted with it.
    if !devices(&server).all(|device| is_system_disk(&server, device)) {
        return Err(Failure::new(
            Class::Transient,
            "the server has storages that are not its own",
        ));
    }
    site.client
        .delete(&format!("/server/{}/?storages=1&backups=keep", site::id(id)?))
        .await
}

/// Stops it and waits for that: only a stopped server can be deleted, and nobody would come back to do so.
async fn stop(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    let began = Instant::now();
    let mut asked = false;
    loop {
        match json::text(&details(site, id).await?, "state") {
            Some("stopped" | "error") => return Ok(()),
            Some("started") if !asked => {
                let body = json!({"stop_server": {"stop_type": "hard"}});
                site.client
                    .post(&format!("/server/{}/stop", site::id(id)?), &body)
                    .await?;
                asked = true;
            }
            _ => {}
        }
        if began.elapsed() >= site.settings.stop_within {
            return Err(Failure::new(Class::Transient, "the server has not stopped yet"));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
