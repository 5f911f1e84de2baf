//! The inventory as tables: one row for each resource, its tags and its services beside it.
//!
//! Whoever changes what is recorded calls [`put`] and [`remove`] inside the transaction of the change, so that the
//! inventory is never older than the state. A question never becomes part of the text of a query: its values are
//! parameters, and the names of columns are those of [`Field`].

mod render;
mod store;
mod words;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use provisioning::query::{Call, Error, Filter, Inventory, Rows, Vocabulary};
use rusqlite::{Connection, OpenFlags};

pub use store::{create_tables, put, remove};

/// The inventory in a file that somebody else may be writing. While there is no file, nothing is recorded.
pub struct SqliteInventory {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl SqliteInventory {
    /// The inventory in the file at `path`, which is opened when it is asked something, and never written.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            connection: Mutex::new(None),
        }
    }

    /// Runs `ask` on the file; without file or tables the answer is `nothing`.
    fn with<T>(
        &self,
        nothing: T,
        ask: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, Error> {
        let failed = |error: rusqlite::Error| Error(error.to_string());
        let mut held = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.path.exists() {
            *held = None;
            return Ok(nothing);
        }
        let connection = match held.take() {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags).map_err(failed)?;
                connection
                    .busy_timeout(std::time::Duration::from_secs(2))
                    .map_err(failed)?;
                connection.set_prepared_statement_cache_capacity(128);
                // Scans of a large fleet read the same pages for each question: they stay, without a call for each.
                connection
                    .pragma_update(None, "cache_size", -65_536)
                    .map_err(failed)?;
                connection
                    .pragma_update(None, "mmap_size", 268_435_456)
                    .map_err(failed)?;
                connection
            }
        };
        let connection = held.insert(connection);
        if !connection.table_exists(None, "inventory").map_err(failed)? {
            return Ok(nothing);
        }
        ask(connection).map_err(failed)
    }
}

impl Inventory for SqliteInventory {
    fn vocabulary<'a>(&'a self, words: &'a [String]) -> Call<'a, Vocabulary> {
        let nothing = Vocabulary {
            empty: true,
            ..Vocabulary::default()
        };
        Box::pin(async move { self.with(nothing, |connection| words::vocabulary(connection, words)) })
    }

    fn run<'a>(&'a self, filter: &'a Filter, most: u32) -> Call<'a, Rows> {
        Box::pin(async move {
            self.with(Rows::default(), |connection| {
                render::run(connection, filter, most)
            })
        })
    }

    fn explained(&self, filter: &Filter) -> Option<String> {
        Some(render::rows(filter, 50).text)
    }
}
