//! `security_group`: an access list (network ACL).
//!
//! LXD holds to access lists on network cards of OVN networks, Incus also on those of bridges. Where a server cannot, the
//! list is kept and the servers say in `note_security_groups` that nothing is filtered.

use provisioning::provider::{Class, Created, Error, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value as Json, json};

use crate::ask::Ask;
use crate::client::Client;
use crate::error::Attempt;
use crate::marker;
use crate::names::{self, segment};

/// What the description of a rule begins with: its place in the order, because a list keeps its directions apart.
const PLACE: &str = "rule ";

/// What can be done with one.
pub(crate) const SUPPORT: Support = Support {
    in_place: &["rules", "description", "tags"],
    unread: &["network"],
    visible_after: std::time::Duration::ZERO,
    twins: false,
};

/// Makes one, or finds that the order was carried out before.
pub(crate) async fn create(client: &Client, order: &Order) -> Result<Created, Error> {
    let name = names::host(&order.name);
    let attempt = Attempt::change(format!("make security group `{name}`"));
    if !client.about().await?.has("network_acl") {
        return Err(attempt
            .failed(Class::Unsupported, "this server has no access lists for networks")
            .hint("use LXD 5.0 or Incus, or newer"));
    }
    let project = client.project(order.region.as_deref());
    let mut body = body(order, &Json::Null).map_err(|why| attempt.failed(Class::Permanent, &why))?;
    if let Some(fields) = body.as_object_mut() {
        fields.insert("name".to_owned(), json!(name));
    }
    let ask = Ask::new(Method::POST, "/1.0/network-acls")
        .query("project", project)
        .json(&body);
    match client.done(ask, &attempt).await {
        Ok(_) => Ok(Created { id: name }),
        Err(error) if error.class == Class::Taken => match get(client, project, &name).await? {
            Some((there, _)) if is_of(&there, order) => Ok(Created { id: name }),
            Some(_) => Err(attempt.taken("an access list of that name")),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn is_of(there: &Json, order: &Order) -> bool {
    marker::marker(&marker::config(there)).is_some_and(|marker| marker.id == order.marker.id)
}

/// The list as LXD takes it; what is not ours to say stays as it is `now`.
fn body(order: &Order, now: &Json) -> Result<Json, String> {
    let mut config = marker::config(now);
    marker::mark(&mut config, order);
    let description = order
        .attributes
        .get("description")
        .and_then(Value::text)
        .unwrap_or_default();
    let (mut ingress, mut egress) = (Vec::new(), Vec::new());
    let rules = order
        .attributes
        .get("rules")
        .map(Value::items)
        .unwrap_or_default();
    for (place, rule) in rules.iter().filter_map(Value::record).enumerate() {
        match rule.get("direction").and_then(Value::text) {
            Some("egress") => egress.push(to_lxd(order, place, rule, "destination")?),
            Some("ingress") | None => ingress.push(to_lxd(order, place, rule, "source")?),
            Some(other) => return Err(format!("`{other}` is no direction: write `ingress` or `egress`")),
        }
    }
    Ok(json!({
        "config": marker::to_json(&config),
        "description": description,
        "ingress": ingress,
        "egress": egress,
    }))
}

fn to_lxd(order: &Order, place: usize, rule: &Attributes, peers: &str) -> Result<Json, String> {
    let mut written =
        json!({ "action": "allow", "state": "enabled", "description": format!("{PLACE}{place}") });
    let Some(fields) = written.as_object_mut() else {
        return Ok(written);
    };
    let sources: Vec<&str> = rule
        .get("sources")
        .map(Value::items)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::text)
        .map(|source| order.reference(Kind::SecurityGroup, source))
        .collect();
    if !sources.is_empty() {
        fields.insert(peers.to_owned(), json!(sources.join(",")));
    }
    let protocol = match rule.get("protocol").and_then(Value::text) {
        None | Some("all") => None,
        Some("icmp") => Some("icmp4"),
        Some(protocol @ ("tcp" | "udp")) => Some(protocol),
        Some(other) => {
            return Err(format!(
                "`{other}` is no protocol: write `tcp`, `udp`, `icmp` or `all`"
            ));
        }
    };
    if let Some(protocol) = protocol {
        fields.insert("protocol".to_owned(), json!(protocol));
    }
    let port = |name: &str| rule.get(name).and_then(Value::integer);
    if let Some(from) = port("from_port").filter(|_| matches!(protocol, Some("tcp" | "udp"))) {
        let to = port("to_port").unwrap_or(from);
        let ports = if from == to {
            from.to_string()
        } else {
            format!("{from}-{to}")
        };
        fields.insert("destination_port".to_owned(), json!(ports));
    }
    Ok(written)
}

fn from_lxd(rule: &Json, direction: &str, peers: &str) -> (usize, Value) {
    let text = |key: &str| {
        rule.get(key)
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty())
    };
    let mut read = Attributes::from([("direction".to_owned(), Value::from(direction))]);
    let protocol = match text("protocol") {
        None => "all",
        Some("icmp4") => "icmp",
        Some(protocol) => protocol,
    };
    read.insert("protocol".to_owned(), Value::from(protocol));
    if let Some(ports) = text("destination_port") {
        let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
        for (key, port) in [("from_port", from), ("to_port", to)] {
            let number = port.parse::<i64>();
            read.insert(
                key.to_owned(),
                number.map_or_else(|_| Value::from(port), Value::Integer),
            );
        }
    }
    if let Some(sources) = text(peers) {
        let sources = sources.split(',').map(Value::from).collect();
        read.insert("sources".to_owned(), Value::List(sources));
    }
    // Not `allow`, or switched off: nothing that we write, so that it is seen as a difference.
    for (key, usual) in [("action", "allow"), ("state", "enabled")] {
        if let Some(other) = text(key).filter(|value| *value != usual) {
            read.insert(key.to_owned(), Value::from(other));
        }
    }
    let place = text("description").and_then(|text| text.strip_prefix(PLACE)?.parse().ok());
    (place.unwrap_or(usize::MAX), Value::Record(read))
}

fn observed(json: &Json) -> Option<Observed> {
    let name = json.get("name").and_then(Json::as_str)?;
    let config = marker::config(json);
    let list = |key: &str| {
        json.get(key)
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let mut rules: Vec<(usize, Value)> = list("ingress")
        .iter()
        .map(|rule| from_lxd(rule, "ingress", "source"))
        .collect();
    rules.extend(
        list("egress")
            .iter()
            .map(|rule| from_lxd(rule, "egress", "destination")),
    );
    rules.sort_by_key(|(place, _)| *place);
    let rules = rules.into_iter().map(|(_, rule)| rule).collect();
    let mut attributes = Attributes::from([("rules".to_owned(), Value::List(rules))]);
    if let Some(text) = json
        .get("description")
        .and_then(Json::as_str)
        .filter(|text| !text.is_empty())
    {
        attributes.insert("description".to_owned(), Value::from(text));
    }
    if let Some(tags) = marker::tags(&config) {
        attributes.insert("tags".to_owned(), tags);
    }
    Some(Observed {
        kind: Kind::SecurityGroup,
        id: name.to_owned(),
        name: name.to_owned(),
        status: Status::Ready,
        attributes,
        computed: Attributes::new(),
        marker: marker::marker(&config),
    })
}

async fn get(client: &Client, project: &str, id: &str) -> Result<Option<(Json, Option<HeaderValue>)>, Error> {
    let attempt = Attempt::look(format!("read security group `{id}`"));
    client
        .found(Ask::get(path(id)).query("project", project), &attempt)
        .await
}

fn path(id: &str) -> String {
    format!("/1.0/network-acls/{}", segment(id))
}

/// What one is now.
pub(crate) async fn read(client: &Client, project: &str, id: &str) -> Result<Option<Observed>, Error> {
    let found = get(client, project, id).await?;
    Ok(found.and_then(|(json, _)| observed(&json)))
}

/// All of them.
pub(crate) async fn all(client: &Client, project: &str) -> Result<Vec<Observed>, Error> {
    if !client.about().await?.has("network_acl") {
        return Ok(Vec::new());
    }
    let attempt = Attempt::look("list the security groups");
    let ask = Ask::get("/1.0/network-acls")
        .query("recursion", "1")
        .query("project", project);
    let json = client.done(ask, &attempt).await?;
    Ok(json
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(observed)
        .collect())
}

/// Makes one what the order says.
pub(crate) async fn update(client: &Client, project: &str, id: &str, order: &Order) -> Result<(), Error> {
    let attempt = Attempt::change(format!("change security group `{id}`"));
    let Some((now, etag)) = get(client, project, id).await? else {
        return Err(attempt.failed(Class::Absent, "it is not there"));
    };
    if !is_of(&now, order) {
        return Err(attempt.taken("an access list of that name"));
    }
    let body = body(order, &now).map_err(|why| attempt.failed(Class::Permanent, &why))?;
    let ask = Ask::new(Method::PUT, path(id))
        .query("project", project)
        .unless_changed(etag)
        .json(&body);
    client.done(ask, &attempt).await.map(|_| ())
}

/// Deletes one.
pub(crate) async fn delete(client: &Client, project: &str, id: &str) -> Result<(), Error> {
    let attempt = Attempt::change(format!("delete security group `{id}`"));
    let Some((there, _)) = get(client, project, id).await? else {
        return Ok(());
    };
    if marker::marker(&marker::config(&there)).is_none() {
        return Err(attempt.taken("an access list of that name"));
    }
    let ask = Ask::new(Method::DELETE, path(id)).query("project", project);
    match client.done(ask, &attempt).await {
        Err(error) if error.class != Class::Absent => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::order;

    #[test]
    fn rules_come_back_as_they_went() {
        let rule = |fields: &[(&str, Value)]| {
            Value::Record(
                fields
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), value.clone()))
                    .collect(),
            )
        };
        let sources = Value::List(vec![Value::from("10.0.0.0/8"), Value::from("192.168.0.0/16")]);
        let rules = Value::List(vec![
            rule(&[("direction", "egress".into()), ("protocol", "all".into())]),
            rule(&[
                ("direction", "ingress".into()),
                ("protocol", "tcp".into()),
                ("from_port", 80.into()),
                ("to_port", 90.into()),
                ("sources", sources.clone()),
            ]),
            rule(&[
                ("direction", "ingress".into()),
                ("protocol", "icmp".into()),
                ("sources", sources),
            ]),
        ]);
        let mut order = order("security_group.web");
        order.attributes.insert("rules".to_owned(), rules.clone());
        let mut written = body(&order, &Json::Null).expect("a list");
        written["name"] = json!("web");
        let read = observed(&written).expect("a list");
        assert_eq!(read.attributes.get("rules"), Some(&rules));
        assert_eq!(read.marker, Some(order.marker));
    }

    #[test]
    fn a_rule_of_another_kind_is_no_rule_of_ours() {
        let (_, read) = from_lxd(
            &json!({"action": "drop", "state": "enabled"}),
            "ingress",
            "source",
        );
        assert_eq!(
            read.record().and_then(|rule| rule.get("action")),
            Some(&Value::from("drop"))
        );
    }
}
