//! Work on a session that is made again when it is lost, and what became of work whose reply was lost.
//!
//! A session is taken out while it is in use. Whoever leaves in the middle, by an error or by not waiting any more, takes it
//! along, and the server undoes what was begun: no half transaction is ever met by the next.

use std::time::Duration;

use tokio::sync::Mutex;
use uuid::Uuid;

use crate::fail::Fault;
use crate::open::{Access, Target};
use crate::session::Session;

/// How often a change is tried when sessions are lost.
const ATTEMPTS: u32 = 8;

/// How long it is waited before the second attempt after the first; before each further one twice as long. All in all some
/// seconds: a server may be starting again, and a lease lasts longer.
const PAUSE: Duration = Duration::from_millis(50);

/// A session, or the way to one.
pub(crate) struct Link {
    target: Target,
    access: Access,
    idle: Mutex<Option<Session>>,
}

/// A change that is made in one transaction.
pub(crate) trait Work: Sync {
    /// What it comes back with.
    type Answer: Send;

    /// Makes it. `id` is this call's own, the same in every attempt.
    fn make(&self, session: &Session, id: &str) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;

    /// What it came back with, if an earlier attempt made it.
    fn made(
        &self,
        session: &Session,
        id: &str,
    ) -> impl Future<Output = Result<Option<Self::Answer>, Fault>> + Send;
}

/// How an attempt ended.
enum Outcome<T> {
    /// It is recorded.
    Made(T),
    /// It is not, and the session is as before.
    Refused(Fault),
    /// It is not, and the session is gone.
    Lost(Fault),
    /// The session was lost between the request to keep it and the reply.
    Unknown,
}

impl Link {
    /// A way to `target`, with nobody at the other end yet.
    pub(crate) fn new(target: Target, access: Access, session: Session) -> Self {
        Self {
            target,
            access,
            idle: Mutex::new(Some(session)),
        }
    }

    /// What `question` is answered; again on a new session, if the old one turns out to be lost.
    pub(crate) async fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, Fault> {
        let mut idle = self.idle.lock().await;
        let mut again = true;
        loop {
            let session = self.session(&mut idle).await?;
            match question.ask(&session).await {
                Err(fault) if again && (fault.is_loss() || !session.is_alive()) => again = false,
                answer => {
                    *idle = Some(session).filter(Session::is_alive);
                    return answer;
                }
            }
        }
    }

    /// Makes `work`, once, however often it is attempted.
    pub(crate) async fn write<W: Work>(&self, work: &W) -> Result<W::Answer, Fault> {
        let id = Uuid::new_v4().to_string();
        let mut idle = self.idle.lock().await;
        let (mut doubt, mut last) = (false, Fault::Lost);
        for number in 0..ATTEMPTS {
            if number > 1 {
                tokio::time::sleep(PAUSE.saturating_mul(1 << (number - 2))).await;
            }
            let session = match self.session(&mut idle).await {
                Ok(session) => session,
                // What became of it can only be asked of the server: it is worth waiting for.
                Err(_) if doubt => continue,
                Err(fault) => return Err(fault),
            };
            match attempt(&session, work, &id, doubt).await {
                Outcome::Made(answer) => {
                    *idle = Some(session);
                    return Ok(answer);
                }
                // A refusal in the words of the port is about the work, and nothing else was in the way of it.
                Outcome::Refused(fault) if !doubt || matches!(fault, Fault::Port(_)) => {
                    *idle = Some(session).filter(Session::is_alive);
                    return Err(fault);
                }
                Outcome::Refused(fault) | Outcome::Lost(fault) => last = fault,
                Outcome::Unknown => doubt = true,
            }
        }
        Err(if doubt { Fault::Unknown } else { last })
    }

    async fn session(&self, idle: &mut Option<Session>) -> Result<Session, Fault> {
        match idle.take().filter(Session::is_alive) {
            Some(session) => Ok(session),
            None => self.target.connect(self.access).await,
        }
    }
}

/// Something that is asked without changing anything.
pub(crate) trait Question: Sync {
    /// What it is answered.
    type Answer: Send;

    /// Asks it.
    fn ask(&self, session: &Session) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;
}

async fn attempt<W: Work>(session: &Session, work: &W, id: &str, doubt: bool) -> Outcome<W::Answer> {
    let answer = match begun(session, work, id, doubt).await {
        Ok(answer) => answer,
        Err(fault) => return undone(session, fault).await,
    };
    match session.batch("COMMIT").await {
        Ok(()) => Outcome::Made(answer),
        Err(fault) if fault.is_loss() || !session.is_alive() => Outcome::Unknown,
        Err(fault) => undone(session, fault).await,
    }
}

/// Everything up to the request to keep it.
async fn begun<W: Work>(session: &Session, work: &W, id: &str, doubt: bool) -> Result<W::Answer, Fault> {
    session.batch("BEGIN").await?;
    // INVARIANT: whoever changes anything holds this row, so changes come one after the other. It is also where we wait for
    // an attempt of ours whose session is lost to us and not yet to the server.
    session.one("SELECT one FROM store FOR UPDATE", &[]).await?;
    if doubt && let Some(answer) = work.made(session, id).await? {
        return Ok(answer);
    }
    work.make(session, id).await
}

async fn undone<T>(session: &Session, fault: Fault) -> Outcome<T> {
    if fault.is_loss() || session.batch("ROLLBACK").await.is_err() {
        // What was refused was refused, even if the session is gone by now.
        return match fault {
            Fault::Port(_) => Outcome::Refused(fault),
            _ => Outcome::Lost(fault),
        };
    }
    Outcome::Refused(fault)
}
