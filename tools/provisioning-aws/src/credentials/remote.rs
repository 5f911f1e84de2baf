//! Fetches keys that do not last: from STS, from the agent of a container, from the metadata service of an instance.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use provisioning::provider::Class;
use redacted::Redacted;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;

use super::{Authorization, Files, Keys, Source};
use crate::client::{Reply, lost, received};
use crate::error::{Effect, Failure};
use crate::query::{self, Form};

/// How long the metadata service keeps our token for it, in seconds.
const METADATA_TOKEN_SECONDS: &str = "21600";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// Keys of `source`.
pub(crate) async fn fetch(source: &Source, files: &Files, http: &Client) -> Result<Keys, Failure> {
    match source {
        Source::Fixed(keys) => Ok(keys.clone()),
        Source::WebIdentity {
            endpoint,
            role,
            session,
            token_file,
        } => {
            let token = file(files, token_file)?;
            let form = Form::new()
                .with("Action", "AssumeRoleWithWebIdentity")
                .with("Version", "2011-06-15")
                .with("RoleArn", role)
                .with("RoleSessionName", session)
                .with("WebIdentityToken", token.expose().trim());
            assumed(http, endpoint, &form).await
        }
        Source::Container { url, authorization } => {
            let request = match authorization {
                Authorization::Nothing => http.get(url),
                Authorization::Token(token) => http.get(url).header("authorization", token.expose().as_str()),
                Authorization::File(path) => {
                    let token = file(files, path)?;
                    http.get(url).header("authorization", token.expose().trim())
                }
            };
            document(&ask(request, "the container's agent").await?)
        }
        Source::Instance { endpoint } => instance(http, endpoint).await,
    }
}

fn file(files: &Files, path: &str) -> Result<Redacted<String>, Failure> {
    files(path).ok_or_else(|| Failure::new(Class::Denied, format!("there is no token in `{path}`")))
}

/// STS needs no signature for a web identity: the token is the proof.
async fn assumed(http: &Client, endpoint: &str, form: &Form) -> Result<Keys, Failure> {
    let request = http
        .post(endpoint)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.encode());
    let response = request.send().await.map_err(|error| lost(Effect::Read, &error))?;
    let reply = received(response, Effect::Read).await?;
    let root = query::decode(&reply, Effect::Read, "sts:AssumeRoleWithWebIdentity")?;
    let given = root
        .at("AssumeRoleWithWebIdentityResult/Credentials")
        .ok_or_else(|| query::without(Effect::Read, "Credentials"))?;
    let value = |name: &str| {
        let text = given.text(name).map(str::to_owned);
        text.ok_or_else(|| query::without(Effect::Read, name))
    };
    Ok(Keys {
        id: value("AccessKeyId")?,
        secret: Redacted::new(value("SecretAccessKey")?),
        token: Some(Redacted::new(value("SessionToken")?)),
        expires: Some(moment(&value("Expiration")?)?),
    })
}

/// IMDSv2: a token first, then the role, then its keys. The old way without a token is not tried.
async fn instance(http: &Client, endpoint: &str) -> Result<Keys, Failure> {
    const WHO: &str = "the instance's metadata service";
    let request = http
        .put(format!("{endpoint}/latest/api/token"))
        .header("x-aws-ec2-metadata-token-ttl-seconds", METADATA_TOKEN_SECONDS);
    let token = ask(request, WHO).await.map_err(no_instance)?.text();
    let get = |path: &str| {
        http.get(format!("{endpoint}{path}"))
            .header("x-aws-ec2-metadata-token", token.trim())
    };
    let roles = ask(get(ROLES), WHO).await?.text();
    let role = roles
        .lines()
        .next()
        .map(str::trim)
        .filter(|role| !role.is_empty());
    let role = role.ok_or_else(|| Failure::new(Class::Denied, "the instance has no role"))?;
    document(&ask(get(&format!("{ROLES}{role}")), WHO).await?)
}

/// Off an instance there is nobody to ask: what is missing are credentials, not a connection.
fn no_instance(failure: Failure) -> Failure {
    Failure::new(
        Class::Denied,
        format!("there are no credentials, and this is no instance that has some ({})", failure.message),
    )
    .hint("set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or name a profile that has keys in `AWS_PROFILE`")
}

async fn ask(request: RequestBuilder, who: &str) -> Result<Reply, Failure> {
    // What is asked is near: an answer that does not come within seconds does not come.
    let request = request.timeout(Duration::from_secs(5));
    let response = request.send().await.map_err(|error| lost(Effect::Read, &error))?;
    let reply = received(response, Effect::Read).await?;
    match reply.status {
        200 => Ok(reply),
        429 | 500.. => Err(Failure::new(
            Class::Transient,
            format!("{who} answers {}", reply.status),
        )),
        status => Err(Failure::new(
            Class::Denied,
            format!("{who} refuses with {status}"),
        )),
    }
}

/// What the agent and the metadata service answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: String,
}

fn document(reply: &Reply) -> Result<Keys, Failure> {
    // serde's message can quote what it read, which is a secret here.
    let document: Document = serde_json::from_str(&reply.text()).map_err(|_| {
        Failure::new(
            Class::Denied,
            "the answer to the question for credentials has none",
        )
    })?;
    Ok(Keys {
        id: document.access_key_id,
        secret: Redacted::new(document.secret_access_key),
        token: Some(Redacted::new(document.token)),
        expires: Some(moment(&document.expiration)?),
    })
}

fn moment(text: &str) -> Result<SystemTime, Failure> {
    let wrong = || Failure::new(Class::Denied, "the credentials have no readable end");
    let parsed: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
    let seconds = u64::try_from(parsed.as_second()).map_err(|_| wrong())?;
    Ok(UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_keys_and_a_wrong_one_is_not_repeated() {
        let good = r#"{"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"hunter2-hunter2","Token":"t","Expiration":"1970-01-01T00:00:07Z"}"#;
        let keys = document(&Reply::of(200, good)).expect("keys");
        assert_eq!(keys.id, "ASIA1");
        assert_eq!(keys.expires, Some(UNIX_EPOCH + Duration::from_secs(7)));
        let wrong = document(&Reply::of(200, r#"{"AccessKeyId":"hunter2-hunter2"}"#)).expect_err("wrong");
        assert!(!format!("{wrong:?}").contains("hunter2"));
    }
}
