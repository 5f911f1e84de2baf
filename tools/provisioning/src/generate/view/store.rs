//! Caches, buckets and volumes as templates see them.

use serde::Serialize;

use crate::intent;

#[derive(Serialize)]
pub(super) struct Cache<'a> {
    path: String,
    name: &'a str,
    engine: Option<&'a str>,
    version: Option<&'a str>,
    memory_gb: Option<u64>,
    nodes: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct Bucket<'a> {
    path: String,
    name: &'a str,
    size_gb: Option<u64>,
    public: Option<bool>,
    versioning: Option<bool>,
    encrypted: Option<bool>,
}

#[derive(Serialize)]
pub(super) struct Volume<'a> {
    path: String,
    name: &'a str,
    size_gb: u64,
    server: Option<&'a str>,
    encrypted: Option<bool>,
}

/// The view of the cache at a place of the list.
pub(super) fn cache((at, cache): (usize, &intent::Cache)) -> Cache<'_> {
    Cache {
        path: format!("caches.{at}"),
        name: &cache.name,
        engine: cache.engine.as_deref(),
        version: cache.version.as_deref(),
        memory_gb: cache.memory_gb,
        nodes: cache.nodes,
    }
}

/// The view of the bucket at a place of the list.
pub(super) fn bucket((at, bucket): (usize, &intent::Bucket)) -> Bucket<'_> {
    Bucket {
        path: format!("buckets.{at}"),
        name: &bucket.name,
        size_gb: bucket.size_gb,
        public: bucket.public,
        versioning: bucket.versioning,
        encrypted: bucket.encrypted,
    }
}

/// The view of the volume at a place of the list.
pub(super) fn volume((at, volume): (usize, &intent::Volume)) -> Volume<'_> {
    Volume {
        path: format!("volumes.{at}"),
        name: &volume.name,
        size_gb: volume.size_gb,
        server: volume.server.as_deref(),
        encrypted: volume.encrypted,
    }
}
