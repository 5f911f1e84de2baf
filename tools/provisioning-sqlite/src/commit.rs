//! What a commit changes, and the history of it.

use jiff::Timestamp;
use provisioning::query::Row;
use provisioning::resource::Address;
use provisioning::state::{Change, Error, Note, Recorded, Run, Step, note};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::fail::{Fault, is_taken};
use crate::lease::holds;
use crate::query;
use crate::row::{addresses_text, attributes_text, count, nanoseconds};

/// Does all of `changes`. Whoever calls commits the transaction, or drops it with everything in it.
pub(crate) fn commit(
    transaction: &Transaction<'_>,
    epoch: u64,
    at: Timestamp,
    changes: &[Change],
) -> Result<u64, Fault> {
    holds(transaction, epoch)?;
    let serial: i64 = transaction
        .prepare_cached("UPDATE store SET serial = serial + 1 RETURNING serial")?
        .query_row([], |row| row.get(0))?;
    for change in changes {
        apply(transaction, change)?;
        tell(transaction, at, &note(change))?;
    }
    count(serial)
}

/// Asks the run to stop.
pub(crate) fn cancel(transaction: &Transaction<'_>, run: &str, at: Timestamp) -> Result<(), Fault> {
    let found = transaction.execute("UPDATE run SET cancelled = 1 WHERE id = ?1", [run])?;
    if found == 0 {
        return Err(Error::NoRun(run.to_owned()).into());
    }
    let asked = Note {
        address: None,
        run: Some(run.to_owned()),
        kind: "cancel asked for".to_owned(),
        detail: String::new(),
    };
    tell(transaction, at, &asked)
}

/// Adds a line to the history.
pub(crate) fn tell(transaction: &Transaction<'_>, at: Timestamp, note: &Note) -> Result<(), Fault> {
    let (sequence, serial): (i64, i64) = transaction
        .prepare_cached("UPDATE store SET events = events + 1 RETURNING events, serial")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    write_event(transaction, sequence, at, serial, note)
}

/// Writes a line of the history in its place.
pub(crate) fn write_event(
    transaction: &Transaction<'_>,
    sequence: i64,
    at: Timestamp,
    serial: i64,
    note: &Note,
) -> Result<(), Fault> {
    let about = note.address.as_ref();
    transaction
        .prepare_cached(
            "INSERT INTO event (sequence, at, serial, about_kind, about_name, about_place, run, kind, detail) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            sequence,
            nanoseconds(at),
            serial,
            about.map(|address| address.kind.name()),
            about.map(|address| &address.name),
            about.and_then(|address| address.index),
            note.run,
            note.kind,
            note.detail,
        ])?;
    Ok(())
}

fn apply(transaction: &Transaction<'_>, change: &Change) -> Result<(), Fault> {
    match change {
        Change::Put(resource) => put(transaction, resource),
        Change::Remove(id) => {
            left(transaction, id, None)?;
            transaction
                .prepare_cached("DELETE FROM resource WHERE id = ?1")?
                .execute([id])?;
            Ok(())
        }
        Change::Run(run) => write_run(transaction, run),
        Change::Step(step) => write_step(transaction, step),
        Change::Spend { token, expires } => spend(transaction, token, *expires),
        Change::Note(_) => Ok(()),
    }
}

