//! Questions to the client, in the form of its era.
//!
//! A tool that asks is called again with the answers. Clients of 2026-07-28 get the questions as the result of
//! their request and retry; clients of the older era are asked over the open connection, here.

#![expect(
    deprecated,
    reason = "elicitation, sampling and roots are how older clients are asked"
)]

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CreateMessageRequest, CreateMessageRequestParams, ElicitRequest, ElicitRequestParams, InputRequest,
    InputRequests, InputRequiredResult, ListRootsRequest, RequestStateCodec, SamplingMessage, SealOptions,
};
use rmcp::service::{Peer, RoleServer};
use serde_json::Value;
use toolcall::{Answers, Ask, ClientCapabilities, Question};

use crate::convert;

/// How long a request state is good for.
const STATE_TTL: Duration = Duration::from_mins(15);
/// How long a client of the older era may take to answer one question.
const ANSWER_WITHIN: Duration = Duration::from_mins(3);
/// How often a tool may ask within one call.
pub(crate) const ROUNDS: usize = 8;

/// Refuses questions that the client did not say it can answer.
pub(crate) fn check(ask: &Ask, client: &ClientCapabilities) -> Result<(), ErrorData> {
    match ask
        .questions
        .values()
        .map(Question::needs)
        .find(|needed| !client.has(*needed))
    {
        Some(needed) => Err(convert::missing_capability(needed)),
        None => Ok(()),
    }
}

/// The questions as a result of 2026-07-28, their state sealed to `binding`.
pub(crate) fn input_required(
    ask: Ask,
    codec: &RequestStateCodec,
    binding: &str,
) -> Result<InputRequiredResult, ErrorData> {
    let mut requests = InputRequests::new();
    for (key, question) in ask.questions {
        requests.insert(key, request(question)?);
    }
    let state = ask.state.map(|state| {
        let options = SealOptions::new()
            .associated_data(binding.as_bytes())
            .ttl(STATE_TTL);
        codec.seal_with(state.as_bytes(), &options)
    });
    Ok(InputRequiredResult::new(
        (!requests.is_empty()).then_some(requests),
        state,
    ))
}

/// What a retry brings back; a state that is not ours, or not for this request, is refused.
pub(crate) fn answers(
    responses: Option<std::collections::BTreeMap<String, Value>>,
    state: Option<&str>,
    codec: &RequestStateCodec,
    binding: impl Fn() -> String,
) -> Result<Answers, ErrorData> {
    let state = match state {
        None => None,
        Some(sealed) => {
            let opened = codec
                .open_with(sealed, binding().as_bytes())
                .ok()
                .and_then(|b| String::from_utf8(b).ok());
            let hint = || Some(serde_json::json!({"next": "send the request again without `requestState`"}));
            Some(opened.ok_or_else(|| {
                ErrorData::invalid_params(
                    "`requestState` was changed, is for another request, or has expired",
                    hint(),
                )
            })?)
        }
    };
    Ok(Answers {
        by_key: responses.unwrap_or_default(),
        state,
    })
}

/// Asks a client of the older era, question by question.
pub(crate) async fn ask_legacy(ask: Ask, peer: &Peer<RoleServer>) -> Result<Answers, ErrorData> {
    let mut answers = Answers {
        state: ask.state,
        ..Answers::default()
    };
    for (key, question) in ask.questions {
        let asked = tokio::time::timeout(ANSWER_WITHIN, ask_one(question, peer)).await;
        let answer = asked
            .map_err(|_| ErrorData::invalid_request("the client did not answer in 3 minutes", None))??;
        answers.by_key.insert(key, answer);
    }
    Ok(answers)
}

async fn ask_one(question: Question, peer: &Peer<RoleServer>) -> Result<Value, ErrorData> {
    let failed = |error: rmcp::ServiceError| {
        ErrorData::invalid_request(format!("the client could not be asked: {error}"), None)
    };
    let answer = match question {
        Question::Form { message, schema } => serde_json::to_value(
            peer.create_elicitation(form(message, schema)?)
                .await
                .map_err(failed)?,
        ),
        Question::Sample { prompt, max_tokens } => {
            let params =
                CreateMessageRequestParams::new(vec![SamplingMessage::user_text(prompt)], max_tokens);
            serde_json::to_value(peer.create_message(params).await.map_err(failed)?)
        }
        Question::Roots => serde_json::to_value(peer.list_roots().await.map_err(failed)?),
    };
    answer
        .map_err(|error| ErrorData::internal_error(format!("the client's answer is not JSON: {error}"), None))
}

fn request(question: Question) -> Result<InputRequest, ErrorData> {
    Ok(match question {
        Question::Form { message, schema } => {
            InputRequest::Elicitation(ElicitRequest::new(form(message, schema)?))
        }
        Question::Sample { prompt, max_tokens } => InputRequest::CreateMessage(CreateMessageRequest::new(
            CreateMessageRequestParams::new(vec![SamplingMessage::user_text(prompt)], max_tokens),
        )),
        Question::Roots => InputRequest::ListRoots(ListRootsRequest::default()),
    })
}

fn form(message: String, schema: Value) -> Result<ElicitRequestParams, ErrorData> {
    let requested_schema = serde_json::from_value(schema).map_err(|error| {
        ErrorData::internal_error(format!("the form of a question is not valid: {error}"), None)
    })?;
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema,
    })
}
