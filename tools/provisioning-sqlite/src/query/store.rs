//! The tables, and how a resource gets into them.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::provider::Status;
use provisioning::query::{Field, Row, Scalar};
use provisioning::resource::Address;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

/// Columns of a resource in the order of the table: what every statement is made of.
pub(super) fn columns() -> impl Iterator<Item = Field> {
    Field::ALL
        .into_iter()
        .filter(|field| !matches!(field, Field::Service | Field::Servers))
}

/// Fields whose values are listed: each has an index of its own, along which they are read without a scan.
pub(super) const LISTED: [Field; 16] = [
    Field::Provider,
    Field::Region,
    Field::Zone,
    Field::Status,
    Field::Plan,
    Field::OsFamily,
    Field::OsVersion,
    Field::Network,
    Field::Subnet,
    Field::Role,
    Field::Environment,
    Field::Engine,
    Field::Version,
    Field::Cluster,
    Field::Currency,
    Field::Kind,
];

/// Fields of which only the values that a question names are looked up, whatever their capitals.
pub(super) const NAMED: [Field; 4] = [Field::Name, Field::Address, Field::Ipv4, Field::ProviderId];

/// Makes the tables if they are not there.
///
/// # Errors
/// If the file cannot be written.
pub fn create_tables(connection: &Connection) -> Result<(), rusqlite::Error> {
    let column = |field: Field| {
        let kind = match field {
            Field::Drifted
            | Field::PublicIp
            | Field::Encrypted
            | Field::MonthlyCost
            | Field::CreatedAt
            | Field::UpdatedAt => "INTEGER",
            Field::Cpu | Field::MemoryGb | Field::DiskGb | Field::SizeGb | Field::Backups => "REAL",
            _ => "TEXT",
        };
        let needed = matches!(
            field,
            Field::Kind | Field::Name | Field::Address | Field::Provider | Field::Status | Field::Drifted
        );
        format!("{} {kind}{}", field.name(), if needed { " NOT NULL" } else { "" })
    };
    let table: Vec<String> = columns().map(column).collect();
    let mut text = format!(
        "CREATE TABLE IF NOT EXISTS inventory ({}, PRIMARY KEY (address));
         CREATE TABLE IF NOT EXISTS inventory_tag (
             address TEXT NOT NULL REFERENCES inventory (address) ON DELETE CASCADE,
             key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (address, key)) WITHOUT ROWID;
         CREATE INDEX IF NOT EXISTS inventory_tag_value ON inventory_tag (key, value, address);
         CREATE TABLE IF NOT EXISTS inventory_service (
             address TEXT NOT NULL REFERENCES inventory (address) ON DELETE CASCADE,
             service TEXT NOT NULL, PRIMARY KEY (address, service)) WITHOUT ROWID;
         CREATE INDEX IF NOT EXISTS inventory_service_value ON inventory_service (service, address);",
        table.join(", ")
    );
    for field in LISTED {
        let name = field.name();
        text.push_str(&format!(
            "CREATE INDEX IF NOT EXISTS inventory_{name} ON inventory ({name});"
        ));
    }
    for field in NAMED {
        let name = field.name();
        text.push_str(&format!(
            "CREATE INDEX IF NOT EXISTS inventory_{name} ON inventory ({name} COLLATE NOCASE);"
        ));
    }
    // What conditions are held against, so that a scan reads this instead of the wide rows.
    text.push_str(&format!(
        "CREATE INDEX IF NOT EXISTS inventory_facts ON inventory ({});",
        facts()
    ));
    connection.execute_batch(&text)
}

/// Everything that conditions are about: the kind and the address first, so that what is found of a kind comes in order.
fn facts() -> String {
    let rest = columns().filter(|field| !NAMED.contains(field) && *field != Field::Kind);
    let names: Vec<&str> = ["kind", "address"]
        .into_iter()
        .chain(rest.map(|field| field.name()).collect::<Vec<_>>())
        .collect();
    names.join(", ")
}

