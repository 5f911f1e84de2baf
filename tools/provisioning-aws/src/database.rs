//! Databases are instances of RDS. The identifier is the name and the id.
//!
//! AWS makes the master password and keeps it in Secrets Manager; nobody here ever sees it.

use std::time::Duration;

use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};

use crate::client::Service;
use crate::error::{Effect, Failure};
use crate::query::{self, Form};
use crate::site::{Site, Which};
use crate::tags;
use crate::xml::Element;

/// The words of the schema for engines, and the names of RDS.
const ENGINES: [(&str, &str); 3] = [
    ("postgresql", "postgres"),
    ("mysql", "mysql"),
    ("mariadb", "mariadb"),
];
/// The name of the administrator. `admin` and `root` are taken by some engines.
const ADMINISTRATOR: &str = "prov";
/// What an order gets that says no size, in GB: the least of `gp3`.
const STORAGE_GB: &str = "20";

pub(crate) const SUPPORT: Support = Support {
    in_place: &[
        "backup_days",
        "deletion_protection",
        "plan",
        "public",
        "replicas",
        "storage_gb",
        "tags",
    ],
    unread: &[],
    visible_after: Duration::from_secs(60),
    twins: false,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    let text = |name: &str| order.attributes.get(name).and_then(Value::text);
    let needed = |name: &str| {
        text(name).ok_or_else(|| Failure::new(Class::Permanent, format!("a database needs a `{name}`")))
    };
    let encrypted = order
        .attributes
        .get("encrypted")
        .and_then(Value::bool)
        .unwrap_or(true);
    let id = order.name.to_ascii_lowercase();
    let form = Form::new()
        .with("DBInstanceIdentifier", &id)
        .with("Engine", engine(text("engine").unwrap_or("postgresql"))?)
        .with("EngineVersion", needed("version")?)
        .with("MasterUsername", ADMINISTRATOR)
        .with("ManageMasterUserPassword", "true")
        .with("StorageType", "gp3")
        .with("StorageEncrypted", encrypted.to_string())
        .with("CopyTagsToSnapshot", "true");
    needed("plan")?;
    let says = |name: &str| order.attributes.contains_key(name);
    let form = changeable(form, order)?
        .maybe("AllocatedStorage", (!says("storage_gb")).then_some(STORAGE_GB))
        // Nothing is reachable from the internet that does not say so.
        .maybe("PubliclyAccessible", (!says("public")).then_some("false"))
        .tags("Tags.Tag", &tags::of(order)?);
    match site
        .call(Service::Rds, "CreateDBInstance", form, Effect::Change)
        .await
    {
        Ok(_) => Ok(id),
        // With our marker it would have been found before.
        Err(failure) if failure.class == Class::Taken => {
            Err(failure.hint("there is a database of this name that is not ours: choose another name"))
        }
        Err(failure) => Err(failure),
    }
}

fn engine(word: &str) -> Result<&'static str, Failure> {
    let known = ENGINES.iter().find(|(known, _)| *known == word);
    known.map(|(_, name)| *name).ok_or_else(|| {
        Failure::new(Class::Unsupported, format!("RDS has no engine `{word}`"))
            .hint("take `postgresql`, `mysql` or `mariadb`")
    })
}

/// With what can be said when it is made and later. What an order leaves out stays as it is.
fn changeable(form: Form, order: &Order) -> Result<Form, Failure> {
    let number = |name: &str| order.attributes.get(name).and_then(Value::integer);
    let flag = |name: &str| order.attributes.get(name).and_then(Value::bool);
    let replicas = number("replicas");
    if replicas.is_some_and(|replicas| replicas > 1) {
        return Err(
            Failure::new(Class::Unsupported, "an instance of RDS has one standby at most")
                .hint("write `replicas = 1`, or 0"),
        );
    }
    Ok(form
        .maybe(
            "DBInstanceClass",
            order.attributes.get("plan").and_then(Value::text),
        )
        .maybe(
            "AllocatedStorage",
            number("storage_gb").map(|size| size.to_string()),
        )
        .maybe("MultiAZ", replicas.map(|replicas| (replicas == 1).to_string()))
        .maybe("PubliclyAccessible", flag("public").map(|flag| flag.to_string()))
        .maybe(
            "DeletionProtection",
            flag("deletion_protection").map(|flag| flag.to_string()),
        )
        .maybe(
            "BackupRetentionPeriod",
            number("backup_days").map(|days| days.to_string()),
        ))
}

