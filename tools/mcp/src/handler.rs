//! One connection: wire requests to calls at the gate, replies to wire results.

#![expect(deprecated, reason = "clients of the 2025-11-25 era still use logging and subscriptions")]

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CompletionInfo,
    DiscoverResult, GetPromptRequestParams, GetPromptResponse, GetPromptResult, JsonObject, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams, Prompt, PromptArgument,
    PromptMessage, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Reference,
    Resource, ResourceContents, ResourceTemplate, Role, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
    SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};
use rmcp::{ErrorData, ServerHandler};
use serde_json::Value;
use toolcall::{
    Answers, Call, Completion, Content, Credential, DocumentBody, ErrorKind, Identified, Origin, PromptReply, Reply,
    ToolError,
};
use tracing::Instrument as _;

use crate::ask::{self, ROUNDS};
use crate::notify::{Notifier, SessionLevel, severity};
use crate::page::page;
use crate::server::{Change, Shared};
use crate::convert;

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
        Self { shared, transport, peer, level: Arc::default() }
    }

    /// Who sent the request, and how.
    async fn who(&self, context: &RequestContext<RoleServer>) -> Result<(Identified, Origin), ErrorData> {
        let origin = Origin {
            transport: self.transport,
            client: context.client_info().map(|info| format!("{}/{}", clean(&info.name), clean(&info.version))),
            trace_id: context.meta.get_traceparent().and_then(trace_id),
        };
        let from_http = context
            .extensions
            .get::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<Identified>())
            .cloned();
        if let Some(who) = from_http {
            return Ok((who, origin));
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

    /// Calls a tool, asking a client of the older era on the tool's behalf.
    async fn call(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (who, origin) = self.who(&context).await?;
        let arguments = request.arguments.unwrap_or_default();
        let binding = self.shared.binding(&who.caller().id, "tools/call", &request.name, &arguments);
        let client = convert::declared(context.client_capabilities().as_ref());
        let state = request.request_state.as_deref();
        let mut answers = ask::answers(request.input_responses, state, &self.shared.codec, &binding)
            .map_err(|error| self.refused(&who, &request.name, error, &origin))?;
        for _ in 0..ROUNDS {
            let call = self.prepare(&request.name, &arguments, &origin, &context, client.clone(), answers);
            let (call, drain) = call;
            let result = self.shared.gate.call(&who, call).await;
            drain.drain().await;
            let ask = match result {
                Ok(Reply::Structure(value)) => return Ok(self.complete(convert::structure(value), &context)),
                Ok(Reply::Content(parts)) => return Ok(self.complete(convert::content(parts), &context)),
                Ok(Reply::Ask(ask)) => ask,
                Err(error) => return Ok(self.complete(convert::failure(&error)?, &context)),
            };
            ask::check(&ask, &client)?;
            if is_modern(&context) {
                return Ok(ask::input_required(ask, &self.shared.codec, &binding)?.into());
            }
            answers = ask::ask_legacy(ask, &context.peer).await?;
        }
        Err(ErrorData::invalid_request(format!("`{}` asked more than {ROUNDS} times", request.name), None))
    }

    fn prepare(
        &self,
        tool: &str,
        arguments: &JsonObject,
        origin: &Origin,
        context: &RequestContext<RoleServer>,
        client: toolcall::ClientCapabilities,
        answers: Answers,
    ) -> (Call, crate::notify::Drain) {
        let least = if !self.shared.features.logging {
            None
        } else if is_modern(context) {
            context.meta.log_level().map(severity)
        } else {
            self.level.get()
        };
        let (notifier, drain) = Notifier::start(&context.peer, context.meta.get_progress_token(), least);
        let mut call = Call::new(tool, arguments.clone(), self.transport);
        call.origin = origin.clone();
        call.progress = notifier;
        call.cancelled = context.ct.clone();
        call.client = client;
        call.answers = answers;
        (call, drain)
    }

    fn complete(
        &self,
        mut result: rmcp::model::CallToolResult,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResponse {
        if is_modern(context) {
            result.meta = Some(self.shared.result_meta.clone());
        }
        result.into()
    }

    /// Records a request that never became a call.
    fn refused(&self, who: &Identified, tool: &str, error: ErrorData, origin: &Origin) -> ErrorData {
        let reason = ToolError::new(ErrorKind::InvalidArgument, error.message.to_string());
        let recorded = self.shared.gate.refuse(Some(who.caller()), tool, reason, origin);
        match recorded.kind() {
            ErrorKind::InvalidArgument => error,
            _ => convert::protocol_error(&recorded),
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
        let mut result = $result::with_all_items(items).with_ttl_ms(STATIC_TTL_MS).with_cache_scope($scope);
        result.next_cursor = next;
        result.meta = $self.meta(&$context);
        Ok(result)
    }};
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        self.shared.config.clone()
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
        listed!(self, context, ListToolsResult, items, request, "tools", CacheScope::Private)
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
        let items = self.shared.gate.documents().list().into_iter().map(resource).collect();
        listed!(self, context, ListResourcesResult, items, request, "resources", CacheScope::Private)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let items = self.shared.gate.documents().templates().into_iter().map(template).collect();
        listed!(self, context, ListResourceTemplatesResult, items, request, "templates", CacheScope::Public)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (who, origin) = self.who(&context).await?;
        let document = self.shared.gate.read(&who, &request.uri, &origin).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => convert::document_not_found(&error, &request.uri),
            _ => convert::protocol_error(&error),
        })?;
        let contents = match document.body {
            DocumentBody::Text(text) => ResourceContents::text(text, document.uri),
            DocumentBody::Base64(blob) => ResourceContents::blob(blob, document.uri),
        };
        let scope = if document.public { CacheScope::Public } else { CacheScope::Private };
        let mut result = ReadResourceResult::new(vec![contents.with_mime_type(document.mime_type)])
            .with_ttl_ms(DOCUMENT_TTL_MS)
            .with_cache_scope(scope);
        result.meta = self.meta(&context);
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let items = self.shared.prompts.list().into_iter().map(prompt).collect();
        listed!(self, context, ListPromptsResult, items, request, "prompts", CacheScope::Public)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let given = request.arguments.unwrap_or_default();
        let binding = self.shared.binding("", "prompts/get", &request.name, &given);
        let arguments = texts(given)?;
        let state = request.request_state.as_deref();
        let answers = ask::answers(request.input_responses, state, &self.shared.codec, &binding)?;
        let reply = self.shared.prompts.get(&request.name, &arguments, &answers);
        match reply.map_err(|error| convert::protocol_error(&error))? {
            PromptReply::Messages(parts) => {
                let messages = parts.into_iter().map(message).collect();
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
                    let message = format!("there is no prompt `{}` with an argument `{name}`", clean(&prompt.name));
                    ErrorData::invalid_params(message, None)
                })?
            }
            Reference::Resource(resource) => {
                let templates = self.shared.gate.documents().templates();
                if !templates.iter().any(|template| template.uri_template == resource.uri) {
                    let known: Vec<&str> = templates.iter().map(|template| template.uri_template.as_str()).collect();
                    let message = format!("there is no resource template `{}`", clean(&resource.uri));
                    return Err(ErrorData::invalid_params(message, Some(serde_json::json!({"allowed": known}))));
                }
                self.shared.gate.documents().complete(&resource.uri, name, typed)
            }
            _ => return Err(ErrorData::invalid_params("only prompts and resource templates can be completed", None)),
        };
        completed(completion)
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.shared.features.list_changes.then(|| requested.supported_by(&self.shared.config.capabilities))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.shared.changes.subscribe();
        loop {
            let change = tokio::select! {
                () = context.cancelled() => return Ok(()),
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
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// A self-reported text, fit for a record or an error.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// The trace id of a W3C `traceparent`; anything malformed is ignored, as the specification asks.
fn trace_id(traceparent: &str) -> Option<String> {
    let id = traceparent.split('-').nth(1)?;
    let valid = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b != b'0');
    valid.then(|| id.to_ascii_lowercase())
}

fn resource(entry: toolcall::DocumentEntry) -> Resource {
    let resource = Resource::new(entry.uri, entry.name)
        .with_title(entry.title)
        .with_description(entry.description)
        .with_mime_type(entry.mime_type);
    match entry.size {
        Some(size) => resource.with_size(size),
        None => resource,
    }
}

fn template(entry: toolcall::DocumentTemplate) -> ResourceTemplate {
    ResourceTemplate::new(entry.uri_template, entry.name)
        .with_title(entry.title)
        .with_description(entry.description)
        .with_mime_type(entry.mime_type)
}

fn prompt(entry: toolcall::PromptEntry) -> Prompt {
    let arguments = entry
        .arguments
        .into_iter()
        .map(|argument| {
            PromptArgument::new(argument.name).with_description(argument.description).with_required(argument.required)
        })
        .collect();
    Prompt::new(entry.name, Some(entry.description), Some(arguments)).with_title(entry.title)
}

fn message(part: Content) -> PromptMessage {
    PromptMessage::new(Role::User, convert::block(part))
}

/// Prompt arguments are texts; anything else is said to be wrong by name.
fn texts(given: JsonObject) -> Result<BTreeMap<String, String>, ErrorData> {
    given
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            _ => Err(ErrorData::invalid_params(format!("prompt argument `{}` must be a string", clean(&name)), None)),
        })
        .collect()
}

fn completed(completion: Completion) -> Result<CompleteResult, ErrorData> {
    let more = completion.total > completion.values.len();
    let total = u32::try_from(completion.total).ok();
    let info = CompletionInfo::with_pagination(completion.values, total, more);
    Ok(CompleteResult::new(info.map_err(|error| ErrorData::internal_error(error, None))?))
}
