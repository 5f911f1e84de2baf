//! Security groups of a VPC and their rules.
//!
//! AWS knows single permissions: a direction, a protocol, ports, one source. Rules of a configuration are taken apart into
//! them to be compared, and put together again, one rule for each protocol and ports, to be shown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};

use crate::client::Service;
use crate::error::{Effect, Failure};
use crate::query::{self, Form};
use crate::site::{Site, Which};
use crate::xml::Element;
use crate::{names, tags};

pub(crate) const SUPPORT: Support = Support {
    in_place: &["rules", "tags"],
    unread: &[],
    visible_after: Duration::from_secs(60),
    // The name of a group is unique in its network.
    twins: false,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    // Rules that nobody can make are found before there is a group.
    wanted(site, order).await?;
    let description = order
        .attributes
        .get("description")
        .and_then(Value::text)
        .unwrap_or(&order.name);
    let network = names::one(site, order, Kind::Network, "network").await?;
    let form = Form::new()
        .with("GroupName", &order.name)
        .with("GroupDescription", description)
        .maybe("VpcId", network);
    let form = tags::specified(form, "security-group", &tags::of(order)?);
    let answer = site
        .call(Service::Ec2, "CreateSecurityGroup", form, Effect::Change)
        .await?;
    let id = answer.text("groupId").map(str::to_owned);
    id.ok_or_else(|| query::without(Effect::Change, "groupId"))
}

pub(crate) async fn finish(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    if order.attributes.contains_key("rules") {
        allow(site, id, order).await
    } else {
        Ok(())
    }
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    let found = groups(site, which).await?;
    Ok(found.iter().filter_map(observed).collect())
}

async fn groups(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Element>, Failure> {
    site.pages(
        Service::Ec2,
        "DescribeSecurityGroups",
        which.form("group-id"),
        "securityGroupInfo",
    )
    .await
}

fn observed(group: &Element) -> Option<Observed> {
    let tags = tags::read(group.items("tagSet"));
    let mut attributes = Attributes::from([
        ("rules".to_owned(), rules(&permissions(group))),
        ("tags".to_owned(), tags::attribute(&tags)),
    ]);
    for (attribute, field) in [("description", "groupDescription"), ("network", "vpcId")] {
        if let Some(text) = group.text(field) {
            attributes.insert(attribute.to_owned(), text.into());
        }
    }
    Some(Observed {
        kind: Kind::SecurityGroup,
        id: group.text("groupId")?.to_owned(),
        name: group.text("groupName")?.to_owned(),
        status: Status::Ready,
        attributes,
        computed: Attributes::new(),
        marker: tags::marker(&tags),
    })
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    if changed.iter().any(|attribute| attribute == "rules") {
        allow(site, id, order).await?;
    }
    tags::update(site, id, order, changed).await
}

pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    let form = Form::new().with("GroupId", id);
    site.call(Service::Ec2, "DeleteSecurityGroup", form, Effect::Change)
        .await?;
    Ok(())
}

/// The first and the last port; for ICMP the type and the code, -1 for all.
type Ports = Option<(i64, i64)>;

/// One thing that is allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Permission {
    ingress: bool,
    /// In the words of AWS: `-1` is every protocol.
    protocol: String,
    ports: Ports,
    source: String,
}

/// What AWS gives every group: everything may go out.
fn open_egress() -> Permission {
    Permission {
        ingress: false,
        protocol: "-1".to_owned(),
        ports: None,
        source: "0.0.0.0/0".to_owned(),
    }
}

/// Makes the group allow what `order` wants, and nothing else. What is new comes first, so that nothing that stays is cut.
async fn allow(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    let wanted = wanted(site, order).await?;
    let groups = groups(site, Which::Id(id)).await?;
    let group = groups
        .first()
        .ok_or_else(|| Failure::new(Class::Absent, format!("group `{id}` is not there")))?;
    let has = permissions(group);
    for (verb, permissions) in [
        ("Authorize", wanted.difference(&has)),
        ("Revoke", has.difference(&wanted)),
    ] {
        let (ingress, egress): (Vec<_>, Vec<_>) = permissions.partition(|permission| permission.ingress);
        for (direction, permissions) in [("Ingress", ingress), ("Egress", egress)] {
            if permissions.is_empty() {
                continue;
            }
            let action = format!("{verb}SecurityGroup{direction}");
            let form = counted(id, &permissions);
            match site.call(Service::Ec2, &action, form, Effect::Change).await {
                Err(failure) if failure.is("InvalidPermission.Duplicate") => {}
                Err(failure) if failure.is("InvalidPermission.NotFound") => {}
                other => drop(other?),
            }
        }
    }
    Ok(())
}

