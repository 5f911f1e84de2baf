//! Declarations, replies and errors in the protocol's own types.

use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolResult, ClientCapabilities, ContentBlock, MetaObject, ResourceContents, Tool, ToolAnnotations,
};
use serde_json::{Value, json};
use toolcall::{Capability, Content, Declaration, Effect, ErrorKind, ToolError};

/// The wire form of a declared tool.
pub(crate) fn tool(declaration: &Declaration) -> Tool {
    let annotations = ToolAnnotations::with_title(declaration.title)
        .read_only(declaration.effect == Effect::Read)
        .destructive(declaration.effect == Effect::Destroy)
        .idempotent(declaration.idempotent)
        .open_world(declaration.open_world);
    let tool = Tool::new(
        declaration.name,
        declaration.description.clone(),
        declaration.input_schema.clone(),
    )
    .with_title(declaration.title)
    .with_annotations(annotations);
    let tool = match &declaration.output_schema {
        Some(schema) => tool.with_raw_output_schema(Arc::new(schema.clone())),
        None => tool,
    };
    if declaration.effect == Effect::Destroy {
        let mut meta = MetaObject::new();
        // An extra for clients that know it; never the gate.
        meta.0
            .insert("anthropic/requiresUserInteraction".to_owned(), Value::Bool(true));
        return tool.with_meta(meta);
    }
    tool
}

/// A structured answer: the structure, and the same as text.
pub(crate) fn structure(value: Value) -> CallToolResult {
    let text = ContentBlock::text(value.to_string());
    let mut result = CallToolResult::success(vec![text]);
    result.structured_content = Some(value);
    result
}

/// An answer in content alone.
pub(crate) fn content(parts: Vec<Content>) -> CallToolResult {
    CallToolResult::success(parts.into_iter().map(block).collect())
}

/// One part of an answer.
pub(crate) fn block(part: Content) -> ContentBlock {
    match part {
        Content::Text(text) => ContentBlock::text(text),
        Content::Image { data, mime_type } => ContentBlock::image(data, mime_type),
        Content::Audio { data, mime_type } => ContentBlock::audio(data, mime_type),
        Content::Embedded { uri, mime_type, text } => {
            ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(mime_type))
        }
    }
}

/// A failed call: what the model should read is a result; what makes the request unroutable is an error.
pub(crate) fn failure(error: &ToolError) -> Result<CallToolResult, ErrorData> {
    match error.kind() {
        ErrorKind::UnknownTool => Err(ErrorData::invalid_params(
            error.message().to_owned(),
            Some(error.to_value()),
        )),
        ErrorKind::Cancelled => Err(ErrorData::invalid_request(
            error.message().to_owned(),
            Some(error.to_value()),
        )),
        // The structure goes into the text only: it does not fit the tool's output schema, and clients that
        // validate would throw away the message together with it.
        _ => Ok(CallToolResult::error(vec![ContentBlock::text(
            error.to_value().to_string(),
        )])),
    }
}

/// A failure outside a tool call.
pub(crate) fn protocol_error(error: &ToolError) -> ErrorData {
    let message = error.message().to_owned();
    let data = Some(error.to_value());
    match error.kind() {
        ErrorKind::Internal | ErrorKind::Unavailable => ErrorData::internal_error(message, data),
        ErrorKind::Cancelled => ErrorData::invalid_request(message, data),
        _ => ErrorData::invalid_params(message, data),
    }
}

/// No such document: with its URI, as the protocol wants it.
pub(crate) fn document_not_found(error: &ToolError, uri: &str) -> ErrorData {
    ErrorData::resource_not_found(
        error.message().to_owned(),
        Some(json!({"uri": uri, "next": error.next()})),
    )
}

/// The client did not declare what the call needs.
pub(crate) fn missing_capability(needed: Capability) -> ErrorData {
    let declared = json!({needed.name(): {}});
    match serde_json::from_value::<ClientCapabilities>(declared) {
        Ok(required) => ErrorData::missing_required_client_capability(required),
        Err(_) => ErrorData::invalid_params(format!("the client must declare `{}`", needed.name()), None),
    }
}

/// What the client declared, in the spine's terms.
pub(crate) fn declared(capabilities: Option<&ClientCapabilities>) -> toolcall::ClientCapabilities {
    let Some(capabilities) = capabilities else {
        return toolcall::ClientCapabilities::default();
    };
    let value = serde_json::to_value(capabilities).unwrap_or_default();
    let all = [Capability::Elicitation, Capability::Sampling, Capability::Roots];
    toolcall::ClientCapabilities::new(
        all.into_iter()
            .filter(|one| value.get(one.name()).is_some())
            .collect(),
    )
}

/// A self-reported text, fit for a record or an error.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
