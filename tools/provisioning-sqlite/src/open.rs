//! How the file is opened: private to its user, durable at every commit, and only if it is what it should be.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use provisioning::state::Error;
use rusqlite::{Connection, OpenFlags};

use crate::fail::{Fault, place};
use crate::migrate;

/// How long one process waits for another that is writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// A file up to this size is looked through when it is opened: that takes a tenth of a second at most.
const CHECKED_BYTES: u64 = 32 << 20;

/// A connection that writes to `path`, which is made if it is not there.
pub(crate) fn writer(path: &Path) -> Result<Connection, Fault> {
    let path = made(path)?;
    // What is not ours, or newer than we are, is not touched: even to write "WAL" into its head would change it.
    judge(&path)?;
    let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    durable(&connection)?;
    sound(&connection, &path)?;
    migrate::run(&mut connection, &path, migrate::ALL)?;
    Ok(connection)
}

/// A connection that reads `path`, which must be there.
pub(crate) fn reader(path: &Path) -> Result<Connection, Fault> {
    let path = resolved(path)?;
    let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match migrate::version(&connection, &path, migrate::ALL)? {
        0 => Err(Fault::Port(Error::Broken {
            place: place(&path),
            problem: "nothing was ever recorded in it".to_owned(),
        })),
        version if version < migrate::newest(migrate::ALL) => Err(Fault::Port(Error::Broken {
            place: place(&path),
            problem: "an older version wrote it; open it for writing once".to_owned(),
        })),
        _ => Ok(connection),
    }
}

/// Looks at a file without being able to change it.
fn judge(path: &Path) -> Result<(), Fault> {
    let size = path.metadata()?.len();
    if size == 0 {
        return Ok(());
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    migrate::version(&connection, path, migrate::ALL).map(|_| ())
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, Fault> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is written in the schema of a file from elsewhere is not run.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Every commit is on the disk before it is acknowledged.
fn durable(connection: &Connection) -> Result<(), Fault> {
    let mode: String = migrate::patient(|| {
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
    })?;
    if mode != "wal" {
        return Err(Fault::Odd(format!("its journal is `{mode}` and not a log")));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    // Only macOS knows a difference: there, a plain flush leaves the data in the drive.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    Ok(())
}

fn sound(connection: &Connection, path: &Path) -> Result<(), Fault> {
    if path.metadata()?.len() > CHECKED_BYTES {
        return Ok(());
    }
    let problem: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    match problem.as_str() {
        "ok" => Ok(()),
        _ => Err(Fault::Odd(problem)),
    }
}

/// Makes the file and its folder if they are not there: nobody else may read them.
fn made(path: &Path) -> Result<PathBuf, Fault> {
    if let Some(folder) = folder(path) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let path = resolved(path)?;
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
    {
        // The name must not be lost when the machine stops, or what was committed is lost with it.
        Ok(file) => {
            // The mode above is cut by the process's mask, which may forbid what we need ourselves.
            file.set_permissions(Permissions::from_mode(0o600))?;
            file.sync_all()?;
            folder(&path).map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    Ok(path)
}

/// The path with its folder's links followed. The file itself must not be one: whoever can write into the folder could
/// lead us elsewhere.
fn resolved(path: &Path) -> Result<PathBuf, Fault> {
    let name = path
        .file_name()
        .ok_or_else(|| std::io::Error::new(ErrorKind::InvalidInput, "it names no file"))?;
    let folder = folder(path).unwrap_or(Path::new("."));
    let path = folder.canonicalize()?.join(name);
    match path.symlink_metadata() {
        Ok(about) if !about.is_file() => {
            Err(std::io::Error::new(ErrorKind::InvalidInput, "it is not a regular file").into())
        }
        _ => Ok(path),
    }
}

fn folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}
