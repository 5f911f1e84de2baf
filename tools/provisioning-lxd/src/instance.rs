//! `server`: an instance, which is made and then started.
//!
//! Its id is known before anything is called, because it is its name. What happens between the two calls leaves a stopped
//! instance with our marker, and the same order starts it. One that could not be started has the reason written down with
//! it, so that whoever reads it sees why it failed.

use std::time::Duration;

use provisioning::provider::{Class, Created, Error, Observed, Order, Status};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value as Json, json};

use crate::ask::Ask;
use crate::client::{Begun, Client, pause};
use crate::envelope::Operation;
use crate::error::Attempt;
use crate::marker;
use crate::names::{self, segment};
use crate::shape::{self, FAILURE};
use crate::subnet;

/// How long `create` waits for what it has begun, so that what fails at once is an error with a reason. An image that comes
/// over the network takes longer; then the rest goes on by itself.
const LINGER: Duration = Duration::from_secs(30);
/// How long an image may come over the network.
const IMAGE: Duration = Duration::from_mins(30);
/// What the operation that makes one is called.
const CREATING: &str = "Creating instance";
/// How often a change is tried while something else happens to the instance, a quarter of a second apart.
const TRIES: u32 = 40;
/// How long anything else may take.
const LIMIT: Duration = Duration::from_mins(2);

/// Makes one and starts it, or starts the one that was made before.
pub(crate) async fn create(client: &Client, order: &Order) -> Result<Created, Error> {
    let name = names::host(&order.name);
    let attempt = Attempt::change(format!("make server `{name}`"));
    let project = client.project(order.region.as_deref());
    if let Some((there, _)) = get(client, project, &name).await? {
        return settle(client, project, order, &there, &attempt).await;
    }
    let bridge = bridge(client, project, order).await?;
    let about = client.about().await?;
    let body = shape::body(client.settings(), about, order, &name, bridge.as_deref())
        .map_err(|why| attempt.failed(Class::Permanent, &why))?;
    let ask = Ask::new(Method::POST, "/1.0/instances")
        .query("project", project)
        .json(&body);
    let operation = match client.begin(ask, &attempt).await? {
        Begun::Done(_) => None,
        Begun::Goes(operation) => Some(operation),
    };
    let created = Created { id: name.clone() };
    let Some(operation) = operation else {
        start(client, project, &name).await;
        return Ok(created);
    };
    match client.wait(&operation, &attempt, LINGER).await {
        Ok(Some(_)) => start(client, project, &name).await,
        Ok(None) => start_later(client, project, &name, operation),
        Err(error) if error.class == Class::Taken => {
            let Some((there, _)) = get(client, project, &name).await? else {
                return Err(error);
            };
            return settle(client, project, order, &there, &attempt).await;
        }
        Err(error) => return Err(error),
    }
    Ok(created)
}

/// The bridge that a server is put on.
async fn bridge(client: &Client, project: &str, order: &Order) -> Result<Option<String>, Error> {
    let (subnet, network) = shape::places(order);
    match (subnet, network) {
        (Some(subnet), _) => Ok(Some(subnet)),
        (None, Some(network)) => Ok(Some(
            subnet::first_of(client, project, &network)
                .await?
                .unwrap_or(network),
        )),
        (None, None) => Ok(None),
    }
}

/// There is one of that name: if it is the one that was ordered, it is started unless it runs or has just been begun.
async fn settle(
    client: &Client,
    project: &str,
    order: &Order,
    there: &Json,
    attempt: &Attempt,
) -> Result<Created, Error> {
    let name = names::host(&order.name);
    if marker::marker(&marker::config(there)).is_none_or(|marker| marker.id != order.marker.id) {
        return Err(attempt.taken("an instance of that name"));
    }
    let created = Created { id: name.clone() };
    let stopped = shape::status(there) == Status::Stopped;
    let operations = client.operations(project, attempt).await?;
    let made = operations
        .into_iter()
        .find(|operation| operation.concerns(&name) && operation.description == CREATING);
    match made {
        // Whoever began this may be gone, and nobody else starts it.
        Some(operation) => match client.wait(&operation, attempt, LINGER).await {
            Ok(None) => start_later(client, project, &name, operation),
            Err(error) if error.class != Class::Unknown => return Err(error),
            _ => start(client, project, &name).await,
        },
        None if stopped => start(client, project, &name).await,
        None => {}
    }
    Ok(created)
}

/// Starts one that is there. Why it could not be started is written down with it: an error of this call would say that
/// nothing is there.
async fn start(client: &Client, project: &str, name: &str) {
    let attempt = Attempt::change(format!("start server `{name}`"));
    let why = match state(client, project, name, "start", LINGER).await {
        Err(error) if error.class != Class::Unknown && !error.message.contains("already running") => {
            Some(error.message)
        }
        // Whoever reads it sees whether it runs.
        _ => None,
    };
    let failed = why.is_some();
    let written = edit(client, project, name, &attempt, |instance| {
        if let Some(config) = instance.get_mut("config").and_then(Json::as_object_mut) {
            match &why {
                Some(why) => config.insert(FAILURE.to_owned(), json!(why)),
                None => config.remove(FAILURE),
            };
        }
        Ok(())
    });
    // One that was never written down needs no forgetting, which would be a change of a new server.
    if failed || has_failure(client, project, name).await {
        let _ = written.await;
    }
}

