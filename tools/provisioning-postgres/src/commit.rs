//! What a commit changes, and the history of it.

use jiff::Timestamp;
use provisioning::state::{Change, Error, Note, Recorded, Run, Step, note};

use crate::fail::{Fault, is_taken};
use crate::lease::holds;
use crate::link::Work;
use crate::row::{addresses_text, attributes_text, count, nanoseconds};
use crate::session::Session;

/// Does all of `changes`, or nothing.
pub(crate) struct Commit {
    pub(crate) epoch: u64,
    pub(crate) at: Timestamp,
    pub(crate) changes: Vec<Change>,
}

impl Work for Commit {
    type Answer = u64;

    async fn make(&self, session: &Session, id: &str) -> Result<u64, Fault> {
        holds(session, self.epoch).await?;
        let counted = "WITH counted AS (UPDATE store SET serial = serial + 1 RETURNING serial) \
             INSERT INTO made (id, serial) SELECT $1::text, serial FROM counted RETURNING serial";
        let serial = session.one(counted, &[&id]).await?;
        for change in &self.changes {
            apply(session, change).await?;
            tell(session, self.at, &note(change)).await?;
        }
        count(serial.try_get(0)?)
    }

    async fn made(&self, session: &Session, id: &str) -> Result<Option<u64>, Fault> {
        let made = session
            .first("SELECT serial FROM made WHERE id = $1", &[&id])
            .await?;
        made.map(|row| count(row.try_get(0)?)).transpose()
    }
}

/// Asks the run to stop.
pub(crate) struct Cancel<'a> {
    pub(crate) run: &'a str,
    pub(crate) at: Timestamp,
}

/// What the history says of a request to stop.
const ASKED: &str = "cancel asked for";

impl Work for Cancel<'_> {
    type Answer = ();

    async fn make(&self, session: &Session, _id: &str) -> Result<(), Fault> {
        let found = session
            .execute("UPDATE run SET cancelled = true WHERE id = $1", &[&self.run])
            .await?;
        if found == 0 {
            return Err(Error::NoRun(self.run.to_owned()).into());
        }
        let asked = Note {
            address: None,
            run: Some(self.run.to_owned()),
            kind: ASKED.to_owned(),
            detail: String::new(),
        };
        tell(session, self.at, &asked).await
    }

    async fn made(&self, session: &Session, _id: &str) -> Result<Option<()>, Fault> {
        let query = "SELECT 1 FROM event WHERE run = $1 AND kind = $2 AND at = $3";
        let told = session
            .first(query, &[&self.run, &ASKED, &nanoseconds(self.at)])
            .await?;
        Ok(told.map(|_| ()))
    }
}

/// Adds a line to the history.
pub(crate) async fn tell(session: &Session, at: Timestamp, note: &Note) -> Result<(), Fault> {
    let about = note.address.as_ref();
    session
        .execute(
            "WITH told AS (UPDATE store SET events = events + 1 RETURNING events, serial) \
             INSERT INTO event (sequence, at, serial, about_kind, about_name, about_place, run, kind, detail) \
             SELECT events, $1::bigint, serial, $2::text, $3::text, $4::bigint, $5::text, $6::text, $7::text FROM told",
            &[
                &nanoseconds(at),
                &about.map(|address| address.kind.name()),
                &about.map(|address| &address.name),
                &about.and_then(|address| address.index).map(i64::from),
                &note.run,
                &note.kind,
                &note.detail,
            ],
        )
        .await?;
    Ok(())
}

/// Writes a line of the history in its place.
pub(crate) async fn write_event(
    session: &Session,
    sequence: i64,
    at: Timestamp,
    serial: i64,
    note: &Note,
) -> Result<(), Fault> {
    let about = note.address.as_ref();
    session
        .execute(
            "INSERT INTO event (sequence, at, serial, about_kind, about_name, about_place, run, kind, detail) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                &sequence,
                &nanoseconds(at),
                &serial,
                &about.map(|address| address.kind.name()),
                &about.map(|address| &address.name),
                &about.and_then(|address| address.index).map(i64::from),
                &note.run,
                &note.kind,
                &note.detail,
            ],
        )
        .await?;
    Ok(())
}

