//! What UpCloud says when it refuses, as what a caller can do about it.
//!
//! A [`Failure`] does not know what was attempted; the provider adds that where the call began.

use std::time::Duration;

use provisioning::provider::{Class, Error};

/// Most characters of a message that are kept.
const MESSAGE_CHARACTERS: usize = 600;

/// Whether a call changes something: only then a lost answer is [`Class::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It can be asked again.
    Read,
    /// It may have happened.
    Change,
}

/// A call that failed, before it is said what it was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) class: Class,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            code: None,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What UpCloud answered.
    pub(crate) fn answered(answer: &Answer<'_>, effect: Effect) -> Self {
        let class = classify(answer, effect);
        let text = redacted::clean(answer.message);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let message = match line.is_empty() {
            false => line.chars().take(MESSAGE_CHARACTERS).collect(),
            true => format!("the answer has status {}", answer.status),
        };
        Self {
            class,
            code: (!answer.code.is_empty()).then(|| answer.code.to_owned()),
            message,
            hint: advice(answer, class),
        }
    }

    /// An answer that was lost or cannot be read.
    pub(crate) fn lost(effect: Effect, message: impl Into<String>) -> Self {
        Self::new(unsure(effect), message)
    }

    /// The error of `attempted`.
    pub(crate) fn of(self, attempted: impl Into<String>) -> Error {
        let mut error = Error::new(self.class, attempted, self.message);
        error.code = self.code;
        error.hint = self.hint;
        error
    }
}

/// What an answer that is no success says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    pub(crate) retry_after: Option<Duration>,
}

fn classify(answer: &Answer<'_>, effect: Effect) -> Class {
    let code = answer.code;
    match answer.status {
        429 => Class::Throttled {
            retry_after: answer.retry_after,
        },
        401 => Class::Denied,
        402 => Class::Quota,
        403 if code.ends_with("_LIMIT_REACHED") => Class::Quota,
        403 => Class::Denied,
        404 => Class::Absent,
        409 if code.ends_with("_RESOURCES_UNAVAILABLE") => Class::Quota,
        // What it hangs on is in use or on its way: later the same call works.
        409 if code.ends_with("_STATE_ILLEGAL")
            || code.ends_with("_IN_USE")
            || code.ends_with("_ATTACHED") =>
        {
            Class::Transient
        }
        // A 503 with a time to wait let nothing through.
        503 if answer.retry_after.is_some() => Class::Throttled {
            retry_after: answer.retry_after,
        },
        500.. => unsure(effect),
        _ => Class::Permanent,
    }
}

/// Reading again harms nobody; a change may have happened.
fn unsure(effect: Effect) -> Class {
    match effect {
        Effect::Read => Class::Transient,
        Effect::Change => Class::Unknown,
    }
}

fn advice(answer: &Answer<'_>, class: Class) -> Option<String> {
    let hint = match (answer.status, class) {
        (401, _) => "check the token, or the name and the password, and that API access is allowed for it",
        (402, _) => "the account has no credits left",
        (403, Class::Denied) => "let the account of these credentials use this resource",
        (_, Class::Quota) => "ask UpCloud for more, take another zone, or delete what is not needed",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_class_that_a_caller_can_act_on() {
        for (status, code, expected) in [
            (401, "AUTHENTICATION_FAILED", Class::Denied),
            (402, "INSUFFICIENT_CREDITS", Class::Quota),
            (403, "SERVER_FORBIDDEN", Class::Denied),
            (403, "SERVER_CORE_LIMIT_REACHED", Class::Quota),
            (404, "SERVER_NOT_FOUND", Class::Absent),
            (409, "SERVER_STATE_ILLEGAL", Class::Transient),
            (409, "SERVER_RESOURCES_UNAVAILABLE", Class::Quota),
            (409, "SOMETHING_ELSE", Class::Permanent),
            (400, "UNKNOWN_ATTRIBUTE", Class::Permanent),
            (429, "", Class::Throttled { retry_after: None }),
            (500, "", Class::Unknown),
        ] {
            let answer = Answer {
                status,
                code,
                message: "",
                retry_after: None,
            };
            assert_eq!(classify(&answer, Effect::Change), expected, "{status} {code}");
        }
    }
}
