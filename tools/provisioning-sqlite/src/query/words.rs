//! The values that there are, read along the indexes: as many steps as there are values, however many rows.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::query::{Field, Vocabulary};
use rusqlite::{Connection, params, params_from_iter};

use super::store::{LISTED, NAMED};

/// The values of the listed fields, and of all fields those among `words`.
pub(super) fn vocabulary(connection: &Connection, words: &[String]) -> Result<Vocabulary, rusqlite::Error> {
    let mut values: BTreeMap<Field, Vec<String>> = BTreeMap::new();
    for field in LISTED.into_iter().filter(Field::live) {
        let found = listed(connection, "inventory", field.name(), None, words)?;
        values.insert(field, found);
    }
    for field in NAMED {
        let found = among(connection, field.name(), words)?;
        values.insert(field, found);
    }
    let services = listed(connection, "inventory_service", "service", None, words)?;
    values.insert(Field::Service, services);
    for key in listed(connection, "inventory_tag", "key", None, words)? {
        let of_key = listed(connection, "inventory_tag", "value", Some(&key), words)?;
        values.insert(Field::Tag(key), of_key);
    }
    values.retain(|_, values| !values.is_empty());
    let empty: bool = connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM inventory)", [], |row| {
        row.get(0)
    })?;
    Ok(Vocabulary { values, empty })
}

/// The first values of a column, each found by one step to the next, and those among `words`.
fn listed(
    connection: &Connection,
    table: &str,
    column: &str,
    key: Option<&str>,
    words: &[String],
) -> Result<Vec<String>, rusqlite::Error> {
    let of_key = if key.is_some() {
        "key = ?1 AND"
    } else {
        "?1 IS NULL AND"
    };
    let text = format!(
        "WITH RECURSIVE value (x) AS (
             SELECT (SELECT min({column}) FROM {table} WHERE {of_key} {column} IS NOT NULL)
             UNION ALL
             SELECT (SELECT min({column}) FROM {table} WHERE {of_key} {column} > x)
             FROM value WHERE x IS NOT NULL LIMIT ?2)
         SELECT x FROM value WHERE x IS NOT NULL"
    );
    let most = i64::try_from(Vocabulary::MOST).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&text)?;
    let found = statement.query_map(params![key, most], |row| row.get(0))?;
    let mut values = found.collect::<Result<BTreeSet<String>, _>>()?;
    // Only where some were left out; the index has them as they are written.
    if values.len() + 1 >= Vocabulary::MOST {
        let text = format!("SELECT {column} FROM {table} WHERE {of_key} {column} = ?2 LIMIT 1");
        let mut statement = connection.prepare_cached(&text)?;
        for word in words {
            let found = statement.query_map(params![key, word], |row| row.get::<_, String>(0))?;
            for value in found {
                values.insert(value?);
            }
        }
    }
    Ok(values.into_iter().collect())
}

/// The values of a column that are among `words`, whatever their capitals.
fn among(connection: &Connection, column: &str, words: &[String]) -> Result<Vec<String>, rusqlite::Error> {
    let text = format!("SELECT DISTINCT {column} FROM inventory WHERE {column} = ? COLLATE NOCASE LIMIT 5");
    let mut statement = connection.prepare_cached(&text)?;
    let mut values = BTreeSet::new();
    for word in words {
        let found = statement.query_map(params_from_iter([word]), |row| row.get::<_, String>(0))?;
        for value in found {
            values.insert(value?);
        }
    }
    Ok(values.into_iter().collect())
}
