//! Why a command did not succeed, with everything a person needs to go on.

use std::error::Error;

use serde_json::{Value, json};
use toolcall::ToolError;

use crate::Exit;

/// A failed command: what was attempted, why it failed, what to do next, and the exit code.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    allowed: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// A failure with `exit`; `message` is a lower-case fragment with the input in backticks.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            causes: Vec::new(),
            allowed: Vec::new(),
            hint: None,
        }
    }

    /// The failure with the whole chain of causes of `error`.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            self.causes.push(cause.to_string());
            next = cause.source();
        }
        self
    }

    /// The failure with a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// How the process ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// For people, on several lines.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("error: {}", self.message);
        for cause in &self.causes {
            text.push_str(&format!("\n  cause: {cause}"));
        }
        if !self.allowed.is_empty() {
            text.push_str(&format!("\n  valid: {}", listed(&self.allowed)));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("\n  next: {hint}"));
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "error": {
                "exit_code": self.exit.code(), "message": self.message, "causes": self.causes,
                "allowed": self.allowed, "next": self.hint,
            }
        })
    }
}

impl From<&ToolError> for Failure {
    fn from(error: &ToolError) -> Self {
        Self {
            exit: error.kind().into(),
            message: error.message().to_owned(),
            causes: Vec::new(),
            allowed: error.valid_values().to_vec(),
            hint: error.next().map(str::to_owned),
        }
    }
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::from(&error)
    }
}

/// A list for a line: long ones are cut, and say so.
fn listed(values: &[String]) -> String {
    const SHOWN: usize = 24;
    let shown = values.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match values.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
