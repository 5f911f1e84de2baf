//! The proof that a call passed the gate.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{Answers, Caller, ClientCapabilities, Progress, Severity, Step};

/// Leave to make one call. Only the gate makes it, so holding one proves that somebody was identified, a
/// policy said yes, and the intent is on disk.
pub struct Granted {
    caller: Caller,
    call_id: String,
    expires: Instant,
    progress: Arc<dyn Progress>,
    client: ClientCapabilities,
    answers: Answers,
    seal: (),
}

impl Granted {
    /// INVARIANT: called by the gate alone, after the decision and the record.
    pub(crate) fn new(
        caller: Caller,
        call_id: &str,
        deadline: Duration,
        progress: Arc<dyn Progress>,
        (client, answers): (ClientCapabilities, Answers),
    ) -> Self {
        let expires = Instant::now() + deadline;
        Self {
            caller,
            call_id: call_id.to_owned(),
            expires,
            progress,
            client,
            answers,
            seal: (),
        }
    }

    /// Who calls.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The call's id, as in the audit log.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// How much time is left.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.expires.saturating_duration_since(Instant::now())
    }

    /// Says how far the call is.
    pub fn report(&self, step: Step) {
        self.progress.report(step);
    }

    /// Sends a line of log to the client, if it asked for log lines.
    pub fn log(&self, severity: Severity, message: &str) {
        self.progress.log(severity, message);
    }

    /// What the client can be asked.
    #[must_use]
    pub fn client(&self) -> &ClientCapabilities {
        &self.client
    }

    /// What the client answered to an earlier ask.
    #[must_use]
    pub fn answers(&self) -> &Answers {
        &self.answers
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let () = self.seal;
        f.debug_struct("Granted")
            .field("caller", &self.caller.id)
            .field("call_id", &self.call_id)
            .finish()
    }
}
