//! What a question means, typed: the one form between words and an inventory. Its text is the interpretation that a
//! reply shows, so that what is said is what runs.
//!
//! A test of a value that is not recorded does not hold, and its negation does: there are two truth values.

use std::fmt;

use super::Field;
use crate::cost::{Currency, Money};
use crate::resource::Kind;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entity {
    /// Resources of these kinds; of every kind if there are none.
    Resources(Vec<Kind>),
    /// Clusters: a test holds if it holds for one of its servers, except that on the number of servers.
    Clusters,
}

/// What a question means.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// What is asked for.
    pub entity: Entity,
    /// What must hold, all of it.
    pub conditions: Vec<Condition>,
    /// What is put first.
    pub sort: Vec<Sort>,
    /// How many at most.
    pub limit: Option<u32>,
    /// One row for each value of this.
    pub group: Option<Field>,
    /// Figures instead of resources.
    pub aggregate: Option<Aggregate>,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A test.
    Is(Test),
    /// The opposite.
    Not(Box<Condition>),
    /// Every one.
    All(Vec<Condition>),
    /// One at least.
    Any(Vec<Condition>),
}

/// A field held against a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The field.
    pub field: Field,
    /// How they are compared.
    pub op: Op,
    /// The value; nothing for [`Op::Known`].
    pub value: Option<Scalar>,
}

/// How a field and a value are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// The same.
    Equal,
    /// Less.
    Less,
    /// Less or the same.
    AtMost,
    /// More.
    More,
    /// More or the same.
    AtLeast,
    /// One of a list.
    In,
    /// A text that begins so.
    StartsWith,
    /// A text that ends so.
    EndsWith,
    /// A text that has this in it.
    Contains,
    /// There is a value at all.
    Known,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A number in the unit of its field.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Seconds since 1970 in UTC.
    Time(i64),
    /// An amount per month, in nano-units.
    Money {
        /// How many.
        nanos: i64,
        /// ISO 4217 code.
        currency: String,
    },
    /// Texts.
    List(Vec<String>),
}

/// What is put first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// By this.
    pub field: Field,
    /// The most first.
    pub descending: bool,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// How it is made.
    pub function: Function,
    /// Of what; nothing for [`Function::Count`].
    pub field: Option<Field>,
}

/// How a figure is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// How many there are.
    Count,
    /// All together.
    Sum,
    /// The least.
    Min,
    /// The most.
    Max,
    /// The mean.
    Avg,
}

impl Condition {
    /// A test as a condition.
    #[must_use]
    pub fn is(field: Field, op: Op, value: Option<Scalar>) -> Self {
        Self::Is(Test { field, op, value })
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Every test in it.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Is(test) => vec![test],
            Self::Not(inner) => inner.tests(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
        }
    }
}

impl Function {
    /// The name in filters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Avg => "avg",
        }
    }
}

impl Op {
    /// The sign in filters.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::In => "in",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::Contains => "contains",
            Self::Known => "is known",
        }
    }

    /// The operator of that sign.
    #[must_use]
    pub fn of(sign: &str) -> Option<Self> {
        let all = [
            Self::Equal,
            Self::Less,
            Self::AtMost,
            Self::More,
            Self::AtLeast,
            Self::In,
            Self::StartsWith,
            Self::EndsWith,
            Self::Contains,
            Self::Known,
        ];
        all.into_iter().find(|op| op.sign() == sign)
    }
}

impl Entity {
    /// The name in filters.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Clusters => "cluster".to_owned(),
            Self::Resources(kinds) if kinds.is_empty() => "resource".to_owned(),
            Self::Resources(kinds) => {
                let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                names.join(", ")
            }
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clusters => f.write_str("clusters"),
            Self::Resources(kinds) if kinds.is_empty() => f.write_str("resources"),
            Self::Resources(kinds) => {
                let names: Vec<String> = kinds
                    .iter()
                    .map(|kind| format!("{}s", kind.name().replace('_', " ")))
                    .collect();
                f.write_str(&names.join(" and "))
            }
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Time(seconds) => match jiff::Timestamp::from_second(*seconds) {
                Ok(moment) => write!(f, "{moment}"),
                Err(_) => write!(f, "second {seconds}"),
            },
            Self::Money { nanos, currency } => {
                let amount = Money::from_nanos(i128::from(*nanos));
                match Currency::parse(currency) {
                    Some(_) => write!(f, "{amount} {currency}"),
                    None => write!(f, "{amount}"),
                }
            }
            Self::List(texts) => write!(f, "({})", texts.join(", ")),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => write!(f, "{} {}", self.field, self.op.sign()),
            Some(value) => write!(f, "{} {} {value}", self.field, self.op.sign()),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |parts: &[Self], word: &str| {
            let texts: Vec<String> = parts.iter().map(ToString::to_string).collect();
            format!("({})", texts.join(word))
        };
        match self {
            Self::Is(test) => write!(f, "{test}"),
            Self::Not(inner) => match inner.as_ref() {
                // Said apart, so that nobody reads into it that the value is known.
                Self::Is(test) if test.op != Op::Known => write!(f, "not {test}"),
                Self::Is(test) => write!(f, "{} is not known", test.field),
                other => write!(f, "not {other}"),
            },
            Self::All(parts) => f.write_str(&joined(parts, " and ")),
            Self::Any(parts) => f.write_str(&joined(parts, " or ")),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(aggregate) = &self.aggregate {
            write!(f, "{} of ", aggregate.function.name())?;
            if let Some(field) = &aggregate.field {
                write!(f, "{field} of ")?;
            }
        }
        write!(f, "{}", self.entity)?;
        for (at, condition) in self.conditions.iter().enumerate() {
            write!(f, " {} {condition}", if at == 0 { "where" } else { "and" })?;
        }
        if let Some(group) = &self.group {
            write!(f, " per {group}")?;
        }
        for (at, sort) in self.sort.iter().enumerate() {
            let word = if at == 0 { ", sorted by" } else { " then" };
            let way = if sort.descending {
                "descending"
            } else {
                "ascending"
            };
            write!(f, "{word} {} {way}", sort.field)?;
        }
        match self.limit {
            Some(limit) => write!(f, ", at most {limit}"),
            None => Ok(()),
        }
    }
}
