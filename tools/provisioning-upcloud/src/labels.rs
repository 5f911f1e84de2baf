//! Labels: the marker, and the tags of the configuration. A name is the title of a resource and no label.

use std::collections::BTreeMap;

use provisioning::provider::{Class, Marker, Order};
use provisioning::resource::{Attributes, Value};
use serde_json::{Value as Json, json};

use crate::error::Failure;
use crate::json;

pub(crate) const ID: &str = "prov-id";
pub(crate) const WORKSPACE: &str = "prov-workspace";
const ADDRESS: &str = "prov-address";

pub(crate) type Labels = BTreeMap<String, String>;

/// All labels of what `order` asks for.
pub(crate) fn of(order: &Order) -> Result<Labels, Failure> {
    let none = Attributes::new();
    let fields = order
        .attributes
        .get("tags")
        .and_then(Value::record)
        .unwrap_or(&none);
    let mut labels = Labels::new();
    for (key, value) in fields {
        let wrong = |why: &str| Failure::new(Class::Permanent, format!("tag `{key}` {why}"));
        let text = value.text().ok_or_else(|| wrong("is no text"))?;
        if key.starts_with("prov-") {
            return Err(wrong("cannot be set: it is how resources are found again"));
        }
        if !(2..=32).contains(&key.len()) || key.starts_with('_') || text.chars().count() > 255 {
            return Err(wrong(
                "is no label of UpCloud: a name has 2 to 32 letters, a value 255 at most",
            ));
        }
        labels.insert(key.clone(), text.to_owned());
    }
    labels.insert(ID.to_owned(), order.marker.id.clone());
    labels.insert(WORKSPACE.to_owned(), order.marker.workspace.clone());
    labels.insert(ADDRESS.to_owned(), order.marker.address.clone());
    Ok(labels)
}

/// As a list of UpCloud.
pub(crate) fn list(labels: &Labels) -> Json {
    labels
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect()
}

/// The labels of a resource; servers have them in an object, everything else in a list.
pub(crate) fn read(resource: &Json) -> Labels {
    let pair = |item: &Json| {
        let value = json::text(item, "value").unwrap_or_default();
        Some((json::text(item, "key")?.to_owned(), value.to_owned()))
    };
    json::items(resource, "labels").iter().filter_map(pair).collect()
}

/// The marker among `labels`.
pub(crate) fn marker(labels: &Labels) -> Option<Marker> {
    Some(Marker {
        id: labels.get(ID)?.clone(),
        workspace: labels.get(WORKSPACE)?.clone(),
        address: labels.get(ADDRESS)?.clone(),
    })
}

/// The tags of the configuration among `labels`. What begins with `_` is UpCloud's own.
pub(crate) fn attribute(labels: &Labels) -> Value {
    let theirs = labels
        .iter()
        .filter(|(key, _)| !key.starts_with("prov-") && !key.starts_with('_'));
    Value::Record(
        theirs
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect(),
    )
}
