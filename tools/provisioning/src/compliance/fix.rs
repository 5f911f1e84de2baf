//! What to change so that a rule passes: a path and the value to put there.

use super::budget::Budget;
use super::condition::{Condition, Field, Origin};
use super::judge::{Scope, Truth};
use super::resource::Resource;
use crate::{Node, Value};

/// One edit, as a rule writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The list whose elements are edited; the resource itself is, if left out.
    pub each: Option<Field>,
    /// Which elements.
    pub only: Option<Condition>,
    /// The field to set.
    pub field: Field,
    /// What to set it to.
    pub value: Node,
}

/// One edit of one configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where, such as `servers[0].networking.public_ip`.
    pub path: String,
    /// The value to put there.
    pub value: Node,
}

impl Change {
    /// The change as Nickel text, such as `servers[0].encrypted = true`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} = {}", self.path, self.value_text())
    }

    /// The value as Nickel text.
    #[must_use]
    pub fn value_text(&self) -> String {
        super::whole(&self.value)
    }

    /// Puts the value in its place, making records on the way; whether there is such a place.
    pub fn apply(&self, configuration: &mut Node) -> bool {
        let mut node = configuration;
        for step in steps(&self.path) {
            let next = match step {
                Step::Field(name) => {
                    if node.value == Value::Null {
                        node.value = Value::Record(std::collections::BTreeMap::new());
                    }
                    match &mut node.value {
                        Value::Record(fields) => Some(
                            fields
                                .entry(name.to_owned())
                                .or_insert_with(|| Node::new(Value::Null)),
                        ),
                        _ => None,
                    }
                }
                Step::Element(position) => match &mut node.value {
                    Value::List(items) => items.get_mut(position),
                    _ => None,
                },
            };
            match next {
                Some(next) => node = next,
                None => return false,
            }
        }
        *node = self.value.clone();
        true
    }
}

enum Step<'a> {
    Field(&'a str),
    Element(usize),
}

/// The steps of a path such as `servers[0].networking`.
fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split('.').filter(|part| !part.is_empty()).flat_map(|part| {
        let (name, rest) = part.split_once('[').unwrap_or((part, ""));
        let positions = rest
            .split('[')
            .filter_map(|text| text.trim_end_matches(']').parse().ok())
            .map(Step::Element);
        std::iter::once(Step::Field(name)).chain(positions)
    })
}

/// What `edits` change in `resource` of `configuration`.
pub(super) fn changes(
    edits: &[Edit],
    configuration: &Node,
    resource: &Resource<'_>,
    budget: &Budget,
) -> Vec<Change> {
    edits
        .iter()
        .flat_map(|edit| edit.changes(configuration, resource, budget))
        .collect()
}

impl Edit {
    fn changes(&self, configuration: &Node, resource: &Resource<'_>, budget: &Budget) -> Vec<Change> {
        let Some(each) = &self.each else {
            let start = match self.field.origin {
                Origin::Configuration => "",
                Origin::Element | Origin::Resource => resource.path.as_str(),
            };
            return vec![self.change(start)];
        };
        let (start, node) = match each.origin {
            Origin::Configuration => ("", configuration),
            Origin::Element | Origin::Resource => (resource.path.as_str(), resource.node),
        };
        let list = each.names.iter().try_fold(node, |node, name| node.get(name));
        let place = joined(start, &each.names);
        let chosen = |element: &Node, place: &str| match &self.only {
            None => true,
            Some(only) => Scope::new(configuration, element, place, budget).truth(only) == Truth::True,
        };
        list.map(Node::items)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(|(position, element)| (format!("{place}[{position}]"), element))
            .filter(|(place, element)| chosen(element, place))
            .map(|(place, _)| self.change(&place))
            .collect()
    }

    fn change(&self, start: &str) -> Change {
        Change {
            path: joined(start, &self.field.names),
            value: self.value.clone(),
        }
    }
}

fn joined(start: &str, names: &[String]) -> String {
    let parts = std::iter::once(start).chain(names.iter().map(String::as_str));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::super::notation;
    use super::*;

    #[test]
    fn a_change_finds_its_place_or_says_no() {
        let mut node = notation::read("x", "{ a = [{ b = 1 }], c = 2 }").unwrap();
        let change = |path: &str| Change {
            path: path.to_owned(),
            value: Node::new(Value::Bool(true)),
        };
        assert!(change("a[0].n.m").apply(&mut node));
        assert_eq!(
            node.get("a").unwrap().items()[0].at("n.m").unwrap().bool(),
            Some(true)
        );
        assert!(!change("a[7].b").apply(&mut node));
        assert!(!change("c.d").apply(&mut node));
        assert_eq!(change("a[0].b").text(), "a[0].b = true");
    }
}
