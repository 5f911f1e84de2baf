//! The port to what the evaluator knows of one value: where it was set, what it stands above, what it must hold to.

use std::future::Future;
use std::pin::Pin;

use crate::evaluate::Error;
use crate::{Diagnostic, Source, Span};

/// What is known of the value at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The path, as it is written.
    pub path: String,
    /// The value as Nickel text, shortened; nothing if it is not set.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: ValueOrigin,
    /// Every definition that is known, the one that holds first.
    pub definitions: Vec<Definition>,
    /// What the value must hold to.
    pub contracts: Vec<AppliedContract>,
    /// What the schema says of the field: meaning, unit, range.
    pub doc: Option<String>,
    /// Whether the field may be left out.
    pub optional: bool,
    /// What the generator wrote above the line that set the value.
    pub provenance: Vec<String>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueOrigin {
    /// A line of the configuration, or of a file that it imports.
    Configuration,
    /// The default of a schema.
    Default,
    /// No line sets it: it follows from others.
    Computed,
    /// Nothing sets it.
    Unset,
}

/// A place that gives the field a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Where.
    pub place: Span,
    /// What is written there, shortened.
    pub text: String,
    /// `default`, `normal`, `force`, or the number of a priority.
    pub priority: String,
}

/// A contract of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedContract {
    /// As it is written, such as `lib.AtLeast 20`.
    pub text: String,
    /// Where it is written.
    pub place: Span,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What is known; absent if there are diagnostics.
    pub explanation: Option<Explanation>,
    /// Why nothing is: the path leads nowhere, or the configuration cannot be read so far.
    pub diagnostics: Vec<Diagnostic>,
}

/// Explains values, bounded like evaluations.
pub trait Explain: Send + Sync {
    /// Explains the value of `source` at `path`, such as `servers[0].spec.cpu`. Dropping the future stops the work.
    fn explain<'a>(
        &'a self,
        source: Source,
        path: String,
    ) -> Pin<Box<dyn Future<Output = Result<Explained, Error>> + Send + 'a>>;
}
