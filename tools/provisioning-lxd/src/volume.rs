//! `volume`: a custom storage volume, attached to a server as a device and seen there below `/mnt`.
//!
//! It is made and then attached, which are two calls. The server that it is meant for is written down with it in the
//! first, so that one that was not attached any more is seen: it is `stopped`, and the same order attaches it.

use std::time::Duration;

use provisioning::provider::{Class, Created, Error, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value as Json, json};

use crate::ask::Ask;
use crate::client::Client;
use crate::error::Attempt;
use crate::marker::{self, Config};
use crate::names::{self, segment};
use crate::{amount, attached};

/// The server that it is meant for.
const SERVER: &str = "user.prov.server";
/// How long making, changing and deleting one may take.
const LIMIT: Duration = Duration::from_mins(2);

/// What can be done with one.
pub(crate) const SUPPORT: Support = Support {
    in_place: &["size_gb", "server", "tags"],
    unread: &["type", "encrypted"],
    visible_after: Duration::ZERO,
    twins: false,
};

/// Makes one and attaches it, or finishes what was begun before.
pub(crate) async fn create(client: &Client, order: &Order) -> Result<Created, Error> {
    let name = names::host(&order.name);
    let attempt = Attempt::change(format!("make volume `{name}`"));
    let project = client.project(order.region.as_deref());
    let body = json!({
        "name": name,
        "content_type": "filesystem",
        "description": order.marker.address,
        "config": marker::to_json(&config(Config::new(), order)),
    });
    let path = format!(
        "/1.0/storage-pools/{}/volumes/custom",
        segment(&client.settings().pool)
    );
    let ask = Ask::new(Method::POST, path).query("project", project).json(&body);
    match client.change(ask, &attempt, LIMIT).await {
        Ok(_) => {}
        Err(error) if error.class == Class::Taken => match get(client, project, &name).await? {
            Some((there, _)) if is_of(&there, order) => {}
            Some(_) => return Err(attempt.taken("a volume of that name")),
            None => return Err(error),
        },
        Err(error) => return Err(error),
    }
    if let Some(server) = server(order) {
        // The volume is there, whatever comes of this: whoever asks finds it, and the same order attaches it.
        let attached = attached::attach(client, project, &name, server).await;
        attached.map_err(|error| Error {
            class: Class::Unknown,
            ..error
        })?;
    }
    Ok(Created { id: name })
}

fn server(order: &Order) -> Option<&str> {
    let name = order.attributes.get("server").and_then(Value::text)?;
    Some(order.reference(Kind::Server, name))
}

fn is_of(there: &Json, order: &Order) -> bool {
    marker::marker(&marker::config(there)).is_some_and(|marker| marker.id == order.marker.id)
}

fn config(mut config: Config, order: &Order) -> Config {
    marker::mark(&mut config, order);
    marker::note(
        &mut config,
        "size",
        order.attributes.get("size_gb").and_then(amount::size),
    );
    marker::note(&mut config, SERVER, server(order).map(str::to_owned));
    config
}

fn observed(json: &Json) -> Option<Observed> {
    let name = json.get("name").and_then(Json::as_str)?;
    let config = marker::config(json);
    let server = attached::user(json);
    let mut attributes = Attributes::new();
    if let Some(size) = config.get("size").and_then(|text| amount::gigabytes(text)) {
        attributes.insert("size_gb".to_owned(), size);
    }
    if let Some(server) = &server {
        attributes.insert("server".to_owned(), Value::from(server.as_str()));
    }
    if let Some(tags) = marker::tags(&config) {
        attributes.insert("tags".to_owned(), tags);
    }
    let unattached = server.is_none() && config.contains_key(SERVER);
    Some(Observed {
        kind: Kind::Volume,
        id: name.to_owned(),
        name: name.to_owned(),
        status: if unattached {
            Status::Stopped
        } else {
            Status::Ready
        },
        attributes,
        computed: Attributes::new(),
        marker: marker::marker(&config),
    })
}

async fn get(client: &Client, project: &str, id: &str) -> Result<Option<(Json, Option<HeaderValue>)>, Error> {
    let attempt = Attempt::look(format!("read volume `{id}`"));
    client
        .found(Ask::get(path(client, id)).query("project", project), &attempt)
        .await
}

fn path(client: &Client, id: &str) -> String {
    let pool = segment(&client.settings().pool);
    format!("/1.0/storage-pools/{pool}/volumes/custom/{}", segment(id))
}

