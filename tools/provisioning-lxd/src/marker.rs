//! Our marker, tags and the other things that we write into the configuration of what we make, as keys of `user.`.

use std::collections::BTreeMap;

use provisioning::provider::{Marker, Order};
use provisioning::resource::{Attributes, Value};
use serde_json::{Map, Value as Json, json};

const ID: &str = "user.prov.id";
const WORKSPACE: &str = "user.prov.workspace";
const ADDRESS: &str = "user.prov.address";
const TAG: &str = "user.tag.";

/// The configuration of a resource of LXD: texts by name.
pub(crate) type Config = BTreeMap<String, String>;

/// The configuration that `object` has.
pub(crate) fn config(object: &Json) -> Config {
    let entries = object
        .get("config")
        .and_then(Json::as_object)
        .into_iter()
        .flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// A configuration as LXD takes it.
pub(crate) fn to_json(config: &Config) -> Json {
    Json::Object(
        config
            .iter()
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect::<Map<_, _>>(),
    )
}

/// Marks what an order makes, and gives it the order's tags instead of those that it had.
pub(crate) fn mark(config: &mut Config, order: &Order) {
    config.insert(ID.to_owned(), order.marker.id.clone());
    config.insert(WORKSPACE.to_owned(), order.marker.workspace.clone());
    config.insert(ADDRESS.to_owned(), order.marker.address.clone());
    config.retain(|key, _| !key.starts_with(TAG));
    let tags = order.attributes.get("tags").and_then(Value::record);
    for (name, value) in tags.into_iter().flatten() {
        if let Some(value) = value.text() {
            config.insert(format!("{TAG}{name}"), value.to_owned());
        }
    }
}

/// Our marker; nothing if it is not all there.
pub(crate) fn marker(config: &Config) -> Option<Marker> {
    Some(Marker {
        id: config.get(ID)?.clone(),
        workspace: config.get(WORKSPACE)?.clone(),
        address: config.get(ADDRESS)?.clone(),
    })
}

/// The tags, if there are any.
pub(crate) fn tags(config: &Config) -> Option<Value> {
    let tags: Attributes = config
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(TAG)?.to_owned(), Value::from(value.as_str()))))
        .collect();
    (!tags.is_empty()).then_some(Value::Record(tags))
}

/// Writes the text of an attribute down as `key`, or forgets what was there.
pub(crate) fn note(config: &mut Config, key: &str, value: Option<String>) {
    match value {
        Some(value) => config.insert(key.to_owned(), value),
        None => config.remove(key),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::order;

    #[test]
    fn what_is_marked_is_known_again() {
        let mut order = order("server.web");
        let tags = Attributes::from([("team".to_owned(), Value::from("shop"))]);
        order
            .attributes
            .insert("tags".to_owned(), Value::Record(tags.clone()));
        let mut written = Config::from([("user.tag.old".to_owned(), "x".to_owned())]);
        mark(&mut written, &order);
        let read = config(&json!({ "config": to_json(&written) }));
        assert_eq!(marker(&read), Some(order.marker));
        assert_eq!(super::tags(&read), Some(Value::Record(tags)));
    }

    #[test]
    fn half_a_marker_is_none() {
        let half = Config::from([(ID.to_owned(), "x".to_owned())]);
        assert_eq!((marker(&half), super::tags(&half)), (None, None));
    }
}