async fn has_failure(client: &Client, project: &str, name: &str) -> bool {
    let there = get(client, project, name).await;
    there.is_ok_and(|there| there.is_some_and(|(json, _)| marker::config(&json).contains_key(FAILURE)))
}

fn start_later(client: &Client, project: &str, name: &str, operation: Operation) {
    let (client, project, name) = (client.clone(), project.to_owned(), name.to_owned());
    tokio::spawn(async move {
        let attempt = Attempt::change(format!("make server `{name}`"));
        if let Ok(Some(_)) = client.wait(&operation, &attempt, IMAGE).await {
            start(&client, &project, &name).await;
        }
    });
}

async fn state(
    client: &Client,
    project: &str,
    name: &str,
    action: &str,
    limit: Duration,
) -> Result<(), Error> {
    let attempt = Attempt::change(format!("{action} server `{name}`"));
    let body = json!({ "action": action, "timeout": 30, "force": action == "stop" });
    let ask = Ask::new(Method::PUT, format!("{}/state", path(name)))
        .query("project", project)
        .json(&body);
    client.change(ask, &attempt, limit).await.map(|_| ())
}

/// The path of an instance.
pub(crate) fn path(name: &str) -> String {
    format!("/1.0/instances/{}", segment(name))
}

async fn get(
    client: &Client,
    project: &str,
    name: &str,
) -> Result<Option<(Json, Option<HeaderValue>)>, Error> {
    let attempt = Attempt::look(format!("read server `{name}`"));
    client
        .found(Ask::get(path(name)).query("project", project), &attempt)
        .await
}

/// What goes on with an instance: nothing, something, or its end.
async fn busy(client: &Client, project: &str, name: &str) -> Result<Option<Status>, Error> {
    let attempt = Attempt::look(format!("read what goes on with server `{name}`"));
    let operations = client.operations(project, &attempt).await?;
    Ok(going(&operations, name))
}

fn going(operations: &[Operation], name: &str) -> Option<Status> {
    // A command that runs in it, or a picture that is taken of it, does not make it any less ready.
    let changes = [
        "Creating instance",
        "Starting instance",
        "Restarting instance",
        "Stopping instance",
    ];
    let concerning = operations.iter().filter(|operation| operation.concerns(name));
    concerning
        .filter_map(|operation| match operation.description.as_str() {
            "Deleting instance" => Some(Status::Deleting),
            description if changes.contains(&description) => Some(Status::Pending),
            _ => None,
        })
        .max_by_key(|status| *status == Status::Deleting)
}

/// What one is now.
pub(crate) async fn read(client: &Client, project: &str, id: &str) -> Result<Option<Observed>, Error> {
    let going = busy(client, project, id).await?;
    let Some((json, _)) = get(client, project, id).await? else {
        // One whose image is still on its way is not there yet, nor is it gone.
        let coming = going.filter(|status| *status == Status::Pending);
        return Ok(coming.map(|_| shape::coming(id)));
    };
    let attempt = Attempt::look(format!("read the state of server `{id}`"));
    let ask = Ask::get(format!("{}/state", path(id))).query("project", project);
    let state = client
        .found(ask, &attempt)
        .await?
        .map(|(state, _)| state)
        .unwrap_or_default();
    let about = client.about().await?;
    let mut observed = shape::observed(&json, &state, going, about);
    // Whether the size of the disk is held to depends on what the pool is made of.
    if let Some(observed) = observed
        .as_mut()
        .filter(|observed| observed.attributes.contains_key("disk_gb"))
        && let Some(note) = disk_note(client, project, &json).await?
    {
        observed.computed.insert("note_disk".to_owned(), note.into());
    }
    Ok(observed)
}

async fn disk_note(client: &Client, project: &str, instance: &Json) -> Result<Option<String>, Error> {
    let pool = shape::device(instance, "root", "pool").unwrap_or(&client.settings().pool);
    let attempt = Attempt::look(format!("read storage pool `{pool}`"));
    let ask = Ask::get(format!("/1.0/storage-pools/{}", segment(pool))).query("project", project);
    let found = client.found(ask, &attempt).await?;
    let directory = found.is_some_and(|(json, _)| json.get("driver").and_then(Json::as_str) == Some("dir"));
    Ok(directory.then(|| {
        format!(
            "pool `{pool}` is a directory, which holds to a size only on a file system with project quotas"
        )
    }))
}

/// All of them.
pub(crate) async fn all(client: &Client, project: &str) -> Result<Vec<Observed>, Error> {
    // First what goes on: what ends between the two calls is then listed.
    let attempt = Attempt::look("list the servers");
    let operations = client.operations(project, &attempt).await?;
    listed(client, project, &operations, &attempt).await
}

