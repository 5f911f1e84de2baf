//! Caches, buckets and volumes on the wire.

use provisioning::intent;
use serde::Serialize;

/// A cache in memory.
#[derive(Debug, Serialize)]
pub(super) struct Cache {
    /// Name.
    name: String,
    /// What it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
    /// Release of the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Memory of a node, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_gb: Option<u64>,
    /// Nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<u64>,
}

impl From<&intent::Cache> for Cache {
    fn from(cache: &intent::Cache) -> Self {
        Self {
            name: cache.name.clone(),
            engine: cache.engine.clone(),
            version: cache.version.clone(),
            memory_gb: cache.memory_gb,
            nodes: cache.nodes,
        }
    }
}

/// A bucket of object storage.
#[derive(Debug, Serialize)]
pub(super) struct Bucket {
    /// Name.
    name: String,
    /// Expected content, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_gb: Option<u64>,
    /// Whether anybody may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<bool>,
    /// Whether overwritten and deleted objects are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    versioning: Option<bool>,
    /// Whether objects are encrypted at rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<bool>,
}

impl From<&intent::Bucket> for Bucket {
    fn from(bucket: &intent::Bucket) -> Self {
        Self {
            name: bucket.name.clone(),
            size_gb: bucket.size_gb,
            public: bucket.public,
            versioning: bucket.versioning,
            encrypted: bucket.encrypted,
        }
    }
}

/// A volume of block storage.
#[derive(Debug, Serialize)]
pub(super) struct Volume {
    /// Name.
    name: String,
    /// Size, in GB.
    size_gb: u64,
    /// The server that it is attached to.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    /// Whether it is encrypted at rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<bool>,
}

impl From<&intent::Volume> for Volume {
    fn from(volume: &intent::Volume) -> Self {
        Self {
            name: volume.name.clone(),
            size_gb: volume.size_gb,
            server: volume.server.clone(),
            encrypted: volume.encrypted,
        }
    }
}
