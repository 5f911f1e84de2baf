//! The store as a whole.

use std::collections::BTreeMap;

use provisioning::state::Whole;

use crate::commit::{put, spend, write_event, write_run, write_step};
use crate::fail::Fault;
use crate::link::{Question, Work};
use crate::read::{self, all};
use crate::row::{self, EVENT, RUN, STEP, number};
use crate::session::Session;

/// All that is kept, as of one moment.
pub(crate) struct Everything;

impl Question for Everything {
    type Answer = Whole;

    async fn ask(&self, session: &Session) -> Result<Whole, Fault> {
        // If this is left in the middle, so is the session.
        session
            .batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let whole = whole(session).await;
        session.batch("COMMIT").await?;
        whole
    }
}

async fn whole(session: &Session) -> Result<Whole, Fault> {
    let store = session
        .one("SELECT workspace, serial, epoch FROM store", &[])
        .await?;
    let spent = "SELECT token, expires FROM spent";
    let spent = all(session, spent, &[], |row| {
        Ok((row.try_get(0)?, row::time(row.try_get(1)?)?))
    });
    Ok(Whole {
        workspace: store.try_get(0)?,
        serial: row::count(store.try_get(1)?)?,
        epoch: row::count(store.try_get(2)?)?,
        resources: read::resources(session).await?,
        runs: all(
            session,
            &format!("SELECT {RUN} FROM run ORDER BY number"),
            &[],
            row::run,
        )
        .await?,
        steps: all(
            session,
            &format!("SELECT {STEP} FROM step ORDER BY number"),
            &[],
            row::step,
        )
        .await?,
        spent: spent.await?.into_iter().collect::<BTreeMap<_, _>>(),
        events: all(
            session,
            &format!("SELECT {EVENT} FROM event ORDER BY sequence"),
            &[],
            row::event,
        )
        .await?,
    })
}

/// Lays a whole down in a store that was never used.
pub(crate) struct Fill<'a> {
    pub(crate) place: &'a str,
    pub(crate) whole: Whole,
}

impl Work for Fill<'_> {
    type Answer = ();

    async fn make(&self, session: &Session, _id: &str) -> Result<(), Fault> {
        // Every use of a store begins with a lease, and every lease stands in the history.
        let used = session
            .one("SELECT epoch > 0 OR events > 0 FROM store", &[])
            .await?;
        if used.try_get(0)? {
            return Err(Whole::refused(self.place).into());
        }
        let whole = &self.whole;
        let events = u64::try_from(whole.events.len()).unwrap_or(u64::MAX);
        session
            .execute(
                "UPDATE store SET workspace = $1, serial = $2, epoch = $3, events = $4",
                &[
                    &whole.workspace,
                    &number(whole.serial)?,
                    &number(whole.epoch)?,
                    &number(events)?,
                ],
            )
            .await?;
        for resource in &whole.resources {
            put(session, resource).await?;
        }
        for run in &whole.runs {
            write_run(session, run).await?;
        }
        for step in &whole.steps {
            write_step(session, step).await?;
        }
        for (token, expires) in &whole.spent {
            spend(session, token, *expires).await?;
        }
        for event in &whole.events {
            let (sequence, serial) = (number(event.sequence)?, number(event.serial)?);
            write_event(session, sequence, event.at, serial, &event.note).await?;
        }
        Ok(())
    }

    async fn made(&self, session: &Session, _id: &str) -> Result<Option<()>, Fault> {
        let there = whole(session).await? == self.whole;
        Ok(there.then_some(()))
    }
}
