//! Images, and the profiles that go with them: what servers are made of.

use std::io;
use std::path::Path;
use std::time::Duration;

use provisioning::provider::{Class, Error};
use reqwest::{Body, Method};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::ask::Ask;
use crate::client::Client;
use crate::error::Attempt;
use crate::names::{hex, segment};
use crate::upload::Upload;

/// How long the server may take to unpack one.
const IMPORT: Duration = Duration::from_mins(15);

/// An image that a server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The SHA-256 of its content.
    pub fingerprint: String,
    /// What it is called.
    pub aliases: Vec<String>,
    /// What it says of itself.
    pub description: String,
    /// How large it is.
    pub size_bytes: u64,
}

/// All images of a project.
pub(crate) async fn all(client: &Client, project: &str) -> Result<Vec<Image>, Error> {
    let attempt = Attempt::look("list the images");
    let ask = Ask::get("/1.0/images")
        .query("recursion", "1")
        .query("project", project);
    let json = client.done(ask, &attempt).await?;
    Ok(json.as_array().into_iter().flatten().filter_map(image).collect())
}

fn image(json: &Json) -> Option<Image> {
    let aliases = json.get("aliases").and_then(Json::as_array).into_iter().flatten();
    let description = json.pointer("/properties/description").and_then(Json::as_str);
    Some(Image {
        fingerprint: json.get("fingerprint").and_then(Json::as_str)?.to_owned(),
        aliases: aliases
            .filter_map(|alias| Some(alias.get("name")?.as_str()?.to_owned()))
            .collect(),
        description: description.unwrap_or_default().to_owned(),
        size_bytes: json.get("size").and_then(Json::as_u64).unwrap_or(0),
    })
}

/// The fingerprint that an alias stands for.
pub(crate) async fn alias(client: &Client, project: &str, name: &str) -> Result<Option<String>, Error> {
    let attempt = Attempt::look(format!("look for image `{name}`"));
    let ask = Ask::get(format!("/1.0/images/aliases/{}", segment(name))).query("project", project);
    let found = client.found(ask, &attempt).await?;
    Ok(found.and_then(|(json, _)| Some(json.get("target")?.as_str()?.to_owned())))
}

/// Gives the server the image in the file `tarball`, and calls it `name`.
pub(crate) async fn import(
    client: &Client,
    project: &str,
    tarball: &Path,
    name: &str,
) -> Result<String, Error> {
    let attempt = Attempt::change(format!("import image `{}` as `{name}`", tarball.display()));
    let unreadable =
        |error: io::Error| attempt.failed(Class::Permanent, &format!("the file cannot be read: {error}"));
    let mut file = File::open(tarball).await.map_err(unreadable)?;
    // The server finds out by itself, and says so in no answer that can be relied on.
    let (fingerprint, length) = digest(&mut file).await.map_err(unreadable)?;
    if !all(client, project)
        .await?
        .iter()
        .any(|image| image.fingerprint == fingerprint)
    {
        file.rewind().await.map_err(unreadable)?;
        let body = Body::wrap(Upload::new(file, length));
        let ask = Ask::new(Method::POST, "/1.0/images")
            .query("project", project)
            .file(body);
        client.change(ask, &attempt, IMPORT).await?;
    }
    let body = json!({ "name": name, "target": fingerprint });
    let ask = Ask::new(Method::POST, "/1.0/images/aliases")
        .query("project", project)
        .json(&body);
    match client.done(ask, &attempt).await {
        Err(error) if error.class == Class::Taken => match alias(client, project, name).await? {
            Some(target) if target == fingerprint => Ok(fingerprint),
            _ => Err(attempt.taken("an image of that name")),
        },
        other => other.map(|_| fingerprint),
    }
}

/// The SHA-256 of what is in a file, which is the fingerprint of an image, and its length.
async fn digest(file: &mut File) -> io::Result<(String, u64)> {
    let (mut hash, mut length) = (Sha256::new(), 0_u64);
    let mut piece = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut piece).await?;
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else {
            return Ok((hex(&hash.finalize()), length));
        };
        hash.update(read);
        length = length.saturating_add(u64::try_from(read.len()).unwrap_or(u64::MAX));
    }
}

/// The names of the profiles of a project.
pub(crate) async fn profiles(client: &Client, project: &str) -> Result<Vec<String>, Error> {
    let attempt = Attempt::look("list the profiles");
    let ask = Ask::get("/1.0/profiles")
        .query("recursion", "1")
        .query("project", project);
    let json = client.done(ask, &attempt).await?;
    let profiles = json.as_array().into_iter().flatten();
    Ok(profiles
        .filter_map(|profile| Some(profile.get("name")?.as_str()?.to_owned()))
        .collect())
}
