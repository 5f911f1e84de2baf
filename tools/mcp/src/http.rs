//! The HTTP transports: Streamable HTTP at `/mcp`, and the old HTTP+SSE when asked.
//!
//! In front of both stand the same checks, in this order: `Host` and `Origin` (a browser page must not reach
//! us through a name of its own), then the bearer token. Nothing else is reachable but a health check and the
//! metadata that tells a client where to get a token (RFC 9728).

mod sessions;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use redacted::Redacted;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use toolcall::{Credential, ErrorKind, Origin, ToolError};

use crate::handler::{Handler, Who};
use crate::server::Server;
use crate::sse;
use sessions::Sessions;

/// Largest body of a request, in bytes.
pub const BODY_BYTES: usize = 4 << 20;

/// How many requests may be under way at once. A stream counts until its headers are out.
const REQUESTS: usize = 512;

/// How long what is in flight may take to end, and then how long what was cut may take to notice.
const LEAVE_WITHIN: std::time::Duration = std::time::Duration::from_millis(300);

/// How to serve over HTTP.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Host names that requests may be addressed to, besides the loopback names: `example.com` or
    /// `example.com:8443`.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may call, besides those on loopback: `https://app.example.com`.
    pub allowed_origins: Vec<String>,
    /// Whether to serve the deprecated HTTP+SSE transport as well.
    pub legacy_sse: bool,
    /// Our canonical URI, the audience of tokens; derived from the listening address if absent.
    pub resource: Option<String>,
    /// Who issues tokens for us.
    pub authorization_servers: Vec<String>,
    /// Scopes that a client should ask for.
    pub scopes: Vec<String>,
}

/// Serves on `listener` until `stop` fires.
///
/// # Errors
/// If the listener breaks.
pub async fn serve(
    server: Server,
    listener: TcpListener,
    options: Options,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let (closing, cut) = (server.shared.closing.clone(), CancellationToken::new());
    let app = router(server, listener.local_addr()?, options, &cut);
    // An answer that comes in pieces must not wait for the client's delayed acknowledgement of the first.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays slow");
        }
    });
    let served = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        result = served.into_future() => result,
        // A client that stalls must not keep us.
        () = leave(&stop, &closing, &cut) => Ok(()),
    }
}

/// Ends a while after `stop`: subscriptions get their last word, then what is still open is cut.
async fn leave(stop: &CancellationToken, closing: &CancellationToken, cut: &CancellationToken) {
    stop.cancelled().await;
    closing.cancel();
    tokio::time::sleep(LEAVE_WITHIN).await;
    cut.cancel();
    tokio::time::sleep(LEAVE_WITHIN).await;
}

/// What every request meets.
#[derive(Clone)]
struct Front {
    server: Server,
    options: Arc<Options>,
    resource: Arc<str>,
    metadata_url: Arc<str>,
    sessions: Arc<Sessions>,
    room: Arc<Semaphore>,
}

fn router(server: Server, address: SocketAddr, options: Options, stop: &CancellationToken) -> Router {
    let resource = options
        .resource
        .clone()
        .unwrap_or_else(|| format!("http://{address}/mcp"));
    let resource = resource.trim_end_matches('/').to_owned();
    let front = Front {
        server: server.clone(),
        metadata_url: metadata_url(&resource).into(),
        resource: resource.into(),
        options: Arc::new(options),
        sessions: Arc::default(),
        room: Arc::new(Semaphore::new(REQUESTS)),
    };
    let mut calls = Router::new().route_service("/mcp", streamable(&server, &front.options, stop));
    if front.options.legacy_sse {
        calls = calls.merge(sse::routes(server, stop.clone()));
    }
    let calls = calls
        .layer(axum::extract::DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(front.clone(), authenticate));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/.well-known/oauth-protected-resource", get(metadata))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata))
        .with_state(front.clone())
        .merge(calls)
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(middleware::from_fn_with_state(front, addressed_to_us))
}

fn streamable(
    server: &Server,
    options: &Options,
    stop: &CancellationToken,
) -> StreamableHttpService<Handler, LocalSessionManager> {
    let shared = Arc::clone(&server.shared);
    // The factory runs per request in the stateless era: it must only clone.
    let fresh = move || Ok(Handler::new(Arc::clone(&shared), "http", Who::Request));
    let hosts = ["localhost", "127.0.0.1", "::1"]
        .into_iter()
        .map(str::to_owned)
        .chain(options.allowed_hosts.clone());
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(server.shared.features.sessions)
        .with_json_response(true)
        .with_allowed_hosts(hosts)
        .with_max_request_body_bytes(BODY_BYTES)
        .with_cancellation_token(stop.child_token());
    StreamableHttpService::new(fresh, LocalSessionManager::default().into(), config)
}

