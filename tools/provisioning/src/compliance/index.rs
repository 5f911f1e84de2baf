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
    key: Key<'a>,
    /// In which elements a text stands.
    by_text: HashMap<&'a str, Vec<usize>>,
    /// Elements whose field is something else than texts: what they answer is not foreseen here.
    others: Vec<usize>,
}

/// What must agree for an element to be found.
#[derive(Clone, Copy, PartialEq)]
struct Key<'a> {
    /// The field of the elements.
    field: &'a Field,
    /// Whether the field is a list that holds the text, and not the text itself.
    holds: bool,
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
                if let Some((key, _)) = key(list, each)
                    && self.get(list, key).is_none()
                {
                    self.list.extend(Index::of(configuration, list, key));
                }
            }
            _ => {}
        }
    }

    fn get(&self, list: &Field, key: Key<'_>) -> Option<&Index<'a>> {
        self.list
            .iter()
            .find(|index| index.list == list && index.key == key)
    }

    /// The positions in `list` of which `each` may be true or unknown, if that can be said without reading all of
    /// it, and the first, which stands for all if there is none. `wanted` gives the text of a field.
    pub(super) fn narrowed<'t>(
        &self,
        list: &Field,
        each: &Condition,
        wanted: impl FnOnce(&Field) -> Option<&'t str>,
    ) -> Option<Vec<usize>> {
        let (key, other) = key(list, each)?;
        let index = self.get(list, key)?;
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
    fn of(configuration: &'a Node, list: &'a Field, key: Key<'a>) -> Option<Self> {
        let node = at(configuration, list)?;
        let mut index = Self {
            list,
            key,
            by_text: HashMap::new(),
            others: Vec::new(),
        };
        for (position, element) in node.items().iter().enumerate() {
            index.enter(position, at(element, key.field));
        }
        Some(index)
    }

    fn enter(&mut self, position: usize, node: Option<&'a Node>) {
        match node.map(|node| &node.value) {
            Some(Value::List(items)) if self.key.holds => {
                // With values of other kinds only, a text cannot be compared, which is unknown.
                if !items.is_empty() && items.iter().all(|item| item.text().is_none()) {
                    self.others.push(position);
                }
                for text in items.iter().filter_map(Node::text) {
                    let known = self.by_text.entry(text).or_default();
                    // A text that a list has twice is found once.
                    if known.last() != Some(&position) {
                        known.push(position);
                    }
                }
            }
            Some(Value::Text(text)) if !self.key.holds => {
                self.by_text.entry(text).or_default().push(position);
            }
            _ => self.others.push(position),
        }
    }
}

fn at<'a>(node: &'a Node, field: &Field) -> Option<&'a Node> {
    field.names.iter().try_fold(node, |node, name| node.get(name))
}

/// What must agree in the elements of `list` for `each` to be true, and the field outside of it with which.
fn key<'c>(list: &Field, each: &'c Condition) -> Option<(Key<'c>, &'c Field)> {
    if list.origin != Origin::Configuration {
        return None;
    }
    let inner = |field: &Field| field.origin == Origin::Element;
    let key = |field: &'c Field, other: &'c Field, holds: bool| {
        (inner(field) && !inner(other)).then_some((Key { field, holds }, other))
    };
    match each {
        Condition::Contains(field, Operand::Field(other)) => key(field, other, true),
        Condition::Compare(Operand::Field(left), Comparison::Equal, Operand::Field(right)) => {
            key(left, right, false).or_else(|| key(right, left, false))
        }
        // All parts must be true, so one that is false is enough.
        Condition::And(parts) => parts.iter().find_map(|part| self::key(list, part)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::budget::Budget;
    use super::super::judge::{Judgement, Scope};
    use super::super::notation;
    use super::*;

    /// Everything that an element's field may be.
    const FIELDS: [&str; 11] = [
        "",
        "volumes = null",
        "volumes = []",
        "volumes = [\"a\"]",
        "volumes = [\"b\", \"a\", \"a\"]",
        "volumes = \"a\"",
        "volumes = \"xay\"",
        "volumes = 7",
        "volumes = [7, \"b\"], on = true",
        "volumes = [7, null]",
        "volumes = [{}], on = true",
    ];

    const CONDITIONS: [&str; 8] = [
        "any(config.backups, contains(volumes, resource.name))",
        "not any(config.backups, contains(volumes, resource.name))",
        "any(config.backups, volumes == resource.name)",
        "any(config.backups, resource.name == volumes)",
        "any(config.backups, on and contains(volumes, resource.name))",
        "any(config.backups, contains(volumes, resource.name) or on)",
        "all(config.backups, contains(volumes, resource.name))",
        "exists(name) and any(config.backups, contains(volumes, config.name))",
    ];

    proptest! {
        #[test]
        fn an_answer_and_its_reason_are_the_same_with_an_index(
            fields in proptest::collection::vec(0..FIELDS.len(), 0..6),
            condition in 0..CONDITIONS.len(),
            name in prop::sample::select(&["name = \"a\"", "name = \"z\"", "name = 7", ""][..]),
        ) {
            let backups: String = fields.iter().map(|field| format!("{{ {} }},\n", FIELDS[*field])).collect();
            let text = format!("{{ name = \"b\", backups = [\n{backups}], volumes = [{{ {name} }}] }}");
            let node = notation::read("main.ncl", &text).unwrap();
            let resource = &node.get("volumes").unwrap().items()[0];
            let condition = Condition::parse(CONDITIONS[condition]).unwrap();
            let mut indexes = Indexes::default();
            indexes.add(&node, &condition);
            let answer = |judgement: Judgement| (judgement.truth, judgement.place);
            let budget = Budget::new(10_000);
            let without = Scope::new(&node, resource, "volumes[0]", &budget);
            let with = without.with(&indexes);
            prop_assert_eq!(answer(without.explained(&condition)), answer(with.explained(&condition)));
            prop_assert_eq!(without.truth(&condition), with.truth(&condition));
        }
    }
}
