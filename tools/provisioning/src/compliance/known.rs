//! Whether the fields that a rule asks about are there, and whether they are compared with what they hold, by the
//! schemas: a field with a slip in its name would be unknown of every resource, and its rule would never fail.

use std::collections::BTreeMap;

use super::condition::{Condition, Field, Literal, Operand, Origin};
use crate::{AssetKind, Assets};

/// The schema of the configuration as a whole.
const WHOLE: &str = "configuration";
/// Kinds whose schema is not called as they are.
const FILES: [(&str, &str); 1] = [("network", "networking")];

/// Fields of every schema that is in force, by the name of its file without the ending.
pub(super) struct Known(BTreeMap<String, Schema>);

/// Records of a file; the one without a name is the file's own.
type Schema = BTreeMap<String, BTreeMap<String, Holds>>;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holds {
    Flag,
    Number,
    Text,
    /// A record of the same file.
    Record(String),
    /// What is not looked into.
    Other,
}

/// What is wrong with a field, and what there is instead.
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) hint: String,
}

impl Known {
    /// What the schemas of `assets` declare.
    pub(super) fn of(assets: &dyn Assets) -> Self {
        let schemas = assets.list(AssetKind::Schema).into_iter();
        Self(
            schemas
                .filter_map(|asset| Some((asset.path.strip_suffix(".ncl")?.to_owned(), schema(&asset.text))))
                .collect(),
        )
    }

    /// Everything that is wrong with the fields of `condition`, which is about resources of `kinds`.
    pub(super) fn wrong(&self, condition: &Condition, kinds: &[&str]) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        self.walk(condition, kinds, true, &mut wrong);
        wrong
    }

    /// `top` is whether the element at hand is the resource: within `any` and `all` it is one of a list.
    fn walk(&self, condition: &Condition, kinds: &[&str], top: bool, wrong: &mut Vec<Wrong>) {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts {
                    self.walk(part, kinds, top, wrong);
                }
            }
            Condition::Not(part) => self.walk(part, kinds, top, wrong),
            Condition::Any(list, each) | Condition::All(list, each) => {
                self.field(list, None, kinds, top, wrong);
                self.walk(each, kinds, false, wrong);
            }
            Condition::Compare(left, _, right) => {
                self.operand(left, literal(right), kinds, top, wrong);
                self.operand(right, literal(left), kinds, top, wrong);
            }
            Condition::In(operand, literals) => self.operand(operand, literals.first(), kinds, top, wrong),
            Condition::Holds(operand) => self.operand(operand, Some(&Literal::Bool(true)), kinds, top, wrong),
            Condition::Contains(field, operand) => {
                self.field(field, None, kinds, top, wrong);
                self.operand(operand, None, kinds, top, wrong);
            }
            Condition::Exists(field)
            | Condition::Empty(field)
            | Condition::Open(field)
            | Condition::Private(field)
            | Condition::Wider(field, _)
            | Condition::StartsWith(field, _)
            | Condition::Older(field, _) => self.field(field, None, kinds, top, wrong),
            Condition::Allows(_) | Condition::Spans(_) => {}
        }
    }

    fn operand(
        &self,
        operand: &Operand,
        with: Option<&Literal>,
        kinds: &[&str],
        top: bool,
        wrong: &mut Vec<Wrong>,
    ) {
        match operand {
            Operand::Literal(_) => {}
            Operand::Field(field) => self.field(field, with, kinds, top, wrong),
            Operand::Count(field) => self.field(field, None, kinds, top, wrong),
            Operand::First(fields) => {
                for field in fields {
                    self.field(field, with, kinds, top, wrong);
                }
            }
        }
    }

    /// A field is wrong if it is wrong of every kind: a rule may be about several, of which some have it.
    fn field(
        &self,
        field: &Field,
        with: Option<&Literal>,
        kinds: &[&str],
        top: bool,
        wrong: &mut Vec<Wrong>,
    ) {
        let kinds = match field.origin {
            Origin::Configuration => &[WHOLE],
            Origin::Element if !top => return,
            Origin::Element | Origin::Resource => kinds,
        };
        let each: Option<Vec<Wrong>> = kinds.iter().map(|kind| self.of_kind(field, with, kind)).collect();
        wrong.extend(each.and_then(|each| each.into_iter().next()));
    }

    /// What is wrong with `field` of a resource of `kind`; nothing where its schema is not known.
    fn of_kind(&self, field: &Field, with: Option<&Literal>, kind: &str) -> Option<Wrong> {
        let file = FILES
            .iter()
            .find(|(name, _)| *name == kind)
            .map_or(kind, |(_, file)| file);
        let schema = self.0.get(file)?;
        let mut record = schema.get("")?;
        let mut names = field.names.iter().peekable();
        while let Some(name) = names.next() {
            let Some(holds) = record.get(name) else {
                let there: Vec<&str> = record.keys().map(String::as_str).collect();
                return Some(Wrong {
                    message: format!(
                        "a {kind} has no field `{}`: `{name}` is not known",
                        field.names.join(".")
                    ),
                    hint: format!("there are {}", there.join(", ")),
                });
            };
            match (holds, names.peek()) {
                (Holds::Record(name), Some(_)) => record = schema.get(name)?,
                (holds, None) => return mismatch(field, holds, with?),
                _ => return None,
            }
        }
        None
    }
}

