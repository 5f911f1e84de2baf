//! The lease: taken, kept, given back, and what the fence behind it says.

use jiff::Timestamp;
use provisioning::state::{Claim, Error, Lease, Note};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::commit::tell;
use crate::fail::Fault;
use crate::read;
use crate::row::{count, nanoseconds, number};

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
pub(crate) fn take(
    transaction: &Transaction<'_>,
    claim: &Claim,
    now: Timestamp,
    taking: Taking,
) -> Result<Lease, Fault> {
    match read::lease(transaction)? {
        None if taking != Taking::Free => return Err(Error::Free.into()),
        Some(held) if held.claim.expires > now && taking != Taking::Forced => {
            return Err(Error::Held(Box::new(held)).into());
        }
        _ => {}
    }
    let epoch = epoch(transaction)?.saturating_add(1);
    transaction.execute("UPDATE store SET epoch = ?1", [number(epoch)?])?;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO lease (one, epoch, owner, host, pid, reason, acquired, expires) \
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            number(epoch)?,
            claim.owner,
            claim.host,
            claim.pid,
            claim.reason,
            nanoseconds(now),
            nanoseconds(claim.expires),
        ])?;
    tell(transaction, now, &told(claim, taking))?;
    Ok(Lease {
        claim: claim.clone(),
        acquired: now,
        epoch,
    })
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
pub(crate) fn extend(transaction: &Transaction<'_>, epoch: u64, expires: Timestamp) -> Result<(), Fault> {
    holds(transaction, epoch)?;
    transaction.execute("UPDATE lease SET expires = ?1", [nanoseconds(expires)])?;
    Ok(())
}

/// Gives the lease of `epoch` back, if it is that.
pub(crate) fn release(transaction: &Transaction<'_>, epoch: u64) -> Result<(), Fault> {
    match holds(transaction, epoch) {
        Ok(()) => {
            transaction.execute("DELETE FROM lease", [])?;
            Ok(())
        }
        Err(Fault::Port(Error::Fenced { .. })) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Refuses whoever does not hold the lease.
pub(crate) fn holds(transaction: &Transaction<'_>, wanted: u64) -> Result<(), Fault> {
    let held: Option<i64> = transaction
        .prepare_cached("SELECT epoch FROM lease")?
        .query_row([], |row| row.get(0))
        .optional()?;
    if held.map(count).transpose()? == Some(wanted) {
        return Ok(());
    }
    let current = epoch(transaction)?;
    Err(Error::Fenced {
        epoch: wanted,
        current,
    }
    .into())
}

/// The epoch of the newest lease, held or not.
fn epoch(transaction: &Transaction<'_>) -> Result<u64, Fault> {
    count(transaction.query_row("SELECT epoch FROM store", [], |row| row.get(0))?)
}