/// Writes a resource over that of the same id.
pub(crate) fn put(transaction: &Transaction<'_>, resource: &Recorded) -> Result<(), Fault> {
    left(transaction, &resource.id, Some(&resource.address))?;
    let written = transaction
        .prepare_cached(
            "INSERT INTO resource (id, kind, name, place, replaced, provider, region, provider_id, phase, attributes, \
             computed, depends_on, protected, config_hash, origin, created, updated) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, place = excluded.place, \
             replaced = excluded.replaced, provider = excluded.provider, region = excluded.region, \
             provider_id = excluded.provider_id, phase = excluded.phase, attributes = excluded.attributes, \
             computed = excluded.computed, depends_on = excluded.depends_on, protected = excluded.protected, \
             config_hash = excluded.config_hash, origin = excluded.origin, created = excluded.created, \
             updated = excluded.updated",
        )?
        .execute(params![
            resource.id,
            resource.address.kind.name(),
            resource.address.name,
            resource.address.index,
            resource.replaced,
            resource.provider,
            resource.region,
            resource.provider_id,
            resource.phase.name(),
            attributes_text(&resource.attributes)?,
            attributes_text(&resource.computed)?,
            addresses_text(&resource.depends_on)?,
            resource.protected,
            resource.config_hash,
            resource.origin,
            nanoseconds(resource.created),
            nanoseconds(resource.updated),
        ]);
    match written {
        // The id is no conflict, so it is the address.
        Err(error) if is_taken(&error) => Err(Error::Occupied(resource.address.clone()).into()),
        Err(error) => Err(error.into()),
        Ok(_) => changed(transaction, resource),
    }
}

/// The inventory follows what is recorded, in the same transaction. What is being replaced has given up its address.
fn changed(transaction: &Transaction<'_>, resource: &Recorded) -> Result<(), Fault> {
    if !resource.replaced {
        query::put(transaction, &Row::of(resource))?;
    }
    Ok(())
}

/// Takes what is recorded as `id` out of the inventory, unless it stays at `stays`.
fn left(transaction: &Transaction<'_>, id: &str, stays: Option<&Address>) -> Result<(), Fault> {
    let there = transaction
        .prepare_cached("SELECT kind, name, place FROM resource WHERE id = ?1 AND NOT replaced")?
        .query_row([id], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<u32>>(2)?,
            ))
        })
        .optional()?;
    let address = there.and_then(|(kind, name, index)| {
        Some(Address {
            kind: kind.parse().ok()?,
            name,
            index,
        })
    });
    match address {
        Some(address) if stays != Some(&address) => Ok(query::remove(transaction, &address)?),
        _ => Ok(()),
    }
}

/// Writes a run over that of the same id. A request to stop comes from outside and is not the owner's to take back.
pub(crate) fn write_run(transaction: &Transaction<'_>, run: &Run) -> Result<(), Fault> {
    transaction
        .prepare_cached(
            "INSERT INTO run (id, name, definition, plan_hash, owner, status, cancelled, started, finished, message) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, definition = excluded.definition, \
             plan_hash = excluded.plan_hash, owner = excluded.owner, status = excluded.status, \
             cancelled = max(run.cancelled, excluded.cancelled), started = excluded.started, \
             finished = excluded.finished, message = excluded.message",
        )?
        .execute(params![
            run.id,
            run.name,
            run.definition,
            run.plan_hash,
            run.owner,
            run.status.name(),
            run.cancelled,
            nanoseconds(run.started),
            run.finished.map(nanoseconds),
            run.message,
        ])?;
    Ok(())
}

/// Writes a step over that of the same name of the same run.
pub(crate) fn write_step(transaction: &Transaction<'_>, step: &Step) -> Result<(), Fault> {
    transaction
        .prepare_cached(
            "INSERT INTO step (run, name, status, attempt, effect, error, started, finished) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (run, name) DO UPDATE SET status = excluded.status, attempt = excluded.attempt, \
             effect = excluded.effect, error = excluded.error, started = excluded.started, \
             finished = excluded.finished",
        )?
        .execute(params![
            step.run,
            step.name,
            step.status.name(),
            step.attempt,
            step.effect,
            step.error,
            nanoseconds(step.started),
            step.finished.map(nanoseconds),
        ])?;
    Ok(())
}

/// Marks a plan token as used.
pub(crate) fn spend(transaction: &Transaction<'_>, token: &str, expires: Timestamp) -> Result<(), Fault> {
    let marked = transaction
        .prepare_cached("INSERT INTO spent (token, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![token, nanoseconds(expires)])?;
    match marked {
        0 => Err(Error::Spent.into()),
        _ => Ok(()),
    }
}
