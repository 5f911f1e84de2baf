//! What AWS says when it refuses, as what a caller can do about it.
//!
//! A [`Failure`] does not know what was attempted; the provider adds that where the call began. Messages of AWS are cleaned
//! and cut, and never hold a credential: AWS repeats access key ids at most, and signatures are blacked out here.

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

    /// What AWS answered: a code, a message, the status, and how long it asks to wait.
    pub(crate) fn answered(answer: Answer<'_>, effect: Effect) -> Self {
        let class = classify(&answer, effect);
        let said = cleaned(answer.message);
        let message = match (said.is_empty(), answer.code.is_empty()) {
            (false, _) => said,
            (true, false) => answer.code.to_owned(),
            (true, true) => format!("the answer has status {}", answer.status),
        };
        let hint = advice(answer.code, class, answer.permission);
        Self {
            class,
            code: (!answer.code.is_empty()).then(|| answer.code.to_owned()),
            message,
            hint,
        }
    }

    /// An answer that was lost or cannot be read.
    pub(crate) fn lost(effect: Effect, message: impl Into<String>) -> Self {
        Self::new(unsure(effect), message)
    }

    pub(crate) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
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
    /// The action that a policy must allow, such as `ec2:RunInstances`.
    pub(crate) permission: &'a str,
}

/// A class by the whole code.
const CODES: &[(&str, Class)] = &[
    ("BandwidthLimitExceeded", Class::Throttled { retry_after: None }),
    ("EC2ThrottledException", Class::Throttled { retry_after: None }),
    ("PriorRequestNotComplete", Class::Throttled { retry_after: None }),
    ("RequestLimitExceeded", Class::Throttled { retry_after: None }),
    ("RequestThrottled", Class::Throttled { retry_after: None }),
    (
        "RequestThrottledException",
        Class::Throttled { retry_after: None },
    ),
    ("SlowDown", Class::Throttled { retry_after: None }),
    ("Throttling", Class::Throttled { retry_after: None }),
    ("ThrottlingException", Class::Throttled { retry_after: None }),
    ("TooManyRequestsException", Class::Throttled { retry_after: None }),
    ("AccessDenied", Class::Denied),
    ("AccessDeniedException", Class::Denied),
    ("AllAccessDisabled", Class::Denied),
    ("AuthFailure", Class::Denied),
    ("Blocked", Class::Denied),
    ("ExpiredToken", Class::Denied),
    ("ExpiredTokenException", Class::Denied),
    ("IncompleteSignature", Class::Denied),
    ("InvalidAccessKeyId", Class::Denied),
    ("InvalidClientTokenId", Class::Denied),
    ("InvalidIdentityToken", Class::Denied),
    ("InvalidToken", Class::Denied),
    ("MissingAuthenticationToken", Class::Denied),
    ("NotAuthorized", Class::Denied),
    ("OptInRequired", Class::Denied),
    ("PendingVerification", Class::Denied),
    ("RequestExpired", Class::Denied),
    ("RequestTimeTooSkewed", Class::Denied),
    ("SignatureDoesNotMatch", Class::Denied),
    ("UnauthorizedOperation", Class::Denied),
    ("UnrecognizedClientException", Class::Denied),
    ("AddressLimitExceeded", Class::Quota),
    ("DBSecurityGroupQuotaExceeded", Class::Quota),
    ("InstanceQuotaExceeded", Class::Quota),
    ("InsufficientAddressCapacity", Class::Quota),
    ("InsufficientCapacity", Class::Quota),
    ("InsufficientDBInstanceCapacity", Class::Quota),
    ("InsufficientFreeAddressesInSubnet", Class::Quota),
    ("InsufficientHostCapacity", Class::Quota),
    ("InsufficientInstanceCapacity", Class::Quota),
    ("InsufficientReservedInstanceCapacity", Class::Quota),
    ("InsufficientVolumeCapacity", Class::Quota),
    ("MaxSpotInstanceCountExceeded", Class::Quota),
    ("SnapshotQuotaExceeded", Class::Quota),
    ("StorageQuotaExceeded", Class::Quota),
    ("TooManyBuckets", Class::Quota),
    ("VcpuLimitExceeded", Class::Quota),
    ("DBInstanceNotFound", Class::Absent),
    ("DBInstanceNotFoundFault", Class::Absent),
    ("NoSuchBucket", Class::Absent),
    ("BucketAlreadyExists", Class::Taken),
    ("DBInstanceAlreadyExists", Class::Taken),
    ("DBInstanceAlreadyExistsFault", Class::Taken),
    ("InvalidGroup.Duplicate", Class::Taken),
    // What it hangs on is on its way: later the same call works.
    ("DependencyViolation", Class::Transient),
    ("IncorrectInstanceState", Class::Transient),
    ("IncorrectState", Class::Transient),
    ("InvalidDBInstanceState", Class::Transient),
    ("InvalidDBInstanceStateFault", Class::Transient),
    ("OperationAborted", Class::Transient),
    ("VolumeInUse", Class::Transient),
    ("BucketNotEmpty", Class::Permanent),
    ("UnsupportedOperation", Class::Permanent),
];

fn classify(answer: &Answer<'_>, effect: Effect) -> Class {
    let known = CODES.iter().find(|(code, _)| *code == answer.code);
    let class = known.map_or_else(|| by_form(answer, effect), |(_, class)| *class);
    match class {
        Class::Throttled { .. } => Class::Throttled {
            retry_after: answer.retry_after,
        },
        class => class,
    }
}

