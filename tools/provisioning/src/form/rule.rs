//! What an answer must keep beside its kind.

use regex::Regex;

use super::value::Value;

/// A rule, and what is said of an answer that breaks it.
#[derive(Debug)]
pub struct Rule {
    /// What is tested.
    pub test: Test,
    /// What is said instead of what the test says itself.
    pub message: Option<String>,
}

/// What is tested. Numbers of a list are tested one by one; a length is that of a text or a list.
#[derive(Debug)]
pub enum Test {
    /// At least this.
    Min(i64),
    /// At most this.
    Max(i64),
    /// A multiple of this.
    MultipleOf(i64),
    /// Odd.
    Odd,
    /// Matches whole.
    Pattern(Regex),
    /// As long as this, from and to.
    Length(usize, usize),
    /// One of these.
    OneOf(Vec<Value>),
}

impl Rule {
    /// What is wrong with `value`, if it breaks the rule.
    #[must_use]
    pub fn broken(&self, value: &Value) -> Option<String> {
        if self.test.holds(value) {
            return None;
        }
        Some(self.message.clone().unwrap_or_else(|| self.test.said()))
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        let numbers = |test: &dyn Fn(i64) -> bool| {
            value
                .parts()
                .iter()
                .all(|part| matches!(part, Value::Number(number) if test(*number)))
        };
        match self {
            Self::Min(min) => numbers(&|number| number >= *min),
            Self::Max(max) => numbers(&|number| number <= *max),
            Self::MultipleOf(of) => numbers(&|number| number % of == 0),
            Self::Odd => numbers(&|number| number % 2 == 1),
            Self::Pattern(pattern) => value.text().is_some_and(|text| pattern.is_match(text)),
            Self::Length(min, max) => {
                let length = match value {
                    Value::Text(text) => text.chars().count(),
                    other => other.parts().len(),
                };
                (*min..=*max).contains(&length)
            }
            Self::OneOf(valid) => value.parts().iter().all(|part| valid.contains(part)),
        }
    }

    fn said(&self) -> String {
        match self {
            Self::Min(min) => format!("must be {min} or more"),
            Self::Max(max) => format!("must be {max} or less"),
            Self::MultipleOf(of) => format!("must be a multiple of {of}"),
            Self::Odd => "must be odd".to_owned(),
            Self::Pattern(pattern) => format!("must match `{pattern}`"),
            Self::Length(min, max) => format!("must have a length from {min} to {max}"),
            Self::OneOf(valid) => {
                let each: Vec<String> = valid.iter().map(ToString::to_string).collect();
                format!("must be one of {}", each.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_hold_and_say_what_they_are() {
        let list = |numbers: &[i64]| Value::List(numbers.iter().copied().map(Value::Number).collect());
        for (test, good, bad, said) in [
            (
                Test::Min(3),
                Value::Number(3),
                Value::Number(2),
                "must be 3 or more",
            ),
            (Test::Max(3), list(&[1, 3]), list(&[1, 4]), "must be 3 or less"),
            (
                Test::MultipleOf(8),
                Value::Number(16),
                Value::Number(12),
                "must be a multiple of 8",
            ),
            (Test::Odd, Value::Number(5), Value::Number(4), "must be odd"),
            (
                Test::Pattern(Regex::new("^[a-z]+$").unwrap()),
                Value::from("abc"),
                Value::from("aBc"),
                "must match `^[a-z]+$`",
            ),
            (
                Test::Length(1, 2),
                Value::from("ñé"),
                Value::from("abc"),
                "must have a length from 1 to 2",
            ),
            (
                Test::OneOf(vec![Value::Number(1), Value::Number(3)]),
                Value::Number(3),
                Value::Number(2),
                "must be one of 1, 3",
            ),
        ] {
            let rule = Rule { test, message: None };
            assert_eq!(rule.broken(&good), None, "{said}");
            assert_eq!(rule.broken(&bad).as_deref(), Some(said));
        }
        let said = Rule {
            test: Test::Odd,
            message: Some("must elect a leader".to_owned()),
        };
        assert_eq!(
            said.broken(&Value::Number(2)).as_deref(),
            Some("must elect a leader")
        );
    }
}
