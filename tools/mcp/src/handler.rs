//! One connection: wire requests to calls at the gate, replies to wire results.

#![expect(
    deprecated,
    reason = "clients of the 2025-11-25 era still use logging and subscriptions"
)]

mod calls;

use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
    DiscoverResult, GetPromptRequestParams, GetPromptResponse, GetPromptResult, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Reference,
    ResourceContents, ServerConfig, SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter,
    UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};
use rmcp::{ErrorData, ServerHandler};
use toolcall::{Credential, DocumentBody, ErrorKind, Identified, Origin, PromptReply};
use tracing::Instrument as _;

use crate::ask;
use crate::convert::{self, clean};
use crate::entries::{completed, message, prompt, resource, template, texts};
use crate::notify::{SessionLevel, severity};
use crate::page::page;
use crate::server::{Change, Shared};

/// How long a client may keep what depends only on the build: 5 minutes, in milliseconds.
const STATIC_TTL_MS: u64 = 300_000;
/// How long a client may keep a document, in milliseconds.
const DOCUMENT_TTL_MS: u64 = 10_000;

/// Serves one connection, or one stateless request.
#[derive(Clone)]
pub(crate) struct Handler {
    shared: Arc<Shared>,
    transport: &'static str,
    peer: Who,
    level: Arc<SessionLevel>,
}

/// Who is at the other end of a connection.
#[derive(Clone)]
pub(crate) enum Who {
    /// Whoever the connection itself speaks for.
    Connection(Credential),
    /// Somebody identified when the connection was opened.
    Known(Identified),
    /// Each request brings its own.
    Request,
}

impl Handler {
    pub(crate) fn new(shared: Arc<Shared>, transport: &'static str, peer: Who) -> Self {
        Self {
            shared,
            transport,
            peer,
            level: Arc::default(),
        }
    }

    /// Who sent the request, and how.
    async fn who(&self, context: &RequestContext<RoleServer>) -> Result<(Identified, Origin), ErrorData> {
        let origin = Origin {
            transport: self.transport,
            client: context
                .client_info()
                .map(|info| format!("{}/{}", clean(&info.name), clean(&info.version))),
            trace_id: context.meta.get_traceparent().and_then(trace_id),
        };
        // Over HTTP each request brings its own caller, also on a stream that somebody opened earlier.
        let parts = context.extensions.get::<http::request::Parts>();
        let brought = parts.and_then(|parts| parts.extensions.get::<Identified>());
        if let Some(who) = brought.or_else(|| context.extensions.get::<Identified>()) {
            return Ok((who.clone(), origin));
        }
        let credential = match &self.peer {
            Who::Known(who) => return Ok((who.clone(), origin)),
            Who::Connection(credential) => credential,
            Who::Request => &Credential::Absent,
        };
        match self.shared.gate.identify(credential, &origin).await {
            Ok(who) => Ok((who, origin)),
            Err(error) => Err(convert::protocol_error(&error)),
        }
    }

    fn meta(&self, context: &RequestContext<RoleServer>) -> Option<rmcp::model::MetaObject> {
        is_modern(context).then(|| self.shared.result_meta.clone())
    }
}

