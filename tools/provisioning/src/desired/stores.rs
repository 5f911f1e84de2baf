//! What keeps data: volumes, buckets, databases.

use super::networks::name;
use super::{Error, List, Part, picked};
use crate::Node;
use crate::resource::Kind;

const VOLUME: &[(&str, &str)] = &[
    ("size_gb", "size_gb"),
    ("type", "tier"),
    ("iops", "iops"),
    ("encrypted", "encrypted"),
    ("server", "server"),
];

const BUCKET: &[(&str, &str)] = &[
    ("versioning", "versioning"),
    ("encrypted", "encrypted"),
    ("public", "public"),
    ("storage_class", "storage_class"),
];

const DATABASE: &[(&str, &str)] = &[
    ("engine", "engine"),
    ("version", "version"),
    ("plan", "plan"),
    ("cpu", "cpu"),
    ("memory_gb", "memory_gb"),
    ("storage_gb", "disk_gb"),
    ("replicas", "replicas"),
    ("encrypted", "encrypted"),
    ("public", "public"),
    ("deletion_protection", "deletion_protection"),
    ("backup_days", "backup_retention_days"),
    ("subnet", "subnet"),
    ("security_groups", "security_groups"),
];

/// Adds the volumes of `configuration`.
pub(super) fn volumes(list: &mut List<'_>, configuration: &Node) -> Result<(), Error> {
    all(list, configuration, "volumes", Kind::Volume, VOLUME)
}

/// Adds the buckets of `configuration`.
pub(super) fn buckets(list: &mut List<'_>, configuration: &Node) -> Result<(), Error> {
    all(list, configuration, "object_storage", Kind::Bucket, BUCKET)
}

/// Adds the managed databases of `configuration`; what runs on listed servers is installed there.
pub(super) fn databases(list: &mut List<'_>, configuration: &Node) -> Result<(), Error> {
    for part in Part::all(configuration, "databases") {
        if part
            .node
            .get("servers")
            .map(Node::items)
            .unwrap_or_default()
            .is_empty()
        {
            list.add(
                &part,
                Kind::Database,
                &name(part.node),
                None,
                picked(part.node, DATABASE),
            )?;
        }
    }
    Ok(())
}

fn all(
    list: &mut List<'_>,
    configuration: &Node,
    group: &str,
    kind: Kind,
    fields: &[(&str, &str)],
) -> Result<(), Error> {
    for part in Part::all(configuration, group) {
        list.add(&part, kind, &name(part.node), None, picked(part.node, fields))?;
    }
    Ok(())
}
