//! The gate's ports, filled for tests.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use toolcall::{
    BoxFuture, Caller, CallerKind, Credential, Decide, Decision, Identify, Intent, Outcome, Record,
    RecordError, Refusal, Request, ToolError,
};

/// A caller of `kind` with these roles; a token's issuer is `https://issuer.test`.
#[must_use]
pub fn caller(id: &str, kind: CallerKind, roles: &[&str]) -> Caller {
    Caller {
        id: id.to_owned(),
        kind,
        issuer: (kind == CallerKind::Token).then(|| "https://issuer.test".to_owned()),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        scopes: Vec::new(),
    }
}

/// Which of the three records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before a call.
    Intent,
    /// After a call.
    Outcome,
    /// Instead of a call.
    Refusal,
}

/// Keeps what was recorded as plain lines. Clones share them.
///
/// Ids and times are left out, so that lines can be compared:
///
/// ```text
/// intent vault_kv_read on Secret `apps/web` by tester via cli
/// outcome vault_kv_read: ok
/// refusal vault_kv_destroy by tester via cli: denied
/// ```
#[derive(Debug, Clone, Default)]
pub struct Recording {
    lines: Arc<Mutex<Vec<String>>>,
    failing: Arc<Mutex<BTreeSet<Moment>>>,
}

impl Recording {
    /// Nothing recorded yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was recorded so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        lock(&self.lines).clone()
    }

    /// From now on records of `moment` fail, as on a full disk.
    pub fn fail_at(&self, moment: Moment) {
        lock(&self.failing).insert(moment);
    }

    /// From now on nothing fails.
    pub fn recover(&self) {
        lock(&self.failing).clear();
    }

    fn keep(&self, moment: Moment, line: String) -> Result<(), RecordError> {
        if lock(&self.failing).contains(&moment) {
            return Err(RecordError {
                target: "the test's memory".to_owned(),
                source: "told to fail".into(),
            });
        }
        lock(&self.lines).push(line);
        Ok(())
    }
}

impl Record for Recording {
    fn intent(&self, intent: &Intent<'_>) -> Result<(), RecordError> {
        let line = format!(
            "intent {} on {} `{}` by {} via {}",
            intent.tool, intent.resource.kind, intent.resource.id, intent.caller.id, intent.origin.transport
        );
        self.keep(Moment::Intent, line)
    }

    fn outcome(&self, outcome: &Outcome<'_>) -> Result<(), RecordError> {
        self.keep(
            Moment::Outcome,
            format!("outcome {}: {}", outcome.tool, outcome.verdict.code()),
        )
    }

    fn refusal(&self, refusal: &Refusal<'_>) -> Result<(), RecordError> {
        let caller = refusal.caller.map_or("nobody", |caller| &caller.id);
        let line = format!(
            "refusal {} by {caller} via {}: {}",
            refusal.tool, refusal.origin.transport, refusal.code
        );
        self.keep(Moment::Refusal, line)
    }
}

/// Decides by a closure.
pub struct Deciding(Box<dyn Fn(&Request<'_>) -> Decision + Send + Sync>);

impl Deciding {
    /// Decides as `decide` does.
    #[must_use]
    pub fn new(decide: impl Fn(&Request<'_>) -> Decision + Send + Sync + 'static) -> Self {
        Self(Box::new(decide))
    }

    /// Denies everything.
    #[must_use]
    pub fn nothing() -> Self {
        Self::new(|_| Decision::Deny {
            policies: Vec::new(),
            reason: "the test denies everything".to_owned(),
        })
    }
}

impl Decide for Deciding {
    fn decide(&self, request: &Request<'_>) -> Decision {
        (self.0)(request)
    }
}

/// Identifies by a closure.
pub struct Identifying(Box<Believe>);

type Believe = dyn Fn(&Credential) -> Result<Caller, ToolError> + Send + Sync;

impl Identifying {
    /// Identifies as `identify` does.
    #[must_use]
    pub fn new(identify: impl Fn(&Credential) -> Result<Caller, ToolError> + Send + Sync + 'static) -> Self {
        Self(Box::new(identify))
    }

    /// Believes everybody: the local user by name, no credential as `anonymous`, and a bearer as whoever the token's
    /// text says, with no role. Real tokens are the business of `identity`.
    #[must_use]
    pub fn everybody() -> Self {
        Self::new(|credential| {
            Ok(match credential {
                Credential::LocalUser { name } => caller(name, CallerKind::Local, &["local"]),
                Credential::Bearer(token) => caller(token.expose(), CallerKind::Token, &[]),
                Credential::Absent => caller("anonymous", CallerKind::Anonymous, &[]),
            })
        })
    }
}

impl Identify for Identifying {
    fn identify<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Caller, ToolError>> {
        Box::pin(std::future::ready((self.0)(credential)))
    }
}

/// A test that failed while it held the lock has said so already; the lines are still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
