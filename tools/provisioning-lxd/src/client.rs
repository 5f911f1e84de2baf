//! Calls to LXD: a socket or TLS, one request each, answers bounded in size and time, and operations waited for.
//!
//! A connection is used once. One that the server closes while it lies idle would make the next change `Unknown`, and
//! opening one costs less than asking what has happened.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use provisioning::provider::{Class, Error};
use reqwest::header::{ETAG, HeaderValue};
use reqwest::{Identity, Response, Url};
use serde_json::Value as Json;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::ask::Ask;
use crate::envelope::{self, Answer, Operation};
use crate::error::Attempt;
use crate::settings::{Endpoint, LxdSettings};
use crate::tls;

/// The most of an answer that is read.
const ANSWER: usize = 16 << 20;
/// How long the server holds back its answer while an operation goes on.
const HOLD: Duration = Duration::from_secs(10);

/// A server that can be called.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    settings: Arc<LxdSettings>,
    about: Arc<OnceCell<About>>,
}

/// What a server says of itself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// What the machine is called.
    pub(crate) name: String,
    /// What runs on it, such as `LXD 5.0.2`.
    pub(crate) version: String,
    extensions: BTreeSet<String>,
}

impl About {
    /// One that says so.
    #[cfg(test)]
    pub(crate) fn of(name: &str, version: &str, extensions: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            extensions: extensions
                .iter()
                .map(|extension| (*extension).to_owned())
                .collect(),
        }
    }

    /// Whether the server can do what `extension` stands for.
    pub(crate) fn has(&self, extension: &str) -> bool {
        self.extensions.contains(extension)
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// What the thing is now, for changing it only if nobody else did.
    pub(crate) etag: Option<HeaderValue>,
    answer: Answer,
}

impl Client {
    /// A client of the server of `settings`. Nothing is called yet.
    pub(crate) fn new(settings: LxdSettings) -> Result<Self, Error> {
        let attempt = Attempt::look("make a client of LXD");
        let unusable = |why: String| attempt.failed(Class::Permanent, &why);
        let builder = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        let (builder, base) = match &settings.endpoint {
            Endpoint::Socket(path) => (builder.unix_socket(path.as_path()), "http://lxd".to_owned()),
            Endpoint::Https(https) => {
                let base = https.url.trim_end_matches('/');
                if !base.starts_with("https://") {
                    return Err(unusable(format!("`{base}` is no address with `https://`")));
                }
                let builder = match tls::pinned(https).map_err(unusable)? {
                    Some(config) => builder.tls_backend_preconfigured(config),
                    None => {
                        let pem = tls::identity(https).map_err(unusable)?;
                        let identity = Identity::from_pem(&pem);
                        let message = "our certificate and its key cannot be used";
                        builder.identity(identity.map_err(|_| unusable(message.to_owned()))?)
                    }
                };
                (builder, base.to_owned())
            }
        };
        Ok(Self {
            http: builder.build().map_err(|error| unusable(chain(&error)))?,
            base,
            settings: Arc::new(settings),
            about: Arc::default(),
        })
    }

    pub(crate) fn settings(&self) -> &LxdSettings {
        &self.settings
    }

    /// The project that stands for `region`.
    pub(crate) fn project<'a>(&'a self, region: Option<&'a str>) -> &'a str {
        region.unwrap_or(&self.settings.project)
    }

    /// Where the server is, for people.
    pub(crate) fn place(&self) -> String {
        match &self.settings.endpoint {
            Endpoint::Socket(path) => path.display().to_string(),
            Endpoint::Https(_) => self.base.clone(),
        }
    }

    /// What the server says of itself, asked once.
    pub(crate) async fn about(&self) -> Result<&About, Error> {
        self.about.get_or_try_init(|| self.introduced()).await
    }

    async fn introduced(&self) -> Result<About, Error> {
        let attempt = Attempt::look(format!("reach LXD at {}", self.place()));
        let json = self.done(Ask::get("/1.0"), &attempt).await?;
        // This one call is answered to everybody.
        if json.get("auth").and_then(Json::as_str) != Some("trusted") {
            return Err(attempt.answered(403, "the server does not trust our certificate"));
        }
        let environment = |key: &str| {
            json.pointer(&format!("/environment/{key}"))
                .and_then(Json::as_str)
        };
        let extensions = json
            .get("api_extensions")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let kind = if environment("server") == Some("incus") {
            "Incus"
        } else {
            "LXD"
        };
        Ok(About {
            name: environment("server_name").unwrap_or("lxd").to_owned(),
            version: format!(
                "{kind} {}",
                environment("server_version").unwrap_or("of unknown version")
            ),
            extensions: extensions.filter_map(Json::as_str).map(str::to_owned).collect(),
        })
    }