async fn apply(session: &Session, change: &Change) -> Result<(), Fault> {
    match change {
        Change::Put(resource) => put(session, resource).await,
        Change::Remove(id) => {
            session
                .execute("DELETE FROM resource WHERE id = $1", &[id])
                .await?;
            Ok(())
        }
        Change::Run(run) => write_run(session, run).await,
        Change::Step(step) => write_step(session, step).await,
        Change::Spend { token, expires } => spend(session, token, *expires).await,
        Change::Note(_) => Ok(()),
    }
}

/// Writes a resource over that of the same id.
pub(crate) async fn put(session: &Session, resource: &Recorded) -> Result<(), Fault> {
    let written = session
        .execute(
            "INSERT INTO resource (id, kind, name, place, replaced, provider, region, provider_id, phase, attributes, \
             computed, depends_on, protected, config_hash, origin, created, updated) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, place = excluded.place, \
             replaced = excluded.replaced, provider = excluded.provider, region = excluded.region, \
             provider_id = excluded.provider_id, phase = excluded.phase, attributes = excluded.attributes, \
             computed = excluded.computed, depends_on = excluded.depends_on, protected = excluded.protected, \
             config_hash = excluded.config_hash, origin = excluded.origin, created = excluded.created, \
             updated = excluded.updated",
            &[
                &resource.id,
                &resource.address.kind.name(),
                &resource.address.name,
                &resource.address.index.map(i64::from),
                &resource.replaced,
                &resource.provider,
                &resource.region,
                &resource.provider_id,
                &resource.phase.name(),
                &attributes_text(&resource.attributes)?,
                &attributes_text(&resource.computed)?,
                &addresses_text(&resource.depends_on)?,
                &resource.protected,
                &resource.config_hash,
                &resource.origin,
                &nanoseconds(resource.created),
                &nanoseconds(resource.updated),
            ],
        )
        .await;
    match written {
        // The id is no conflict, so it is the address.
        Err(fault) if is_taken(&fault) => Err(Error::Occupied(resource.address.clone()).into()),
        Err(fault) => Err(fault),
        Ok(_) => Ok(()),
    }
}

/// Writes a run over that of the same id. A request to stop comes from outside and is not the owner's to take back.
pub(crate) async fn write_run(session: &Session, run: &Run) -> Result<(), Fault> {
    session
        .execute(
            "INSERT INTO run (id, name, definition, plan_hash, owner, status, cancelled, started, finished, message) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, definition = excluded.definition, \
             plan_hash = excluded.plan_hash, owner = excluded.owner, status = excluded.status, \
             cancelled = run.cancelled OR excluded.cancelled, started = excluded.started, \
             finished = excluded.finished, message = excluded.message",
            &[
                &run.id,
                &run.name,
                &run.definition,
                &run.plan_hash,
                &run.owner,
                &run.status.name(),
                &run.cancelled,
                &nanoseconds(run.started),
                &run.finished.map(nanoseconds),
                &run.message,
            ],
        )
        .await?;
    Ok(())
}

/// Writes a step over that of the same name of the same run.
pub(crate) async fn write_step(session: &Session, step: &Step) -> Result<(), Fault> {
    session
        .execute(
            "INSERT INTO step (run, name, status, attempt, effect, error, started, finished) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (run, name) DO UPDATE SET status = excluded.status, attempt = excluded.attempt, \
             effect = excluded.effect, error = excluded.error, started = excluded.started, \
             finished = excluded.finished",
            &[
                &step.run,
                &step.name,
                &step.status.name(),
                &i64::from(step.attempt),
                &step.effect,
                &step.error,
                &nanoseconds(step.started),
                &step.finished.map(nanoseconds),
            ],
        )
        .await?;
    Ok(())
}

/// Marks a plan token as used.
pub(crate) async fn spend(session: &Session, token: &str, expires: Timestamp) -> Result<(), Fault> {
    let marked = session
        .execute(
            "INSERT INTO spent (token, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[&token, &nanoseconds(expires)],
        )
        .await?;
    match marked {
        0 => Err(Error::Spent.into()),
        _ => Ok(()),
    }
}