/// What one is now.
pub(crate) async fn read(client: &Client, project: &str, id: &str) -> Result<Option<Observed>, Error> {
    let found = get(client, project, id).await?;
    Ok(found.and_then(|(json, _)| observed(&json)))
}

/// All of them, without their snapshots.
pub(crate) async fn all(client: &Client, project: &str) -> Result<Vec<Observed>, Error> {
    let attempt = Attempt::look("list the volumes");
    let path = format!(
        "/1.0/storage-pools/{}/volumes/custom",
        segment(&client.settings().pool)
    );
    let ask = Ask::get(path).query("recursion", "1").query("project", project);
    let json = client.done(ask, &attempt).await?;
    let volumes = json.as_array().into_iter().flatten().filter_map(observed);
    // A snapshot is called `volume/snapshot`.
    Ok(volumes.filter(|volume| !volume.name.contains('/')).collect())
}

/// Makes one what the order says.
pub(crate) async fn update(
    client: &Client,
    project: &str,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Error> {
    let attempt = Attempt::change(format!("change volume `{id}`"));
    let Some((now, etag)) = get(client, project, id).await? else {
        return Err(attempt.failed(Class::Absent, "it is not there"));
    };
    if !is_of(&now, order) {
        return Err(attempt.taken("a volume of that name"));
    }
    let description = now.get("description").cloned().unwrap_or_default();
    let config = config(marker::config(&now), order);
    let body = json!({ "config": marker::to_json(&config), "description": description });
    let ask = Ask::new(Method::PUT, path(client, id))
        .query("project", project)
        .unless_changed(etag)
        .json(&body);
    client.change(ask, &attempt, LIMIT).await?;
    if !changed.iter().any(|name| name == "server") {
        return Ok(());
    }
    let (was, wanted) = (attached::user(&now), server(order));
    if let Some(was) = was.filter(|was| Some(was.as_str()) != wanted) {
        attached::detach(client, project, id, &was).await?;
    }
    match wanted {
        Some(server) => attached::attach(client, project, id, server).await,
        None => Ok(()),
    }
}

/// Takes one off the server that has it, and deletes it.
pub(crate) async fn delete(client: &Client, project: &str, id: &str) -> Result<(), Error> {
    let attempt = Attempt::change(format!("delete volume `{id}`"));
    let Some((there, _)) = get(client, project, id).await? else {
        return Ok(());
    };
    if marker::marker(&marker::config(&there)).is_none() {
        return Err(attempt.taken("a volume of that name"));
    }
    if let Some(server) = attached::user(&there) {
        attached::detach(client, project, id, &server).await?;
    }
    let ask = Ask::new(Method::DELETE, path(client, id)).query("project", project);
    match client.change(ask, &attempt, LIMIT).await {
        Err(error) if error.class != Class::Absent => Err(error),
        _ => Ok(()),
    }
}

/// Keeps what one holds now.
pub(crate) async fn snapshot(client: &Client, project: &str, id: &str, name: &str) -> Result<String, Error> {
    let attempt = Attempt::change(format!("take snapshot `{name}` of volume `{id}`"));
    let ask = Ask::new(Method::POST, format!("{}/snapshots", path(client, id)))
        .query("project", project)
        .json(&json!({ "name": name }));
    client.change(ask, &attempt, LIMIT).await?;
    Ok(format!("{id}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // As LXD 5.0.2 writes it.
    fn volume(used_by: Json, config: Json) -> Json {
        json!({"config": config, "description": "", "name": "data", "type": "custom", "used_by": used_by,
            "location": "none", "content_type": "filesystem", "project": "default"})
    }

    #[test]
    fn one_that_is_not_attached_yet_is_seen() {
        let meant = json!({"size": "10GiB", "user.prov.server": "web"});
        let read = observed(&volume(json!([]), meant.clone())).expect("a volume");
        assert_eq!(
            (read.status, read.attributes.get("server")),
            (Status::Stopped, None)
        );
        assert_eq!(read.attributes.get("size_gb"), Some(&Value::Integer(10)));
        let read = observed(&volume(json!(["/1.0/instances/web?project=x"]), meant)).expect("a volume");
        assert_eq!(
            (read.status, read.attributes.get("server")),
            (Status::Ready, Some(&Value::from("web")))
        );
        assert_eq!(
            observed(&volume(Json::Null, json!({}))).map(|read| read.status),
            Some(Status::Ready)
        );
    }
}
