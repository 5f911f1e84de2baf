//! Volumes are storages of an account, beside the system disks of its servers.

use std::time::Duration;

use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::error::{Effect, Failure};
use crate::json;
use crate::labels;
use crate::server;
use crate::site::{self, Site, Which};

/// The words of the schema for how fast a volume is, and the tiers of UpCloud that they mean.
const TIERS: [(&str, &str); 4] = [
    ("standard", "standard"),
    ("ssd", "maxiops"),
    ("nvme", "maxiops"),
    ("archive", "hdd"),
];

pub(crate) const SUPPORT: Support = Support {
    // Another size needs a stopped server, so it is a replacement.
    in_place: &["server", "tags"],
    unread: &[],
    visible_after: Duration::from_secs(10),
    twins: true,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    let size = order.attributes.get("size_gb").and_then(Value::integer);
    let size = size.ok_or_else(|| Failure::new(Class::Permanent, "a volume needs a `size_gb`"))?;
    let encrypted = order
        .attributes
        .get("encrypted")
        .and_then(Value::bool)
        .unwrap_or(false);
    let body = json!({"storage": {
        "size": size.to_string(),
        "tier": tier(order),
        "title": order.name,
        "zone": site.zone,
        "encrypted": json::word(encrypted),
        "labels": labels::list(&labels::of(order)?),
    }});
    let answer = site.client.post("/storage", &body).await?;
    let id = json::text(&answer, "storage/uuid").map(str::to_owned);
    id.ok_or_else(|| Failure::lost(Effect::Change, "the answer has no `uuid`"))
}

fn tier(order: &Order) -> &str {
    let asked = order
        .attributes
        .get("type")
        .and_then(Value::text)
        .unwrap_or("ssd");
    TIERS
        .iter()
        .find(|(word, _)| *word == asked)
        .map_or(asked, |(_, tier)| tier)
}

/// A storage that is not online yet is refused: whoever tries again finds it and goes on from here.
pub(crate) async fn finish(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    place(site, id, order).await
}

/// Attaches it to the server that `order` names, or to none.
async fn place(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    let wanted = order.attributes.get("server").and_then(Value::text);
    let wanted = wanted.map(|name| order.reference(Kind::Server, name));
    let storage = site.client.get(&format!("/storage/{}", site::id(id)?)).await?;
    let holder = holder(json::at(&storage, "storage").unwrap_or(&Json::Null));
    if holder == wanted {
        return Ok(());
    }
    if let Some(server) = holder {
        server::detach(site, server, id).await?;
    }
    let Some(server) = wanted else { return Ok(()) };
    let body = json!({"storage_device": {"type": "disk", "address": "virtio", "storage": id}});
    site.client
        .post(&format!("/server/{}/storage/attach", site::id(server)?), &body)
        .await?;
    Ok(())
}

/// The server that has it.
fn holder(storage: &Json) -> Option<&str> {
    json::items(storage, "servers").first()?.as_str()
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    let ids = match which {
        Which::Id(id) => vec![id.to_owned()],
        _ => ids(site, which).await?,
    };
    let mut found = Vec::new();
    for id in ids {
        // What a list says does not say which server has it.
        match site.client.get(&format!("/storage/{}", site::id(&id)?)).await {
            Ok(answer) => found.extend(json::at(&answer, "storage").and_then(observed)),
            Err(failure) if failure.class == Class::Absent => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

async fn ids(site: &Site<'_>, which: Which<'_>) -> Result<Vec<String>, Failure> {
    let answer = site
        .client
        .get(&format!("/storage/private{}", which.filter()))
        .await?;
    let storages = json::items(&answer, "storages").iter();
    let normal = storages.filter(|storage| json::text(storage, "type") == Some("normal"));
    Ok(normal
        .filter_map(|storage| json::text(storage, "uuid").map(str::to_owned))
        .collect())
}

fn observed(storage: &Json) -> Option<Observed> {
    let labels = labels::read(storage);
    let tier = json::text(storage, "tier").unwrap_or_default();
    let word = TIERS
        .iter()
        .find(|(_, known)| *known == tier)
        .map_or(tier, |(word, _)| word);
    let mut attributes = Attributes::from([
        ("encrypted".to_owned(), json::yes(storage, "encrypted").into()),
        ("tags".to_owned(), labels::attribute(&labels)),
        ("type".to_owned(), word.into()),
    ]);
    if let Some(size) = json::number(storage, "size") {
        attributes.insert("size_gb".to_owned(), size.into());
    }
    if let Some(server) = holder(storage) {
        attributes.insert("server".to_owned(), server.into());
    }
    let mut computed = Attributes::new();
    if let Some(zone) = json::text(storage, "zone") {
        computed.insert("zone".to_owned(), zone.into());
    }
    Some(Observed {
        kind: Kind::Volume,
        id: json::text(storage, "uuid")?.to_owned(),
        name: json::text(storage, "title").unwrap_or_default().to_owned(),
        status: match json::text(storage, "state") {
            Some("online") => Status::Ready,
            Some("error") => Status::Failed,
            _ => Status::Pending,
        },
        attributes,
        computed,
        marker: labels::marker(&labels),
    })
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    if changed.iter().any(|attribute| attribute == "server") {
        place(site, id, order).await?;
    }
    // An order that says no tags leaves them alone.
    if !changed.iter().any(|attribute| attribute == "tags") {
        return Ok(());
    }
    let body = json!({"storage": {"labels": labels::list(&labels::of(order)?)}});
    site.client
        .change(Method::PUT, &format!("/storage/{}", site::id(id)?), &body)
        .await?;
    Ok(())
}

/// Backups of it stay: whoever wants them gone says so at UpCloud.
pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    let path = format!("/storage/{}", site::id(id)?);
    let storage = site.client.get(&path).await?;
    if let Some(server) = holder(json::at(&storage, "storage").unwrap_or(&Json::Null)) {
        server::detach(site, server, id).await?;
    }
    site.client.delete(&format!("{path}/?backups=keep")).await
}

pub(crate) async fn snapshot(site: &Site<'_>, id: &str, name: &str) -> Result<String, Failure> {
    let body = json!({"storage": {"title": name}});
    let answer = site
        .client
        .post(&format!("/storage/{}/backup", site::id(id)?), &body)
        .await?;
    let id = json::text(&answer, "storage/uuid").map(str::to_owned);
    id.ok_or_else(|| Failure::lost(Effect::Change, "the answer has no `uuid`"))
}
