//! The lease: taken, kept, given back, and what the fence behind it says.

use jiff::Timestamp;
use provisioning::state::{Claim, Error, Lease, Note};

use crate::commit::tell;
use crate::fail::Fault;
use crate::link::Work;
use crate::read;
use crate::row::{count, nanoseconds, number};
use crate::session::Session;

/// How a lease is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taking {
    /// As one that nobody holds.
    Free,
    /// From its holder, if it ran out.
    RanOut,
    /// From its holder in any case.
    Forced,
}

/// Gives the lease to `claim`.
pub(crate) struct Take<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) now: Timestamp,
    pub(crate) taking: Taking,
}

impl Work for Take<'_> {
    type Answer = Lease;

    async fn make(&self, session: &Session, _id: &str) -> Result<Lease, Fault> {
        match read::lease(session).await? {
            None if self.taking != Taking::Free => return Err(Error::Free.into()),
            Some(held) if held.claim.expires > self.now && self.taking != Taking::Forced => {
                return Err(Error::Held(Box::new(held)).into());
            }
            _ => {}
        }
        let epoch = epoch(session).await?.saturating_add(1);
        session
            .execute("UPDATE store SET epoch = $1", &[&number(epoch)?])
            .await?;
        session
            .execute(
                "INSERT INTO lease (one, epoch, owner, host, pid, reason, acquired, expires) \
                 VALUES (true, $1, $2, $3, $4, $5, $6, $7) \
                 ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner, \
                 host = excluded.host, pid = excluded.pid, reason = excluded.reason, \
                 acquired = excluded.acquired, expires = excluded.expires",
                &[
                    &number(epoch)?,
                    &self.claim.owner,
                    &self.claim.host,
                    &i64::from(self.claim.pid),
                    &self.claim.reason,
                    &nanoseconds(self.now),
                    &nanoseconds(self.claim.expires),
                ],
            )
            .await?;
        tell(session, self.now, &told(self.claim, self.taking)).await?;
        Ok(Lease {
            claim: self.claim.clone(),
            acquired: self.now,
            epoch,
        })
    }

    async fn made(&self, session: &Session, _id: &str) -> Result<Option<Lease>, Fault> {
        let held = read::lease(session).await?;
        Ok(held.filter(|held| held.claim == *self.claim && held.acquired == self.now))
    }
}

fn told(claim: &Claim, taking: Taking) -> Note {
    let kind = match taking {
        Taking::Free => "lease taken",
        Taking::RanOut | Taking::Forced => "lease stolen",
    };
    Note {
        address: None,
        run: None,
        kind: kind.to_owned(),
        detail: format!("{}: {}", claim.owner, claim.reason),
    }
}

/// Makes the lease of `epoch` last until `expires`.
pub(crate) struct Extend {
    pub(crate) epoch: u64,
    pub(crate) expires: Timestamp,
}

impl Work for Extend {
    type Answer = ();

    async fn make(&self, session: &Session, _id: &str) -> Result<(), Fault> {
        holds(session, self.epoch).await?;
        let expires = nanoseconds(self.expires);
        session
            .execute("UPDATE lease SET expires = $1", &[&expires])
            .await?;
        Ok(())
    }

    async fn made(&self, _session: &Session, _id: &str) -> Result<Option<()>, Fault> {
        // To do it again changes nothing.
        Ok(None)
    }
}

/// Gives the lease of `epoch` back, if it is that.
pub(crate) struct Release {
    pub(crate) epoch: u64,
}

impl Work for Release {
    type Answer = ();

    async fn make(&self, session: &Session, _id: &str) -> Result<(), Fault> {
        match holds(session, self.epoch).await {
            Ok(()) => {
                session.execute("DELETE FROM lease", &[]).await?;
                Ok(())
            }
            Err(Fault::Port(Error::Fenced { .. })) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    async fn made(&self, _session: &Session, _id: &str) -> Result<Option<()>, Fault> {
        // To do it again changes nothing.
        Ok(None)
    }
}

/// Refuses whoever does not hold the lease.
pub(crate) async fn holds(session: &Session, wanted: u64) -> Result<(), Fault> {
    let held = session.first("SELECT epoch FROM lease", &[]).await?;
    let held = held.map(|row| count(row.try_get(0)?)).transpose()?;
    if held == Some(wanted) {
        return Ok(());
    }
    let current = epoch(session).await?;
    Err(Error::Fenced {
        epoch: wanted,
        current,
    }
    .into())
}

/// The epoch of the newest lease, held or not.
async fn epoch(session: &Session) -> Result<u64, Fault> {
    count(session.one("SELECT epoch FROM store", &[]).await?.try_get(0)?)
}
