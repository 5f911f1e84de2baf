//! The cache, the bucket, the volume and the monitoring of a description.

use super::{Builder, Reading};
use crate::intent::frame::Frame;
use crate::intent::{Bucket, Cache, Intent, Monitoring, Refusal, Volume};

impl Builder<'_> {
    /// The cache of `frame`.
    pub(in crate::intent) fn cache(&mut self, frame: &Frame, at: usize) -> Result<Cache, Refusal> {
        let reading = Reading::new(frame, format!("caches.{at}"));
        self.plural(frame, &reading);
        let engine = self.text(&reading, "cache_engine", "engine");
        if engine.is_none() {
            let why = "no engine is named; this is the schema's default";
            self.assume(&reading.at("engine"), "redis", why);
        }
        Ok(Cache {
            name: self.name(&reading, "cache"),
            engine,
            version: self.text(&reading, "version", "version"),
            memory_gb: self.cache_memory(&reading)?,
            nodes: self.cache_nodes(&reading)?,
        })
    }

    fn cache_memory(&mut self, reading: &Reading<'_>) -> Result<Option<u64>, Refusal> {
        let memory = self.number(reading, "memory_gb", "memory_gb");
        let some = self.number(reading, "some_gb", "memory_gb");
        match (memory, some) {
            (Some(memory), Some(some)) => Err(twice("memory", memory, some)),
            (memory, some) => Ok(memory.or(some)),
        }
    }

    fn cache_nodes(&mut self, reading: &Reading<'_>) -> Result<Option<u64>, Refusal> {
        let nodes = self.number(reading, "nodes", "nodes");
        let replicas = self.number(reading, "replicas", "nodes");
        let several = self.flag(reading, "high_availability", "nodes") == Some(true);
        match (nodes, replicas.map(|replicas| replicas.saturating_add(1))) {
            (Some(nodes), Some(with)) if nodes != with => Err(twice("number of nodes", nodes, with)),
            (None, None) if several => {
                let why = "several nodes are asked for without a number";
                self.assume(&reading.at("nodes"), "3", why);
                Ok(Some(3))
            }
            (nodes, with) => Ok(nodes.or(with)),
        }
    }

    /// The bucket of `frame`.
    pub(in crate::intent) fn bucket(&mut self, frame: &Frame, at: usize) -> Result<Bucket, Refusal> {
        let reading = Reading::new(frame, format!("buckets.{at}"));
        self.plural(frame, &reading);
        Ok(Bucket {
            name: self.name(&reading, "bucket"),
            size_gb: self.size(&reading)?,
            public: self.flag(&reading, "public", "public"),
            versioning: self.flag(&reading, "versioning", "versioning"),
            encrypted: self.flag(&reading, "encrypted", "encrypted"),
        })
    }

    /// The volume of `frame`.
    pub(in crate::intent) fn volume(&mut self, frame: &Frame, at: usize) -> Result<Volume, Refusal> {
        let reading = Reading::new(frame, format!("volumes.{at}"));
        self.plural(frame, &reading);
        let size_gb = self.size(&reading)?.ok_or_else(|| Refusal::Missing {
            what: "size the volume has, such as `100 GB`".to_owned(),
            valid: Vec::new(),
        })?;
        Ok(Volume {
            name: self.name(&reading, "volume"),
            size_gb,
            server: None,
            encrypted: self.flag(&reading, "encrypted", "encrypted"),
        })
    }

    /// What has one size only has it in whatever words.
    fn size(&mut self, reading: &Reading<'_>) -> Result<Option<u64>, Refusal> {
        let disk = self.number(reading, "disk_gb", "size_gb");
        let some = self.number(reading, "some_gb", "size_gb");
        match (disk, some) {
            (Some(disk), Some(some)) if disk != some => Err(twice("size", disk, some)),
            (disk, some) => Ok(disk.or(some)),
        }
    }

    /// The monitoring of `frame`.
    pub(in crate::intent) fn monitoring(&mut self, frame: &Frame) -> Monitoring {
        let reading = Reading::new(frame, "monitoring".to_owned());
        Monitoring {
            metrics: self.flag(&reading, "metrics", "metrics"),
            metrics_days: self.number(&reading, "metrics_days", "metrics_days"),
            dashboards: self.flag(&reading, "dashboards", "dashboards"),
            logs: self.flag(&reading, "logs", "logs"),
            logs_days: self.number(&reading, "logs_days", "logs_days"),
            ..Monitoring::default()
        }
    }

    /// Attaches volumes to the one server, and says so; of several nobody can know which.
    pub(in crate::intent) fn attach(&mut self, intent: &mut Intent) {
        let only = match intent.servers.as_slice() {
            [server] if server.count.unwrap_or(1) == 1 => Some(server.name.clone()),
            _ => None,
        };
        for (at, volume) in intent.volumes.iter_mut().enumerate() {
            let path = format!("volumes.{at}.server");
            match &only {
                Some(server) => self.assume(&path, server, "it is the only server"),
                None => self.assume(
                    &path,
                    "none",
                    "there is not one server alone that it could be attached to",
                ),
            }
            volume.server.clone_from(&only);
        }
    }
}

fn twice(what: &str, first: u64, second: u64) -> Refusal {
    Refusal::Contradiction {
        what: what.to_owned(),
        first: first.to_string(),
        second: second.to_string(),
        place: None,
    }
}
