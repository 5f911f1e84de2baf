//! The store as a whole.

use std::collections::BTreeMap;

use provisioning::state::Whole;
use rusqlite::{Connection, Transaction, params};

use crate::commit::{put, spend, write_event, write_run, write_step};
use crate::fail::Fault;
use crate::read::{self, all};
use crate::row::{self, EVENT, RUN, STEP, number};

/// All that is kept, as of one moment.
pub(crate) fn whole(connection: &mut Connection) -> Result<Whole, Fault> {
    let transaction = connection.transaction()?;
    let (workspace, serial, epoch) =
        transaction.query_row("SELECT workspace, serial, epoch FROM store", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    Ok(Whole {
        workspace,
        serial: row::count(serial)?,
        epoch: row::count(epoch)?,
        resources: read::resources(&transaction)?,
        runs: all(
            &transaction,
            &format!("SELECT {RUN} FROM run ORDER BY number"),
            [],
            row::run,
        )?,
        steps: all(
            &transaction,
            &format!("SELECT {STEP} FROM step ORDER BY number"),
            [],
            row::step,
        )?,
        spent: spent(&transaction)?,
        events: all(
            &transaction,
            &format!("SELECT {EVENT} FROM event ORDER BY sequence"),
            [],
            row::event,
        )?,
    })
}

fn spent(connection: &Connection) -> Result<BTreeMap<String, jiff::Timestamp>, Fault> {
    let tokens = all(connection, "SELECT token, expires FROM spent", [], |row| {
        Ok((row.get(0)?, row::time(row.get(1)?)?))
    })?;
    Ok(tokens.into_iter().collect())
}

/// Lays `whole` down in a store that was never used.
pub(crate) fn fill(transaction: &Transaction<'_>, place: &str, whole: &Whole) -> Result<(), Fault> {
    // Every use of a store begins with a lease, and every lease stands in the history.
    let used: bool =
        transaction.query_row("SELECT epoch > 0 OR events > 0 FROM store", [], |row| row.get(0))?;
    if used {
        return Err(Whole::refused(place).into());
    }
    let events = u64::try_from(whole.events.len()).unwrap_or(u64::MAX);
    transaction.execute(
        "UPDATE store SET workspace = ?1, serial = ?2, epoch = ?3, events = ?4",
        params![
            whole.workspace,
            number(whole.serial)?,
            number(whole.epoch)?,
            number(events)?
        ],
    )?;
    for resource in &whole.resources {
        put(transaction, resource)?;
    }
    for run in &whole.runs {
        write_run(transaction, run)?;
    }
    for step in &whole.steps {
        write_step(transaction, step)?;
    }
    for (token, expires) in &whole.spent {
        spend(transaction, token, *expires)?;
    }
    for event in &whole.events {
        let (sequence, serial) = (number(event.sequence)?, number(event.serial)?);
        write_event(transaction, sequence, event.at, serial, &event.note)?;
    }
    Ok(())
}
