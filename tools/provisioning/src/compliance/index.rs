//! Where texts stand in a list of the configuration, so that a rule that looks its resource up there, such as
//! `any(config.backups, contains(volumes, resource.name))`, does not read the whole list once for each resource.
//!
//! INVARIANT: an index only leaves out elements of which the condition is false, so that an answer is the same with
//! it and without.

use std::collections::HashMap;

use super::condition::{Comparison, Condition, Field, Operand, Origin};
use super::rule::Rule;
use crate::{Node, Value};

/// One index for each list and field by which rules look something up.
#[derive(Default)]
pub(super) struct Indexes<'a> {
    list: Vec<Index<'a>>,
}

struct Index<'a> {
    list: &'a Field,
    field: &'a Field,
    /// In which elements a text stands.
    by_text: HashMap<&'a str, Vec<usize>>,
    /// Elements whose field is something else than texts: what they answer is not foreseen here.
    others: Vec<usize>,
}

impl<'a> Indexes<'a> {
    /// What the conditions of `rules` look up in `configuration`.
    pub(super) fn of(configuration: &'a Node, rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut indexes = Self::default();
        for rule in rules {
            for condition in rule.when.iter().chain([&rule.condition]) {
                indexes.add(configuration, condition);
            }
        }
        indexes
    }

    fn add(&mut self, configuration: &'a Node, condition: &'a Condition) {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().for_each(|part| self.add(configuration, part));
            }
            Condition::Not(part) | Condition::All(_, part) => self.add(configuration, part),
            Condition::Any(list, each) => {
                self.add(configuration, each);
                if let Some((field, _)) = key(list, each)
                    && self.get(list, field).is_none()
                {
                    self.list.extend(Index::of(configuration, list, field));
                }
            }
            _ => {}
        }
    }

    fn get(&self, list: &Field, field: &Field) -> Option<&Index<'a>> {
        self.list
            .iter()
            .find(|index| index.list == list && index.field == field)
    }

    /// The positions in `list` of which `each` may be true or unknown, if that can be said without reading all of
    /// it, and the first, which stands for all if there is none. `wanted` gives the text of a field.
    pub(super) fn narrowed<'t>(
        &self,
        list: &Field,
        each: &Condition,
        wanted: impl FnOnce(&Field) -> Option<&'t str>,
    ) -> Option<Vec<usize>> {
        let (field, other) = key(list, each)?;
        let index = self.get(list, field)?;
        let found = index.by_text.get(wanted(other)?);
        let mut positions = vec![0];
        positions.extend(found.into_iter().flatten());
        positions.extend(&index.others);
        positions.sort_unstable();
        positions.dedup();
        Some(positions)
    }
}

impl<'a> Index<'a> {
    fn of(configuration: &'a Node, list: &'a Field, field: &'a Field) -> Option<Self> {
        let node = at(configuration, list)?;
        let mut index = Self {
            list,
            field,
            by_text: HashMap::new(),
            others: Vec::new(),
        };
        for (position, element) in node.items().iter().enumerate() {
            index.enter(position, at(element, field));
        }
        Some(index)
    }

    fn enter(&mut self, position: usize, node: Option<&'a Node>) {
        match node.map(|node| &node.value) {
            Some(Value::List(items)) => {
                for text in items.iter().filter_map(Node::text) {
                    let known = self.by_text.entry(text).or_default();
                    // A text that a list has twice is found once.
                    if known.last() != Some(&position) {
                        known.push(position);
                    }
                }
            }
            Some(Value::Text(text)) => {
                self.by_text.entry(text).or_default().push(position);
                // A text also contains its parts.
                self.others.push(position);
            }
            _ => self.others.push(position),
        }
    }
}

fn at<'a>(node: &'a Node, field: &Field) -> Option<&'a Node> {
    field.names.iter().try_fold(node, |node, name| node.get(name))
}

/// The field of the elements of `list` and the field outside of it that must agree for `each` to be true.
fn key<'c>(list: &Field, each: &'c Condition) -> Option<(&'c Field, &'c Field)> {
    if list.origin != Origin::Configuration {
        return None;
    }
    let inner = |field: &Field| field.origin == Origin::Element;
    match each {
        Condition::Contains(field, Operand::Field(other)) if inner(field) && !inner(other) => {
            Some((field, other))
        }
        Condition::Compare(Operand::Field(left), Comparison::Equal, Operand::Field(right)) => {
            match (inner(left), inner(right)) {
                (true, false) => Some((left, right)),
                (false, true) => Some((right, left)),
                _ => None,
            }
        }
        // All parts must be true, so one that is false is enough.
        Condition::And(parts) => parts.iter().find_map(|part| key(list, part)),
        _ => None,
    }
}
