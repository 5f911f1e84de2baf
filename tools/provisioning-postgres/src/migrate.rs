//! The schema, in numbered steps. A step that was ever released is not changed: a new one is added.
//!
//! A step is made whole or not at all. Copies of the database before it are its administrator's.
//!
//! INVARIANT: a store of a newer format is not changed in any way.

use provisioning::state::Error;
use uuid::Uuid;

use crate::fail::Fault;
use crate::open::{Access, Target};
use crate::session::Session;

/// Every step, oldest first.
const ALL: &[&str] = &[include_str!("../migrations/0001.sql")];

/// Brings the store to the newest format, and makes it if it is not there.
pub(crate) async fn run(target: &Target, session: &Session, access: Access) -> Result<(), Fault> {
    let found = version(target, session).await?;
    if found == newest() {
        return Ok(());
    }
    if access == Access::Read {
        return Err(Fault::Settings(match found {
            0 => "nothing was ever recorded in it".to_owned(),
            _ => "an older version wrote it; open it for writing once".to_owned(),
        }));
    }
    session.batch("BEGIN").await?;
    session
        .one(
            "SELECT pg_advisory_xact_lock(hashtextextended('prov state ' || $1, 0))",
            &[&target.schema],
        )
        .await?;
    // Another process may have done it while we waited.
    let found = version(target, session).await?;
    if found == 0 {
        // Only if it is not there: who may not make schemas may use one that was made for them.
        let known = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
        if session.first(known, &[&target.schema]).await?.is_none() {
            session
                .batch(&format!("CREATE SCHEMA \"{}\"", target.schema))
                .await?;
        }
        session
            .batch("CREATE TABLE format (one boolean PRIMARY KEY CHECK (one), version bigint NOT NULL); INSERT INTO format VALUES (true, 0)")
            .await?;
    }
    let missing = ALL.iter().skip(usize::try_from(found).unwrap_or(usize::MAX));
    for step in missing {
        session.batch(step).await?;
    }
    if found == 0 {
        let workspace = Uuid::new_v4().to_string();
        session
            .execute("INSERT INTO store VALUES (true, $1, 0, 0, 0)", &[&workspace])
            .await?;
    }
    session
        .execute("UPDATE format SET version = $1", &[&i64::from(newest())])
        .await?;
    session.batch("COMMIT").await
}

fn newest() -> u32 {
    u32::try_from(ALL.len()).unwrap_or(u32::MAX)
}

/// The format of the store; 0 if there is none.
async fn version(target: &Target, session: &Session) -> Result<u32, Fault> {
    // Asked of the catalogue's tables: what `to_regclass` remembers of another process's work may be old.
    let there = session
        .one(
            "SELECT EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
             WHERE nspname = $1 AND relname = 'format')",
            &[&target.schema],
        )
        .await?;
    if !there.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let row = session.one("SELECT version FROM format", &[]).await?;
    let found = u32::try_from(row.try_get::<_, i64>(0)?)
        .map_err(|_| Fault::Odd("its format is no number of ours".to_owned()))?;
    if found > newest() {
        return Err(Fault::Port(Error::Newer {
            place: target.place.clone(),
            found,
            known: newest(),
        }));
    }
    Ok(found)
}
