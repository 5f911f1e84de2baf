//! Volumes as devices of servers.

use provisioning::provider::{Class, Error};
use serde_json::{Value as Json, json};

use crate::client::Client;
use crate::error::Attempt;
use crate::instance;
use crate::marker;
use crate::names;

/// The server that a volume is attached to.
pub(crate) fn user(volume: &Json) -> Option<String> {
    let users = volume.get("used_by").and_then(Json::as_array)?;
    users.iter().filter_map(Json::as_str).find_map(|path| {
        let name = path.strip_prefix("/1.0/instances/")?;
        let name = name.split('?').next().unwrap_or(name);
        (!name.contains('/')).then(|| name.to_owned())
    })
}

/// The name of the device: no name of a card or of the root disk begins like this.
fn device(volume: &str) -> String {
    names::host(&format!("volume-{volume}"))
}

/// Attaches the volume to the server, if it is not.
pub(crate) async fn attach(client: &Client, project: &str, volume: &str, server: &str) -> Result<(), Error> {
    let attempt = Attempt::change(format!("attach volume `{volume}` to server `{server}`"));
    let disk = json!({
        "type": "disk",
        "pool": client.settings().pool,
        "source": volume,
        "path": format!("/mnt/{volume}"),
    });
    let changed = instance::edit(client, project, server, &attempt, |instance| {
        if marker::marker(&marker::config(instance)).is_none() {
            return Err(attempt.taken("a server of that name"));
        }
        if let Some(devices) = instance.get_mut("devices").and_then(Json::as_object_mut) {
            devices.insert(device(volume), disk.clone());
        }
        Ok(())
    });
    changed.await.map_err(|error| match error.class {
        Class::Absent => attempt.failed(Class::Absent, &format!("there is no server `{server}`")),
        _ => error,
    })
}

/// Takes the volume off the server, if it is ours.
pub(crate) async fn detach(client: &Client, project: &str, volume: &str, server: &str) -> Result<(), Error> {
    let attempt = Attempt::change(format!("take volume `{volume}` off server `{server}`"));
    let changed = instance::edit(client, project, server, &attempt, |instance| {
        if marker::marker(&marker::config(instance)).is_none() {
            return Err(attempt.taken("a server of that name"));
        }
        if let Some(devices) = instance.get_mut("devices").and_then(Json::as_object_mut) {
            devices.retain(|_, device| {
                let text = |key: &str| device.get(key).and_then(Json::as_str);
                text("source") != Some(volume) || text("pool") != Some(client.settings().pool.as_str())
            });
        }
        Ok(())
    });
    match changed.await {
        Err(error) if error.class != Class::Absent => Err(error),
        _ => Ok(()),
    }
}
