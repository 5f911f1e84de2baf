//! What leaves the gate: bounded in size, scrubbed of secrets.

use redacted::Scrubber;
use serde_json::Value;

use crate::{Content, ErrorKind, Reply, ToolError};

/// What stands where a secret was. Refused as an input: a model that read it must not write it back.
pub const REDACTION_MARKER: &str = redacted::MARKER;

/// Limits of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Largest arguments of a call, in bytes of compact JSON.
    pub arguments_bytes: usize,
    /// Largest answer of a call, in bytes of compact JSON.
    pub reply_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            arguments_bytes: 8 << 20,
            reply_bytes: 4 << 20,
        }
    }
}

/// The size of `value` as compact JSON, in bytes.
pub(crate) fn size(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        // A value that cannot be written cannot be sent either: treat it as too large.
        Err(_) => usize::MAX,
    }
}

/// Whether a string anywhere in `value` holds the redaction marker.
pub(crate) fn holds_marker(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(REDACTION_MARKER),
        Value::Array(items) => items.iter().any(holds_marker),
        Value::Object(fields) => fields.values().any(holds_marker),
        _ => false,
    }
}

/// The reply as it may leave: scrubbed and not too large.
pub(crate) fn reply(reply: Reply, scrubber: &Scrubber, bounds: &Bounds) -> Result<(Reply, usize), ToolError> {
    let reply = match reply {
        Reply::Structure(value) => Reply::Structure(scrubber.value(value)),
        Reply::Content(parts) => {
            Reply::Content(parts.into_iter().map(|part| content(part, scrubber)).collect())
        }
        Reply::Ask(ask) => return Ok((Reply::Ask(ask), 0)),
    };
    let bytes = match &reply {
        Reply::Structure(value) => size(value),
        Reply::Content(parts) => parts.iter().map(content_size).sum(),
        Reply::Ask(_) => 0,
    };
    if bytes > bounds.reply_bytes {
        return Err(ToolError::new(
            ErrorKind::LimitExceeded,
            format!(
                "the answer has {bytes} bytes, more than the {} that may be sent",
                bounds.reply_bytes
            ),
        )
        .hint("narrow the question, or split the input"));
    }
    Ok((reply, bytes))
}

/// The error as it may leave.
pub(crate) fn error(error: ToolError, scrubber: &Scrubber) -> ToolError {
    error.scrubbed(
        |text| scrubber.text(text).into_owned(),
        |value| scrubber.value(value),
    )
}

fn content(part: Content, scrubber: &Scrubber) -> Content {
    match part {
        Content::Text(text) => Content::Text(scrubber.text(&text).into_owned()),
        Content::Embedded { uri, mime_type, text } => Content::Embedded {
            uri,
            mime_type,
            text: scrubber.text(&text).into_owned(),
        },
        binary => binary,
    }
}

fn content_size(part: &Content) -> usize {
    match part {
        Content::Text(text) | Content::Embedded { text, .. } => text.len(),
        Content::Image { data, .. } | Content::Audio { data, .. } => data.len(),
    }
}
