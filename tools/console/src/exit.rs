//! What an executable's exit code means.

use toolcall::ErrorKind;

/// The exit codes of every executable. A code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// It worked.
    Ok = 0,
    /// A fault of ours.
    Internal = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The configuration that was looked at does not hold.
    InvalidConfiguration = 3,
    /// A setting of the executable itself is unknown or wrong.
    Settings = 4,
    /// The audit log was changed, cut or reordered.
    AuditBroken = 5,
    /// `doctor` found something that needs attention.
    Unhealthy = 6,
    /// There is no such tool.
    UnknownTool = 10,
    /// An argument has the wrong type, is unknown, or breaks a rule.
    InvalidArgument = 11,
    /// A required argument is absent.
    MissingArgument = 12,
    /// A value is not one of the known ones.
    UnknownValue = 13,
    /// The input is empty.
    EmptyInput = 14,
    /// The input is not valid UTF-8.
    InvalidEncoding = 15,
    /// A named file or object does not exist.
    NotFound = 16,
    /// No credential was given where one is needed.
    Unauthenticated = 20,
    /// The token cannot be trusted.
    TokenInvalid = 21,
    /// The token was issued for somebody else.
    TokenAudience = 22,
    /// The token has expired or is not yet valid.
    TokenExpired = 23,
    /// The policy says no.
    Denied = 24,
    /// The client lacks a capability.
    MissingCapability = 25,
    /// A bound on time, memory, depth or size was hit.
    LimitExceeded = 30,
    /// The call took longer than its deadline.
    DeadlineExceeded = 31,
    /// The call was withdrawn.
    Cancelled = 32,
    /// Something needed cannot be reached; it may work later.
    Unavailable = 33,
}

impl Exit {
    /// Every code, in ascending order.
    pub const ALL: &'static [Self] = &[
        Self::Ok,
        Self::Internal,
        Self::Usage,
        Self::InvalidConfiguration,
        Self::Settings,
        Self::AuditBroken,
        Self::Unhealthy,
        Self::UnknownTool,
        Self::InvalidArgument,
        Self::MissingArgument,
        Self::UnknownValue,
        Self::EmptyInput,
        Self::InvalidEncoding,
        Self::NotFound,
        Self::Unauthenticated,
        Self::TokenInvalid,
        Self::TokenAudience,
        Self::TokenExpired,
        Self::Denied,
        Self::MissingCapability,
        Self::LimitExceeded,
        Self::DeadlineExceeded,
        Self::Cancelled,
        Self::Unavailable,
    ];

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for the reference page.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "it worked",
            Self::Internal => ErrorKind::Internal.meaning(),
            Self::Usage => "the command line makes no sense",
            Self::InvalidConfiguration => ErrorKind::InvalidConfiguration.meaning(),
            Self::Settings => "a setting of the executable itself is unknown or wrong",
            Self::AuditBroken => "the audit log was changed, cut or reordered",
            Self::Unhealthy => "`mcp doctor` found something that needs attention",
            Self::UnknownTool => ErrorKind::UnknownTool.meaning(),
            Self::InvalidArgument => ErrorKind::InvalidArgument.meaning(),
            Self::MissingArgument => ErrorKind::MissingArgument.meaning(),
            Self::UnknownValue => ErrorKind::UnknownValue.meaning(),
            Self::EmptyInput => ErrorKind::EmptyInput.meaning(),
            Self::InvalidEncoding => ErrorKind::InvalidEncoding.meaning(),
            Self::NotFound => ErrorKind::NotFound.meaning(),
            Self::Unauthenticated => ErrorKind::Unauthenticated.meaning(),
            Self::TokenInvalid => ErrorKind::TokenInvalid.meaning(),
            Self::TokenAudience => ErrorKind::TokenAudience.meaning(),
            Self::TokenExpired => ErrorKind::TokenExpired.meaning(),
            Self::Denied => ErrorKind::Denied.meaning(),
            Self::MissingCapability => ErrorKind::MissingCapability.meaning(),
            Self::LimitExceeded => ErrorKind::LimitExceeded.meaning(),
            Self::DeadlineExceeded => ErrorKind::DeadlineExceeded.meaning(),
            Self::Cancelled => ErrorKind::Cancelled.meaning(),
            Self::Unavailable => ErrorKind::Unavailable.meaning(),
        }
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::UnknownTool => Self::UnknownTool,
            ErrorKind::InvalidArgument => Self::InvalidArgument,
            ErrorKind::MissingArgument => Self::MissingArgument,
            ErrorKind::UnknownValue => Self::UnknownValue,
            ErrorKind::EmptyInput => Self::EmptyInput,
            ErrorKind::InvalidEncoding => Self::InvalidEncoding,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::InvalidConfiguration => Self::InvalidConfiguration,
            ErrorKind::Unauthenticated => Self::Unauthenticated,
            ErrorKind::TokenInvalid => Self::TokenInvalid,
            ErrorKind::TokenAudience => Self::TokenAudience,
            ErrorKind::TokenExpired => Self::TokenExpired,
            ErrorKind::Denied => Self::Denied,
            ErrorKind::MissingCapability => Self::MissingCapability,
            ErrorKind::LimitExceeded => Self::LimitExceeded,
            ErrorKind::DeadlineExceeded => Self::DeadlineExceeded,
            ErrorKind::Cancelled => Self::Cancelled,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Internal => Self::Internal,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_a_code_of_its_own() {
        let mut codes: Vec<u8> = ErrorKind::ALL
            .iter()
            .map(|kind| Exit::from(*kind).code())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
        assert!(!codes.contains(&Exit::Ok.code()));
    }

    #[test]
    fn the_list_is_whole_and_ascending() {
        assert!(Exit::ALL.windows(2).all(|pair| pair[0].code() < pair[1].code()));
        for kind in ErrorKind::ALL {
            assert!(Exit::ALL.contains(&Exit::from(*kind)));
        }
    }
}
