//! What the pool and a worker say to each other: JSON messages, each after its length in four bytes.
//!
//! Private to this crate: both ends are always the same executable.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Bounds;

/// From the pool to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// The first message: limits, and every shipped schema.
    Start { bounds: Bounds, schemas: Vec<Schema> },
    /// Evaluate a source.
    Evaluate {
        name: String,
        text: String,
        strict: bool,
    },
    /// Format a source.
    Format { name: String, text: String },
    /// Explain a value of a source.
    Explain {
        name: String,
        text: String,
        path: String,
    },
    /// The answer to [`Response::Need`], one for each import in the same order.
    Imports { answers: Vec<Answer> },
}

/// A shipped or overridden schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schema {
    /// Path below `schemas/`.
    pub(crate) path: String,
    /// How to call it in answers, such as `builtin:schemas/server.ncl`.
    pub(crate) label: String,
    pub(crate) text: String,
}

/// From a worker to the pool.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Response {
    /// The standard library and the schemas are loaded.
    Ready,
    /// These imports are needed before the evaluation can go on.
    Need { imports: Vec<Wanted> },
    /// The evaluation is over.
    Done(Outcome),
    /// The text in the one layout.
    Formatted { text: String },
    /// What is known of a value.
    Explained(Box<Explanation>),
    /// A bound that the worker itself watches was hit.
    Bounded { bound: WireBound, limit: String },
    /// The worker cannot go on.
    Broken { why: String },
}

/// An import as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// The importing file, relative to the workspace.
    pub(crate) importer: String,
    pub(crate) target: Target,
}

/// What an import names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Target {
    /// A file, by the path that is written.
    File { path: String },
    /// A package.
    Package { name: String },
}

/// What an import leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// A schema that the worker already has.
    Schema,
    /// A file of the workspace, by its path relative to the root.
    Text { path: String, text: String },
    /// No.
    Refused { why: String, hint: String },
}

/// What came out of an evaluation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The tree in preorder; empty if there are errors. Flat, because parsers bound the depth of nesting.
    pub(crate) nodes: Vec<FlatNode>,
    /// Files that positions refer to.
    pub(crate) files: Vec<String>,
    pub(crate) findings: Vec<Finding>,
    /// Schemas that took part.
    pub(crate) schemas: Vec<String>,
}

/// One value: its field name if it is one, where it was written, and what it is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FlatNode(
    pub(crate) Option<String>,
    pub(crate) Option<FlatSpan>,
    pub(crate) FlatValue,
);

/// File by its number, line, column.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct FlatSpan(pub(crate) u32, pub(crate) u32, pub(crate) u32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum FlatValue {
    #[serde(rename = "n")]
    Null,
    #[serde(rename = "b")]
    Bool(bool),
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "f")]
    Real(f64),
    #[serde(rename = "t")]
    Text(String),
    /// So many of the nodes that follow.
    #[serde(rename = "l")]
    List(usize),
    /// So many of the nodes that follow.
    #[serde(rename = "r")]
    Record(usize),
}

/// A diagnostic on its way to the domain's type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) warning: bool,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) path: Option<String>,
    pub(crate) contract: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) hint: Option<String>,
    /// Whether the path ends in the field that the contract was written for.
    #[serde(skip)]
    pub(crate) home: bool,
}

/// What is known of a value.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Explanation {
    pub(crate) path: String,
    pub(crate) value: Option<String>,
    pub(crate) origin: FlatOrigin,
    /// The one that holds first.
    pub(crate) definitions: Vec<FlatDefinition>,
    pub(crate) contracts: Vec<FlatContract>,
    pub(crate) doc: Option<String>,
    pub(crate) optional: bool,
    pub(crate) provenance: Vec<String>,
}

/// The domain's origin, which has no wire form.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum FlatOrigin {
    Configuration,
    Default,
    Computed,
    Unset,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FlatDefinition {
    pub(crate) place: FlatPlace,
    pub(crate) text: String,
    pub(crate) priority: String,
}

/// A contract: where it is written, and its text.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FlatContract(pub(crate) FlatPlace, pub(crate) String);

/// File, line, column.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FlatPlace(pub(crate) String, pub(crate) u32, pub(crate) u32);

/// The domain's bound, which has no wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WireBound {
    Depth,
    Size,
    Imports,
}

/// A message as it is sent.
pub(crate) fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).map_err(|_| io::Error::other("a message of more than 4 GiB"))?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend(body);
    Ok(framed)
}

/// Writes a message.
pub(crate) fn write<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    to.write_all(&encode(message)?)?;
    to.flush()
}

/// Reads a message; `None` at the end of the stream.
pub(crate) fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut body = Vec::new();
    let length = u64::from(u32::from_be_bytes(length));
    if from.take(length).read_to_end(&mut body)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_slice(&body)?))
}
