//! The HTTP+SSE transport of 2024-11-05, for old clients, behind a flag.
//!
//! `GET /sse` opens a stream whose first event names where to post; each message posted there is answered on
//! the stream. A session belongs to whoever opened it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions as _};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage, serve_server_with_ct};
use rmcp::transport::Transport;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::sync::{CancellationToken, DropGuard};
use toolcall::Identified;

use crate::frame::{self, Opening};
use crate::handler::{Handler, Who};
use crate::server::Server;

/// How many streams may be open at once.
const SESSIONS: usize = 256;
/// How many of them one caller may have.
const SESSIONS_OF_ONE: usize = 32;
/// How many messages may wait in each direction.
const WAITING: usize = 64;
/// How often an idle stream gets a comment, so that nothing between us closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Clone)]
struct Sse {
    server: Server,
    sessions: Arc<Mutex<HashMap<String, Session>>>,
    stop: CancellationToken,
}

struct Session {
    owner: String,
    messages: mpsc::Sender<ClientJsonRpcMessage>,
}

/// The two routes of the old transport.
pub(crate) fn routes(server: Server, stop: CancellationToken) -> Router {
    let state = Sse {
        server,
        sessions: Arc::default(),
        stop,
    };
    Router::new()
        // A client of the new transport posts here first and falls back when this says 405, without a body.
        .route(
            "/sse",
            get(open).fallback(|| async { StatusCode::METHOD_NOT_ALLOWED }),
        )
        .route("/messages", post(message))
        .with_state(state)
}

async fn open(State(sse): State<Sse>, Extension(who): Extension<Identified>) -> Response {
    let (to_server, from_client) = mpsc::channel(WAITING);
    let (to_client, events) = mpsc::channel::<String>(WAITING);
    let id = uuid::Uuid::new_v4().simple().to_string();
    {
        let mut sessions = sse.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = who.caller().principal();
        let own = sessions.values().filter(|session| session.owner == owner).count();
        if sessions.len() >= SESSIONS || own >= SESSIONS_OF_ONE {
            return (
                StatusCode::SERVICE_UNAVAILABLE,
                "too many open streams; close one and try again",
            )
                .into_response();
        }
        sessions.insert(
            id.clone(),
            Session {
                owner: who.caller().principal(),
                messages: to_server,
            },
        );
    }
    let stop = sse.stop.child_token();
    let transport = Events {
        incoming: from_client,
        outgoing: to_client,
        opening: Opening::default(),
    };
    let handler = Handler::new(Arc::clone(&sse.server.shared), "sse", Who::Known(who));
    tokio::spawn(serve(handler, transport, stop.clone()));
    let closed = Closed {
        id: id.clone(),
        sessions: Arc::clone(&sse.sessions),
        _stop: stop.drop_guard(),
    };
    let first = format!("event: endpoint\ndata: /messages?sessionId={id}\n\n");
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(body(first, events, closed))).into_response()
}

async fn serve(handler: Handler, transport: Events, stop: CancellationToken) {
    match serve_server_with_ct(handler, transport, stop).await {
        Ok(running) => {
            if let Err(error) = running.waiting().await {
                tracing::warn!(%error, "an SSE session ended badly");
            }
        }
        Err(error) => tracing::debug!(%error, "an SSE session ended before it began"),
    }
}

/// The stream's text: the endpoint, then each message, and comments while nothing happens.
fn body(
    first: String,
    events: mpsc::Receiver<String>,
    closed: Closed,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(
        (Some(first), events, closed),
        |(first, mut events, closed)| async move {
            if let Some(first) = first {
                return Some((Ok(Bytes::from(first)), (None, events, closed)));
            }
            let text = match tokio::time::timeout(KEEP_ALIVE, events.recv()).await {
                Ok(Some(json)) => format!("event: message\ndata: {json}\n\n"),
                Ok(None) => return None,
                Err(_) => ": keep-alive\n\n".to_owned(),
            };
            Some((Ok(Bytes::from(text)), (None, events, closed)))
        },
    )
}

/// Ends a session when its stream is dropped.
struct Closed {
    id: String,
    sessions: Arc<Mutex<HashMap<String, Session>>>,
    _stop: DropGuard,
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionQuery {
    session_id: String,
}

async fn message(
    State(sse): State<Sse>,
    Extension(who): Extension<Identified>,
    Query(query): Query<SessionQuery>,
    bytes: Bytes,
) -> Response {
    let sender = {
        let sessions = sse.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else's session is not there, rather than forbidden.
        sessions
            .get(&query.session_id)
            .filter(|session| session.owner == who.caller().principal())
            .map(|session| session.messages.clone())
    };
    let Some(sender) = sender else {
        return (StatusCode::NOT_FOUND, "no such session; open /sse first").into_response();
    };
    match frame::parse(&bytes) {
        Ok(mut message) => {
            // What the opener of a stream may do says nothing about who posts: each message brings its own caller.
            if let ClientJsonRpcMessage::Request(request) = &mut message {
                request.request.extensions_mut().insert(who);
            }
            match sender.try_send(message) {
                Ok(()) => StatusCode::ACCEPTED.into_response(),
                Err(TrySendError::Full(_)) => {
                    let text = "too many messages wait on this stream; read its answers first";
                    (StatusCode::TOO_MANY_REQUESTS, text).into_response()
                }
                Err(TrySendError::Closed(_)) => {
                    (StatusCode::NOT_FOUND, "the session has ended; open /sse again").into_response()
                }
            }
        }
        Err(reply) => {
            sse.server.shared.malformed(Some(who.caller()), "sse", &reply);
            let headers = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::BAD_REQUEST, headers, reply.to_string()).into_response()
        }
    }
}

/// Messages in from posts, out to the stream.
struct Events {
    incoming: mpsc::Receiver<ClientJsonRpcMessage>,
    outgoing: mpsc::Sender<String>,
    opening: Opening,
}

#[derive(Debug, thiserror::Error)]
enum Gone {
    #[error("the client closed its stream")]
    Closed,
    #[error("a message could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Transport<RoleServer> for Events {
    type Error = Gone;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Gone>> + Send + 'static {
        let outgoing = self.outgoing.clone();
        async move {
            let json = serde_json::to_string(&item)?;
            outgoing.send(json).await.map_err(|_| Gone::Closed)
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let message = self.incoming.recv().await?;
            if self.opening.admit(&message) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Gone> {
        self.incoming.close();
        Ok(())
    }
}
