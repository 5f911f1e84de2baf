//! A form as its file has it, before anything is checked but names and types.

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::value::Value;

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawForm {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) version: u32,
    pub(super) group: Vec<RawGroup>,
}

/// `[[group]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub(super) title: String,
    pub(super) when: Option<Spanned<RawCondition>>,
    pub(super) field: Vec<RawField>,
}

/// `[[group.field]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub(super) key: Spanned<String>,
    #[serde(rename = "type")]
    pub(super) kind: Spanned<String>,
    pub(super) label: String,
    pub(super) help: Option<String>,
    pub(super) unit: Option<String>,
    #[serde(default)]
    pub(super) optional: bool,
    pub(super) default: Option<Spanned<Value>>,
    #[serde(default)]
    pub(super) defaults: Vec<Spanned<RawDefault>>,
    pub(super) options: Option<Spanned<RawOptions>>,
    pub(super) min: Option<Spanned<Ruled<i64>>>,
    pub(super) max: Option<Spanned<Ruled<i64>>>,
    pub(super) multiple_of: Option<Spanned<Ruled<i64>>>,
    pub(super) odd: Option<Spanned<Ruled<bool>>>,
    pub(super) pattern: Option<Spanned<Ruled<String>>>,
    pub(super) length: Option<Spanned<Ruled<[usize; 2]>>>,
    pub(super) one_of: Option<Spanned<Ruled<Vec<Value>>>>,
    pub(super) when: Option<Spanned<RawCondition>>,
    pub(super) sets: Option<Spanned<String>>,
    pub(super) fixed: Option<Spanned<toml::Table>>,
}

/// An entry of `defaults`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDefault {
    pub(super) when: Option<RawCondition>,
    pub(super) value: Option<Value>,
    pub(super) from: Option<String>,
}

/// A validator: its value, or its value and what is said of an answer that breaks it.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "must be a value of the right type, or `{ value = …, message = \"…\" }`"
)]
pub(super) enum Ruled<T> {
    Plain(T),
    Said { value: T, message: String },
}

impl<T> Ruled<T> {
    /// The value and the message.
    pub(super) fn parts(self) -> (T, Option<String>) {
        match self {
            Self::Plain(value) => (value, None),
            Self::Said { value, message } => (value, Some(message)),
        }
    }
}

/// `options`.
#[derive(Debug)]
pub(super) enum RawOptions {
    Listed(Vec<String>),
    From(String),
}

impl<'de> Deserialize<'de> for RawOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct From {
            from: String,
        }
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "must be a list of texts, or `{ from = \"…\" }`")]
        enum Either {
            Listed(Vec<String>),
            From(From),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Listed(values) => Self::Listed(values),
            Either::From(From { from }) => Self::From(from),
        })
    }
}

/// `when`: one of the ways to say it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCondition {
    pub(super) field: Option<String>,
    pub(super) is: Option<Value>,
    #[serde(rename = "in")]
    pub(super) within: Option<Vec<Value>>,
    pub(super) set: Option<bool>,
    pub(super) all: Option<Vec<RawCondition>>,
    pub(super) any: Option<Vec<RawCondition>>,
    pub(super) not: Option<Box<RawCondition>>,
}
