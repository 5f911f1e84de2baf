//! A request to call a tool, before anybody decided about it.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::{Answers, ClientCapabilities, Progress, Silent};

/// How a call came in.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// `stdio`, `http`, `sse` or `cli`.
    pub transport: &'static str,
    /// What the client calls itself: self-reported, for the record only.
    pub client: Option<String>,
    /// The W3C trace id the call belongs to, if the client sent one.
    pub trace_id: Option<String>,
}

/// A request to call a tool.
pub struct Call {
    /// The tool's name as asked for.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// How it came in.
    pub origin: Origin,
    /// Where progress goes.
    pub progress: Arc<dyn Progress>,
    /// Fires when the client withdraws the call.
    pub cancelled: CancellationToken,
    /// What the client can be asked.
    pub client: ClientCapabilities,
    /// What the client answered to an earlier ask.
    pub answers: Answers,
}

impl Call {
    /// A plain call: no progress, no cancellation, nothing that can be asked.
    #[must_use]
    pub fn new(tool: impl Into<String>, arguments: Map<String, Value>, transport: &'static str) -> Self {
        Self {
            tool: tool.into(),
            arguments,
            origin: Origin {
                transport,
                ..Origin::default()
            },
            progress: Arc::new(Silent),
            cancelled: CancellationToken::new(),
            client: ClientCapabilities::default(),
            answers: Answers::default(),
        }
    }
}
