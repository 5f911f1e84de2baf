//! Images, and the profiles that go with them: what servers are made of.

use std::path::Path;
use std::time::Duration;

use provisioning::provider::{Class, Error};
use reqwest::{Body, Method};
use serde_json::{Value as Json, json};
use tokio::fs::File;

use crate::client::{Ask, Client};
use crate::error::Attempt;
use crate::names::segment;
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
    let unreadable = |error: std::io::Error| {
        attempt.failed(Class::Permanent, &format!("the file cannot be read: {error}"))
    };
    let file = File::open(tarball).await.map_err(unreadable)?;
    let length = file.metadata().await.map_err(unreadable)?.len();
    let body = Body::wrap(Upload::new(file, length));
    let ask = Ask::new(Method::POST, "/1.0/images")
        .query("project", project)
        .file(body);
    let known = match client.change(ask, &attempt, IMPORT).await {
        Ok(made) => made.get("fingerprint").and_then(Json::as_str).map(str::to_owned),
        // The same image came before; its fingerprint is in what the server says.
        Err(error) if error.message.contains("already exists") => fingerprint(&error.message),
        Err(error) => return Err(error),
    };
    let Some(fingerprint) = known else {
        return Err(attempt.lost("the server does not say which image it has become"));
    };
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

fn fingerprint(message: &str) -> Option<String> {
    let mut words = message.split(|letter: char| !letter.is_ascii_hexdigit());
    words.find(|word| word.len() == 64).map(str::to_owned)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_found_in_words() {
        let digits = "6c".repeat(32);
        let said = format!("Image with same fingerprint already exists: {digits}");
        assert_eq!(fingerprint(&said), Some(digits));
        assert_eq!(fingerprint("Image already exists"), None);
    }
}