/// An instance is complete when it is made.
pub(crate) async fn finish(_site: &Site<'_>, _id: &str, _order: &Order) -> Result<(), Failure> {
    Ok(())
}

/// RDS cannot filter by tags, but says them with every instance.
pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    let form = match which {
        Which::Id(id) => Form::new().with("DBInstanceIdentifier", id),
        _ => Form::new(),
    };
    let list = "DescribeDBInstancesResult/DBInstances";
    match site.pages(Service::Rds, "DescribeDBInstances", form, list).await {
        Ok(found) => Ok(found.iter().filter_map(observed).collect()),
        Err(failure) if failure.class == Class::Absent => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

fn observed(instance: &Element) -> Option<Observed> {
    let tags = tags::read(instance.items("TagList"));
    let id = instance.text("DBInstanceIdentifier")?;
    Some(Observed {
        kind: Kind::Database,
        id: id.to_owned(),
        name: id.to_owned(),
        status: status(instance.text("DBInstanceStatus").unwrap_or_default()),
        attributes: attributes(instance, tags::attribute(&tags)),
        computed: computed(instance),
        marker: tags::marker(&tags),
    })
}

fn status(word: &str) -> Status {
    match word {
        "available" | "storage-optimization" => Status::Ready,
        "stopped" => Status::Stopped,
        "deleting" => Status::Deleting,
        "failed" | "restore-error" | "storage-full" => Status::Failed,
        _ if word.starts_with("inaccessible-") || word.starts_with("incompatible-") => Status::Failed,
        _ => Status::Pending,
    }
}

fn attributes(instance: &Element, tags: Value) -> Attributes {
    let standby = i64::from(instance.is_true("MultiAZ"));
    let mut attributes = Attributes::from([
        (
            "deletion_protection".to_owned(),
            instance.is_true("DeletionProtection").into(),
        ),
        (
            "encrypted".to_owned(),
            instance.is_true("StorageEncrypted").into(),
        ),
        ("public".to_owned(), instance.is_true("PubliclyAccessible").into()),
        ("replicas".to_owned(), standby.into()),
        ("tags".to_owned(), tags),
    ]);
    for (attribute, field) in [("plan", "DBInstanceClass"), ("version", "EngineVersion")] {
        if let Some(text) = instance.text(field) {
            attributes.insert(attribute.to_owned(), text.into());
        }
    }
    for (attribute, field) in [
        ("backup_days", "BackupRetentionPeriod"),
        ("storage_gb", "AllocatedStorage"),
    ] {
        if let Some(number) = instance.integer(field) {
            attributes.insert(attribute.to_owned(), number.into());
        }
    }
    if let Some(name) = instance.text("Engine") {
        let word = ENGINES
            .iter()
            .find(|(_, known)| *known == name)
            .map_or(name, |(word, _)| word);
        attributes.insert("engine".to_owned(), word.into());
    }
    attributes
}

/// Where it is reached, and where its password is kept: the name of the secret, not the secret.
fn computed(instance: &Element) -> Attributes {
    let mut computed = Attributes::new();
    for (name, field) in [
        ("host", "Endpoint/Address"),
        ("password_secret", "MasterUserSecret/SecretArn"),
        ("user", "MasterUsername"),
        ("zone", "AvailabilityZone"),
    ] {
        if let Some(text) = instance.text(field) {
            computed.insert(name.to_owned(), text.into());
        }
    }
    if let Some(port) = instance.integer("Endpoint/Port") {
        computed.insert("port".to_owned(), port.into());
    }
    computed
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    if changed.iter().any(|attribute| attribute != "tags") {
        let form = Form::new()
            .with("DBInstanceIdentifier", id)
            .with("ApplyImmediately", "true");
        let form = changeable(form, order)?;
        site.call(Service::Rds, "ModifyDBInstance", form, Effect::Change)
            .await?;
    }
    if changed.iter().any(|attribute| attribute == "tags") {
        retag(site, id, order).await?;
    }
    Ok(())
}

async fn retag(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    let instance = present(site, id).await?;
    let name = instance
        .text("DBInstanceArn")
        .ok_or_else(|| query::without(Effect::Read, "DBInstanceArn"))?;
    let wanted = tags::of(order)?;
    let form = Form::new().with("ResourceName", name).tags("Tags.Tag", &wanted);
    site.call(Service::Rds, "AddTagsToResource", form, Effect::Change)
        .await?;
    let surplus = tags::surplus(&tags::read(instance.items("TagList")), &wanted);
    if !surplus.is_empty() {
        let keys = surplus.iter().map(String::as_str);
        let form = Form::new()
            .with("ResourceName", name)
            .list("TagKeys.member", keys);
        site.call(Service::Rds, "RemoveTagsFromResource", form, Effect::Change)
            .await?;
    }
    Ok(())
}

async fn present(site: &Site<'_>, id: &str) -> Result<Element, Failure> {
    let form = Form::new().with("DBInstanceIdentifier", id);
    let answer = site
        .call(Service::Rds, "DescribeDBInstances", form, Effect::Read)
        .await?;
    let found = answer
        .items("DescribeDBInstancesResult/DBInstances")
        .first()
        .cloned();
    found.ok_or_else(|| Failure::new(Class::Absent, format!("database `{id}` is not there")))
}

/// Whoever wants to keep what it holds has taken a snapshot before.
pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    if let Some(instance) = present(site, id).await.map(Some).or_else(gone)? {
        if instance.text("DBInstanceStatus") == Some("deleting") {
            return Ok(());
        }
        if instance.is_true("DeletionProtection") {
            return Err(Failure::new(
                Class::Permanent,
                format!("database `{id}` is protected against deletion"),
            )
            .hint("apply `deletion_protection = false` first"));
        }
    }
    let form = Form::new()
        .with("DBInstanceIdentifier", id)
        .with("SkipFinalSnapshot", "true");
    site.call(Service::Rds, "DeleteDBInstance", form, Effect::Change)
        .await?;
    Ok(())
}

fn gone(failure: Failure) -> Result<Option<Element>, Failure> {
    if failure.class == Class::Absent {
        Ok(None)
    } else {
        Err(failure)
    }
}

pub(crate) async fn snapshot(site: &Site<'_>, id: &str, name: &str) -> Result<String, Failure> {
    let form = Form::new()
        .with("DBInstanceIdentifier", id)
        .with("DBSnapshotIdentifier", name);
    let answer = site
        .call(Service::Rds, "CreateDBSnapshot", form, Effect::Change)
        .await?;
    let id = answer
        .text("CreateDBSnapshotResult/DBSnapshot/DBSnapshotIdentifier")
        .map(str::to_owned);
    id.ok_or_else(|| query::without(Effect::Change, "DBSnapshotIdentifier"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_for_a_status_has_a_meaning() {
        for (word, expected) in [
            ("available", Status::Ready),
            ("creating", Status::Pending),
            ("backing-up", Status::Pending),
            ("stopped", Status::Stopped),
            ("deleting", Status::Deleting),
            ("incompatible-network", Status::Failed),
            ("storage-full", Status::Failed),
        ] {
            assert_eq!(status(word), expected, "{word}");
        }
    }
}
