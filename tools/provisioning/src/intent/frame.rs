//! What a description says, from the first rule that holds to the last: resources that it names, and values of slots.

use std::collections::BTreeMap;

use super::classify::{Item, What};
use super::lexicon::{Kind, Lexicon};
use super::pattern::{Match, longest};
use super::rule::Filling;
use super::{Place, Resource};

/// Every slot that is understood by [`build`](super::build); the lexicon says what they are called and who has them.
const KNOWN: [&str; 53] = [
    "absent",
    "autoscaling",
    "backup_days",
    "budget",
    "cache_engine",
    "cache_service",
    "cidr",
    "cni",
    "control_plane_size",
    "control_planes",
    "count",
    "cpu",
    "currency",
    "dashboards",
    "database_service",
    "disk_gb",
    "encrypted",
    "engine",
    "environment",
    "high_availability",
    "load_balancers",
    "logs",
    "logs_days",
    "memory_gb",
    "metrics",
    "metrics_days",
    "name",
    "nat_gateways",
    "nodes",
    "open_port",
    "os",
    "os_version",
    "plan",
    "private_subnets",
    "provider",
    "public",
    "public_ip",
    "public_subnets",
    "region",
    "replicas",
    "role",
    "scaling_max",
    "scaling_min",
    "service",
    "size",
    "some_gb",
    "storage_service",
    "subnet",
    "tag",
    "town",
    "version",
    "versioning",
    "workers",
];

/// Whether a slot of that name is understood.
pub(super) fn known(name: &str) -> Result<(), String> {
    if KNOWN.contains(&name) || name.starts_with("addon_") {
        Ok(())
    } else {
        Err(format!(
            "slot `{name}` is not understood; there are {}",
            KNOWN.join(", ")
        ))
    }
}

/// A value that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Text(String),
    Flag(bool),
}

/// A value, its slot, and the words.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) slot: String,
    pub(super) value: Value,
    pub(super) place: Place,
    pub(super) text: String,
    /// A word for more than one stands for the number.
    pub(super) vague: bool,
    /// It is what is not wanted.
    pub(super) denied: bool,
    pub(super) at: usize,
}

/// A resource that was named.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) resource: Resource,
    /// First item of the rule, and one past the last.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) counted: bool,
    /// The word, if it is one for more than one without a number.
    pub(super) plural: Option<String>,
}

/// A resource and what was said of it.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) resource: Resource,
    pub(super) slots: Slots,
    /// The word, if more than one is asked for without a number.
    pub(super) plural: Option<String>,
}

/// What was said, by slot.
pub(super) type Slots = BTreeMap<String, Vec<Heard>>;

/// What the rules took, and what they did not.
pub(super) struct Hearing {
    pub(super) heads: Vec<Head>,
    pub(super) heard: Vec<Heard>,
    /// Items that no rule took and that mean something.
    pub(super) left: Vec<usize>,
    /// Where a part of the sentence may begin, and whether strongly.
    pub(super) divisions: Vec<(usize, bool)>,
}

