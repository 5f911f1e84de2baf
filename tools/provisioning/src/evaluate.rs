//! The port to the configuration language: source text in, a tree of values or diagnostics out.

use std::future::Future;
use std::pin::Pin;

use crate::{Diagnostic, Node};

/// What to evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name to show in diagnostics and the place that relative imports start from, relative to the
    /// workspace root, such as `clusters/prod.ncl`. It need not exist on disk.
    pub name: String,
    /// The text.
    pub text: String,
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The configuration with every default filled in; absent if there are errors.
    pub configuration: Option<Node>,
    /// Every finding, in the order of the source. Errors mean that the configuration does not hold.
    pub diagnostics: Vec<Diagnostic>,
    /// Shipped or overridden data that took part, such as `builtin:schemas/server.ncl`.
    pub assets: Vec<String>,
}

/// A bound that an evaluation hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Wall-clock or processor time.
    Time,
    /// Address space.
    Memory,
    /// Depth of the evaluation stack or of nesting.
    Depth,
    /// Size of the source, or of the result.
    Size,
    /// Number or depth of imports.
    Imports,
}

/// Why nothing came out at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A bound was hit. `limit` says which and how large it is, with its unit.
    #[error("evaluation stopped: {limit}")]
    Bounded {
        /// Which bound.
        bound: Bound,
        /// The limit in words, such as `more than 5 s`.
        limit: String,
    },
    /// As many evaluations wait as may; this one was not begun. Later it may be.
    #[error("{waiting} evaluations are waiting already, which is as many as may")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// The evaluator could not be started or broke.
    #[error("the configuration evaluator failed: {0}")]
    Broken(String),
}

/// Evaluates configurations, bounded in time, memory, depth and size, without access to anything but the
/// shipped schemas and the workspace.
pub trait Evaluate: Send + Sync {
    /// Evaluates `source` against the configuration schema. With `strict`, unknown fields are errors; without,
    /// warnings. Dropping the future stops the work.
    fn evaluate<'a>(
        &'a self,
        source: Source,
        strict: bool,
    ) -> Pin<Box<dyn Future<Output = Result<Evaluation, Error>> + Send + 'a>>;
}
