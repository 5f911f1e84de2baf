//! When something is asked: a closed language, written as data. It says nothing that could not be shown to whoever
//! answers.

use std::collections::BTreeMap;
use std::fmt;

use super::value::Value;

/// Answers so far, defaults among them.
pub(super) type Values<'f> = BTreeMap<&'f str, Value>;

/// Something that holds or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The answer is this.
    Is(String, Value),
    /// The answer is one of these; of several answers, one of them is.
    In(String, Vec<Value>),
    /// There is an answer, or there is none.
    Set(String, bool),
    /// All of these hold.
    All(Vec<Self>),
    /// One of these holds.
    Any(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
}

impl Condition {
    /// Whether it holds with `values`.
    pub(super) fn holds(&self, values: &Values<'_>) -> bool {
        match self {
            // Of a question with several answers, one of them.
            Self::Is(field, wanted) => values
                .get(field.as_str())
                .is_some_and(|value| value == wanted || value.parts().contains(wanted)),
            Self::In(field, wanted) => values
                .get(field.as_str())
                .is_some_and(|value| value.parts().iter().any(|part| wanted.contains(part))),
            Self::Set(field, wanted) => values.contains_key(field.as_str()) == *wanted,
            Self::All(each) => each.iter().all(|condition| condition.holds(values)),
            Self::Any(each) => each.iter().any(|condition| condition.holds(values)),
            Self::Not(condition) => !condition.holds(values),
        }
    }

    /// The questions that it depends on, and what it compares their answers with.
    pub(super) fn questions(&self) -> Vec<(&str, &[Value])> {
        match self {
            Self::Is(field, value) => vec![(field, std::slice::from_ref(value))],
            Self::In(field, values) => vec![(field, values)],
            Self::Set(field, _) => vec![(field, &[])],
            Self::All(each) | Self::Any(each) => each.iter().flat_map(Self::questions).collect(),
            Self::Not(condition) => condition.questions(),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |each: &[Self], word: &str| {
            let each: Vec<String> = each.iter().map(ToString::to_string).collect();
            each.join(word)
        };
        match self {
            Self::Is(field, value) => write!(f, "`{field}` is `{value}`"),
            Self::In(field, values) => {
                let each: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                write!(f, "`{field}` is one of {}", each.join(", "))
            }
            Self::Set(field, true) => write!(f, "`{field}` is given"),
            Self::Set(field, false) => write!(f, "`{field}` is left out"),
            Self::All(each) => write!(f, "({})", joined(each, " and ")),
            Self::Any(each) => write!(f, "({})", joined(each, " or ")),
            Self::Not(condition) => write!(f, "it is not so that {condition}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_and_say_what_they_are() {
        let values = Values::from([
            ("provider", Value::from("aws")),
            ("ports", Value::List(vec![Value::Number(80)])),
        ]);
        let is = |text: &str| Condition::Is("provider".to_owned(), Value::from(text));
        for (condition, holds, said) in [
            (is("aws"), true, "`provider` is `aws`"),
            (is("gcp"), false, "`provider` is `gcp`"),
            (
                Condition::In("ports".to_owned(), vec![Value::Number(80), Value::Number(81)]),
                true,
                "`ports` is one of `80`, `81`",
            ),
            (
                Condition::Set("region".to_owned(), false),
                true,
                "`region` is left out",
            ),
            (
                Condition::All(vec![is("aws"), Condition::Not(Box::new(is("gcp")))]),
                true,
                "(`provider` is `aws` and it is not so that `provider` is `gcp`)",
            ),
            (
                Condition::Any(vec![is("x"), is("y")]),
                false,
                "(`provider` is `x` or `provider` is `y`)",
            ),
        ] {
            assert_eq!(condition.holds(&values), holds, "{said}");
            assert_eq!(condition.to_string(), said);
        }
    }
}
