//! Finding nodes by a pattern, and saying something about them.

use crate::{Diagnostic, Node, Value};

/// A node and its path, such as `servers[0].name`.
#[derive(Debug, Clone)]
pub(super) struct Found<'a> {
    pub(super) path: String,
    pub(super) node: &'a Node,
}

/// Every node that `pattern` names, such as `servers[].networking.subnet`, in the order of the lists.
pub(super) fn all<'a>(root: &'a Node, pattern: &str) -> Vec<Found<'a>> {
    let root = Found {
        path: String::new(),
        node: root,
    };
    root.all(pattern)
}

impl<'a> Found<'a> {
    /// Every node below this one that `pattern` names.
    pub(super) fn all(&self, pattern: &str) -> Vec<Found<'a>> {
        let mut level = vec![self.clone()];
        for step in pattern.split('.') {
            level = level.iter().flat_map(|found| found.step(step)).collect();
        }
        level
    }

    /// The field `name`, if it is there.
    pub(super) fn field(&self, name: &str) -> Option<Found<'a>> {
        let node = self.node.get(name)?;
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Some(Found { path, node })
    }

    /// The text of the field `name`.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.node.get(name).and_then(Node::text)
    }

    /// A finding about this node.
    pub(super) fn finding(&self, code: &str, problem: &str, reason: &str, hint: String) -> Diagnostic {
        let span = self.node.span.as_ref();
        Diagnostic {
            file: span.map(|span| span.file.clone()),
            line: span.map(|span| span.line),
            column: span.map(|span| span.column),
            path: Some(self.path.clone()),
            value: shown(self.node),
            reason: Some(reason.to_owned()),
            hint: Some(hint),
            ..Diagnostic::error(code, format!("`{}` {problem}", self.path))
        }
    }

    fn step(&self, step: &str) -> Vec<Found<'a>> {
        match step.strip_suffix("[]") {
            None => self.field(step).into_iter().collect(),
            Some(name) => self.field(name).map(|list| list.items()).unwrap_or_default(),
        }
    }

    fn items(&self) -> Vec<Found<'a>> {
        let items = self.node.items().iter().enumerate();
        items
            .map(|(index, node)| Found {
                path: format!("{}[{index}]", self.path),
                node,
            })
            .collect()
    }
}

/// A plain value as it would be written.
fn shown(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(format!("{:?}", text.chars().take(120).collect::<String>())),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The first of `words`, quoted, for a hint.
pub(super) fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 10;
    let mut words = words.peekable();
    let first: Vec<String> = words
        .by_ref()
        .take(SHOWN)
        .map(|word| format!("`{word}`"))
        .collect();
    let more = if words.peek().is_some() { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}
