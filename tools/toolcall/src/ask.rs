//! What a tool can ask of the client before it can answer.
//!
//! A tool that needs the client returns [`crate::Reply::Ask`] and is called again with the answers: the
//! 2026-07-28 pattern of multi round-trip requests. Clients of the older eras are asked by the carrier on the
//! tool's behalf, so a tool is written once. Nothing that decides about safety may depend on it: many clients
//! cannot be asked.

use std::collections::BTreeMap;

use serde_json::Value;

/// Something a client may be able to do for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Show the user a form.
    Elicitation,
    /// Run a language model.
    Sampling,
    /// List workspace roots.
    Roots,
}

impl Capability {
    /// The key in the client's capability object.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Elicitation => "elicitation",
            Self::Sampling => "sampling",
            Self::Roots => "roots",
        }
    }
}

/// What the client said it can do.
#[derive(Debug, Clone, Default)]
pub struct ClientCapabilities(Vec<Capability>);

impl ClientCapabilities {
    /// Those that were declared.
    #[must_use]
    pub fn new(declared: Vec<Capability>) -> Self {
        Self(declared)
    }

    /// Whether the client declared `capability`.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.0.contains(&capability)
    }
}

/// One question to the client.
#[derive(Debug, Clone)]
pub enum Question {
    /// A form: a message and a flat JSON schema of primitives.
    Form {
        /// What to tell the user. Never ask for secrets.
        message: String,
        /// The object schema of the answer.
        schema: Value,
    },
    /// A completion by the client's model.
    Sample {
        /// The user message.
        prompt: String,
        /// How long the answer may be, in tokens.
        max_tokens: u32,
    },
    /// The client's workspace roots.
    Roots,
}

impl Question {
    /// What the client must be able to do to answer.
    #[must_use]
    pub fn needs(&self) -> Capability {
        match self {
            Self::Form { .. } => Capability::Elicitation,
            Self::Sample { .. } => Capability::Sampling,
            Self::Roots => Capability::Roots,
        }
    }
}

/// Questions by key, and what the tool wants back with the answers.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Questions by key.
    pub questions: BTreeMap<String, Question>,
    /// Given back with the answers, signed on the way: the client cannot change it, but can read it.
    pub state: Option<String>,
}

/// The client's answers, by the question's key, as they came: untrusted.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Answers by key, if the client sent any.
    pub by_key: BTreeMap<String, Value>,
    /// The state of the earlier [`Ask`], verified.
    pub state: Option<String>,
}

impl Answers {
    /// The accepted form content under `key`, if the user accepted.
    #[must_use]
    pub fn form(&self, key: &str) -> Option<&Value> {
        let answer = self.by_key.get(key)?;
        (answer.get("action").and_then(Value::as_str) == Some("accept")).then(|| answer.get("content"))?
    }
}
