//! Compliance: which rules a configuration meets, and which controls that is evidence for.
//!
//! Rules are data (`rules/*.ncl`, and `.prov/rules/*.ncl` of a workspace): a closed language of conditions over the
//! evaluated configuration, so that each result names the line of the value that decided it. What is not known is
//! never a pass. The mappings to controls are their authors' opinions: a pass is evidence for a control, and nothing
//! here says that anybody complies with anything.

mod budget;
mod check;
mod condition;
mod fix;
mod framework;
mod index;
mod judge;
mod known;
mod network;
mod notation;
mod reading;
pub mod render;
mod resource;
mod rule;
mod scalar;
pub mod waiver;

use std::fmt;

use crate::{Node, Span, Value};

pub use check::{Alarm, AlarmKind, Counts, Finding, Outcome, Report, check};
pub use fix::Change;
pub use framework::Framework;
pub use notation::read as data;
pub use resource::Resource;
pub use rule::{Controls, Rule, Rules, Severity};
pub use waiver::Waiver;

/// Longest value that is quoted, in characters.
const SHOWN: usize = 120;

/// Something that is wrong in a pack or a file of waivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file: `builtin:…`, or the path in the workspace.
    pub file: String,
    /// 1-based line, if known.
    pub line: Option<u32>,
    /// 1-based column, if known.
    pub column: Option<u32>,
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// What would mend it.
    pub hint: Option<String>,
}

impl Fault {
    fn at(span: &Span, message: impl Into<String>) -> Self {
        Self {
            file: span.file.clone(),
            line: Some(span.line),
            column: Some(span.column),
            message: message.into(),
            hint: None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file)?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, " column {column}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Why rules or waivers cannot be used; at least one fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    first: Box<Fault>,
    others: Vec<Fault>,
}

impl Error {
    /// The faults, if there are any.
    fn of(faults: Vec<Fault>) -> Option<Self> {
        let mut faults = faults.into_iter();
        faults.next().map(|first| Self {
            first: Box::new(first),
            others: faults.collect(),
        })
    }

    /// What is wrong, in the order of the files.
    #[must_use]
    pub fn faults(&self) -> Vec<&Fault> {
        std::iter::once(self.first.as_ref()).chain(&self.others).collect()
    }

    fn into_faults(self) -> impl Iterator<Item = Fault> {
        std::iter::once(*self.first).chain(self.others)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self {
            first: Box::new(fault),
            others: Vec::new(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        match self.others.len() {
            0 => Ok(()),
            1 => f.write_str(", and one more mistake"),
            more => write!(f, ", and {more} more mistakes"),
        }
    }
}

impl std::error::Error for Error {}

/// The one of `words` that `text` was probably meant to be.
fn nearest(text: &str, words: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(text, word), word))
        .filter(|(distance, word)| *distance <= 2.min(word.len() / 2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// A value as Nickel text on one line, shortened.
fn shown(node: &Node) -> String {
    let mut text = String::new();
    write(&mut text, node, SHOWN);
    if text.chars().count() > SHOWN {
        text = text.chars().take(SHOWN).collect();
        text.push('…');
    }
    text
}

/// A value as Nickel text on one line, whole.
fn whole(node: &Node) -> String {
    let mut text = String::new();
    write(&mut text, node, usize::MAX);
    text
}

/// Whether `text` has more than `most` characters for certain: four bytes are the most that one takes.
fn enough(text: &str, most: usize) -> bool {
    text.len() / 4 > most
}

/// Appends `node`, or at least the first `most` characters of it.
fn write(text: &mut String, node: &Node, most: usize) {
    if enough(text, most) {
        return;
    }
    match &node.value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::Text(value) => {
            text.push('"');
            for character in value.chars().take(most) {
                match character {
                    '"' => text.push_str("\\\""),
                    '\\' => text.push_str("\\\\"),
                    '\n' => text.push_str("\\n"),
                    other => text.push(other),
                }
            }
            text.push('"');
        }
        Value::List(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                // The rest of a list of thousands would be written for each result that quotes it.
                if enough(text, most) {
                    return;
                }
                if position > 0 {
                    text.push_str(", ");
                }
                write(text, item, most);
            }
            text.push(']');
        }
        Value::Record(fields) => {
            text.push_str("{ ");
            for (position, (name, value)) in fields.iter().enumerate() {
                if enough(text, most) {
                    return;
                }
                if position > 0 {
                    text.push_str(", ");
                }
                text.push_str(name);
                text.push_str(" = ");
                write(text, value, most);
            }
            text.push_str(" }");
        }
    }
}