/// Fills in what every list result has: who answered, how long it keeps, who may share it.
macro_rules! listed {
    ($self:ident, $context:ident, $result:ident, $items:expr, $request:expr, $name:literal, $scope:expr) => {{
        let (items, next) = page(&$self.shared.codec, $name, $items, $request.as_ref())?;
        let mut result = $result::with_all_items(items);
        result.next_cursor = next;
        // The older era knows neither.
        if is_modern(&$context) {
            result.ttl_ms = Some(STATIC_TTL_MS);
            result.cache_scope = Some($scope);
            result.meta = Some($self.shared.result_meta.clone());
        }
        Ok(result)
    }};
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        self.shared.config.clone()
    }

    /// For the headers that repeat an argument: rmcp compares them by the schema.
    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        let tool = self.shared.gate.catalog().tool(name)?;
        Some(self.shared.tool(tool.declaration()))
    }

    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let (who, origin) = self.who(&context).await?;
        let visible = self.shared.gate.visible(&who, origin.transport);
        let items = visible.into_iter().map(|tool| self.shared.tool(tool)).collect();
        // What is listed depends on who asks, so nobody else may be served from a cache.
        listed!(
            self,
            context,
            ListToolsResult,
            items,
            request,
            "tools",
            CacheScope::Private
        )
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let span = tracing::info_span!(
            "tools/call",
            otel.name = format!("tools/call {}", request.name),
            otel.kind = "server",
            mcp.method.name = "tools/call",
            gen_ai.tool.name = %request.name,
            gen_ai.operation.name = "execute_tool",
            network.transport = if self.transport == "stdio" { "pipe" } else { "tcp" },
        );
        if let (Some(adopt), Some(parent)) = (&self.shared.adopt_trace, context.meta.get_traceparent()) {
            adopt(&span, parent, context.meta.get_tracestate());
        }
        self.call(request, context).instrument(span).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let items = self
            .shared
            .gate
            .documents()
            .list()
            .map_err(|error| convert::protocol_error(&error))?
            .into_iter()
            .map(resource)
            .collect();
        listed!(
            self,
            context,
            ListResourcesResult,
            items,
            request,
            "resources",
            CacheScope::Private
        )
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let items = self
            .shared
            .gate
            .documents()
            .templates()
            .into_iter()
            .map(template)
            .collect();
        listed!(
            self,
            context,
            ListResourceTemplatesResult,
            items,
            request,
            "templates",
            CacheScope::Public
        )
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (who, origin) = self.who(&context).await?;
        let document =
            self.shared
                .gate
                .read(&who, &request.uri, &origin)
                .await
                .map_err(|error| match error.kind() {
                    ErrorKind::NotFound => convert::document_not_found(&error, &request.uri),
                    _ => convert::protocol_error(&error),
                })?;
        let contents = match document.body {
            DocumentBody::Text(text) => ResourceContents::text(text, document.uri),
            DocumentBody::Base64(blob) => ResourceContents::blob(blob, document.uri),
        };
        let scope = if document.public {
            CacheScope::Public
        } else {
            CacheScope::Private
        };
        let mut result = ReadResourceResult::new(vec![contents.with_mime_type(document.mime_type)]);
        if is_modern(&context) {
            result.ttl_ms = Some(DOCUMENT_TTL_MS);
            result.cache_scope = Some(scope);
            result.meta = Some(self.shared.result_meta.clone());
        }
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let items = self.shared.prompts.list().into_iter().map(prompt).collect();
        listed!(
            self,
            context,
            ListPromptsResult,
            items,
            request,
            "prompts",
            CacheScope::Public
        )
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let (who, origin) = self.who(&context).await?;
        let given = request.arguments.unwrap_or_default();
        let binding = self
            .shared
            .binding(who.caller(), "prompts/get", &request.name, &given);
        let refused = |error: ErrorData| self.refused(&who, "prompts/get", error, &origin);
        let arguments = texts(given).map_err(refused)?;
        let state = request.request_state.as_deref();
        let answers = ask::answers(request.input_responses, state, &self.shared.codec, || {
            binding.clone()
        })
        .map_err(refused)?;
        let reply = self
            .shared
            .prompts
            .get(&request.name, &arguments, &answers)
            .map_err(|error| {
                let error = self
                    .shared
                    .gate
                    .refuse(Some(who.caller()), "prompts/get", error, &origin);
                convert::protocol_error(&error)
            })?;
        match reply {
            PromptReply::Messages(parts) => {
                let messages = self.shared.gate.scrub(parts).into_iter().map(message).collect();
                let mut result = GetPromptResult::new(messages);
                result.meta = self.meta(&context);
                Ok(result.into())
            }
            PromptReply::Ask(ask) => {
                ask::check(&ask, &convert::declared(context.client_capabilities().as_ref()))?;
                Ok(ask::input_required(ask, &self.shared.codec, &binding)?.into())
            }
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let (name, typed) = (&request.argument.name, &request.argument.value);
        let completion = match &request.r#ref {
            Reference::Prompt(prompt) => {
                let found = self.shared.prompts.complete(&prompt.name, name, typed);
                found.ok_or_else(|| {
                    let message = format!(
                        "there is no prompt `{}` with an argument `{name}`",
                        clean(&prompt.name)
                    );
                    ErrorData::invalid_params(message, None)
                })?
            }
            Reference::Resource(resource) => {
                let templates = self.shared.gate.documents().templates();
                if !templates
                    .iter()
                    .any(|template| template.uri_template == resource.uri)
                {
                    let known: Vec<&str> = templates
                        .iter()
                        .map(|template| template.uri_template.as_str())
                        .collect();
                    let message = format!("there is no resource template `{}`", clean(&resource.uri));
                    return Err(ErrorData::invalid_params(
                        message,
                        Some(serde_json::json!({"allowed": known})),
                    ));
                }
                self.shared.gate.documents().complete(&resource.uri, name, typed)
            }
            _ => {
                return Err(ErrorData::invalid_params(
                    "only prompts and resource templates can be completed",
                    None,
                ));
            }
        };
        completed(completion)
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.shared
            .features
            .list_changes
            .then(|| requested.supported_by(&self.shared.config.capabilities))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.shared.changes.subscribe();
        loop {
            let change = tokio::select! {
                () = context.cancelled() => return Ok(()),
                () = self.shared.closing.cancelled() => return Ok(()),
                change = changes.recv() => change,
            };
            let sink = context.sink();
            let sent = match change {
                Ok(Change::Tools) => sink.notify_tool_list_changed().await,
                Ok(Change::Prompts) => sink.notify_prompt_list_changed().await,
                Ok(Change::Documents) => sink.notify_resource_list_changed().await,
                Ok(Change::Document(uri)) => sink.notify_resource_updated(uri).await,
                // Too slow: what was missed is coarse anyway, the next change tells.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => continue,
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return Ok(()),
            };
            if let Err(rmcp::service::SubscriptionSendError::SubscriptionClosed) = sent {
                return Ok(());
            }
        }
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.shared.features.logging || is_modern(&context) {
            return Err(ErrorData::method_not_found::<rmcp::model::SetLevelRequestMethod>());
        }
        self.level.set(severity(request.level));
        Ok(())
    }

    async fn subscribe(
        &self,
        _request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        match self.shared.features.list_changes {
            true => Ok(()),
            false => Err(ErrorData::method_not_found::<rmcp::model::SubscribeRequestMethod>()),
        }
    }

    async fn unsubscribe(
        &self,
        _request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        match self.shared.features.list_changes {
            true => Ok(()),
            false => Err(ErrorData::method_not_found::<rmcp::model::UnsubscribeRequestMethod>()),
        }
    }
}

/// Whether the request is of the stateless era.
fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// The trace id of a W3C `traceparent`; anything malformed is ignored, as the specification asks.
fn trace_id(traceparent: &str) -> Option<String> {
    let id = traceparent.split('-').nth(1)?;
    let valid = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b != b'0');
    valid.then(|| id.to_ascii_lowercase())
}