/// The class of a code that is in no list, by how it is written, and of an answer without a code.
fn by_form(answer: &Answer<'_>, effect: Effect) -> Class {
    let code = answer.code;
    if code.ends_with(".NotFound") || code.ends_with("NotFoundFault") || code.ends_with(".Malformed") {
        return Class::Absent;
    }
    if code.ends_with("LimitExceeded")
        || code.ends_with("QuotaExceeded")
        || code.ends_with("QuotaExceededFault")
    {
        return Class::Quota;
    }
    match answer.status {
        429 => Class::Throttled { retry_after: None },
        // A 503 with nothing but a time to wait is a load balancer that let nothing through.
        503 if answer.retry_after.is_some() && code.is_empty() => Class::Throttled { retry_after: None },
        500.. => unsure(effect),
        401 | 403 => Class::Denied,
        404 => Class::Absent,
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

fn advice(code: &str, class: Class, permission: &str) -> Option<String> {
    let hint = match (code, class) {
        ("RequestTimeTooSkewed" | "RequestExpired", _) => "set the clock of this machine".to_owned(),
        ("ExpiredToken" | "ExpiredTokenException", _) => {
            "the session of these credentials is over: sign in again".to_owned()
        }
        ("SignatureDoesNotMatch" | "AuthFailure", _) => {
            "check the secret access key; nothing else goes into the signature".to_owned()
        }
        ("InvalidClientTokenId" | "InvalidAccessKeyId", _) => {
            "check the access key id, and that it belongs to this partition of AWS".to_owned()
        }
        ("OptInRequired", _) => "enable this region or service for the account".to_owned(),
        (_, Class::Denied) => format!("let a policy of this identity allow `{permission}`"),
        ("BucketNotEmpty", _) => {
            "objects are never deleted here: empty the bucket, versions included, then delete it".to_owned()
        }
        ("InsufficientInstanceCapacity" | "InsufficientDBInstanceCapacity", _) => {
            "take another zone or another plan, or wait".to_owned()
        }
        (_, Class::Quota) => "ask AWS for a higher quota, or delete what is not needed".to_owned(),
        ("BucketAlreadyExists", _) => {
            "names of buckets are unique over all accounts: choose another".to_owned()
        }
        _ => return None,
    };
    Some(hint)
}

/// `text` without what a terminal or a model would obey, in one line, cut.
fn cleaned(text: &str) -> String {
    let text = redacted::clean(text);
    let line = text
        .split_whitespace()
        .map(blackened)
        .collect::<Vec<_>>()
        .join(" ");
    line.chars().take(MESSAGE_CHARACTERS).collect()
}

/// A word, unless it carries a signature or an encoded message: neither tells people anything.
fn blackened(word: &str) -> &str {
    let telling = !word.contains("Signature=") && word.len() < 200;
    if telling { word } else { "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, code: &str, effect: Effect) -> Class {
        let answer = Answer {
            status,
            code,
            message: "",
            retry_after: None,
            permission: "ec2:RunInstances",
        };
        Failure::answered(answer, effect).class
    }

    #[test]
    fn codes_have_the_class_that_a_caller_can_act_on() {
        let throttled = Class::Throttled { retry_after: None };
        for (status, code, expected) in [
            (503, "RequestLimitExceeded", throttled),
            (400, "Throttling", throttled),
            (503, "SlowDown", throttled),
            (500, "InsufficientInstanceCapacity", Class::Quota),
            (400, "InstanceLimitExceeded", Class::Quota),
            (400, "VpcLimitExceeded", Class::Quota),
            (401, "AuthFailure", Class::Denied),
            (403, "UnauthorizedOperation", Class::Denied),
            (403, "SignatureDoesNotMatch", Class::Denied),
            (403, "InvalidClientTokenId", Class::Denied),
            (400, "InvalidInstanceID.NotFound", Class::Absent),
            (404, "DBInstanceNotFound", Class::Absent),
            (409, "BucketAlreadyExists", Class::Taken),
            (409, "BucketNotEmpty", Class::Permanent),
            (400, "DependencyViolation", Class::Transient),
            (400, "InvalidParameterValue", Class::Permanent),
            (500, "InternalError", Class::Unknown),
            (502, "", Class::Unknown),
        ] {
            assert_eq!(class(status, code, Effect::Change), expected, "{status} {code}");
        }
        assert_eq!(class(500, "InternalError", Effect::Read), Class::Transient);
    }

    #[test]
    fn a_denial_names_the_action_and_a_wait_is_kept() {
        let mut answer = Answer {
            status: 403,
            code: "UnauthorizedOperation",
            message: "You are not\n authorized.",
            retry_after: Some(Duration::from_secs(7)),
            permission: "ec2:RunInstances",
        };
        let denied = Failure::answered(answer, Effect::Change);
        assert_eq!(denied.message, "You are not authorized.");
        assert!(
            denied
                .hint
                .is_some_and(|hint| hint.contains("`ec2:RunInstances`"))
        );
        answer.code = "RequestLimitExceeded";
        let slowed = Failure::answered(answer, Effect::Change).class;
        assert_eq!(
            slowed,
            Class::Throttled {
                retry_after: Some(Duration::from_secs(7))
            }
        );
    }

    #[test]
    fn a_message_is_cut_and_holds_no_signature() {
        let long = format!(
            "bad Signature=0123abcd {} {}",
            "x".repeat(300),
            "word ".repeat(500)
        );
        let message = cleaned(&long);
        assert!(message.starts_with("bad … … word"), "{message}");
        assert!(message.chars().count() <= MESSAGE_CHARACTERS);
    }
}
