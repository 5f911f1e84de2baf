//! What a run needs from its surroundings: the time, chance, and somebody to tell.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Comes back after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Chance.
pub trait Chance: Send + Sync {
    /// A number from 0 to `most`, each as likely.
    fn up_to(&self, most: u64) -> u64;

    /// A name that nobody else has: a UUID.
    fn name(&self) -> String;
}

/// Who wants to know how far a run is. Must not block.
pub trait Watch: Send + Sync {
    /// `done` of `total` steps; `message` says what has just happened.
    fn progress(&self, done: usize, total: usize, message: &str);
}

/// Nobody wants to know.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Watch for Silent {
    fn progress(&self, _done: usize, _total: usize, _message: &str) {}
}