fn counted(id: &str, permissions: &[&Permission]) -> Form {
    let mut form = Form::new().with("GroupId", id);
    for (at, permission) in (1_usize..).zip(permissions) {
        let field = |name: &str| format!("IpPermissions.{at}.{name}");
        form = form.with(field("IpProtocol"), &permission.protocol);
        if let Some((from, to)) = permission.ports {
            form = form
                .with(field("FromPort"), from.to_string())
                .with(field("ToPort"), to.to_string());
        }
        let place = match &permission.source {
            source if source.starts_with("sg-") => "Groups.1.GroupId",
            source if source.starts_with("pl-") => "PrefixListIds.1.PrefixListId",
            source if source.contains(':') => "Ipv6Ranges.1.CidrIpv6",
            _ => "IpRanges.1.CidrIp",
        };
        form = form.with(field(place), &permission.source);
    }
    form
}

/// What `order` wants. Everything may go out unless a rule says what may.
async fn wanted(site: &Site<'_>, order: &Order) -> Result<BTreeSet<Permission>, Failure> {
    let mut wanted = BTreeSet::new();
    for rule in order.attributes.get("rules").map_or(&[][..], Value::items) {
        let Some(rule) = rule.record() else { continue };
        let (ingress, protocol, ports) = described(rule)?;
        let sources = rule.get("sources").map_or(&[][..], Value::items);
        let mut sources: Vec<&str> = sources.iter().filter_map(Value::text).collect();
        if sources.is_empty() {
            sources.push("0.0.0.0/0");
        }
        for source in sources {
            // A source without a slash is a group, a prefix list or a single address.
            let source = match source {
                _ if source.contains('/') || source.starts_with("pl-") => source.to_owned(),
                _ => match source.parse::<std::net::IpAddr>() {
                    Ok(std::net::IpAddr::V4(_)) => format!("{source}/32"),
                    Ok(std::net::IpAddr::V6(_)) => format!("{source}/128"),
                    Err(_) => names::resolve(site, order, Kind::SecurityGroup, source).await?,
                },
            };
            wanted.insert(Permission {
                ingress,
                protocol: protocol.clone(),
                ports,
                source,
            });
        }
    }
    if wanted.iter().all(|permission| permission.ingress) {
        wanted.insert(open_egress());
    }
    Ok(wanted)
}

/// Direction, protocol and ports of a rule.
fn described(rule: &Attributes) -> Result<(bool, String, Ports), Failure> {
    let text = |name: &str| rule.get(name).and_then(Value::text);
    let number = |name: &str| rule.get(name).and_then(Value::integer);
    let wrong = |what: String| Failure::new(Class::Permanent, what);
    let ingress = match text("direction") {
        None | Some("ingress") => true,
        Some("egress") => false,
        Some(other) => {
            return Err(wrong(format!(
                "a rule's direction is `ingress` or `egress`, not `{other}`"
            )));
        }
    };
    let protocol = text("protocol").unwrap_or("tcp");
    let ports = match (protocol, number("from_port")) {
        ("all", _) => return Ok((ingress, "-1".to_owned(), None)),
        ("icmp", _) => Some((-1, -1)),
        ("tcp" | "udp", Some(from)) => Some((from, number("to_port").unwrap_or(from))),
        ("tcp" | "udp", None) => Some((0, 65_535)),
        (other, _) => return Err(wrong(format!("a rule's protocol cannot be `{other}`"))),
    };
    Ok((ingress, protocol.to_owned(), ports))
}

