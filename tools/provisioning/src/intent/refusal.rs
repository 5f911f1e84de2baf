//! Why a description does not become an intent, said so that it can be mended.

use super::{Place, Problem};

/// Why there is no intent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There are no words.
    #[error("the description is empty")]
    Empty,
    /// More than is read.
    #[error("the description has {characters} characters; {limit} are read at most")]
    TooLong {
        /// How many it has.
        characters: usize,
        /// The most.
        limit: usize,
    },
    /// Neither English nor Spanish.
    #[error("the description seems to be in {language}; English and Spanish are understood")]
    Language {
        /// The language, in English.
        language: String,
    },
    /// Nothing in it can be built.
    #[error("the description names nothing that can be built")]
    NoResource {
        /// What can be.
        valid: Vec<String>,
    },
    /// A value that no catalogue has.
    #[error("`{text}` (characters {} to {}) is not a {what}{}", place.start, place.end, whose(.of.as_deref()))]
    UnknownValue {
        /// What it would be, such as `region`.
        what: &'static str,
        /// Whose, such as `aws`.
        of: Option<String>,
        /// What was written.
        text: String,
        /// Where.
        place: Place,
        /// What there is.
        valid: Box<[String]>,
        /// The nearest of them, if one is near.
        suggestion: Option<String>,
    },
    /// Two things that cannot both be.
    #[error("`{first}` and `{second}` contradict each other: there is one {what}")]
    Contradiction {
        /// What there can be one of.
        what: String,
        /// What was said first.
        first: String,
        /// What was said second.
        second: String,
        /// Where the second stands.
        place: Option<Place>,
    },
    /// Something that nobody can guess.
    #[error("the description does not say which {what}")]
    Missing {
        /// What is missing.
        what: String,
        /// What there is.
        valid: Vec<String>,
    },
    /// A word such as `without` that no rule took: to pass over it would turn the request around.
    #[error("`{text}` (characters {} to {}) cannot be applied to what stands around it", place.start, place.end)]
    Scope {
        /// The word.
        text: String,
        /// Where.
        place: Place,
    },
    /// A value that breaks a rule.
    #[error("{}", said(.problems))]
    Invalid {
        /// Every one.
        problems: Vec<Problem>,
    },
    /// A proposal quotes words that are not there, or for a value that is not there.
    #[error("the proposal gives `{text}` as the words for `{path}`, but {rule}")]
    Evidence {
        /// The path of the value.
        path: String,
        /// The words.
        text: String,
        /// What is wrong with them.
        rule: &'static str,
    },
    /// A lexicon file is not as it must be.
    #[error("`lexicon/{file}`: {problem}")]
    Lexicon {
        /// The file below `lexicon/`.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
}

fn whose(owner: Option<&str>) -> String {
    owner.map_or(String::new(), |owner| format!(" of {owner}"))
}

fn said(problems: &[Problem]) -> String {
    let each: Vec<String> = problems.iter().map(ToString::to_string).collect();
    each.join("; ")
}
