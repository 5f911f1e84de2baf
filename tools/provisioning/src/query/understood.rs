//! What was understood of a question, and what was not.

use super::{Filter, Op};
use crate::intent::Place;

/// What was understood of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Understood {
    /// What is asked for, as far as it was understood.
    pub filter: Filter,
    /// Which words gave which condition.
    pub conditions: Vec<Matched>,
    /// What nobody said outright.
    pub assumptions: Vec<Assumption>,
    /// What is in the question and not in the filter.
    pub not_understood: Vec<NotUnderstood>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Everything was understood.
    Ok,
    /// Something is left out, as the caller allows.
    Partial,
    /// Somebody must say more.
    NeedsClarification,
}

/// Words, and the condition they gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// Where they stand.
    pub place: Place,
    /// The words.
    pub text: String,
    /// The field.
    pub column: String,
    /// How it is compared.
    pub op: Op,
    /// With what.
    pub value: Option<super::Scalar>,
    /// Whether it is turned around.
    pub negated: bool,
    /// How the words were recognised.
    pub how: How,
}

/// How words were recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// As they are.
    Exact,
    /// As another word for it.
    Alias,
    /// As nearly a value that there is.
    Fuzzy,
    /// Not at all: it is what is taken if nothing is said.
    Default,
}

/// What nobody said outright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumption {
    /// The words; empty if there are none.
    pub text: String,
    /// What they are taken for.
    pub read_as: String,
    /// Why.
    pub why: String,
}

/// Words that are in no condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Where they stand.
    pub place: Place,
    /// The words.
    pub text: String,
    /// Why.
    pub reason: Reason,
    /// What may have been meant.
    pub suggestions: Vec<String>,
}

/// Why words are in no condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A value that the field does not have.
    UnknownValue(String),
    /// Nothing that is known of what is asked for.
    UnknownAttribute,
    /// A word that nobody knows.
    UnknownWord,
    /// More than one thing may be meant.
    Ambiguous,
    /// No question about the inventory.
    OutOfScope,
}

impl Understood {
    /// How it ended, if leaving out words is `allowed`. What is no question is never answered in part.
    #[must_use]
    pub fn status(&self, allowed: bool) -> Status {
        let outside = |left: &NotUnderstood| left.reason == Reason::OutOfScope;
        if self.not_understood.is_empty() {
            Status::Ok
        } else if allowed && !self.not_understood.iter().any(outside) && !self.conditions.is_empty() {
            Status::Partial
        } else {
            Status::NeedsClarification
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownValue(field) => write!(f, "unknown value for {field}"),
            Self::UnknownAttribute => f.write_str("unknown attribute"),
            Self::UnknownWord => f.write_str("unknown word"),
            Self::Ambiguous => f.write_str("ambiguous"),
            Self::OutOfScope => f.write_str("out of scope"),
        }
    }
}

impl How {
    /// The name in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Alias => "alias",
            Self::Fuzzy => "fuzzy",
            Self::Default => "default",
        }
    }
}
