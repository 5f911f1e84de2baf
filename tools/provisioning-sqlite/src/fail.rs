//! What goes wrong inside, and what the port calls it.

use std::path::Path;

use provisioning::state::Error;
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The port has a word for it.
    Port(Error),
    /// SQLite said so.
    Engine(rusqlite::Error),
    /// The system said so.
    System(std::io::Error),
    /// What was read is nothing that is ever written.
    Odd(String),
    /// The thread that works on the file is gone.
    Ended,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Port(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}

/// The port's error of `fault` in the store at `place`.
pub(crate) fn explain(place: &str, fault: Fault) -> Error {
    let place = place.to_owned();
    let problem = match fault {
        Fault::Port(error) => return error,
        Fault::Odd(problem) => return Error::Damaged { place, problem },
        Fault::Engine(error) => return engine(place, &error),
        Fault::System(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            let problem = error.to_string();
            return Error::Full { place, problem };
        }
        Fault::System(error) => error.to_string(),
        Fault::Ended => "the thread that works on the file has ended".to_owned(),
    };
    Error::Broken { place, problem }
}

fn engine(place: String, error: &rusqlite::Error) -> Error {
    let problem = error.to_string();
    match error.sqlite_error() {
        None => match error {
            // A column holds another type than it must, or a row is not there that always is.
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::QueryReturnedNoRows => Error::Damaged { place, problem },
            _ => Error::Broken { place, problem },
        },
        // Room for the index of the log is taken before it is used, and its absence is told apart from other faults.
        Some(code) if code.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Error::Full { place, problem },
        Some(code) => match code.code {
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Error::Damaged { place, problem },
            ErrorCode::DiskFull => Error::Full { place, problem },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Broken {
                place,
                problem: "another process is in the middle of writing to it, or was stopped there; let it go on or end it".to_owned(),
            },
            ErrorCode::ReadOnly => Error::Broken {
                place,
                problem: "it may only be read".to_owned(),
            },
            _ => Error::Broken { place, problem },
        },
    }
}

/// Whether `error` is that of a row whose key is taken.
pub(crate) fn is_taken(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|code| code.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// How `path` is called in errors.
pub(crate) fn place(path: &Path) -> String {
    path.display().to_string()
}