    /// A call whose answer is the result.
    pub(crate) async fn done(&self, ask: Ask, attempt: &Attempt) -> Result<Json, Error> {
        Ok(self.read(ask, attempt).await?.0)
    }

    /// A call whose answer is the result, with what the thing is now.
    pub(crate) async fn read(
        &self,
        ask: Ask,
        attempt: &Attempt,
    ) -> Result<(Json, Option<HeaderValue>), Error> {
        let reply = self.send(ask, attempt).await?;
        match reply.answer {
            Answer::Done(json) => Ok((json, reply.etag)),
            _ => Err(attempt.lost("the answer is an operation where a result was expected")),
        }
    }

    /// A call about something that may not be there.
    pub(crate) async fn found(
        &self,
        ask: Ask,
        attempt: &Attempt,
    ) -> Result<Option<(Json, Option<HeaderValue>)>, Error> {
        match self.read(ask, attempt).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.class == Class::Absent => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A change, waited for as long as `limit`.
    pub(crate) async fn change(&self, ask: Ask, attempt: &Attempt, limit: Duration) -> Result<Json, Error> {
        match self.begin(ask, attempt).await? {
            Begun::Done(json) => Ok(json),
            Begun::Goes(operation) => match self.wait(&operation, attempt, limit).await? {
                Some(json) => Ok(json),
                None => Err(attempt.lost(&format!("it still goes on after {} s", limit.as_secs()))),
            },
        }
    }

    /// A change that may go on when this returns.
    pub(crate) async fn begin(&self, ask: Ask, attempt: &Attempt) -> Result<Begun, Error> {
        match self.send(ask, attempt).await?.answer {
            Answer::Done(json) => Ok(Begun::Done(json)),
            Answer::Goes(operation) => Ok(Begun::Goes(operation)),
            Answer::Failed { code, message } => Err(attempt.answered(code, &message)),
        }
    }

    /// What came of `operation`; nothing if it still goes on after `limit`.
    pub(crate) async fn wait(
        &self,
        operation: &Operation,
        attempt: &Attempt,
        limit: Duration,
    ) -> Result<Option<Json>, Error> {
        let until = Instant::now() + limit;
        let looking = Attempt::look(attempt.what.clone());
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let hold = left.min(HOLD).as_secs().max(1).to_string();
            let path = format!("/1.0/operations/{}/wait", operation.id);
            match self.done(Ask::get(path).query("timeout", hold), &looking).await {
                Ok(json) => {
                    let now = envelope::operation(&json).map_err(|why| attempt.lost(&why))?;
                    if now.succeeded() {
                        return Ok(Some(now.metadata));
                    }
                    if !now.goes_on() {
                        return Err(attempt.ended(&now.err));
                    }
                }
                // Incus answers with the failure of what was waited for: only the operation itself says whether it is.
                Err(error) if error.code.is_some() => self.ended(operation, attempt).await?,
                Err(error) if left.is_zero() => return Err(attempt.lost(&error.message)),
                Err(_) => {}
            }
            if left.is_zero() {
                return Ok(None);
            }
            tokio::time::sleep(pause()).await;
        }
    }

    /// Nothing, if `operation` goes on; otherwise what it failed with.
    async fn ended(&self, operation: &Operation, attempt: &Attempt) -> Result<(), Error> {
        let looking = Attempt::look(attempt.what.clone());
        let path = format!("/1.0/operations/{}", operation.id);
        match self.done(Ask::get(path), &looking).await {
            Ok(json) => match envelope::operation(&json) {
                Ok(now) if now.goes_on() || now.succeeded() => Ok(()),
                Ok(now) => Err(attempt.ended(&now.err)),
                Err(why) => Err(attempt.lost(&why)),
            },
            // It ended, and how is forgotten after a few seconds.
            Err(error) if error.class == Class::Absent => {
                Err(attempt.lost("the server has forgotten the operation"))
            }
            Err(_) => Ok(()),
        }
    }

    /// Every operation that goes on.
    pub(crate) async fn operations(&self, project: &str, attempt: &Attempt) -> Result<Vec<Operation>, Error> {
        let ask = Ask::get("/1.0/operations")
            .query("recursion", "1")
            .query("project", project);
        let json = self.done(ask, attempt).await?;
        let lists = json.as_object().into_iter().flat_map(|lists| lists.values());
        let all = lists.filter_map(Json::as_array).flatten();
        Ok(all
            .filter_map(|operation| envelope::operation(operation).ok())
            .filter(Operation::goes_on)
            .collect())
    }

