//! The database of a description.

use super::{Builder, Reading, part_of};
use crate::intent::frame::Frame;
use crate::intent::{Database, Refusal};

impl Builder<'_> {
    /// The database of `frame`.
    pub(in crate::intent) fn database(&mut self, frame: &Frame, at: usize) -> Result<Database, Refusal> {
        let reading = Reading::new(frame, format!("databases.{at}"));
        self.plural(frame, &reading);
        let engine = self.text(&reading, "engine", "engine");
        // The schema takes PostgreSQL, and the release must be one of it.
        let release = self
            .catalogue
            .release(engine.as_deref().unwrap_or("postgresql"))
            .map(str::to_owned);
        let version = match (self.text(&reading, "version", "version"), release) {
            (None, Some(release)) => {
                self.assume(&reading.at("version"), &release, "no release is named");
                Some(release)
            }
            (version, _) => version,
        };
        if engine.is_none() {
            self.assume(
                &reading.at("engine"),
                "postgresql",
                "no engine is named; this is the schema's default",
            );
        }
        let name = self.name(&reading, "db");
        let nodes = self.number(&reading, "nodes", "replicas");
        let replicas = self.number(&reading, "replicas", "replicas");
        let available = self.flag(&reading, "high_availability", "quorum");
        let replicas = match (replicas, nodes, available) {
            (Some(replicas), Some(nodes), _) if nodes != replicas.saturating_add(1) => {
                return Err(Refusal::Contradiction {
                    what: "number of nodes, the primary and its replicas together".to_owned(),
                    first: format!("{nodes} nodes"),
                    second: format!("{replicas} replicas"),
                    place: None,
                });
            }
            (Some(replicas), ..) => Some(replicas),
            (None, Some(nodes), _) => Some(nodes.saturating_sub(1)),
            (None, None, Some(true)) => {
                self.assume(
                    &reading.at("replicas"),
                    "2",
                    "high availability takes three nodes that elect the primary",
                );
                Some(2)
            }
            (None, None, _) => None,
        };
        let mut database = Database {
            name,
            engine,
            version,
            replicas,
            quorum: available,
            plan: self.plan(&reading),
            cpu: self.number(&reading, "cpu", "cpu"),
            memory_gb: self.number(&reading, "memory_gb", "memory_gb"),
            disk_gb: self.number(&reading, "disk_gb", "disk_gb"),
            encrypted: self.flag(&reading, "encrypted", "encrypted"),
            backup_days: self.number(&reading, "backup_days", "backup_days"),
            password: None,
        };
        (database.cpu, database.memory_gb) = self.sized(&reading, database.cpu, database.memory_gb);
        if let Some(heard) = reading.slots.get("some_gb").and_then(|said| said.first()) {
            return Err(part_of(&heard.text));
        }
        Ok(database)
    }
}
