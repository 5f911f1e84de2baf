//! Resources for questions: the fleet of the cases from its file, and fleets of any size.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use provisioning::provider::Status;
use provisioning::query::Row;
use provisioning_sqlite::query::{create_tables, put};
use rusqlite::Connection;
use serde::Deserialize;

use crate::failure::Failure;

/// A resource as a line of JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    address: String,
    name: String,
    provider: String,
    status: String,
    drifted: bool,
    #[serde(default)]
    services: BTreeSet<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    region: Option<String>,
    zone: Option<String>,
    plan: Option<String>,
    cpu: Option<f64>,
    memory_gb: Option<f64>,
    disk_gb: Option<f64>,
    size_gb: Option<f64>,
    os_family: Option<String>,
    os_version: Option<String>,
    public_ip: Option<bool>,
    ipv4: Option<String>,
    network: Option<String>,
    subnet: Option<String>,
    role: Option<String>,
    environment: Option<String>,
    engine: Option<String>,
    version: Option<String>,
    encrypted: Option<bool>,
    backups: Option<f64>,
    cluster: Option<String>,
    monthly_cost: Option<i64>,
    currency: Option<String>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
    provider_id: Option<String>,
}

impl Line {
    fn row(self) -> Result<Row, Failure> {
        let address = self
            .address
            .parse()
            .map_err(|error| Failure::new("a resource of the fleet has no address").because(&error))?;
        let all = [
            Status::Pending,
            Status::Ready,
            Status::Stopped,
            Status::Deleting,
            Status::Failed,
        ];
        let status = all
            .into_iter()
            .find(|status| status.name() == self.status)
            .ok_or_else(|| Failure::new(format!("`{}` is no status", self.status)))?;
        Ok(Row {
            address,
            name: self.name,
            provider: self.provider,
            region: self.region,
            zone: self.zone,
            status,
            drifted: self.drifted,
            plan: self.plan,
            cpu: self.cpu,
            memory_gb: self.memory_gb,
            disk_gb: self.disk_gb,
            size_gb: self.size_gb,
            os_family: self.os_family,
            os_version: self.os_version,
            public_ip: self.public_ip,
            ipv4: self.ipv4,
            network: self.network,
            subnet: self.subnet,
            role: self.role,
            environment: self.environment,
            engine: self.engine,
            version: self.version,
            encrypted: self.encrypted,
            backups: self.backups,
            cluster: self.cluster,
            services: self.services,
            tags: self.tags,
            monthly_cost: self.monthly_cost,
            currency: self.currency,
            created_at: self.created_at,
            updated_at: self.updated_at,
            provider_id: self.provider_id,
        })
    }
}

/// The resources of `file`, one a line.
pub(crate) fn read(file: &Path) -> Result<Vec<Row>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("cannot read `{}`", file.display())).because(&error))?;
    let line = |line: &str| {
        let parsed: Line = serde_json::from_str(line)
            .map_err(|error| Failure::new("a line of the fleet is no resource").because(&error))?;
        parsed.row()
    };
    text.lines().map(line).collect()
}

/// Writes `rows` as an inventory into a new file at `path`.
pub(crate) fn write(path: &Path, rows: &[Row]) -> Result<(), Failure> {
    let failed = |error: rusqlite::Error| Failure::new("the inventory cannot be written").because(&error);
    let mut connection = Connection::open(path).map_err(failed)?;
    create_tables(&connection).map_err(failed)?;
    let transaction = connection.transaction().map_err(failed)?;
    for row in rows {
        put(&transaction, row).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// `count` resources made of `rows` over and over, with names and addresses of their own.
pub(crate) fn grown(rows: &[Row], count: usize) -> Vec<Row> {
    let copy = |(number, row): (usize, &Row)| {
        let round = number / rows.len().max(1);
        let mut row = row.clone();
        row.address.name = format!("{}-c{round}", row.address.name);
        row.name = format!("{}-c{round}", row.name);
        row.provider_id = row.provider_id.map(|id| format!("{id}-{round}"));
        row.cluster = row.cluster.map(|cluster| format!("{cluster}-{}", round % 40));
        row
    };
    rows.iter().cycle().take(count).enumerate().map(copy).collect()
}