/// What a group allows.
fn permissions(group: &Element) -> BTreeSet<Permission> {
    let mut found = BTreeSet::new();
    for (ingress, list) in [(true, "ipPermissions"), (false, "ipPermissionsEgress")] {
        for item in group.items(list) {
            let protocol = item.text("ipProtocol").unwrap_or("-1");
            let ports = item
                .integer("fromPort")
                .zip(item.integer("toPort"))
                .filter(|_| protocol != "-1");
            let sources = [
                ("ipRanges", "cidrIp"),
                ("ipv6Ranges", "cidrIpv6"),
                ("groups", "groupId"),
                ("prefixListIds", "prefixListId"),
            ];
            for (list, field) in sources {
                found.extend(
                    item.items(list)
                        .iter()
                        .filter_map(|source| source.text(field))
                        .map(|source| Permission {
                            ingress,
                            protocol: protocol.to_owned(),
                            ports,
                            source: source.to_owned(),
                        }),
                );
            }
        }
    }
    found
}

/// The rules that allow `permissions`, in a fixed order. What every group allows to go out is no rule.
fn rules(permissions: &BTreeSet<Permission>) -> Value {
    let closed = permissions
        .iter()
        .any(|permission| !permission.ingress && *permission != open_egress());
    let mut grouped: BTreeMap<(bool, &str, Ports), Vec<Value>> = BTreeMap::new();
    for permission in permissions
        .iter()
        .filter(|permission| closed || **permission != open_egress())
    {
        // What comes in is shown first.
        let key = (
            !permission.ingress,
            permission.protocol.as_str(),
            permission.ports,
        );
        grouped
            .entry(key)
            .or_default()
            .push(permission.source.as_str().into());
    }
    let rules = grouped.into_iter().map(|((egress, protocol, ports), sources)| {
        let direction = if egress { "egress" } else { "ingress" };
        let protocol = if protocol == "-1" { "all" } else { protocol };
        let mut rule = Attributes::from([
            ("direction".to_owned(), direction.into()),
            ("protocol".to_owned(), protocol.into()),
            ("sources".to_owned(), Value::List(sources)),
        ]);
        if let (Some((from, to)), "tcp" | "udp") = (ports, protocol) {
            rule.insert("from_port".to_owned(), from.into());
            rule.insert("to_port".to_owned(), to.into());
        }
        Value::Record(rule)
    });
    Value::List(rules.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    const GROUP: &str = "<item><groupId>sg-1</groupId><groupName>web</groupName><groupDescription>d</groupDescription>
        <ipPermissions>
          <item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>
            <groups><item><groupId>sg-2</groupId></item></groups>
            <ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>
        </ipPermissions>
        <ipPermissionsEgress><item><ipProtocol>-1</ipProtocol>
            <ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress></item>";

    #[test]
    fn permissions_are_put_together_to_rules() {
        let group = xml::parse(GROUP).expect("XML");
        let observed = observed(&group).expect("a group");
        let [rule] = observed.attributes["rules"].items() else {
            panic!("one rule: {observed:?}")
        };
        let rule = rule.record().expect("a record");
        assert_eq!(rule["direction"].text(), Some("ingress"));
        assert_eq!(
            (rule["from_port"].integer(), rule["to_port"].integer()),
            (Some(443), Some(443))
        );
        let sources: Vec<_> = rule["sources"].items().iter().filter_map(Value::text).collect();
        assert_eq!(sources, ["0.0.0.0/0", "10.0.0.0/8", "sg-2"]);
    }

    #[test]
    fn what_a_rule_describes_is_read_once() {
        let rule = |protocol: &str, from: Option<i64>| {
            let mut rule = Attributes::from([("protocol".to_owned(), protocol.into())]);
            if let Some(from) = from {
                rule.insert("from_port".to_owned(), from.into());
            }
            described(&rule)
        };
        assert_eq!(
            rule("tcp", Some(22)),
            Ok((true, "tcp".to_owned(), Some((22, 22))))
        );
        assert_eq!(rule("udp", None), Ok((true, "udp".to_owned(), Some((0, 65_535)))));
        assert_eq!(rule("all", Some(1)), Ok((true, "-1".to_owned(), None)));
        assert!(rule("gre", None).is_err());
    }
}