/// RFC 9728 section 3.1: the well-known part goes between the authority and the path.
fn metadata_url(resource: &str) -> String {
    const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
    match resource.split_once("://") {
        Some((scheme, rest)) => match rest.split_once('/') {
            Some((authority, path)) => format!("{scheme}://{authority}{WELL_KNOWN}/{path}"),
            None => format!("{scheme}://{rest}{WELL_KNOWN}"),
        },
        None => format!("{resource}{WELL_KNOWN}"),
    }
}

/// The protected resource metadata of RFC 9728.
async fn metadata(State(front): State<Front>) -> Response {
    let body = json!({
        "resource": &*front.resource,
        "authorization_servers": front.options.authorization_servers,
        "scopes_supported": front.options.scopes,
        "bearer_methods_supported": ["header"],
        "resource_name": front.server.shared.config.server_info.name,
    });
    json_response(StatusCode::OK, &body)
}

/// Refuses what was not addressed to us by name, or comes from a web page we do not know: DNS rebinding and
/// cross-site requests end here.
async fn addressed_to_us(State(front): State<Front>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let host = host
        .or_else(|| request.uri().authority().map(ToString::to_string))
        .unwrap_or_default();
    if !host_allowed(&host, &front.options.allowed_hosts) {
        let error = ToolError::new(
            ErrorKind::Denied,
            format!("this server does not answer to the host `{}`", shown(&host)),
        )
        .hint("add it to `http.allowed_hosts` if it is yours");
        return refused(&front, StatusCode::FORBIDDEN, error);
    }
    // Two `Origin` headers are as good as a wrong one.
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    if let Some(origin) = origins.next() {
        let origin = origin.to_str().unwrap_or_default();
        if origins.next().is_some() || !origin_allowed(origin, &front.options.allowed_origins) {
            let error = ToolError::new(
                ErrorKind::Denied,
                format!("pages of the origin `{}` may not call this server", shown(origin)),
            )
            .hint("add it to `http.allowed_origins` if it is yours");
            return refused(&front, StatusCode::FORBIDDEN, error);
        }
    }
    next.run(request).await
}

/// Identifies the caller, or says where to get a token.
async fn authenticate(State(front): State<Front>, mut request: Request, next: Next) -> Response {
    let transport = if request.uri().path() == "/mcp" {
        "http"
    } else {
        "sse"
    };
    let origin = Origin {
        transport,
        ..Origin::default()
    };
    let credential = credential(request.headers());
    let who = match front.server.shared.gate.identify(&credential, &origin).await {
        Ok(who) => who,
        Err(error) => return unauthorized(&front, &error),
    };
    let caller = who.caller().clone();
    if let Some(response) = front.sessions.refusal(request.headers(), &caller) {
        return response;
    }
    let Ok(_room) = front.room.try_acquire() else {
        return busy(&front, &caller, transport);
    };
    let is_json = request.method() == Method::POST
        && request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    request.extensions_mut().insert(who);
    let response = next.run(request).await;
    front.sessions.keep(response.headers(), &caller);
    // rmcp answers a body that is not a message with 415 and a text; a JSON-RPC client wants a JSON-RPC error.
    if is_json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        return malformed(&front, &caller, response).await;
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        // What rmcp refuses never becomes a call, and is recorded all the same.
        let message = format!("refused with HTTP {}", response.status().as_u16());
        front
            .server
            .shared
            .malformed(Some(&caller), transport, &json!({"error": {"message": message}}));
    }
    response
}

/// Too many requests are under way.
fn busy(front: &Front, caller: &toolcall::Caller, transport: &'static str) -> Response {
    let error = ToolError::new(
        ErrorKind::Unavailable,
        format!("{REQUESTS} requests are under way, which is the most"),
    )
    .hint("try again in a second");
    let origin = Origin {
        transport,
        ..Origin::default()
    };
    let error = front.server.shared.gate.refuse(Some(caller), "", error, &origin);
    let mut response = json_response(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({"jsonrpc": "2.0", "error": wire(&error)}),
    );
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn credential(headers: &HeaderMap) -> Credential {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Credential::Absent,
        (Some(value), None) => match value.to_str().ok().and_then(|text| text.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Credential::Bearer(Redacted::new(token.trim().to_owned()))
            }
            // Something was shown that we cannot read: not the same as nothing.
            _ => Credential::Bearer(Redacted::new(String::new())),
        },
        (Some(_), Some(_)) => Credential::Bearer(Redacted::new(String::new())),
    }
}

