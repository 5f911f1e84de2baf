//! A connection, and the statements that it has prepared: each text is sent once, and named from then on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use crate::fail::Fault;

/// Values of a statement.
pub(crate) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A session with the server.
pub(crate) struct Session {
    client: Client,
    prepared: Mutex<HashMap<String, Statement>>,
}

impl Session {
    /// A session through `client`.
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            prepared: Mutex::default(),
        }
    }

    /// Whether there is still a server at the other end, as far as is known.
    pub(crate) fn is_alive(&self) -> bool {
        !self.client.is_closed()
    }

    /// Does `statements`, which have no values.
    pub(crate) async fn batch(&self, statements: &str) -> Result<(), Fault> {
        Ok(self.client.batch_execute(statements).await?)
    }

    /// The rows that `statement` gives.
    pub(crate) async fn all(&self, statement: &str, values: Values<'_>) -> Result<Vec<Row>, Fault> {
        let prepared = self.prepared(statement).await?;
        Ok(self.client.query(&prepared, values).await?)
    }

    /// The first row that `statement` gives, if it gives any.
    pub(crate) async fn first(&self, statement: &str, values: Values<'_>) -> Result<Option<Row>, Fault> {
        Ok(self.all(statement, values).await?.into_iter().next())
    }

    /// The row that `statement` always gives.
    pub(crate) async fn one(&self, statement: &str, values: Values<'_>) -> Result<Row, Fault> {
        let row = self.first(statement, values).await?;
        row.ok_or_else(|| Fault::Odd("the row of the store itself is gone".to_owned()))
    }

    /// How many rows `statement` touched.
    pub(crate) async fn execute(&self, statement: &str, values: Values<'_>) -> Result<u64, Fault> {
        let prepared = self.prepared(statement).await?;
        Ok(self.client.execute(&prepared, values).await?)
    }

    async fn prepared(&self, text: &str) -> Result<Statement, Fault> {
        let known = self.known().get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let statement = self.client.prepare(text).await?;
        self.known().insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Statement>> {
        // Nothing is done under the lock that could leave the table half changed.
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
