//! What keeps data beside servers and databases: caches, buckets and volumes, and the rules that they keep.

use serde::{Deserialize, Serialize};

use super::check::{Checker, DISK_GB, label};
use super::{Intent, Server};

/// A cache in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Name, an RFC 1123 label.
    pub name: String,
    /// What it runs, such as `redis`.
    pub engine: Option<String>,
    /// Release of the engine.
    pub version: Option<String>,
    /// Memory of a node, in GB.
    pub memory_gb: Option<u64>,
    /// Nodes.
    pub nodes: Option<u64>,
}

/// A bucket of object storage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bucket {
    /// Name, unique with the provider.
    pub name: String,
    /// Expected content, in GB.
    pub size_gb: Option<u64>,
    /// Whether anybody may read it.
    pub public: Option<bool>,
    /// Whether overwritten and deleted objects are kept.
    pub versioning: Option<bool>,
    /// Whether objects are encrypted at rest.
    pub encrypted: Option<bool>,
}

/// A volume of block storage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Volume {
    /// Name, an RFC 1123 label.
    pub name: String,
    /// Size, in GB.
    pub size_gb: u64,
    /// The server of this configuration that it is attached to.
    pub server: Option<String>,
    /// Whether it is encrypted at rest.
    pub encrypted: Option<bool>,
}

impl Checker<'_> {
    /// The rules of caches, buckets and volumes.
    pub(super) fn store(&mut self, intent: &Intent) {
        self.unique("caches", intent.caches.iter().map(|cache| &cache.name));
        for (at, cache) in intent.caches.iter().enumerate() {
            self.cache(&format!("caches.{at}"), cache);
        }
        for (at, bucket) in intent.buckets.iter().enumerate() {
            self.bucket(&format!("buckets.{at}"), bucket, intent);
        }
        self.unique("volumes", intent.volumes.iter().map(|volume| &volume.name));
        for (at, volume) in intent.volumes.iter().enumerate() {
            self.volume(&format!("volumes.{at}"), volume, &intent.servers);
        }
    }

    fn cache(&mut self, path: &str, cache: &Cache) {
        let engines = self.catalogue.words("cache_engine").to_vec();
        self.word(format!("{path}.engine"), cache.engine.as_ref(), &engines);
        self.version(format!("{path}.version"), cache.version.as_ref(), 1..=3);
        let engine = cache.engine.as_deref().unwrap_or("redis");
        self.release(format!("{path}.version"), engine, cache.version.as_ref());
        self.between(format!("{path}.memory_gb"), cache.memory_gb, 1, 1_024);
        self.between(format!("{path}.nodes"), cache.nodes, 1, 90);
    }

    fn bucket(&mut self, path: &str, bucket: &Bucket, intent: &Intent) {
        let twice = intent
            .buckets
            .iter()
            .filter(|other| other.name == bucket.name)
            .count()
            > 1;
        if twice || !label(&bucket.name) || bucket.name.len() < 3 {
            let shown: String = bucket.name.chars().filter(|c| !c.is_control()).take(64).collect();
            let rule = "must be there only once, and 3 to 63 lower-case letters, digits or `-`, with a letter or digit at \
                        both ends";
            self.say(format!("{path}.name"), shown, rule, &[]);
        }
        self.between(format!("{path}.size_gb"), bucket.size_gb, 1, u64::MAX);
    }

    fn volume(&mut self, path: &str, volume: &Volume, servers: &[Server]) {
        self.between(format!("{path}.size_gb"), Some(volume.size_gb), 1, DISK_GB);
        let names: Vec<String> = servers.iter().map(|server| server.name.clone()).collect();
        if let Some(server) = volume.server.as_ref().filter(|server| !names.contains(server)) {
            self.say(
                format!("{path}.server"),
                server,
                "must be one of the servers",
                &names,
            );
        }
    }
}
