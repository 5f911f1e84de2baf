//! Texts that a person picks to start a task. Static: getting one reaches nothing and needs no leave.

use std::collections::BTreeMap;

use crate::{Answers, Ask, Completion, Content, ToolError};

/// A prompt that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptEntry {
    /// Its name on the wire.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it starts.
    pub description: String,
    /// What it can be told.
    pub arguments: Vec<PromptArgument>,
}

/// Something a prompt can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether the prompt makes no sense without it.
    pub required: bool,
}

/// What a prompt says.
#[derive(Debug, Clone)]
pub enum PromptReply {
    /// User messages, one per part.
    Messages(Vec<Content>),
    /// The client must answer something first.
    Ask(Ask),
}

/// The prompts of an executable.
pub trait Prompts: Send + Sync {
    /// Every prompt, in a stable order.
    fn list(&self) -> Vec<PromptEntry>;

    /// The prompt `name` with `arguments` filled in.
    ///
    /// # Errors
    /// `NotFound` for an unknown name, `MissingArgument` or `InvalidArgument` for the arguments.
    fn get(
        &self,
        name: &str,
        arguments: &BTreeMap<String, String>,
        answers: &Answers,
    ) -> Result<PromptReply, ToolError>;

    /// Suggestions for `argument`, of which `typed` is written; `None` if there is no such prompt or argument.
    fn complete(&self, name: &str, argument: &str, typed: &str) -> Option<Completion>;
}
