//! Why a measurement could not be made, for people.

use std::fmt;

/// What was attempted, and why it did not work.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(attempt: impl Into<String>) -> Self {
        Self(attempt.into())
    }

    /// With the cause.
    pub(crate) fn because(self, cause: &dyn std::error::Error) -> Self {
        Self(format!("{}: {cause}", self.0))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
