//! What all connections of a process share.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::model::{
    Implementation, JsonObject, MetaObject, RequestStateCodec, ServerCapabilities, ServerConfig, Tool,
};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use toolcall::{Declaration, Gate, Prompts};

use crate::convert;

/// What the executable says about itself.
#[derive(Debug, Clone)]
pub struct About {
    /// Its name, such as `prov`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What a model reads first: the most important words in the first 300 characters, at most 2 KB.
    pub instructions: String,
}

/// What is switched on beyond the common ground. Everything here is off in the product executables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Features {
    /// Announce that lists change, and deliver the announcements.
    pub list_changes: bool,
    /// Offer log lines to clients (deprecated in 2026-07-28).
    pub logging: bool,
    /// Keep HTTP sessions for clients of the older era, so that they can be asked questions.
    pub sessions: bool,
}

/// Something changed that clients may have cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of documents.
    Documents,
    /// One document.
    Document(String),
}

/// Where changes are announced.
#[derive(Debug, Clone)]
pub struct Changes(broadcast::Sender<Change>);

impl Changes {
    /// Nobody listens yet.
    #[must_use]
    pub fn new() -> Self {
        Self(broadcast::channel(64).0)
    }

    /// Tells every open subscription.
    pub fn announce(&self, change: Change) {
        // An error says that nobody listens, which is fine.
        let _nobody = self.0.send(change);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

/// Ties a span to the trace that the client's request belongs to.
pub type AdoptTrace = Arc<dyn Fn(&tracing::Span, &str, Option<&str>) + Send + Sync>;

/// The server: cheap to clone, one per process.
#[derive(Clone)]
pub struct Server {
    pub(crate) shared: Arc<Shared>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) gate: Gate,
    pub(crate) prompts: Arc<dyn Prompts>,
    pub(crate) features: Features,
    pub(crate) changes: Changes,
    pub(crate) config: ServerConfig,
    /// `_meta` of every result: who answered.
    pub(crate) result_meta: MetaObject,
    /// Signs cursors and request states. The key lives as long as the process.
    pub(crate) codec: RequestStateCodec,
    pub(crate) adopt_trace: Option<AdoptTrace>,
    /// Fires when we are about to end: subscriptions get their last word.
    pub(crate) closing: CancellationToken,
    tools: HashMap<&'static str, Tool>,
}

impl Server {
    /// A server of what is behind `gate`, with `prompts`.
    #[must_use]
    pub fn new(
        about: &About,
        gate: Gate,
        prompts: Arc<dyn Prompts>,
        features: Features,
        changes: Changes,
    ) -> Self {
        let implementation = Implementation::new(about.name, about.version).with_title(about.title);
        let config = ServerConfig::new(capabilities(features))
            .with_server_info(implementation.clone())
            .with_instructions(about.instructions.clone());
        let mut result_meta = MetaObject::new();
        if let Ok(value) = serde_json::to_value(&implementation) {
            result_meta
                .0
                .insert("io.modelcontextprotocol/serverInfo".to_owned(), value);
        }
        let tools = gate
            .catalog()
            .declarations()
            .map(|tool| (tool.name, convert::tool(tool)))
            .collect();
        let key = [
            uuid::Uuid::new_v4().into_bytes(),
            uuid::Uuid::new_v4().into_bytes(),
        ]
        .concat();
        // Unchecked: the key is 32 bytes, made on the line above.
        let codec = RequestStateCodec::new_unchecked(key);
        let shared = Shared {
            gate,
            prompts,
            features,
            changes,
            config,
            result_meta,
            codec,
            adopt_trace: None,
            closing: CancellationToken::new(),
            tools,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The server, tying spans to the traces of clients by `adopt`.
    #[must_use]
    pub fn adopting_traces(self, adopt: AdoptTrace) -> Self {
        match Arc::try_unwrap(self.shared) {
            Ok(mut shared) => {
                shared.adopt_trace = Some(adopt);
                Self {
                    shared: Arc::new(shared),
                }
            }
            // Already serving: traces stay local, nothing breaks.
            Err(shared) => Self { shared },
        }
    }
}

impl Shared {
    /// The wire form of a tool.
    pub(crate) fn tool(&self, declaration: &Declaration) -> Tool {
        match self.tools.get(declaration.name) {
            Some(tool) => tool.clone(),
            None => convert::tool(declaration),
        }
    }

    /// Records a message that could not be understood; `reply` is what its sender gets.
    pub(crate) fn malformed(
        &self,
        caller: Option<&toolcall::Caller>,
        transport: &'static str,
        reply: &serde_json::Value,
    ) {
        let reason = reply
            .pointer("/error/message")
            .and_then(serde_json::Value::as_str)
            .unwrap_or("not a message");
        tracing::warn!(transport, reason, "refused a message");
        let error = toolcall::ToolError::new(toolcall::ErrorKind::InvalidArgument, reason);
        let origin = toolcall::Origin {
            transport,
            ..toolcall::Origin::default()
        };
        let refused = self.gate.refuse(caller, "", error, &origin);
        if refused.kind() != toolcall::ErrorKind::InvalidArgument {
            tracing::error!(error = %refused, "a refused message could not be recorded");
        }
    }

    /// The arguments of a request, bound to who sent it and what it is for.
    pub(crate) fn binding(
        &self,
        caller: &toolcall::Caller,
        method: &str,
        name: &str,
        arguments: &JsonObject,
    ) -> String {
        let mut canonical = serde_json::Value::Object(arguments.clone());
        canonical.sort_all_objects();
        format!(
            "{}\u{1f}{method}\u{1f}{name}\u{1f}{canonical}",
            caller.principal()
        )
    }
}

fn capabilities(features: Features) -> ServerCapabilities {
    let mut capabilities = ServerCapabilities::builder()
        .enable_tools()
        .enable_prompts()
        .enable_resources()
        .enable_completions()
        .build();
    if features.list_changes {
        if let Some(tools) = &mut capabilities.tools {
            tools.list_changed = Some(true);
        }
        if let Some(prompts) = &mut capabilities.prompts {
            prompts.list_changed = Some(true);
        }
        if let Some(resources) = &mut capabilities.resources {
            resources.list_changed = Some(true);
            resources.subscribe = Some(true);
        }
    }
    if features.logging {
        capabilities.logging = Some(JsonObject::new());
    }
    capabilities
}