fn literal(operand: &Operand) -> Option<&Literal> {
    match operand {
        Operand::Literal(literal) => Some(literal),
        _ => None,
    }
}

fn mismatch(field: &Field, holds: &Holds, with: &Literal) -> Option<Wrong> {
    let (holds, hint) = match (holds, with) {
        (Holds::Flag, Literal::Number(_) | Literal::Text(_)) => ("true or false", "write `true` or `false`"),
        (Holds::Number, Literal::Bool(_) | Literal::Text(_)) => ("a number", "write a number without quotes"),
        (Holds::Text, Literal::Bool(_) | Literal::Number(_)) => ("text", "write text in single quotes"),
        _ => return None,
    };
    Some(Wrong {
        message: format!(
            "`{}` is {holds}, and is compared with something else",
            field.names.join(".")
        ),
        hint: hint.to_owned(),
    })
}

/// The records of a schema's text: `let Name = lib.closed {…} in` with its fields four spaces in, and the file's own
/// with its fields two spaces in.
fn schema(text: &str) -> Schema {
    let mut schema = Schema::new();
    let mut record = String::new();
    let mut field: Option<String> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("let ").and_then(|rest| rest.strip_suffix(" =")) {
            name.clone_into(&mut record);
            field = None;
        } else if line == "lib.closed {" {
            record.clear();
            field = None;
        }
        let indent = if record.is_empty() { "  " } else { "    " };
        let Some(rest) = line.strip_prefix(indent) else {
            continue;
        };
        if !rest.is_empty()
            && rest
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
        {
            schema
                .entry(record.clone())
                .or_default()
                .insert(rest.to_owned(), Holds::Other);
            field = Some(rest.to_owned());
        } else if let (Some(name), Some(contract)) = (&field, rest.trim_start().strip_prefix("| "))
            && let Some(holds) = holds(contract)
            && let Some(place) = schema.get_mut(&record).and_then(|fields| fields.get_mut(name))
            && *place == Holds::Other
        {
            *place = holds;
        }
    }
    schema
}

fn holds(contract: &str) -> Option<Holds> {
    let word = contract.split_whitespace().next()?;
    let texts = [
        "lib.Text",
        "lib.Name",
        "lib.Cidr",
        "lib.OneOf",
        "lib.Provider",
        "lib.Version",
        "lib.Url",
    ];
    let numbers = ["lib.Positive", "lib.Between", "lib.AtLeast", "lib.Port", "Number"];
    match word {
        "Bool" => Some(Holds::Flag),
        word if numbers.contains(&word) => Some(Holds::Number),
        word if texts.contains(&word) => Some(Holds::Text),
        word if word == contract && word.bytes().all(|c| c.is_ascii_alphanumeric()) => {
            Some(Holds::Record(word.to_owned()))
        }
        _ => None,
    }
}
