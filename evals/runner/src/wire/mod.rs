//! A client without an SDK, so that what is measured is the server: JSON-RPC lines over pipes, or over one
//! kept-alive HTTP connection, in both eras of the protocol.

mod pipe;
mod web;

use serde_json::{Value, json};

use crate::failure::Failure;

pub(crate) use pipe::Pipe;
pub(crate) use web::Web;

/// An era of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2025-11-25: a handshake first.
    Handshake,
    /// 2026-07-28: every request stands alone.
    Stateless,
}

impl Era {
    pub(crate) const ALL: [Self; 2] = [Self::Handshake, Self::Stateless];

    /// The protocol version.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Handshake => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }

    /// The request `method` of this era.
    pub(crate) fn request(self, id: u64, method: &str, params: &Value) -> Value {
        let mut params = params.clone();
        if let (Self::Stateless, Some(params)) = (self, params.as_object_mut()) {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": self.version(),
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            });
            params.insert("_meta".to_owned(), meta);
        }
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
    }
}

/// The handshake's request and what follows its answer.
pub(crate) fn handshake() -> (Value, Value) {
    let params = json!({
        "protocolVersion": Era::Handshake.version(),
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    });
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
    (
        initialize,
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
    )
}

/// The result in a JSON-RPC answer.
pub(crate) fn result(answer: &Value) -> Result<&Value, Failure> {
    match answer.get("result") {
        Some(result) if result.get("isError") != Some(&Value::Bool(true)) => Ok(result),
        _ => Err(Failure::new(format!("the server refused a call: {answer}"))),
    }
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// The structured result.
    Result(Value),
    /// Why not.
    Refusal {
        /// The kind of the error.
        code: String,
        /// All that the answer says.
        text: String,
    },
}

/// What a call came to, out of a JSON-RPC answer.
fn outcome(answer: &Value) -> Result<Answer, Failure> {
    let broken = || Failure::new(format!("the server's answer is no result of a call: {answer}"));
    let result = answer.get("result").ok_or_else(broken)?;
    if result.get("isError") != Some(&Value::Bool(true)) {
        let structured = result.get("structuredContent").ok_or_else(broken)?;
        return Ok(Answer::Result(structured.clone()));
    }
    let text = result
        .pointer("/content/0/text")
        .and_then(Value::as_str)
        .ok_or_else(broken)?;
    let said: Value = serde_json::from_str(text).map_err(|_| broken())?;
    let code = said.get("code").and_then(Value::as_str).ok_or_else(broken)?;
    Ok(Answer::Refusal {
        code: code.to_owned(),
        text: text.to_owned(),
    })
}
