//! One request to LXD, as it is put together.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, IF_MATCH};
use reqwest::{Body, Method};
use serde_json::Value as Json;

/// How long a call may take.
const CALL: Duration = Duration::from_secs(30);
/// How long a call that carries a file may take.
const FILE: Duration = Duration::from_mins(15);

/// One request.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Body>,
    pub(crate) limit: Duration,
}

impl Ask {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            limit: CALL,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn json(mut self, body: &Json) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(Body::from(body.to_string()));
        self
    }

    /// Only if what is there is still what `etag` stands for.
    pub(crate) fn unless_changed(mut self, etag: Option<HeaderValue>) -> Self {
        if let Some(etag) = etag {
            self.headers.insert(IF_MATCH, etag);
        }
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    pub(crate) fn file(mut self, body: impl Into<Body>) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        self.body = Some(body.into());
        self.limit = FILE;
        self
    }
}
