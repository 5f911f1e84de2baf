//! From values and their paths to an intent: a tree, read as the intent's own type, so that no path is known twice.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use toml::Value as Tree;

use super::value::Value;
use crate::intent::{Intent, Origin};

/// The last step of a path that fills a table: each value of a list becomes a name there that is true.
const EACH: &str = "*";
/// Largest number in a path.
const ENTRIES: usize = 63;

/// A place in an intent, such as `clusters.0.workers`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    At(usize),
}

/// A value and where it goes.
pub(super) struct Filling<'f> {
    pub(super) path: &'f Path,
    pub(super) value: &'f Value,
    pub(super) origin: Origin,
}

impl Path {
    /// The path that `text` writes.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        const FORM: &str =
            "is not a path such as `clusters.0.workers`: names and numbers up to 63 with `.` between";
        let steps = text.split('.').map(|part| match part.parse::<usize>() {
            Ok(at) if at <= ENTRIES => Some(Step::At(at)),
            Ok(_) => None,
            Err(_) => {
                let plain =
                    part == EACH || part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                (plain && !part.is_empty()).then(|| Step::Key(part.to_owned()))
            }
        });
        let steps: Option<Vec<Step>> = steps.collect();
        let steps = steps
            .filter(|steps| {
                steps.len() <= 8
                    && !steps
                        .iter()
                        .rev()
                        .skip(1)
                        .any(|step| *step == Step::Key(EACH.to_owned()))
            })
            .ok_or(FORM)?;
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }

    /// As written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The path of each value that it fills, and the value.
    fn parts(&self, value: &Value) -> Vec<(Vec<Step>, Tree)> {
        match self.steps.split_last() {
            Some((Step::Key(last), table)) if last == EACH => value
                .parts()
                .iter()
                .map(|part| {
                    let mut steps = table.to_vec();
                    steps.push(Step::Key(part.to_string()));
                    (steps, Tree::Boolean(true))
                })
                .collect(),
            _ => vec![(self.steps.clone(), tree(value))],
        }
    }
}

/// The intent of `fillings`, and where each of its values comes from.
///
/// Entries of a list are numbered as they come out: with the second of two alone, it is the first.
pub(super) fn fill(fillings: Vec<Filling<'_>>) -> Result<(Intent, BTreeMap<String, Origin>), String> {
    let mut root = Node::Table(BTreeMap::new());
    for filling in fillings {
        for (steps, value) in filling.path.parts(filling.value) {
            root.put(&steps, value, &filling.origin)
                .ok_or_else(|| format!("`{}` is a value and a table at once", filling.path.text))?;
        }
    }
    let mut origins = BTreeMap::new();
    let tree = root.grow(String::new(), &mut origins);
    let intent = Intent::deserialize(tree).map_err(|error| error.message().to_owned())?;
    Ok((intent, origins))
}

fn tree(value: &Value) -> Tree {
    match value {
        Value::Flag(flag) => Tree::Boolean(*flag),
        Value::Number(number) => Tree::Integer(*number),
        Value::Text(text) => Tree::String(text.clone()),
        Value::List(list) => Tree::Array(list.iter().map(tree).collect()),
        // Refused before; a table is no value of an intent, so that it is refused here too.
        Value::Other(_) => Tree::Table(toml::Table::new()),
    }
}

enum Node {
    Leaf(Tree, Origin),
    Table(BTreeMap<String, Self>),
    List(BTreeMap<usize, Self>),
}

impl Node {
    /// Puts `value` at `steps`; nothing if something else is on the way.
    fn put(&mut self, steps: &[Step], value: Tree, origin: &Origin) -> Option<()> {
        let Some((first, rest)) = steps.split_first() else {
            *self = Self::Leaf(value, origin.clone());
            return Some(());
        };
        let empty = || match rest.first() {
            Some(Step::At(_)) => Self::List(BTreeMap::new()),
            _ => Self::Table(BTreeMap::new()),
        };
        let below = match (self, first) {
            (Self::Table(table), Step::Key(key)) => table.entry(key.clone()).or_insert_with(empty),
            (Self::List(list), Step::At(at)) => list.entry(*at).or_insert_with(empty),
            _ => return None,
        };
        below.put(rest, value, origin)
    }

    /// The tree, whose entries are numbered without gaps.
    fn grow(self, path: String, origins: &mut BTreeMap<String, Origin>) -> Tree {
        let below = |part: &str| match path.as_str() {
            "" => part.to_owned(),
            path => format!("{path}.{part}"),
        };
        match self {
            Self::Leaf(value, origin) => {
                origins.insert(path, origin);
                value
            }
            Self::Table(table) => {
                let grown = table.into_iter().map(|(key, node)| {
                    let value = node.grow(below(&key), origins);
                    (key, value)
                });
                Tree::Table(grown.collect())
            }
            Self::List(list) => {
                let grown = list
                    .into_values()
                    .enumerate()
                    .map(|(at, node)| node.grow(below(&at.to_string()), origins));
                Tree::Array(grown.collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(parts: &[(&str, Value)]) -> Result<(Intent, BTreeMap<String, Origin>), String> {
        let paths: Vec<Path> = parts.iter().map(|(path, _)| Path::read(path).unwrap()).collect();
        let fillings = paths.iter().zip(parts).map(|(path, (_, value))| Filling {
            path,
            value,
            origin: Origin::Answered {
                field: path.text.clone(),
            },
        });
        fill(fillings.collect())
    }

    #[test]
    fn entries_close_up_and_lists_become_names() {
        let (intent, origins) = filled(&[
            ("alerts.3.name", Value::from("b")),
            ("alerts.1.name", Value::from("a")),
            ("clusters.0.scaling.max", Value::Number(9)),
            (
                "clusters.0.addons.*",
                Value::List(vec![Value::from("prometheus")]),
            ),
        ])
        .unwrap();
        let names: Vec<&str> = intent.alerts.iter().map(|alert| alert.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(intent.clusters[0].addons["prometheus"]);
        assert_eq!(intent.clusters[0].scaling.unwrap().max, 9);
        assert!(origins.contains_key("alerts.0.name") && !origins.contains_key("alerts.3.name"));
    }

    #[test]
    fn what_an_intent_does_not_have_is_refused() {
        for (parts, part) in [
            (vec![("clusters.0.worker", Value::Number(1))], "unknown field"),
            (vec![("clusters.0.name", Value::Number(1))], "invalid type"),
            (
                vec![
                    ("servers.0", Value::Number(1)),
                    ("servers.0.cpu", Value::Number(1)),
                ],
                "at once",
            ),
        ] {
            let said = filled(&parts).unwrap_err();
            assert!(said.contains(part), "{said}");
        }
        for bad in ["", "a..b", "a.99", "*.a", "A", "a b"] {
            assert!(Path::read(bad).is_err(), "{bad}");
        }
    }
}
