//! Tags: the marker, the name, and those of the configuration.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::provider::{Class, Marker, Order};
use provisioning::resource::{Attributes, Value};

use crate::client::Service;
use crate::error::{Effect, Failure};
use crate::query::Form;
use crate::site::Site;
use crate::xml::Element;

pub(crate) const ID: &str = "prov-id";
pub(crate) const WORKSPACE: &str = "prov-workspace";
const ADDRESS: &str = "prov-address";
pub(crate) const NAME: &str = "Name";

pub(crate) type Tags = BTreeMap<String, String>;

/// All tags of what `order` asks for.
pub(crate) fn of(order: &Order) -> Result<Tags, Failure> {
    let mut tags = asked(order)?;
    tags.insert(ID.to_owned(), order.marker.id.clone());
    tags.insert(WORKSPACE.to_owned(), order.marker.workspace.clone());
    tags.insert(ADDRESS.to_owned(), order.marker.address.clone());
    tags.insert(NAME.to_owned(), order.name.clone());
    Ok(tags)
}

/// The tags of the configuration alone.
pub(crate) fn asked(order: &Order) -> Result<Tags, Failure> {
    let none = Attributes::new();
    let fields = order
        .attributes
        .get("tags")
        .and_then(Value::record)
        .unwrap_or(&none);
    let mut tags = Tags::new();
    for (key, value) in fields {
        let text = value
            .text()
            .ok_or_else(|| Failure::new(Class::Permanent, format!("tag `{key}` is no text")))?;
        if !theirs(key) {
            return Err(Failure::new(
                Class::Permanent,
                format!("tag `{key}` cannot be set: it is how resources are found again, or belongs to AWS"),
            ));
        }
        tags.insert(key.clone(), text.to_owned());
    }
    Ok(tags)
}

/// Whether a tag is a configuration's to choose.
fn theirs(key: &str) -> bool {
    key != NAME && !key.starts_with("prov-") && !key.to_ascii_lowercase().starts_with("aws:")
}

/// The tags of a list of elements. EC2 writes `key` and `value`, everybody else `Key` and `Value`.
pub(crate) fn read(items: &[Element]) -> Tags {
    let pair = |item: &Element| {
        let field = |small: &str, large: &str| {
            item.text(small)
                .or_else(|| item.text(large))
                .unwrap_or_default()
                .to_owned()
        };
        (field("key", "Key"), field("value", "Value"))
    };
    items
        .iter()
        .map(pair)
        .filter(|(key, _)| !key.is_empty())
        .collect()
}

/// The marker among `tags`.
pub(crate) fn marker(tags: &Tags) -> Option<Marker> {
    Some(Marker {
        id: tags.get(ID)?.clone(),
        workspace: tags.get(WORKSPACE)?.clone(),
        address: tags.get(ADDRESS)?.clone(),
    })
}

/// The tags of the configuration among `tags`, as an attribute.
pub(crate) fn attribute(tags: &Tags) -> Value {
    let fields = tags.iter().filter(|(key, _)| theirs(key));
    Value::Record(
        fields
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect(),
    )
}

/// The keys that `has` and `wanted` has not, other than those of AWS.
pub(crate) fn surplus(has: &Tags, wanted: &Tags) -> BTreeSet<String> {
    let ours = |key: &&String| !key.to_ascii_lowercase().starts_with("aws:");
    has.keys()
        .filter(ours)
        .filter(|key| !wanted.contains_key(*key))
        .cloned()
        .collect()
}

/// The form of a new resource of EC2 with its tags.
pub(crate) fn specified(form: Form, kind: &str, tags: &Tags) -> Form {
    form.with("TagSpecification.1.ResourceType", kind)
        .tags("TagSpecification.1.Tag", tags)
}

/// Gives the resource `id` of EC2 the tags of `order` and takes others away, if `tags` changed: an order that says none
/// leaves them alone. New ones come first, so that the marker is there at every moment.
pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    if !changed.iter().any(|attribute| attribute == "tags") {
        return Ok(());
    }
    let wanted = of(order)?;
    let form = Form::new().list("ResourceId", [id]).tags("Tag", &wanted);
    site.call(Service::Ec2, "CreateTags", form, Effect::Change)
        .await?;
    let form = Form::new().filters(&[("resource-id", &[id])]);
    let has = read(&site.pages(Service::Ec2, "DescribeTags", form, "tagSet").await?);
    let surplus = surplus(&has, &wanted);
    if surplus.is_empty() {
        return Ok(());
    }
    let mut form = Form::new().list("ResourceId", [id]);
    for (at, key) in (1_usize..).zip(&surplus) {
        form = form.with(format!("Tag.{at}.Key"), key);
    }
    site.call(Service::Ec2, "DeleteTags", form, Effect::Change)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    #[test]
    fn ours_and_theirs_are_told_apart() {
        let text = "<s><item><key>prov-id</key><value>1</value></item><item><key>prov-workspace</key><value>w</value></item>\
            <item><key>prov-address</key><value>server.a</value></item><item><key>Name</key><value>a</value></item>\
            <item><key>team</key><value>core</value></item><item><key>aws:x</key><value/></item></s>";
        let root = xml::parse(&format!("<r>{text}</r>")).expect("XML");
        let tags = read(root.items("s"));
        assert_eq!(
            marker(&tags).map(|marker| marker.address).as_deref(),
            Some("server.a")
        );
        let theirs = Attributes::from([("team".to_owned(), Value::from("core"))]);
        assert_eq!(attribute(&tags), Value::Record(theirs));
        let wanted = Tags::from([("prov-id".to_owned(), "1".to_owned())]);
        let surplus = surplus(&tags, &wanted);
        assert!(
            surplus.contains("team") && !surplus.contains("aws:x"),
            "{surplus:?}"
        );
    }
}
