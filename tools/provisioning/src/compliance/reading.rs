//! Takes records of a data file apart and collects everything that is wrong with them.

use super::{Error, Fault, nearest};
use crate::{Node, Value};

/// One file being taken apart.
pub(super) struct Reading<'a> {
    file: &'a str,
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    /// Nothing is wrong with `file` yet.
    pub(super) fn new(file: &'a str) -> Self {
        Self {
            file,
            faults: Vec::new(),
        }
    }

    /// `value`, if nothing is wrong.
    pub(super) fn done<T>(self, value: T) -> Result<T, Error> {
        match Error::of(self.faults) {
            None => Ok(value),
            Some(error) => Err(error),
        }
    }

    /// Something is wrong at `node`.
    pub(super) fn fault(&mut self, node: &Node, message: impl Into<String>) {
        self.hinted(node, message, None);
    }

    /// Something is wrong at `node`, and this would mend it.
    pub(super) fn hinted(&mut self, node: &Node, message: impl Into<String>, hint: Option<String>) {
        let mut fault = match &node.span {
            Some(span) => Fault::at(span, message),
            None => Fault {
                file: self.file.to_owned(),
                line: None,
                column: None,
                message: message.into(),
                hint: None,
            },
        };
        fault.hint = hint;
        self.faults.push(fault);
    }

    /// `node` is a record that has only these fields.
    pub(super) fn known(&mut self, node: &Node, fields: &[&'static str]) {
        let Value::Record(values) = &node.value else {
            self.fault(node, "here must be a record `{ … }`");
            return;
        };
        for (name, value) in values {
            if !fields.contains(&name.as_str()) {
                let hint = match nearest(name, fields.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? there are {}", fields.join(", ")),
                    None => format!("there are {}", fields.join(", ")),
                };
                self.hinted(value, format!("there is no field `{name}`"), Some(hint));
            }
        }
    }

    /// The text of the field `name`, which must be there and say something.
    pub(super) fn text(&mut self, node: &Node, name: &str) -> Option<String> {
        let Some(field) = node.get(name) else {
            self.fault(node, format!("`{name}` is missing"));
            return None;
        };
        match field.text().filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(text.to_owned()),
            None => {
                self.fault(field, format!("`{name}` must be a text that is not empty"));
                None
            }
        }
    }

    /// The text of the field `name`, if it is there.
    pub(super) fn optional(&mut self, node: &Node, name: &str) -> Option<String> {
        node.get(name)?;
        self.text(node, name)
    }

    /// The elements of the field `name`.
    pub(super) fn list<'n>(&mut self, node: &'n Node, name: &str, needed: bool) -> &'n [Node] {
        match node.get(name) {
            Some(field) => {
                if !matches!(field.value, Value::List(_)) {
                    self.fault(field, format!("`{name}` must be a list `[ … ]`"));
                }
                field.items()
            }
            None => {
                if needed {
                    self.fault(node, format!("`{name}` is missing"));
                }
                &[]
            }
        }
    }

    /// One of `words`, for which `text` at `node` stands.
    pub(super) fn one_of(&mut self, node: &Node, name: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = node.text().unwrap_or_default();
        let found = words.iter().copied().find(|word| *word == text);
        if found.is_none() {
            let hint = match nearest(text, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? there are {}", words.join(", ")),
                None => format!("there are {}", words.join(", ")),
            };
            self.hinted(
                node,
                format!("`{name}` cannot be {}", super::shown(node)),
                Some(hint),
            );
        }
        found
    }
}
