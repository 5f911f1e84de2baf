//! What leaves the gate: bounded in size, scrubbed of secrets.

use std::sync::Arc;

use redacted::Scrubber;
use serde_json::Value;

use crate::{
    Ask, Content, Document, DocumentBody, ErrorKind, Progress, Question, Reply, Severity, Step, ToolError,
};

/// Longest sentence of an error, a hint or a step, in characters.
const SENTENCE_CHARS: usize = 2_000;
/// Longest name in a record, in characters.
const RECORDED_CHARS: usize = 256;
/// Longest name of what a call touches, in bytes: names are kept, compared and recorded.
pub(crate) const RESOURCE_BYTES: usize = 1_024;

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
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains(REDACTION_MARKER) || holds_marker(value)),
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
        Reply::Ask(asked) => return Ok((Reply::Ask(ask(asked, scrubber)), 0)),
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

/// The error as it may leave: scrubbed, and no longer than a person or a model would read.
pub(crate) fn error(error: ToolError, scrubber: &Scrubber, bounds: &Bounds) -> ToolError {
    let text = |text: &str| shorten(&scrubber.text(text), SENTENCE_CHARS);
    let value = |value: Value| match size(&value) > bounds.reply_bytes {
        true => Value::String("left out, because it is too large".to_owned()),
        false => scrubber.value(value),
    };
    error.scrubbed(text, value)
}

/// A name as it may be recorded: scrubbed, without control characters, and short.
pub(crate) fn name(text: &str, scrubber: &Scrubber) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(RECORDED_CHARS)
        .collect();
    scrubber.text(&plain).into_owned()
}

/// The document as it may leave.
pub(crate) fn document(
    document: Document,
    scrubber: &Scrubber,
    bounds: &Bounds,
) -> Result<Document, ToolError> {
    let body = match document.body {
        DocumentBody::Text(text) => DocumentBody::Text(scrubber.text(&text).into_owned()),
        binary @ DocumentBody::Base64(_) => binary,
    };
    let (bytes, most) = (body.len(), bounds.reply_bytes);
    if bytes > most {
        return Err(ToolError::new(
            ErrorKind::LimitExceeded,
            format!("the document has {bytes} bytes, more than the {most} that may be sent"),
        )
        .hint("read it where it is kept"));
    }
    Ok(Document { body, ..document })
}

/// The questions as they may leave.
fn ask(ask: Ask, scrubber: &Scrubber) -> Ask {
    let question = |question: Question| match question {
        Question::Form { message, schema } => Question::Form {
            message: scrubber.text(&message).into_owned(),
            schema: scrubber.value(schema),
        },
        Question::Sample { prompt, max_tokens } => Question::Sample {
            prompt: scrubber.text(&prompt).into_owned(),
            max_tokens,
        },
        Question::Roots => Question::Roots,
    };
    Ask {
        questions: ask
            .questions
            .into_iter()
            .map(|(key, one)| (key, question(one)))
            .collect(),
        state: ask.state,
    }
}

/// Progress and log lines on their way out, scrubbed.
pub(crate) struct Scrubbed {
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) scrubber: Arc<Scrubber>,
}

impl Progress for Scrubbed {
    fn report(&self, step: Step) {
        let message = shorten(&self.scrubber.text(&step.message), SENTENCE_CHARS);
        self.progress.report(Step { message, ..step });
    }

    fn log(&self, severity: Severity, message: &str) {
        self.progress
            .log(severity, &shorten(&self.scrubber.text(message), SENTENCE_CHARS));
    }
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

pub(crate) fn content(part: Content, scrubber: &Scrubber) -> Content {
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
