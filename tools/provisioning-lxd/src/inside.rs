//! What is done inside a server: commands, files, its console, and pictures of it.

use std::time::Duration;

use provisioning::provider::{Class, Error, Ran};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::ask::Ask;
use crate::client::{Begun, Client};
use crate::error::Attempt;
use crate::instance::path;
use crate::names::segment;

/// The most that is kept of each stream of a command, and of a console.
const OUTPUT: usize = 256 << 10;
/// The most that is fetched of a file.
const FILE: usize = 16 << 20;
/// How long a command may take.
const COMMAND: Duration = Duration::from_mins(10);
/// How long a picture may take.
const SNAPSHOT: Duration = Duration::from_mins(10);

/// Runs a command and gives what it wrote.
pub(crate) async fn exec(client: &Client, project: &str, id: &str, command: &[String]) -> Result<Ran, Error> {
    let attempt = Attempt::change(format!("run a command in server `{id}`"));
    let body = json!({
        "command": command,
        "record-output": true,
        "interactive": false,
        "wait-for-websocket": false,
    });
    let ask = Ask::new(Method::POST, format!("{}/exec", path(id)))
        .query("project", project)
        .json(&body);
    let Begun::Goes(operation) = client.begin(ask, &attempt).await? else {
        return Err(attempt.lost("the server does not say how it ended"));
    };
    let ended = match client.wait(&operation, &attempt, COMMAND).await {
        Ok(Some(ended)) => ended,
        Ok(None) => {
            let limit = COMMAND.as_secs();
            return Err(attempt.lost(&format!("it still runs after {limit} s, and goes on")));
        }
        Err(error) => {
            // A command that could not be started has left its logs too.
            for stream in ["stdout", "stderr"] {
                let _ = take_log(client, project, id, &format!("exec_{}.{stream}", operation.id)).await;
            }
            return Err(error);
        }
    };
    let mut output = String::new();
    for stream in ["1", "2"] {
        let log = ended.pointer(&format!("/output/{stream}")).and_then(Json::as_str);
        if let Some(name) = log.and_then(|path| path.rsplit('/').next()) {
            output.push_str(&take_log(client, project, id, name).await?);
        }
    }
    match ended.get("return").and_then(Json::as_i64) {
        Some(code) => Ok(Ran { code, output }),
        None => Err(attempt.lost("the server does not say how it ended")),
    }
}

/// Fetches the log of a command and deletes it there: LXD keeps them for days.
async fn take_log(client: &Client, project: &str, id: &str, name: &str) -> Result<String, Error> {
    // LXD names them under `logs`, Incus under `logs/exec-output`; both answer where they say that they are.
    let attempt = Attempt::look(format!("read what a command wrote in server `{id}`"));
    let mut last = None;
    for folder in ["logs", "logs/exec-output"] {
        let path = format!("{}/{folder}/{}", path(id), segment(name));
        match client
            .bytes(Ask::get(path.clone()).query("project", project), &attempt, OUTPUT)
            .await
        {
            Ok(bytes) => {
                let ask = Ask::new(Method::DELETE, path).query("project", project);
                let _ = client.done(ask, &attempt).await;
                return Ok(redacted::clean(&String::from_utf8_lossy(&bytes)).into_owned());
            }
            Err(error) if error.class == Class::Absent || error.class == Class::Permanent => {
                last = Some(error)
            }
            Err(error) => return Err(error),
        }
    }
    last.map_or(Ok(String::new()), Err)
}

/// What it has written to its console.
pub(crate) async fn console(client: &Client, project: &str, id: &str) -> Result<String, Error> {
    let attempt = Attempt::look(format!("read the console of server `{id}`"));
    let ask = Ask::get(format!("{}/console", path(id))).query("project", project);
    let bytes = client.bytes(ask, &attempt, OUTPUT).await?;
    Ok(redacted::clean(&String::from_utf8_lossy(&bytes)).into_owned())
}

/// Keeps what it is now.
pub(crate) async fn snapshot(client: &Client, project: &str, id: &str, name: &str) -> Result<String, Error> {
    let attempt = Attempt::change(format!("take snapshot `{name}` of server `{id}`"));
    let ask = Ask::new(Method::POST, format!("{}/snapshots", path(id)))
        .query("project", project)
        .json(&json!({ "name": name, "stateful": false }));
    client.change(ask, &attempt, SNAPSHOT).await?;
    Ok(format!("{id}/{name}"))
}

/// Puts a file into it, for its owner `root` and everybody to read.
pub(crate) async fn push(
    client: &Client,
    project: &str,
    id: &str,
    file: &str,
    content: Vec<u8>,
) -> Result<(), Error> {
    let attempt = Attempt::change(format!("put file `{file}` into server `{id}`"));
    let ask = Ask::new(Method::POST, format!("{}/files", path(id)))
        .query("path", file)
        .query("project", project)
        .header("x-lxd-type", "file")
        .header("x-lxd-mode", "0644")
        .header("x-incus-type", "file")
        .header("x-incus-mode", "0644")
        .file(content);
    client.done(ask, &attempt).await.map(|_| ())
}

/// Fetches a file from it.
pub(crate) async fn pull(client: &Client, project: &str, id: &str, file: &str) -> Result<Vec<u8>, Error> {
    let attempt = Attempt::look(format!("fetch file `{file}` from server `{id}`"));
    let ask = Ask::get(format!("{}/files", path(id)))
        .query("path", file)
        .query("project", project);
    let bytes = client.bytes(ask, &attempt, FILE.saturating_add(1)).await?;
    if bytes.len() > FILE {
        return Err(attempt.failed(Class::Permanent, &format!("it is longer than {FILE} bytes")));
    }
    Ok(bytes)
}
