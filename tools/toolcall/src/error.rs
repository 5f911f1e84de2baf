//! The one error a tool answers with: a kind to act on, a sentence, and the next step.
//!
//! What the caller sees and what the operator sees are two fields: [`ToolError::message`] and its `source`.
//! The source is logged and never leaves the process.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// What went wrong, as far as a caller could do something different about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// No tool of this name is there for this caller.
    UnknownTool,
    /// An argument has the wrong type, is unknown, or breaks a rule.
    InvalidArgument,
    /// A required argument is absent.
    MissingArgument,
    /// A value is not one of the known ones, such as a region nobody offers.
    UnknownValue,
    /// The input is empty.
    EmptyInput,
    /// The input is not valid UTF-8.
    InvalidEncoding,
    /// The named file, resource or object does not exist.
    NotFound,
    /// The configuration does not hold: it breaks a contract or does not parse.
    InvalidConfiguration,
    /// No credential was given where one is needed.
    Unauthenticated,
    /// The token is not one we can trust: garbage, bad signature, unknown issuer or key.
    TokenInvalid,
    /// The token was issued for somebody else.
    TokenAudience,
    /// The token is past its time, or not yet valid.
    TokenExpired,
    /// The caller is known and may not do this.
    Denied,
    /// The client lacks a capability that the tool needs.
    MissingCapability,
    /// A bound was hit: time, memory, depth or size.
    LimitExceeded,
    /// The call took longer than its deadline.
    DeadlineExceeded,
    /// The caller withdrew the call.
    Cancelled,
    /// Something this needs cannot be reached now.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of declaration.
    pub const ALL: &'static [Self] = &[
        Self::UnknownTool,
        Self::InvalidArgument,
        Self::MissingArgument,
        Self::UnknownValue,
        Self::EmptyInput,
        Self::InvalidEncoding,
        Self::NotFound,
        Self::InvalidConfiguration,
        Self::Unauthenticated,
        Self::TokenInvalid,
        Self::TokenAudience,
        Self::TokenExpired,
        Self::Denied,
        Self::MissingCapability,
        Self::LimitExceeded,
        Self::DeadlineExceeded,
        Self::Cancelled,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code on the wire, in the audit log and in `errors.md`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown_tool",
            Self::InvalidArgument => "invalid_argument",
            Self::MissingArgument => "missing_argument",
            Self::UnknownValue => "unknown_value",
            Self::EmptyInput => "empty_input",
            Self::InvalidEncoding => "invalid_encoding",
            Self::NotFound => "not_found",
            Self::InvalidConfiguration => "invalid_configuration",
            Self::Unauthenticated => "unauthenticated",
            Self::TokenInvalid => "token_invalid",
            Self::TokenAudience => "token_audience",
            Self::TokenExpired => "token_expired",
            Self::Denied => "denied",
            Self::MissingCapability => "missing_capability",
            Self::LimitExceeded => "limit_exceeded",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Cancelled => "cancelled",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// What the kind means, for the generated error page.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::UnknownTool => "no tool of this name is available to this caller",
            Self::InvalidArgument => "an argument has the wrong type, is unknown, or breaks a rule",
            Self::MissingArgument => "a required argument is absent",
            Self::UnknownValue => "a value is not one of the known ones, such as an unknown region",
            Self::EmptyInput => "the input is empty",
            Self::InvalidEncoding => "the input is not valid UTF-8",
            Self::NotFound => "the named file, resource or object does not exist",
            Self::InvalidConfiguration => "the configuration does not parse or breaks a contract",
            Self::Unauthenticated => "no credential was given where one is needed",
            Self::TokenInvalid => "the token is malformed, badly signed, or from an unknown issuer or key",
            Self::TokenAudience => "the token was issued for another audience",
            Self::TokenExpired => "the token has expired or is not yet valid",
            Self::Denied => "the policy does not allow this caller to do this",
            Self::MissingCapability => "the client did not declare a capability that the call needs",
            Self::LimitExceeded => "a bound on time, memory, depth or size was hit",
            Self::DeadlineExceeded => "the call took longer than its deadline",
            Self::Cancelled => "the caller withdrew the call",
            Self::Unavailable => "something the call needs cannot be reached now; it may work later",
            Self::Internal => "a fault of the server; the operator's log has the cause",
        }
    }
}

/// Why a call did not succeed, said to the caller.
///
/// Boxed, because it is rare and every result carries room for it.
#[derive(Debug)]
pub struct ToolError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    message: String,
    field: Option<String>,
    allowed: Vec<String>,
    hint: Option<String>,
    retry_after: Option<Duration>,
    details: Option<Value>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ToolError {
    /// An error of `kind`; `message` is a lower-case fragment with the input in backticks.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            field: None,
            allowed: Vec::new(),
            hint: None,
            retry_after: None,
            details: None,
            source: None,
        }))
    }

    /// Names the argument at fault, as a dotted path.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Lists what would have been valid.
    #[must_use]
    pub fn allowed<I, S>(mut self, allowed: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.0.allowed = allowed.into_iter().map(Into::into).collect();
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Says when trying again could help.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// Adds facts for programs, such as the diagnostics of a configuration.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.0.details = Some(details);
        self
    }

    /// Keeps the cause, for the operator's log only.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence for the caller.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The next step, if there is one to name.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The values that would have been valid.
    #[must_use]
    pub fn valid_values(&self) -> &[String] {
        &self.0.allowed
    }

    /// Facts for programs, if any.
    #[must_use]
    pub fn facts(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    /// The error as the caller gets it: `{code, message, field?, allowed?, next?, …}`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("code".into(), json!(self.0.kind.code()));
        object.insert("message".into(), json!(self.0.message));
        if let Some(field) = &self.0.field {
            object.insert("field".into(), json!(field));
        }
        if !self.0.allowed.is_empty() {
            object.insert("allowed".into(), json!(self.0.allowed));
        }
        if let Some(hint) = &self.0.hint {
            object.insert("next".into(), json!(hint));
        }
        if let Some(after) = self.0.retry_after {
            object.insert(
                "retry_after_ms".into(),
                json!(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
            );
        }
        if let Some(details) = &self.0.details {
            object.insert("details".into(), details.clone());
        }
        Value::Object(object)
    }

    /// Applies `scrub` to every text that the caller will see.
    pub(crate) fn scrubbed(
        mut self,
        scrub: impl Fn(&str) -> String,
        scrub_value: impl Fn(Value) -> Value,
    ) -> Self {
        self.0.message = scrub(&self.0.message);
        self.0.field = self.0.field.map(|text| scrub(&text));
        self.0.hint = self.0.hint.map(|text| scrub(&text));
        self.0.allowed = self.0.allowed.iter().map(|text| scrub(text)).collect();
        self.0.details = self.0.details.map(scrub_value);
        self
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for ToolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}