    /// A call whose answer is bytes: a log, a file. At most `limit` of them are kept, the last ones.
    pub(crate) async fn bytes(&self, ask: Ask, attempt: &Attempt, limit: usize) -> Result<Vec<u8>, Error> {
        let mut response = self.respond(ask, attempt).await?;
        if !response.status().is_success() {
            self.answer(response, attempt).await?;
            return Err(attempt.lost("the answer says neither that it failed nor that it did not"));
        }
        let mut kept = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| attempt.lost(&chain(&error)))?
        {
            kept.extend_from_slice(&chunk);
            let over = kept.len().saturating_sub(limit);
            kept.drain(..over);
        }
        Ok(kept)
    }

    async fn send(&self, ask: Ask, attempt: &Attempt) -> Result<Reply, Error> {
        let response = self.respond(ask, attempt).await?;
        self.answer(response, attempt).await
    }

    async fn respond(&self, ask: Ask, attempt: &Attempt) -> Result<Response, Error> {
        let address = Url::parse_with_params(&format!("{}{}", self.base, ask.path), &ask.query);
        let address = address.map_err(|error| attempt.failed(Class::Permanent, &error.to_string()))?;
        let request = self.http.request(ask.method, address);
        let request = request.headers(ask.headers).timeout(ask.limit);
        let request = match ask.body {
            Some(body) => request.body(body),
            None => request,
        };
        request.send().await.map_err(|error| self.unsent(&error, attempt))
    }

    async fn answer(&self, mut response: Response, attempt: &Attempt) -> Result<Reply, Error> {
        let status = response.status();
        let etag = response.headers().get(ETAG).cloned();
        let mut bytes = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| attempt.lost(&chain(&error)))?
        {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER {
                return Err(attempt.lost(&format!("the answer is longer than {ANSWER} bytes")));
            }
        }
        match envelope::parse(&bytes) {
            Ok(Answer::Failed { code, message }) => Err(attempt.answered(code, &message)),
            Ok(answer) if status.is_success() => Ok(Reply { etag, answer }),
            // Something between us and LXD, or no LXD at all.
            _ if status.is_client_error() || status.is_server_error() => {
                let reason = status.canonical_reason().unwrap_or("no reason given");
                Err(attempt.answered(status.as_u16(), &format!("HTTP status {status}: {reason}")))
            }
            Ok(_) => Err(attempt.lost(&format!("HTTP status {status} where an answer was expected"))),
            Err(why) => Err(attempt.lost(&why)),
        }
    }

    /// No answer came: whether something may have happened depends on whether a connection was made at all.
    fn unsent(&self, error: &reqwest::Error, attempt: &Attempt) -> Error {
        let message = chain(error);
        // A server that refuses our certificate says so after the handshake, with an alert.
        if message.contains("received fatal alert") {
            return attempt.answered(403, &message);
        }
        if message.contains("invalid peer certificate") {
            return attempt
                .failed(
                    Class::Denied,
                    "the server has another certificate than the one that we know",
                )
                .hint("compare it with the `Certificate fingerprint` of `lxc info` on the server itself");
        }
        if !error.is_connect() && !error.is_builder() {
            return attempt.lost(&message);
        }
        let denied = message.contains("ermission denied");
        let class = if denied { Class::Denied } else { Class::Transient };
        let hint = match (&self.settings.endpoint, denied) {
            (_, true) => {
                "only root and the group of LXD may open its socket: `usermod -aG lxd $USER`, then log in again"
            }
            (Endpoint::Socket(_), _) => {
                "start it: `systemctl start lxd` or `incus`, or `lxd --group lxd` without systemd"
            }
            (Endpoint::Https(_), _) => "on the server: `lxc config set core.https_address :8443`",
        };
        attempt
            .failed(class, &format!("{} does not answer: {message}", self.place()))
            .hint(hint)
    }
}

/// What a change has come to when the server has taken it.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It is done.
    Done(Json),
    /// It goes on.
    Goes(Operation),
}

/// A quarter of a second, more or less, so that many who wait do not ask together.
pub(crate) fn pause() -> Duration {
    let random = RandomState::new().build_hasher().finish();
    Duration::from_millis(150 + random % 200)
}

/// An error of the transport with its causes, without addresses.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    if error.is_timeout() {
        causes.push("it took too long".to_owned());
    }
    causes.dedup();
    if causes.is_empty() {
        "the call failed".to_owned()
    } else {
        causes.join(": ")
    }
}