/// Records `row`, whatever was recorded under its address before.
///
/// # Errors
/// If the file cannot be written.
pub fn put(connection: &Connection, row: &Row) -> Result<(), rusqlite::Error> {
    remove(connection, &row.address)?;
    let names: Vec<&str> = columns().map(|field| field.name()).collect();
    let marks = vec!["?"; names.len()].join(", ");
    let text = format!("INSERT INTO inventory ({}) VALUES ({marks})", names.join(", "));
    let values = columns().map(|field| row.get(&field).map_or(Value::Null, |scalar| value(&scalar)));
    connection
        .prepare_cached(&text)?
        .execute(params_from_iter(values))?;
    let address = row.address.to_string();
    for (key, value) in &row.tags {
        connection
            .prepare_cached("INSERT INTO inventory_tag (address, key, value) VALUES (?, ?, ?)")?
            .execute(params![address, key, value])?;
    }
    for service in &row.services {
        connection
            .prepare_cached("INSERT INTO inventory_service (address, service) VALUES (?, ?)")?
            .execute(params![address, service])?;
    }
    Ok(())
}

/// Forgets the resource at `address`.
///
/// # Errors
/// If the file cannot be written.
pub fn remove(connection: &Connection, address: &Address) -> Result<(), rusqlite::Error> {
    let address = address.to_string();
    // In this order, whether or not the connection keeps foreign keys.
    for table in ["inventory_tag", "inventory_service", "inventory"] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE address = ?"))?
            .execute([&address])?;
    }
    Ok(())
}

/// `scalar` as a column holds it. A list has no column.
pub(super) fn value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Text(text) => Value::Text(text.clone()),
        Scalar::Number(number) => Value::Real(*number),
        Scalar::Bool(yes) => Value::Integer(i64::from(*yes)),
        Scalar::Time(seconds) => Value::Integer(*seconds),
        Scalar::Money { nanos, .. } => Value::Integer(*nanos),
        Scalar::List(_) => Value::Null,
    }
}

/// The resource in a result of [`columns`]; nothing if its address or status is not ours.
pub(super) fn row(
    connection: &Connection,
    found: &rusqlite::Row<'_>,
) -> Result<Option<Row>, rusqlite::Error> {
    let address: String = found.get("address")?;
    let status: String = found.get("status")?;
    let all = [
        Status::Pending,
        Status::Ready,
        Status::Stopped,
        Status::Deleting,
        Status::Failed,
    ];
    let known = all.into_iter().find(|known| known.name() == status);
    let (Ok(parsed), Some(status)) = (address.parse::<Address>(), known) else {
        return Ok(None);
    };
    let mut tags = connection.prepare_cached("SELECT key, value FROM inventory_tag WHERE address = ?")?;
    let tags = tags
        .query_map([&address], |tag| Ok((tag.get(0)?, tag.get(1)?)))?
        .collect::<Result<BTreeMap<String, String>, _>>()?;
    let mut services =
        connection.prepare_cached("SELECT service FROM inventory_service WHERE address = ?")?;
    let services = services
        .query_map([&address], |service| service.get(0))?
        .collect::<Result<BTreeSet<String>, _>>()?;
    Ok(Some(Row {
        address: parsed,
        name: found.get("name")?,
        provider: found.get("provider")?,
        region: found.get("region")?,
        zone: found.get("zone")?,
        status,
        drifted: found.get("drifted")?,
        plan: found.get("plan")?,
        cpu: found.get("cpu")?,
        memory_gb: found.get("memory_gb")?,
        disk_gb: found.get("disk_gb")?,
        size_gb: found.get("size_gb")?,
        os_family: found.get("os_family")?,
        os_version: found.get("os_version")?,
        public_ip: found.get("public_ip")?,
        ipv4: found.get("ipv4")?,
        network: found.get("network")?,
        subnet: found.get("subnet")?,
        role: found.get("role")?,
        environment: found.get("environment")?,
        engine: found.get("engine")?,
        version: found.get("version")?,
        encrypted: found.get("encrypted")?,
        backups: found.get("backups")?,
        cluster: found.get("cluster")?,
        services,
        tags,
        monthly_cost: found.get("monthly_cost")?,
        currency: found.get("currency")?,
        created_at: found.get("created_at")?,
        updated_at: found.get("updated_at")?,
        provider_id: found.get("provider_id")?,
    }))
}