fn unauthorized(front: &Front, error: &ToolError) -> Response {
    let status = match error.kind() {
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNAUTHORIZED,
    };
    let mut challenge = format!("Bearer resource_metadata=\"{}\"", front.metadata_url);
    if !front.options.scopes.is_empty() {
        challenge.push_str(&format!(", scope=\"{}\"", front.options.scopes.join(" ")));
    }
    if !matches!(error.kind(), ErrorKind::Unauthenticated) {
        challenge.push_str(", error=\"invalid_token\"");
    }
    let mut response = json_response(status, &json!({"jsonrpc": "2.0", "error": wire(error)}));
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

async fn malformed(front: &Front, caller: &toolcall::Caller, response: Response) -> Response {
    let reason = axum::body::to_bytes(response.into_body(), 4096)
        .await
        .unwrap_or_default();
    let reason: String = String::from_utf8_lossy(&reason)
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    let message = format!("the body is not a message of this protocol: {reason}");
    let reply = json!({"jsonrpc": "2.0", "error": {"code": -32700, "message": message}});
    front.server.shared.malformed(Some(caller), "http", &reply);
    json_response(StatusCode::BAD_REQUEST, &reply)
}

fn refused(front: &Front, status: StatusCode, error: ToolError) -> Response {
    let origin = Origin {
        transport: "http",
        ..Origin::default()
    };
    let error = front.server.shared.gate.refuse(None, "", error, &origin);
    json_response(status, &json!({"jsonrpc": "2.0", "error": wire(&error)}))
}

/// A refusal before the protocol began, still as a JSON-RPC error.
fn wire(error: &ToolError) -> serde_json::Value {
    json!({"code": -32600, "message": error.message(), "data": error.to_value()})
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        Body::from(body.to_string()),
    )
        .into_response()
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// Whether `host` (with or without port) is a loopback name or one of `allowed`.
fn host_allowed(host: &str, allowed: &[String]) -> bool {
    let name = without_port(host);
    is_loopback_name(name)
        || allowed
            .iter()
            .any(|one| one.eq_ignore_ascii_case(host) || one.eq_ignore_ascii_case(name))
}

/// Whether `origin` is a page on loopback or one of `allowed`.
fn origin_allowed(origin: &str, allowed: &[String]) -> bool {
    if allowed
        .iter()
        .any(|one| one.trim_end_matches('/').eq_ignore_ascii_case(origin))
    {
        return true;
    }
    match origin.split_once("://") {
        Some(("http" | "https", authority)) => is_loopback_name(without_port(authority)),
        _ => false,
    }
}

fn is_loopback_name(name: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|one| one.eq_ignore_ascii_case(name))
}

/// `host:port` without the port, IPv6 in brackets left whole.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port))
            if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') =>
        {
            name
        }
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_named_hosts_are_answered() {
        let allowed = vec!["ops.example.com".to_owned(), "b.example.com:8443".to_owned()];
        for good in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:9",
            "[::1]:80",
            "[::1]",
            "ops.example.com:1",
            "b.example.com:8443",
        ] {
            assert!(host_allowed(good, &allowed), "{good}");
        }
        for bad in [
            "",
            "evil.com",
            "localhost.evil.com",
            "127.0.0.1.evil.com:80",
            "b.example.com:1",
            "::1",
            "evil.com:localhost",
        ] {
            assert!(!host_allowed(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn only_loopback_and_named_pages_may_call() {
        let allowed = vec!["https://app.example.com".to_owned()];
        for good in [
            "http://localhost:6274",
            "https://127.0.0.1",
            "http://[::1]:3000",
            "https://app.example.com",
        ] {
            assert!(origin_allowed(good, &allowed), "{good}");
        }
        for bad in [
            "null",
            "",
            "http://evil.com",
            "http://app.example.com",
            "https://app.example.com.evil.com",
            "file://localhost",
        ] {
            assert!(!origin_allowed(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn the_metadata_url_keeps_the_path_of_the_resource() {
        assert_eq!(
            metadata_url("https://a.b/mcp"),
            "https://a.b/.well-known/oauth-protected-resource/mcp"
        );
        assert_eq!(
            metadata_url("https://a.b"),
            "https://a.b/.well-known/oauth-protected-resource"
        );
    }
}
