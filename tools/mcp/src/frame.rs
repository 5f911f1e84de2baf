//! Lines and bodies to protocol messages, with an answer for whatever is not one.

use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorCode, GetMeta as _, ProtocolVersion};
use serde_json::{Value, json};

/// Largest message on a line, in bytes.
pub(crate) const MESSAGE_BYTES: usize = 16 << 20;

/// Reads one message. The error is the JSON-RPC reply to send instead.
pub(crate) fn parse(bytes: &[u8]) -> Result<ClientJsonRpcMessage, Value> {
    match serde_json::from_slice::<ClientJsonRpcMessage>(bytes) {
        // rmcp reads whatever fits no method it knows as a method of its own making, also `tools/call` with wrong
        // parameters.
        Ok(ClientJsonRpcMessage::Request(request)) if misread(&request.request) => {
            let id = serde_json::to_value(&request.id).ok();
            let message = format!("the parameters do not fit `{}`", request.request.method());
            Err(refusal(ErrorCode::INVALID_PARAMS, message, id))
        }
        Ok(message) => Ok(message),
        Err(error) => Err(explain(bytes, &error)),
    }
}

/// Whether a request of a known method was read as one of an unknown method.
fn misread(request: &ClientRequest) -> bool {
    const KNOWN: [&str; 13] = [
        "completion/complete",
        "initialize",
        "logging/setLevel",
        "prompts/get",
        "prompts/list",
        "resources/list",
        "resources/read",
        "resources/subscribe",
        "resources/templates/list",
        "resources/unsubscribe",
        "subscriptions/listen",
        "tools/call",
        "tools/list",
    ];
    matches!(request, ClientRequest::CustomRequest(custom) if KNOWN.contains(&custom.method.as_str()))
}

/// The reply to a message that was too large to read.
pub(crate) fn too_large() -> Value {
    refusal(
        ErrorCode::INVALID_REQUEST,
        format!("a message may have at most {MESSAGE_BYTES} bytes"),
        None,
    )
}

/// What was wrong with `bytes`, and, where it can be known, for which request.
fn explain(bytes: &[u8], error: &serde_json::Error) -> Value {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => {
            return refusal(
                ErrorCode::PARSE_ERROR,
                format!("a message must be one line of JSON: {error}"),
                None,
            );
        }
    };
    let id = value
        .get("id")
        .filter(|id| id.is_string() || id.is_i64() || id.is_u64())
        .cloned();
    let reason = match &value {
        Value::Array(_) => "batches are not part of this protocol; send one message per line".to_owned(),
        Value::Object(object) if object.get("id").is_some_and(Value::is_null) => {
            "`id` must be a string or an integer, never null".to_owned()
        }
        Value::Object(object) if object.get("jsonrpc") != Some(&json!("2.0")) => {
            "`jsonrpc` must be \"2.0\"".to_owned()
        }
        Value::Object(object) if !object.contains_key("method") => {
            "a message needs a `method`, a `result` or an `error`".to_owned()
        }
        Value::Object(_) => format!("the parameters do not fit the method: {error}"),
        _ => "a message must be a JSON object".to_owned(),
    };
    let code = if id.is_some() {
        ErrorCode::INVALID_PARAMS
    } else {
        ErrorCode::INVALID_REQUEST
    };
    refusal(code, reason, id)
}

fn refusal(code: ErrorCode, message: String, id: Option<Value>) -> Value {
    let mut reply = json!({"jsonrpc": "2.0", "error": {"code": code.0, "message": message}});
    if let (Some(id), Some(object)) = (id, reply.as_object_mut()) {
        object.insert("id".to_owned(), id);
    }
    reply
}

/// Drops what comes before the era is chosen and would end the connection: rmcp takes any notification before
/// `initialize` as a broken handshake, but clients send them, and a probe must not kill a server.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    chosen: bool,
    dropped: u32,
}

impl Opening {
    /// Whether `message` may go on.
    pub(crate) fn admit(&mut self, message: &ClientJsonRpcMessage) -> bool {
        if self.chosen {
            return true;
        }
        match message {
            ClientJsonRpcMessage::Request(request) => {
                self.chosen = chooses_era(&request.request);
                true
            }
            _ => {
                self.dropped += 1;
                tracing::debug!(
                    dropped = self.dropped,
                    "dropped a message that came before the first request"
                );
                false
            }
        }
    }
}

/// The same rule as rmcp's: `initialize`, or a request other than `server/discover` with complete modern
/// metadata of a version we know.
fn chooses_era(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
        other => {
            let meta = other.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28)
                .is_empty()
                && meta
                    .protocol_version()
                    .is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> (i64, Option<Value>) {
        let reply = parse(bytes).unwrap_err();
        (reply["error"]["code"].as_i64().unwrap(), reply.get("id").cloned())
    }

    #[test]
    fn what_is_not_a_message_gets_a_reply_that_says_why() {
        assert_eq!(code(b"\x00\xff\xfe"), (-32700, None));
        assert_eq!(code(b"{\"jsonrpc\":"), (-32700, None));
        assert_eq!(code(b"[]"), (-32600, None));
        assert_eq!(
            code(br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#),
            (-32600, None)
        );
        assert_eq!(code(br#"{"id":3,"method":"ping"}"#), (-32602, Some(json!(3))));
        let wrong = br#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":5}}"#;
        assert_eq!(code(wrong), (-32602, Some(json!("a"))));
    }

    #[test]
    fn early_notifications_are_dropped_until_an_era_is_chosen() {
        let mut opening = Opening::default();
        let notification =
            parse(br#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#).unwrap();
        let discover = parse(br#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#).unwrap();
        let initialize = parse(br#"{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}"#).unwrap();
        assert!(!opening.admit(&notification));
        assert!(opening.admit(&discover));
        assert!(!opening.admit(&notification));
        assert!(opening.admit(&initialize));
        assert!(opening.admit(&notification));
    }
}