/// Applies the rules from the first item to the last.
pub(super) fn hear(items: &[Item<'_>], lexicon: &Lexicon) -> Hearing {
    let mut hearing = Hearing {
        heads: Vec::new(),
        heard: Vec::new(),
        left: Vec::new(),
        divisions: Vec::new(),
    };
    let mut at = 0;
    while let Some(item) = items.get(at) {
        if let Some(found) = longest(&lexicon.rules, items, at) {
            hearing.take(&found, items, at);
            at = found.end;
            continue;
        }
        match &item.what {
            What::Mark => hearing.divisions.push((at, true)),
            What::Concept(concept) if concept.kind == Kind::Separator => hearing.divisions.push((at, true)),
            What::Concept(concept) if concept.kind == Kind::Joint => hearing.divisions.push((at, false)),
            What::Concept(concept) if concept.kind == Kind::Filler => {}
            _ => hearing.left.push(at),
        }
        at += 1;
    }
    hearing
}

impl Hearing {
    fn take(&mut self, found: &Match<'_>, items: &[Item<'_>], start: usize) {
        let (Some(first), Some(last)) = (items.get(start), items.get(found.end - 1)) else {
            return;
        };
        let place = Place {
            start: first.place.start,
            end: last.place.end,
        };
        let text = words(items, start, found.end);
        let element = |at: &str| {
            let at: usize = at.parse().ok()?;
            items.get(*found.found.get(at.checked_sub(1)?)?.first()?)
        };
        let taken = || items.get(start..found.end).unwrap_or_default().iter();
        let plural = taken().find(|item| item.plural);
        let mut counted = false;
        for (slot, filling) in &found.rule.set {
            let slot = match slot.strip_prefix('@') {
                None => slot.clone(),
                Some(at) => match element(at).map(|item| &item.what) {
                    Some(What::Concept(concept)) => concept.slot.clone().unwrap_or_default(),
                    Some(What::Provider(_)) => "provider".to_owned(),
                    Some(What::Region(_)) => "region".to_owned(),
                    Some(What::Town(_)) => "town".to_owned(),
                    _ => continue,
                },
            };
            for value in values(filling, found, items) {
                counted |= slot == "count";
                self.heard.push(Heard {
                    slot: slot.clone(),
                    value,
                    place,
                    text: text.clone(),
                    vague: plural.is_some() && matches!(filling, Filling::Number(number) if *number > 0),
                    denied: matches!(filling, Filling::Not(_)),
                    at: start,
                });
            }
        }
        // What a rule passed over without taking it is no filler alone.
        let unknown = (start..found.end)
            .filter(|at| items.get(*at).is_some_and(|item| matches!(item.what, What::Word)))
            .filter(|at| !found.found.iter().flatten().any(|taken| taken == at));
        self.left.extend(unknown);
        let opened = found
            .rule
            .open
            .as_deref()
            .and_then(|open| match open.strip_prefix('$') {
                Some(at) => match element(at).map(|item| &item.what) {
                    Some(What::Concept(concept)) => Resource::named(&concept.name),
                    _ => None,
                },
                None => Resource::named(open),
            });
        if let Some(resource) = opened {
            self.heads.push(Head {
                resource,
                start,
                end: found.end,
                counted,
                plural: plural
                    .filter(|_| !counted && is_resource(plural))
                    .map(|item| item.text.clone()),
            });
        }
    }
}

fn is_resource(item: Option<&Item<'_>>) -> bool {
    item.is_some_and(|item| matches!(&item.what, What::Concept(concept) if concept.kind == Kind::Resource))
}

/// What `filling` fills a slot with: one value, or one for each item of a list.
fn values(filling: &Filling, found: &Match<'_>, items: &[Item<'_>]) -> Vec<Value> {
    match filling {
        Filling::Number(number) => vec![Value::Number(*number)],
        Filling::Flag(flag) => vec![Value::Flag(*flag)],
        Filling::Text(text) => vec![Value::Text(text.clone())],
        Filling::Item(at) | Filling::Not(at) => {
            let taken = at.checked_sub(1).and_then(|at| found.found.get(at));
            let taken = taken.into_iter().flatten().filter_map(|at| items.get(*at));
            taken.map(|item| value(item, scale(found, items))).collect()
        }
    }
}

/// How many of the unit counted in a rule's unit word is, such as 1024 for terabytes.
fn scale(found: &Match<'_>, items: &[Item<'_>]) -> u64 {
    let units = found.found.iter().flatten().filter_map(|at| items.get(*at));
    let mut factors = units.filter_map(|item| match &item.what {
        What::Concept(concept) if concept.kind == Kind::Unit => concept.number,
        _ => None,
    });
    factors.next().unwrap_or(1)
}

fn value(item: &Item<'_>, scale: u64) -> Value {
    match &item.what {
        What::Number(number) | What::Grouped(number) => Value::Number(number.saturating_mul(scale)),
        What::Provider(name) | What::Region(name) | What::Town(name) => Value::Text(name.clone()),
        What::Plan(sku) => Value::Text(sku.clone()),
        What::Concept(concept) => Value::Text(concept.value.clone().unwrap_or_else(|| concept.name.clone())),
        _ => Value::Text(item.text.clone()),
    }
}

fn words(items: &[Item<'_>], start: usize, end: usize) -> String {
    let words: Vec<&str> = items
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .map(|item| item.text.as_str())
        .collect();
    words.join(" ")
}
