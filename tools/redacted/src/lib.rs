//! Values that cannot be printed, the scrubber that keeps secrets out of every answer, and the cleaner for
//! other people's text.
//!
//! Three tools against three leaks: [`Redacted`] keeps a value out of logs and error messages by construction;
//! [`Scrubber`] finds a value that took another way out, in whatever encoding; [`clean`] takes out of foreign
//! text what a terminal or a model would obey and a reader would not see.

mod clean;
mod known;
mod pattern;
mod scrub;

use std::fmt;

pub use clean::clean;
pub use scrub::Scrubber;

/// What stands where a secret was.
pub const MARKER: &str = "[redacted]";

/// A value that prints as [`MARKER`] and cannot be serialized.
///
/// It is not wiped from memory when dropped: a core dump of the process can hold it.
#[derive(Clone, Default)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Hides `value`.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Every use of this is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MARKER)
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MARKER)
    }
}

impl<T: AsRef<[u8]>> PartialEq for Redacted<T> {
    /// Takes the same time wherever the values differ; only their lengths can be told from the time.
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.0.as_ref(), other.0.as_ref());
        let differing = ours
            .iter()
            .zip(theirs)
            .fold(0_u8, |seen, (a, b)| std::hint::black_box(seen | (a ^ b)));
        ours.len() == theirs.len() && differing == 0
    }
}

impl<T: AsRef<[u8]>> Eq for Redacted<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_value_prints_as_the_marker_only() {
        let secret = Redacted::new("hunter2-hunter2".to_owned());
        assert_eq!(
            format!("{secret} {secret:?} {:?}", Some(&secret)),
            "[redacted] [redacted] Some([redacted])"
        );
        assert_eq!(secret.expose(), "hunter2-hunter2");
    }

    #[test]
    fn equality_is_that_of_the_values() {
        let of = |text: &str| Redacted::new(text.to_owned());
        assert!(of("abc") == of("abc"));
        assert!(of("abc") != of("abd"));
        assert!(of("abc") != of("abcd"));
    }
}
