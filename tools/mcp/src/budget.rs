//! How much a client may have in flight, so that one that asks and never reads cannot fill our memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::RequestId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes of requests may wait for their answers on one connection.
const BYTES: usize = 64 << 20;
/// What a request costs at least, in bytes: its answer, its task.
const LEAST: usize = 64 << 10;
/// The unit that the budget is counted in, in bytes.
const UNIT: usize = 1 << 10;

/// The requests of one connection that are not answered yet. Clones share them.
#[derive(Clone)]
pub(crate) struct Budget {
    units: Arc<Semaphore>,
    held: Arc<Mutex<HashMap<RequestId, OwnedSemaphorePermit>>>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self {
            units: Arc::new(Semaphore::new(BYTES / UNIT)),
            held: Arc::default(),
        }
    }

    /// Waits until there is room for the request `id` of `bytes`. Whoever waits here reads no further, which is what
    /// slows the client down.
    pub(crate) async fn take(&self, id: RequestId, bytes: usize) {
        let units = (bytes.max(LEAST) / UNIT).min(BYTES / UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        if let Ok(permit) = Arc::clone(&self.units).acquire_many_owned(units).await {
            // A client that uses an id twice gives back the first with the second.
            self.held().insert(id, permit);
        }
    }

    /// The request `id` is answered.
    pub(crate) fn give_back(&self, id: &RequestId) {
        self.held().remove(id);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<RequestId, OwnedSemaphorePermit>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rmcp::model::NumberOrString;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_not_answered_must_wait_and_goes_on_when_it_is() {
        let budget = Budget::new();
        let id = |number: i64| NumberOrString::Number(number);
        for number in 0..4 {
            budget.take(id(number), 16 << 20).await;
        }
        let wait = tokio::time::timeout(Duration::from_secs(5), budget.take(id(4), 1));
        assert!(wait.await.is_err(), "there was no room");
        budget.give_back(&id(2));
        budget.take(id(5), 1).await;
    }

    #[tokio::test]
    async fn a_thousand_small_requests_fit() {
        let budget = Budget::new();
        for number in 0..1_000 {
            budget.take(NumberOrString::Number(number), 100).await;
        }
    }
}
