//! Whether and when a failed call is tried again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Chance;
use crate::provider::{Class, Error};

/// How often, and how long between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Tries after the first.
    pub max_retries: u32,
    /// The longest wait before the first of them.
    pub initial_delay: Duration,
    /// The longest wait before any.
    pub max_delay: Duration,
    /// How much longer each wait may be than the one before.
    pub multiplier: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_retries: 3,
            initial_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
            multiplier: 2,
        }
    }
}

impl Retry {
    /// How long to wait after the failed try `attempt` (from 1); nothing if it is not tried again.
    pub(super) fn wait(&self, attempt: u32, error: &Error, chance: &dyn Chance) -> Option<Duration> {
        let asked = match error.class {
            Class::Transient | Class::Unknown => None,
            Class::Throttled { retry_after } => retry_after,
            Class::Permanent
            | Class::Denied
            | Class::Quota
            | Class::Absent
            | Class::Taken
            | Class::Unsupported => {
                return None;
            }
        };
        if attempt > self.max_retries {
            return None;
        }
        // Full jitter: anything from nothing to the bound, so that many that failed together do not come back together.
        let growth = self
            .multiplier
            .checked_pow(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let bound = self.initial_delay.saturating_mul(growth).min(self.max_delay);
        let jitter = chance.up_to(u64::try_from(bound.as_millis()).unwrap_or(u64::MAX));
        // Whoever says when is believed, within the bound of a wait.
        let asked = asked.map(|asked| asked.min(self.max_delay));
        Some(Duration::from_millis(jitter).max(asked.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Always the most.
    struct Most;

    impl Chance for Most {
        fn up_to(&self, most: u64) -> u64 {
            most
        }

        fn name(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn waits_grow_to_a_bound_and_end() {
        let retry = Retry {
            max_retries: 4,
            initial_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(5),
            multiplier: 2,
        };
        let lost = Error::new(Class::Unknown, "make a server", "no reply");
        let waits: Vec<Option<u64>> = (1..=5)
            .map(|attempt| retry.wait(attempt, &lost, &Most).map(|wait| wait.as_secs()))
            .collect();
        assert_eq!(waits, [Some(1), Some(2), Some(4), Some(5), None]);
        let wrong = Error::new(Class::Denied, "make a server", "no");
        assert_eq!(retry.wait(1, &wrong, &Most), None);
        let slow = Error::new(
            Class::Throttled {
                retry_after: Some(Duration::from_secs(3)),
            },
            "make a server",
            "too many",
        );
        assert_eq!(retry.wait(1, &slow, &Most), Some(Duration::from_secs(3)));
    }
}
