//! What is asked without changing anything.

use provisioning::resource::Address;
use provisioning::state::{Event, Lease, Recorded, Run, Step, order};
use rusqlite::{Connection, Params, Row, params};

use crate::fail::Fault;
use crate::row::{self, EVENT, LEASE, RESOURCE, RUN, STEP};

/// How many commits there were.
pub(crate) fn serial(connection: &Connection) -> Result<u64, Fault> {
    row::count(connection.query_row("SELECT serial FROM store", [], |row| row.get(0))?)
}

/// The name that marks resources of this workspace.
pub(crate) fn workspace(connection: &Connection) -> Result<String, Fault> {
    Ok(connection.query_row("SELECT workspace FROM store", [], |row| row.get(0))?)
}

/// The lease that is held, even if it ran out.
pub(crate) fn lease(connection: &Connection) -> Result<Option<Lease>, Fault> {
    first(connection, &format!("SELECT {LEASE} FROM lease"), [], row::lease)
}

/// Every resource, in order. The order is made here, so that no store's idea of letters matters.
pub(crate) fn resources(connection: &Connection) -> Result<Vec<Recorded>, Fault> {
    let query = format!("SELECT {RESOURCE} FROM resource");
    let mut resources = all(connection, &query, [], row::recorded)?;
    order(&mut resources);
    Ok(resources)
}

/// The resource at `address` that is not being replaced.
pub(crate) fn resource(connection: &Connection, address: &Address) -> Result<Option<Recorded>, Fault> {
    let query = format!(
        "SELECT {RESOURCE} FROM resource WHERE replaced = 0 AND kind = ?1 AND name = ?2 \
         AND ifnull(place, -1) = ifnull(?3, -1)"
    );
    let wanted = params![address.kind.name(), address.name, address.index];
    first(connection, &query, wanted, row::recorded)
}

/// The runs, newest first.
pub(crate) fn runs(connection: &Connection, limit: usize) -> Result<Vec<Run>, Fault> {
    let query = format!("SELECT {RUN} FROM run ORDER BY number DESC LIMIT ?1");
    all(connection, &query, [most(limit)], row::run)
}

/// The run `id`.
pub(crate) fn run(connection: &Connection, id: &str) -> Result<Option<Run>, Fault> {
    let query = format!("SELECT {RUN} FROM run WHERE id = ?1");
    first(connection, &query, [id], row::run)
}

/// The steps of the run `id`, in the order in which they were first written.
pub(crate) fn steps(connection: &Connection, run: &str) -> Result<Vec<Step>, Fault> {
    let query = format!("SELECT {STEP} FROM step WHERE run = ?1 ORDER BY number");
    all(connection, &query, [run], row::step)
}

/// The history, newest first.
pub(crate) fn events(
    connection: &Connection,
    address: Option<&Address>,
    run: Option<&str>,
    limit: usize,
) -> Result<Vec<Event>, Fault> {
    // Each condition is in the text only if it is asked for: otherwise no index would be used.
    let about = match address {
        Some(_) => "about_name = ?1 AND about_kind = ?2 AND ifnull(about_place, -1) = ifnull(?3, -1)",
        None => "?1 IS NULL AND ?2 IS NULL AND ?3 IS NULL",
    };
    let of_run = match run {
        Some(_) => "run = ?4",
        None => "?4 IS NULL",
    };
    let query =
        format!("SELECT {EVENT} FROM event WHERE {about} AND {of_run} ORDER BY sequence DESC LIMIT ?5");
    let wanted = params![
        address.map(|address| &address.name),
        address.map(|address| address.kind.name()),
        address.and_then(|address| address.index),
        run,
        most(limit),
    ];
    all(connection, &query, wanted, row::event)
}

/// What each row that `query` finds says.
pub(crate) fn all<T>(
    connection: &Connection,
    query: &str,
    wanted: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(wanted)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn first<T>(
    connection: &Connection,
    query: &str,
    wanted: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(wanted)?;
    rows.next()?.map(read).transpose()
}

fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
