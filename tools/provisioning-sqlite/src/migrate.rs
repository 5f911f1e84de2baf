//! The schema, in numbered steps. A step that was ever released is not changed: a new one is added.
//!
//! INVARIANT: a file of a newer format is not changed in any way.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use provisioning::state::Error;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use uuid::Uuid;

use crate::fail::{Fault, place};

/// Every step, oldest first.
pub(crate) const ALL: &[&str] = &[include_str!("../migrations/0001.sql")];

/// What marks a file as ours: the letters `prov`.
const APPLICATION: i64 = 0x7072_6f76;

/// The format that `steps` lead to.
pub(crate) fn newest(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// The format of the file; 0 if it is empty.
pub(crate) fn version(connection: &Connection, path: &Path, steps: &[&str]) -> Result<u32, Fault> {
    // One look: another process may be making the file between two of them.
    let _look = connection
        .is_autocommit()
        .then(|| connection.unchecked_transaction())
        .transpose()?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if (application, found, tables) == (0, 0, 0) {
        return Ok(0);
    }
    if application != APPLICATION {
        return Err(Fault::Odd("it is a database of another program".to_owned()));
    }
    let known = newest(steps);
    if found > known {
        let place = place(path);
        return Err(Error::Newer { place, found, known }.into());
    }
    Ok(found)
}

/// Brings the file to the newest format; a file that holds something is copied before.
pub(crate) fn run(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), Fault> {
    let found = version(connection, path, steps)?;
    if found == newest(steps) {
        return Ok(());
    }
    if found > 0 {
        back_up(connection, path, found)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while we waited.
    let found = version(&transaction, path, steps)?;
    let missing = steps.iter().skip(usize::try_from(found).unwrap_or(usize::MAX));
    for step in missing {
        transaction.execute_batch(step)?;
    }
    if found == 0 {
        transaction.execute(
            "INSERT INTO store (one, workspace, serial, epoch, events) VALUES (1, ?1, 0, 0, 0)",
            [Uuid::new_v4().to_string()],
        )?;
    }
    // The inventory is derived: its tables are those of this version.
    crate::query::create_tables(&transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", newest(steps))?;
    transaction.commit()?;
    Ok(())
}

/// Where a copy of the file in format `version` is kept.
pub(crate) fn backup(path: &Path, version: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".format-{version}"));
    PathBuf::from(name)
}

fn back_up(connection: &Connection, path: &Path, version: u32) -> Result<(), Fault> {
    let wanted = backup(path, version);
    let mut unfinished = wanted.as_os_str().to_owned();
    unfinished.push(format!(".{}", Uuid::new_v4()));
    let unfinished = PathBuf::from(unfinished);
    // SQLite writes into an empty file, and leaves its mode as it is.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    connection.execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])?;
    File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, &wanted)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Tries again while another process is in the way. SQLite waits by itself, but not for a change of the kind of journal.
pub(crate) fn patient<T>(mut attempt: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let began = Instant::now();
    loop {
        let answer = attempt();
        let busy = answer.as_ref().err().and_then(rusqlite::Error::sqlite_error_code);
        match busy {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                if began.elapsed() < Duration::from_secs(10) =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            _ => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const SECOND: &str = "ALTER TABLE lease ADD COLUMN more TEXT";

    fn opened(path: &Path) -> Connection {
        Connection::open(path).unwrap()
    }

    #[test]
    fn a_new_step_keeps_what_is_there_and_a_copy_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        run(&mut opened(&path), &path, ALL).unwrap();
        let workspace = |connection: &Connection| -> String {
            connection
                .query_row("SELECT workspace FROM store", [], |row| row.get(0))
                .unwrap()
        };
        let before = workspace(&opened(&path));
        let steps = [ALL[0], SECOND];
        run(&mut opened(&path), &path, &steps).unwrap();
        run(&mut opened(&path), &path, &steps).unwrap();
        assert_eq!(workspace(&opened(&path)), before);
        assert_eq!(version(&opened(&path), &path, &steps).unwrap(), 2);
        let copy = backup(&path, 1);
        assert_eq!(version(&opened(&copy), &copy, ALL).unwrap(), 1);
        assert_eq!(workspace(&opened(&copy)), before);
        assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        run(&mut opened(&path), &path, ALL).unwrap();
        let before = std::fs::read(&path).unwrap();
        run(&mut opened(&path), &path, &[ALL[0], SECOND, "CREATE NONSENSE"]).unwrap_err();
        assert_eq!(version(&opened(&path), &path, ALL).unwrap(), 1);
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