/// Those with the marker `id`. One that is being made is not listed until its image is there, and what is being made does
/// not say whose it is: so there is no answer before everything that is being made is listed.
pub(crate) async fn find(client: &Client, project: &str, id: &str) -> Result<Vec<Observed>, Error> {
    let attempt = Attempt::look("find a server by its marker");
    for _ in 0..TRIES {
        let operations = client.operations(project, &attempt).await?;
        let all = listed(client, project, &operations, &attempt).await?;
        let is_of = |one: &&Observed| one.marker.as_ref().is_some_and(|marker| marker.id == id);
        let found: Vec<Observed> = all.iter().filter(is_of).cloned().collect();
        let unlisted = operations.iter().any(|operation| {
            operation.description == CREATING && !all.iter().any(|one| operation.concerns(&one.id))
        });
        if !found.is_empty() || !unlisted {
            return Ok(found);
        }
        tokio::time::sleep(pause()).await;
    }
    Err(attempt.failed(
        Class::Transient,
        "a server is still being made, and it does not say yet whose it is",
    ))
}

async fn listed(
    client: &Client,
    project: &str,
    operations: &[Operation],
    attempt: &Attempt,
) -> Result<Vec<Observed>, Error> {
    let ask = Ask::get("/1.0/instances")
        .query("recursion", "2")
        .query("project", project);
    let json = client.done(ask, attempt).await?;
    let about = client.about().await?;
    let instances = json.as_array().into_iter().flatten();
    Ok(instances
        .filter_map(|instance| {
            let name = instance.get("name").and_then(Json::as_str)?;
            let state = instance.get("state").cloned().unwrap_or_default();
            shape::observed(instance, &state, going(operations, name), about)
        })
        .collect())
}

/// Makes one what the order says.
pub(crate) async fn update(client: &Client, project: &str, id: &str, order: &Order) -> Result<(), Error> {
    let attempt = Attempt::change(format!("change server `{id}`"));
    let about = client.about().await?;
    edit(client, project, id, &attempt, |instance| {
        if marker::marker(&marker::config(instance)).is_none_or(|marker| marker.id != order.marker.id) {
            return Err(attempt.taken("an instance of that name"));
        }
        shape::change(instance, client.settings(), about, order);
        Ok(())
    })
    .await
}

/// Changes an instance by `change`, again if somebody else changed it meanwhile.
pub(crate) async fn edit(
    client: &Client,
    project: &str,
    name: &str,
    attempt: &Attempt,
    change: impl Fn(&mut Json) -> Result<(), Error>,
) -> Result<(), Error> {
    for _ in 0..TRIES {
        let Some((mut instance, etag)) = get(client, project, name).await? else {
            return Err(attempt.failed(Class::Absent, "it is not there"));
        };
        let before = instance.clone();
        change(&mut instance)?;
        if instance == before {
            return Ok(());
        }
        let body = shape::writable(&instance);
        let ask = Ask::new(Method::PUT, path(name))
            .query("project", project)
            .unless_changed(etag)
            .json(&body);
        match client.change(ask, attempt, LIMIT).await {
            // Changed by somebody else meanwhile, or still being stopped or started.
            Err(error) if error.class == Class::Transient => tokio::time::sleep(pause()).await,
            other => return other.map(|_| ()),
        }
    }
    Err(attempt.failed(Class::Transient, "something else happens to it all the time"))
}

/// Stops one without asking it, and deletes it.
pub(crate) async fn delete(client: &Client, project: &str, id: &str) -> Result<(), Error> {
    let attempt = Attempt::change(format!("delete server `{id}`"));
    let Some((there, _)) = get(client, project, id).await? else {
        return Ok(());
    };
    if marker::marker(&marker::config(&there)).is_none() {
        return Err(attempt.taken("an instance of that name"));
    }
    if busy(client, project, id).await? == Some(Status::Deleting) {
        return Ok(());
    }
    if shape::status(&there) != Status::Stopped {
        match state(client, project, id, "stop", LIMIT).await {
            Err(error) if error.class == Class::Absent => return Ok(()),
            Err(error) if !error.message.contains("already stopped") => return Err(error),
            _ => {}
        }
    }
    let ask = Ask::new(Method::DELETE, path(id)).query("project", project);
    let gone = match client.begin(ask, &attempt).await {
        Ok(Begun::Goes(operation)) => client.wait(&operation, &attempt, LINGER).await.map(|_| ()),
        Ok(Begun::Done(_)) => Ok(()),
        Err(error) => Err(error),
    };
    match gone {
        Err(error) if error.class != Class::Absent => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_seen() {
        let operation = |description: &str| Operation {
            id: "x".to_owned(),
            description: description.to_owned(),
            status_code: 103,
            err: String::new(),
            resources: json!({"instances": ["/1.0/instances/web?project=x"]}),
            metadata: Json::Null,
        };
        let all = [operation("Executing command"), operation("Starting instance")];
        assert_eq!(going(&all, "web"), Some(Status::Pending));
        assert_eq!(going(&all[..1], "web"), None);
        assert_eq!(going(&all, "we"), None);
        assert_eq!(
            going(&[operation("Deleting instance"), all[1].clone()], "web"),
            Some(Status::Deleting)
        );
    }
}
