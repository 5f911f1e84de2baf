//! What an answer can be: read from text, and held to its form.

use super::value::Value;
use crate::intent::{Block, SecretReference, label};

/// Most characters of a text, and most values of a list.
const TEXT: usize = 256;
const LIST: usize = 64;

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A line of text.
    Text,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// One of the options.
    Choice,
    /// Some of the options.
    Choices,
    /// Whole numbers.
    Integers,
    /// An IPv4 block.
    Cidr,
    /// An RFC 1123 label.
    Name,
    /// A version of one to three numbers.
    Version,
    /// A size in GB.
    SizeGb,
    /// Where a secret is kept.
    Secret,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::Integer,
        Self::Boolean,
        Self::Choice,
        Self::Choices,
        Self::Integers,
        Self::Cidr,
        Self::Name,
        Self::Version,
        Self::SizeGb,
        Self::Secret,
    ];

    /// The word that definitions use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Choice => "choice",
            Self::Choices => "choices",
            Self::Integers => "integers",
            Self::Cidr => "cidr",
            Self::Name => "name",
            Self::Version => "version",
            Self::SizeGb => "size_gb",
            Self::Secret => "secret",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The rule that an answer of this kind keeps.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Text => "must be a line of text of 1 to 256 characters",
            Self::Integer => "must be a whole number",
            Self::Boolean => "must be true or false",
            Self::Choice => "must be one of its options",
            Self::Choices => "must be a list of its options, each once",
            Self::Integers => "must be a list of whole numbers, each once",
            Self::Cidr => "must be an IPv4 block in CIDR notation, such as `10.0.0.0/16`",
            Self::Name => {
                "must be 1 to 63 lower-case letters, digits or `-`, with a letter or digit at both ends"
            }
            Self::Version => "must be a version of one to three numbers, such as `16` or `1.30`",
            Self::SizeGb => "must be a whole number of GB",
            Self::Secret => SecretReference::FORM,
        }
    }

    /// Whether an answer is a list.
    #[must_use]
    pub fn many(self) -> bool {
        matches!(self, Self::Choices | Self::Integers)
    }

    /// Whether an answer is a number, or a list of them.
    #[must_use]
    pub fn numeric(self) -> bool {
        matches!(self, Self::Integer | Self::SizeGb | Self::Integers)
    }

    /// The answer that somebody typed. What is typed wrong is kept as text, so that [`Self::check`] refuses it.
    #[must_use]
    pub fn read(self, typed: &str) -> Value {
        let typed = typed.trim();
        let text = || Value::Text(typed.to_owned());
        let number = |part: &str| {
            part.parse()
                .map_or_else(|_| Value::Text(part.to_owned()), Value::Number)
        };
        match self {
            Self::Integer => number(typed),
            Self::SizeGb => {
                let bare = typed
                    .strip_suffix("GB")
                    .or_else(|| typed.strip_suffix("gb"))
                    .unwrap_or(typed);
                number(bare.trim_end())
            }
            Self::Boolean => match typed.to_ascii_lowercase().as_str() {
                "true" | "yes" | "y" | "on" => Value::Flag(true),
                "false" | "no" | "n" | "off" => Value::Flag(false),
                _ => text(),
            },
            Self::Choices | Self::Integers => {
                let parts = typed.split(',').map(str::trim).filter(|part| !part.is_empty());
                Value::List(
                    parts
                        .map(|part| match self {
                            Self::Integers => number(part),
                            _ => Value::Text(part.to_owned()),
                        })
                        .collect(),
                )
            }
            Self::Text | Self::Choice | Self::Cidr | Self::Name | Self::Version | Self::Secret => text(),
        }
    }

    /// Whether `value` is an answer of this kind.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn check(self, value: &Value) -> Result<(), &'static str> {
        let holds = match (self, value) {
            (Self::Text | Self::Choice, Value::Text(text)) => line(text),
            // What an intent counts is never below zero.
            (Self::Integer | Self::SizeGb, Value::Number(number)) => *number >= 0,
            (Self::Boolean, Value::Flag(_)) => true,
            (Self::Choices, Value::List(list)) => {
                once(list) && list.iter().all(|part| part.text().is_some_and(line))
            }
            (Self::Integers, Value::List(list)) => {
                once(list)
                    && list
                        .iter()
                        .all(|part| matches!(part, Value::Number(number) if *number >= 0))
            }
            (Self::Cidr, Value::Text(text)) => return Block::read(text).map(|_| ()),
            (Self::Name, Value::Text(text)) => label(text),
            (Self::Version, Value::Text(text)) => version(text),
            (Self::Secret, Value::Text(text)) => return SecretReference::read(text).map(|_| ()),
            _ => false,
        };
        if holds { Ok(()) } else { Err(self.rule()) }
    }
}

fn line(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= TEXT && !text.chars().any(char::is_control)
}

fn once(list: &[Value]) -> bool {
    let mut sorted: Vec<&Value> = list.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted.len() == list.len() && list.len() <= LIST
}

fn version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let digits =
        |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&parts.len()) && parts.iter().all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_takes_its_own_and_nothing_else() {
        let good = [
            (Kind::Text, "web servers"),
            (Kind::Integer, "3"),
            (Kind::Boolean, "yes"),
            (Kind::Choice, "cilium"),
            (Kind::Choices, "a, b"),
            (Kind::Integers, "80, 443"),
            (Kind::Cidr, "10.0.0.0/16"),
            (Kind::Name, "web-1"),
            (Kind::Version, "1.30"),
            (Kind::SizeGb, "50 GB"),
            (Kind::Secret, "vault:secret/db#password"),
        ];
        for (kind, typed) in good {
            let value = kind.read(typed);
            assert_eq!(kind.check(&value), Ok(()), "{} {value:?}", kind.name());
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
        let long = "x".repeat(300);
        let bad = [
            (Kind::Text, vec!["", " ", "a\u{7}b", long.as_str()]),
            (
                Kind::Integer,
                vec!["two", "-1", "1.5", "", "99999999999999999999"],
            ),
            (Kind::Boolean, vec!["maybe", "1", ""]),
            (Kind::Choice, vec!["", "a\nb"]),
            (Kind::Choices, vec!["a, a"]),
            (Kind::Integers, vec!["80, 80", "80, x", "-1"]),
            (Kind::Cidr, vec!["10.0.0.1/16", "10.0.0.0", "x"]),
            (
                Kind::Name,
                vec!["Web", "-a", "a_b", "", "{{ a }}", "a\"b", "%{x}"],
            ),
            (Kind::Version, vec!["1.2.3.4", "v1", "1.", ""]),
            (Kind::SizeGb, vec!["big", "-5", "5 TB"]),
            (Kind::Secret, vec!["hunter2", "vault:secret", "", "vault:a/b#c d"]),
        ];
        for (kind, typed) in bad {
            for typed in typed {
                let value = kind.read(typed);
                assert!(kind.check(&value).is_err(), "{} {value:?}", kind.name());
            }
        }
        for kind in Kind::ALL {
            assert!(kind.check(&Value::Other(super::super::value::Other)).is_err());
        }
    }
}
