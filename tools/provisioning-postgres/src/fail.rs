//! What goes wrong inside, and what the port calls it.
//!
//! INVARIANT: the URL is in no message, and so neither is its password.

use std::error::Error as _;

use provisioning::state::Error;
use tokio_postgres::error::{Severity, SqlState};

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The port has a word for it.
    Port(Error),
    /// PostgreSQL or its client said so.
    Engine(tokio_postgres::Error),
    /// What it was opened with cannot be used.
    Settings(String),
    /// What was read is nothing that is ever written.
    Odd(String),
    /// The connection ended before anything was asked to be kept.
    Lost,
    /// The connection ended when everything was asked to be kept, and nobody could be asked what became of it.
    Unknown,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Port(error)
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Engine(error)
    }
}

impl Fault {
    /// Whether the connection is gone with it.
    pub(crate) fn is_loss(&self) -> bool {
        match self {
            Self::Lost => true,
            Self::Engine(error) => is_loss(error),
            _ => false,
        }
    }
}

fn is_loss(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(told) => matches!(told.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
        None => error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>()),
    }
}

/// The port's error of `fault` in the store at `place`.
pub(crate) fn explain(place: &str, fault: Fault) -> Error {
    let place = place.to_owned();
    let problem = match fault {
        Fault::Port(error) => return error,
        Fault::Odd(problem) => return Error::Damaged { place, problem },
        Fault::Engine(error) => return engine(place, &error),
        Fault::Settings(problem) => problem,
        Fault::Lost => "the connection was lost".to_owned(),
        Fault::Unknown => "the connection was lost while the change was being recorded, and could not be made again: it is not \
             known whether it is recorded"
            .to_owned(),
    };
    Error::Broken { place, problem }
}

fn engine(place: String, error: &tokio_postgres::Error) -> Error {
    let Some(told) = error.as_db_error() else {
        let problem = match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        // The client has no other way to tell it: a column that holds another type than it must.
        let unreadable = error.to_string().starts_with("error deserializing column");
        return match unreadable {
            true => Error::Damaged { place, problem },
            false => Error::Broken { place, problem },
        };
    };
    let problem = told.message().to_owned();
    match told.code() {
        code if *code == SqlState::DISK_FULL => Error::Full { place, problem },
        code if [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED].contains(code) => {
            Error::Damaged { place, problem }
        }
        code if *code == SqlState::LOCK_NOT_AVAILABLE => Error::Broken {
            place,
            problem: "another process has been writing to it for too long; try again".to_owned(),
        },
        _ => Error::Broken { place, problem },
    }
}

/// Whether `fault` is that of a row whose key is taken.
pub(crate) fn is_taken(fault: &Fault) -> bool {
    match fault {
        Fault::Engine(error) => error.code() == Some(&SqlState::UNIQUE_VIOLATION),
        _ => false,
    }
}
