//! Whose session is whose: rmcp knows a session by its id alone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use toolcall::Caller;

/// The header that names a session, in the older era.
const SESSION: &str = "mcp-session-id";
/// How many sessions are known; beyond that all are forgotten, and their clients begin anew.
const KNOWN: usize = 10_000;

/// The caller that each session belongs to.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, String>>);

impl Sessions {
    /// The refusal of a request on somebody else's session: to others it is not there.
    pub(super) fn refusal(&self, headers: &HeaderMap, caller: &Caller) -> Option<Response> {
        let id = id(headers)?;
        match self.known().get(id) {
            Some(owner) if *owner == caller.principal() => None,
            _ => Some((StatusCode::NOT_FOUND, "no such session; initialize anew").into_response()),
        }
    }

    /// Notes whose session was opened, if one was.
    pub(super) fn keep(&self, headers: &HeaderMap, caller: &Caller) {
        let Some(id) = id(headers) else { return };
        let mut known = self.known();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.entry(id.to_owned()).or_insert_with(|| caller.principal());
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION)?.to_str().ok()
}
