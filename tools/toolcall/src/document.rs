//! What can be read without calling a tool: MCP calls these resources; here a resource is what a policy
//! speaks of, so they are documents.

use crate::{BoxFuture, ToolError};

/// A document that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentEntry {
    /// Its URI, in a scheme of the executable.
    pub uri: String,
    /// A short name.
    pub name: String,
    /// A name for people.
    pub title: String,
    /// What it holds.
    pub description: String,
    /// Its media type.
    pub mime_type: String,
    /// Its size in bytes, if known.
    pub size: Option<u64>,
}

/// A family of documents with a hole in the URI, such as `schema://{name}`.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentTemplate {
    /// RFC 6570 level 1 template.
    pub uri_template: String,
    /// A short name.
    pub name: String,
    /// A name for people.
    pub title: String,
    /// What the documents hold.
    pub description: String,
    /// Their media type.
    pub mime_type: String,
}

/// What a document says.
#[derive(Debug, Clone, PartialEq)]
pub enum DocumentBody {
    /// Text.
    Text(String),
    /// Bytes, base64 as on the wire.
    Base64(String),
}

impl DocumentBody {
    /// Its length on the wire, in bytes.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "an empty document is as good as any other"
    )]
    pub fn len(&self) -> usize {
        let (Self::Text(text) | Self::Base64(text)) = self;
        text.len()
    }
}

/// A document that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its URI.
    pub uri: String,
    /// Its media type.
    pub mime_type: String,
    /// What it says.
    pub body: DocumentBody,
    /// Whether everybody sees the same, so that an intermediary may keep it.
    pub public: bool,
}

/// Suggestions for a template or prompt argument, best first, at most 100.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The suggestions.
    pub values: Vec<String>,
    /// How many there are in all.
    pub total: usize,
}

impl Completion {
    /// Those of `known` that begin with `typed`, then those that contain it, in the order given.
    #[must_use]
    pub fn ranked<'a>(known: impl IntoIterator<Item = &'a str>, typed: &str) -> Self {
        let typed = typed.to_lowercase();
        let (mut first, mut then) = (Vec::new(), Vec::new());
        for value in known {
            let lower = value.to_lowercase();
            if lower.starts_with(&typed) {
                first.push(value.to_owned());
            } else if lower.contains(&typed) {
                then.push(value.to_owned());
            }
        }
        first.append(&mut then);
        let total = first.len();
        first.truncate(100);
        Self { values: first, total }
    }
}

/// The documents of an executable.
pub trait Documents: Send + Sync {
    /// Every document that can be listed, in a stable order; an error if what is there cannot be told.
    fn list(&self) -> Result<Vec<DocumentEntry>, ToolError>;

    /// Every template, in a stable order.
    fn templates(&self) -> Vec<DocumentTemplate>;

    /// The document at `uri`; an error of kind `NotFound` if there is none.
    fn read<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Document, ToolError>>;

    /// Suggestions for `argument` of the template `uri_template`, of which `typed` is written.
    fn complete(&self, uri_template: &str, argument: &str, typed: &str) -> Completion;
}

/// No documents at all.
#[derive(Debug, Clone, Copy)]
pub struct NoDocuments;

impl Documents for NoDocuments {
    fn list(&self) -> Result<Vec<DocumentEntry>, ToolError> {
        Ok(Vec::new())
    }

    fn templates(&self) -> Vec<DocumentTemplate> {
        Vec::new()
    }

    fn read<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Document, ToolError>> {
        Box::pin(async move {
            Err(
                ToolError::new(crate::ErrorKind::NotFound, format!("no resource at `{uri}`"))
                    .hint("list the resources to see what is there"),
            )
        })
    }

    fn complete(&self, _uri_template: &str, _argument: &str, _typed: &str) -> Completion {
        Completion::default()
    }
}
