//! Sends signed requests: one try each, bounded in time and in size. Whoever calls tries again.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provisioning::provider::Class;
use reqwest::redirect::Policy;
use reqwest::{Method, Response, Url};
use sha2::{Digest as _, Sha256};

use crate::credentials::{Credentials, Keys};
use crate::error::{Effect, Failure};
use crate::sign::{self, Unsigned};

/// Longest answer that is read. The longest page that is asked for has a thousand instances.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The services that are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Rds,
    S3,
    Sts,
}

impl Service {
    /// The name in signatures, in addresses and in permissions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Rds => "rds",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }

    /// The day of the API that forms are written for; S3 has none.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::Rds => "2014-10-31",
            Self::S3 => "",
            Self::Sts => "2011-06-15",
        }
    }

    /// Where it is in `region`.
    fn endpoint(self, region: &str) -> String {
        let end = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        format!("https://{}.{region}.{end}", self.name())
    }
}

/// A request before it is signed.
pub(crate) struct Request<'a> {
    pub(crate) service: Service,
    pub(crate) region: &'a str,
    pub(crate) method: Method,
    /// Path and query, quoted, from `/`.
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: &'static str,
    pub(crate) effect: Effect,
}

/// An answer, whatever its status.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Reply {
    /// The body as text; what is not UTF-8 is replaced.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[cfg(test)]
    pub(crate) fn of(status: u16, body: &str) -> Self {
        Self {
            status,
            retry_after: None,
            body: body.as_bytes().to_vec(),
        }
    }
}

/// How long is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// Until there is an answer, the connection included.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
        }
    }
}

/// Speaks to AWS as one identity.
pub(crate) struct Client {
    http: reqwest::Client,
    credentials: Credentials,
    endpoint: Option<String>,
}

impl Client {
    pub(crate) fn new(
        credentials: Credentials,
        endpoint: Option<String>,
        timeouts: Timeouts,
    ) -> Result<Self, Failure> {
        Ok(Self {
            http: http(timeouts)?,
            credentials,
            endpoint,
        })
    }

    /// Sends `request` once.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Reply, Failure> {
        let keys = self.credentials.current(&self.http, SystemTime::now()).await?;
        let base = self
            .endpoint
            .clone()
            .unwrap_or_else(|| request.service.endpoint(request.region));
        let url = format!("{base}{}", request.target);
        let host = host(&url)?;
        let headers = signed(&request, &url, &host, &keys)?;
        let mut sent = self.http.request(request.method.clone(), &url);
        for (name, value) in headers {
            sent = sent.header(name, value);
        }
        let answered = sent.body(request.body).send().await;
        let response = answered.map_err(|error| lost(request.effect, &error))?;
        received(response, request.effect).await
    }
}

/// A client without redirects: a signed request must not be led elsewhere.
pub(crate) fn http(timeouts: Timeouts) -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.answer)
        // A second try is the caller's to decide: the first may have happened.
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()
        .map_err(|error| Failure::new(Class::Permanent, format!("no client can be made: {error}")))
}

fn host(url: &str) -> Result<String, Failure> {
    let wrong = || Failure::new(Class::Permanent, format!("`{url}` is no address of a service"));
    let parsed = Url::parse(url).map_err(|_| wrong())?;
    let host = parsed.host_str().ok_or_else(wrong)?;
    Ok(match parsed.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// All headers of a request.
fn signed(
    request: &Request<'_>,
    url: &str,
    host: &str,
    keys: &Keys,
) -> Result<Vec<(String, String)>, Failure> {
    let mut own = vec![("host", host)];
    let sum = STANDARD.encode(Sha256::digest(&request.body));
    if !request.body.is_empty() {
        own.push(("content-type", request.content_type));
        if request.service == Service::S3 {
            own.push(("x-amz-checksum-sha256", &sum));
        }
    }
    let unsigned = Unsigned {
        method: request.method.as_str(),
        url,
        headers: &own,
        body: &request.body,
        region: request.region,
        service: request.service.name(),
    };
    let signature = sign::headers(&unsigned, keys, SystemTime::now())?;
    let own = own
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(own.chain(signature).collect())
}

/// A request without an answer. What never left has changed nothing.
pub(crate) fn lost(effect: Effect, error: &reqwest::Error) -> Failure {
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
    Failure::lost(effect, format!("{what}: {}", cause(error)))
}

/// The innermost cause, which says most and names no address.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The whole answer, if it is not too long.
pub(crate) async fn received(mut response: Response, effect: Effect) -> Result<Reply, Failure> {
    let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let retry_after = header("retry-after").and_then(|value| value.trim().parse().ok());
    let mut reply = Reply {
        status: response.status().as_u16(),
        retry_after: retry_after.map(Duration::from_secs),
        body: Vec::new(),
    };
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(effect, &error))? {
        if reply.body.len() + chunk.len() > ANSWER_BYTES {
            return Err(Failure::lost(
                effect,
                format!("the answer is longer than {ANSWER_BYTES} bytes"),
            ));
        }
        reply.body.extend_from_slice(&chunk);
    }
    Ok(reply)
}
