//! Sends requests: one try each, bounded in time and in size. Whoever calls tries again.

use std::time::Duration;

use provisioning::provider::Class;
use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use serde_json::Value as Json;

use crate::error::{Answer, Effect, Failure};
use crate::json;
use crate::settings::{Credentials, Settings};

/// Longest answer that is read.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Speaks to UpCloud as one account.
pub(crate) struct Client {
    http: reqwest::Client,
    endpoint: String,
    credentials: Credentials,
}

impl Client {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            // The credentials are for this place and no other.
            .redirect(Policy::none())
            .connect_timeout(settings.connect)
            .timeout(settings.answer)
            // A second try is the caller's to decide: the first may have happened.
            .retry(reqwest::retry::never())
            .no_proxy()
            .build()
            .map_err(|error| Failure::new(Class::Permanent, format!("no client can be made: {error}")))?;
        Ok(Self {
            http,
            endpoint: settings.endpoint.trim_end_matches('/').to_owned(),
            credentials: settings.credentials.clone(),
        })
    }

    /// What is at `path`.
    pub(crate) async fn get(&self, path: &str) -> Result<Json, Failure> {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Json) -> Result<Json, Failure> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Changes what is at `path`, in the fields of `body` alone. UpCloud calls some of them PUT and some PATCH.
    pub(crate) async fn change(&self, method: Method, path: &str, body: &Json) -> Result<Json, Failure> {
        self.send(method, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.send(Method::DELETE, path, None).await.map(drop)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Failure> {
        let effect = if method == Method::GET {
            Effect::Read
        } else {
            Effect::Change
        };
        let request = self.http.request(method, format!("{}{path}", self.endpoint));
        let request = match &self.credentials {
            Credentials::Token(token) => request.bearer_auth(token.expose()),
            Credentials::Password { user, password } => request.basic_auth(user, Some(password.expose())),
        };
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.map_err(|error| lost(effect, &error))?;
        received(response, effect).await
    }
}

/// A request without an answer. What never left has changed nothing.
fn lost(effect: Effect, error: &reqwest::Error) -> Failure {
    let effect = if error.is_connect() || error.is_builder() {
        Effect::Read
    } else {
        effect
    };
    let what = match (error.is_connect(), error.is_timeout()) {
        (true, _) => "there is no connection",
        (false, true) => "there is no answer in time",
        (false, false) => "the connection broke before the answer",
    };
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    Failure::lost(effect, format!("{what}: {innermost}"))
}

/// The answer as JSON; nothing if it is empty. An answer that is no success is a failure.
async fn received(mut response: Response, effect: Effect) -> Result<Json, Failure> {
    let status = response.status().as_u16();
    let header = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok());
    let retry_after = header
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(effect, &error))? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(Failure::lost(
                effect,
                format!("the answer is longer than {ANSWER_BYTES} bytes"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    let success = (200..300).contains(&status);
    if body.is_empty() && success {
        return Ok(Json::Null);
    }
    match serde_json::from_slice(&body) {
        Ok(answer) if success => Ok(answer),
        Err(_) if success => Err(Failure::lost(effect, "the answer is no JSON")),
        parsed => {
            let said = parsed.unwrap_or(Json::Null);
            // Older parts of the API say `error`, newer ones a "problem" of RFC 7807.
            let first = |paths: [&str; 2]| {
                paths
                    .iter()
                    .find_map(|path| json::text(&said, path))
                    .unwrap_or_default()
            };
            let answer = Answer {
                status,
                code: first(["error/error_code", "type"]),
                message: first(["error/error_message", "title"]),
                retry_after,
            };
            Err(Failure::answered(&answer, effect))
        }
    }
}
