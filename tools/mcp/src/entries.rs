//! Documents, prompts and completions in the protocol's own types.

use std::collections::BTreeMap;

use rmcp::ErrorData;
use rmcp::model::{
    CompleteResult, CompletionInfo, JsonObject, Prompt, PromptArgument, PromptMessage, Resource,
    ResourceTemplate, Role,
};
use serde_json::Value;
use toolcall::{Completion, Content};

use crate::convert::{self, clean};

pub(crate) fn resource(entry: toolcall::DocumentEntry) -> Resource {
    let resource = Resource::new(entry.uri, entry.name)
        .with_title(entry.title)
        .with_description(entry.description)
        .with_mime_type(entry.mime_type);
    match entry.size {
        Some(size) => resource.with_size(size),
        None => resource,
    }
}

pub(crate) fn template(entry: toolcall::DocumentTemplate) -> ResourceTemplate {
    ResourceTemplate::new(entry.uri_template, entry.name)
        .with_title(entry.title)
        .with_description(entry.description)
        .with_mime_type(entry.mime_type)
}

pub(crate) fn prompt(entry: toolcall::PromptEntry) -> Prompt {
    let arguments = entry
        .arguments
        .into_iter()
        .map(|argument| {
            PromptArgument::new(argument.name)
                .with_description(argument.description)
                .with_required(argument.required)
        })
        .collect();
    Prompt::new(entry.name, Some(entry.description), Some(arguments)).with_title(entry.title)
}

pub(crate) fn message(part: Content) -> PromptMessage {
    PromptMessage::new(Role::User, convert::block(part))
}

/// Prompt arguments are texts; anything else is said to be wrong by name.
pub(crate) fn texts(given: JsonObject) -> Result<BTreeMap<String, String>, ErrorData> {
    given
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            _ => Err(ErrorData::invalid_params(
                format!("prompt argument `{}` must be a string", clean(&name)),
                None,
            )),
        })
        .collect()
}

pub(crate) fn completed(completion: Completion) -> Result<CompleteResult, ErrorData> {
    let more = completion.total > completion.values.len();
    let total = u32::try_from(completion.total).ok();
    let info = CompletionInfo::with_pagination(completion.values, total, more);
    Ok(CompleteResult::new(
        info.map_err(|error| ErrorData::internal_error(error, None))?,
    ))
}
