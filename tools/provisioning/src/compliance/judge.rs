//! Whether a condition holds of a resource: true, false or unknown, and because of which value.
//!
//! INVARIANT: what is not there is unknown, and unknown is never true: `not` leaves it unknown, `and` and `or` follow
//! Kleene. Only `exists` and a default of the schema turn an absent field into an answer. What cannot be compared with
//! anything is unknown too, and so is what takes more steps than its budget has.

use super::budget::Budget;
use super::condition::{Condition, Field, Operand, Origin, version};
use super::index::Indexes;
use super::network::Block;
use super::scalar::{Scalar, among, compared, number, of, scalar};
use crate::{Node, Span, Value};

/// The answer to a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Something that it asks about is not there, or not of a kind that could answer.
    Unknown,
}

/// The value that decided.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// Where, such as `networking.security_groups[0].ingress[1].cidrs`.
    pub(super) path: String,
    /// The value as Nickel text, shortened; absent if there is none.
    pub(super) value: Option<String>,
    /// Where it was written; that of what holds it, if the value came from a schema.
    pub(super) span: Option<Span>,
    /// Whether the schema gave it.
    pub(super) by_default: bool,
}

/// An answer and the value that decided.
pub(super) struct Judgement {
    pub(super) truth: Truth,
    pub(super) place: Option<Place>,
}

/// What a condition looks at: an element, and what it is in.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    root: &'a Node,
    resource: (&'a Node, &'a str),
    element: &'a Node,
    /// The list and the position by which `element` was reached from the scope around it.
    around: Option<(&'a Scope<'a>, &'a Field, usize)>,
    /// What is known of lists of the configuration.
    indexes: Option<&'a Indexes<'a>>,
    budget: &'a Budget,
    /// Whether the value that decides is looked for; answers alone are a tenth of the work.
    explain: bool,
}

impl<'a> Scope<'a> {
    /// Looks at `resource`, which is at `path` of `root`, for as long as `budget` lasts.
    pub(super) fn new(root: &'a Node, resource: &'a Node, path: &'a str, budget: &'a Budget) -> Self {
        Self {
            root,
            resource: (resource, path),
            element: resource,
            around: None,
            indexes: None,
            budget,
            explain: false,
        }
    }

    /// What is left of the steps for this rule and resource.
    pub(super) fn budget(self) -> &'a Budget {
        self.budget
    }

    /// Looks things up in `indexes`, which are of the same configuration.
    pub(super) fn with(mut self, indexes: &'a Indexes<'a>) -> Self {
        self.indexes = Some(indexes);
        self
    }

    /// The answer.
    pub(super) fn truth(self, condition: &Condition) -> Truth {
        match self.judge(condition).truth {
            // Whatever it looked like when the steps were spent.
            _ if self.budget.is_spent() => Truth::Unknown,
            truth => truth,
        }
    }

    /// The answer, and the value that decided.
    pub(super) fn explained(mut self, condition: &Condition) -> Judgement {
        self.explain = true;
        let judgement = self.judge(condition);
        match self.budget.is_spent() {
            true => Judgement {
                truth: Truth::Unknown,
                place: judgement.place,
            },
            false => judgement,
        }
    }

    fn judge(&self, condition: &Condition) -> Judgement {
        match condition {
            Condition::And(parts) => self.joined(parts, Truth::True, Truth::False),
            Condition::Or(parts) => self.joined(parts, Truth::False, Truth::True),
            Condition::Not(part) => {
                let Judgement { truth, place } = self.judge(part);
                let truth = match truth {
                    Truth::True => Truth::False,
                    Truth::False => Truth::True,
                    Truth::Unknown => Truth::Unknown,
                };
                Judgement { truth, place }
            }
            Condition::Any(list, each) => self.over(list, each, Truth::False, Truth::True),
            Condition::All(list, each) => self.over(list, each, Truth::True, Truth::False),
            Condition::Exists(field) => self.about(field, truth(self.find(field).is_some())),
            Condition::Compare(left, comparison, right) => {
                let answer = match (self.scalar(left), self.scalar(right)) {
                    (Some(left), Some(right)) => compared(left, *comparison, right),
                    _ => Truth::Unknown,
                };
                let telling = if self.missing(right) { right } else { left };
                self.told(telling, right, answer)
            }
            Condition::In(operand, list) => {
                let answer = match self.scalar(operand) {
                    Some(value) => among(value, list.iter().map(|literal| Some(scalar(literal)))),
                    None => Truth::Unknown,
                };
                self.told(operand, operand, answer)
            }
            Condition::Holds(operand) => {
                let answer = match self.scalar(operand) {
                    Some(Scalar::Bool(value)) => truth(value),
                    _ => Truth::Unknown,
                };
                self.told(operand, operand, answer)
            }
            Condition::Allows(ports) => {
                self.window(|from, to| ports.iter().any(|port| (from..=to).contains(&i64::from(*port))))
            }
            Condition::Spans(most) => self.window(|from, to| to.saturating_sub(from) >= i64::from(*most)),
            Condition::Empty(field) => self.asked(field, |node| match &node.value {
                Value::List(items) => Some(items.is_empty()),
                Value::Record(fields) => Some(fields.is_empty()),
                Value::Text(text) => Some(text.is_empty()),
                _ => None,
            }),
            Condition::Open(field) => {
                self.blocks(field, |blocks| blocks.iter().any(|block| block.is_internet()))
            }
            Condition::Private(field) => {
                self.blocks(field, |blocks| blocks.iter().all(|block| block.is_private()))
            }
            Condition::Wider(field, prefix) => self.blocks(field, |blocks| {
                blocks.iter().any(|block| block.prefix() < *prefix)
            }),
            Condition::StartsWith(field, start) => {
                self.asked(field, |node| Some(node.text()?.starts_with(start.as_str())))
            }
            Condition::Contains(field, part) => {
                let Some(wanted) = self.scalar(part) else {
                    return self.told(part, part, Truth::Unknown);
                };
                let answer = match (self.find(field).map(|node| &node.value), wanted) {
                    (Some(Value::List(items)), wanted) if self.budget.take(items.len()) => {
                        among(wanted, items.iter().map(of))
                    }
                    (Some(Value::Text(text)), Scalar::Text(wanted)) => truth(text.contains(wanted)),
                    _ => Truth::Unknown,
                };
                self.about(field, answer)
            }
            Condition::Older(field, than) => self.asked(field, |node| {
                Some(version(node.text()?)?.as_slice() < than.as_slice())
            }),
        }
    }

    /// Kleene's `and` and `or`: `decisive` from any part decides, unknown otherwise outweighs `neutral`.
    fn joined(&self, parts: &[Condition], neutral: Truth, decisive: Truth) -> Judgement {
        self.decide(parts.iter(), |scope, part| scope.judge(part), neutral, decisive)
    }

    /// The first of `parts` that gives `decisive` decides; unknown otherwise outweighs `neutral`. The answers come
    /// first, because only one part is named as the reason.
    fn decide<P>(
        &self,
        parts: impl Iterator<Item = P> + Clone,
        judge: impl Fn(&Scope<'_>, P) -> Judgement,
        neutral: Truth,
        decisive: Truth,
    ) -> Judgement {
        let silent = Scope {
            explain: false,
            ..*self
        };
        let mut truth = neutral;
        let mut named = None;
        for (position, part) in parts.clone().enumerate() {
            if !self.budget.take(1) {
                (truth, named) = (Truth::Unknown, None);
                break;
            }
            match judge(&silent, part).truth {
                answer if answer == decisive => {
                    (truth, named) = (answer, Some(position));
                    break;
                }
                Truth::Unknown if truth != Truth::Unknown => {
                    (truth, named) = (Truth::Unknown, Some(position));
                }
                _ => {}
            }
        }
        // Without steps there is nothing to tell but that.
        let place = (self.explain && !self.budget.is_spent()).then(|| {
            let mut parts = parts;
            match named {
                Some(position) => judge(self, parts.nth(position)?).place,
                None => parts.find_map(|part| judge(self, part).place),
            }
        });
        Judgement {
            truth,
            place: place.flatten(),
        }
    }

    /// `any` and `all` over a list.
    fn over(&self, list: &Field, each: &Condition, neutral: Truth, decisive: Truth) -> Judgement {
        let Some(Node {
            value: Value::List(items),
            ..
        }) = self.find(list)
        else {
            return self.about(list, Truth::Unknown);
        };
        let narrowed = match decisive {
            Truth::True => self.narrowed(list, each),
            // What an index leaves out is false, and that would decide.
            Truth::False | Truth::Unknown => None,
        };
        let judge = |scope: &Scope<'_>, (position, element): (usize, &Node)| {
            let inner = Scope {
                root: scope.root,
                resource: scope.resource,
                element,
                around: Some((scope, list, position)),
                indexes: scope.indexes,
                budget: scope.budget,
                explain: scope.explain,
            };
            inner.judge(each)
        };
        let judgement = match &narrowed {
            None => self.decide(items.iter().enumerate(), judge, neutral, decisive),
            Some(positions) => {
                let some = positions
                    .iter()
                    .filter_map(|position| Some((*position, items.get(*position)?)));
                self.decide(some, judge, neutral, decisive)
            }
        };
        match judgement.place {
            Some(_) => judgement,
            None => self.about(list, judgement.truth),
        }
    }

    /// Which elements of `list` have to be looked at, if an index says so.
    fn narrowed(&self, list: &Field, each: &Condition) -> Option<Vec<usize>> {
        let positions = self.indexes?.narrowed(list, each, |field| match field.origin {
            // In the list it would be another element.
            Origin::Element => None,
            Origin::Resource | Origin::Configuration => self.find(field)?.text(),
        })?;
        // To gather them took as long as to look at them does.
        self.budget.take(positions.len());
        Some(positions)
    }

    /// The ports that the firewall rule at hand lets through, as its protocol and two ports say.
    fn window(&self, question: impl FnOnce(i64, i64) -> bool) -> Judgement {
        let protocol = self.element.get("protocol").and_then(Node::text);
        let port = |name: &str| self.element.get(name).and_then(Node::integer);
        let (name, answer) = match (protocol, port("from_port"), port("to_port")) {
            (None, ..) => ("protocol", Truth::Unknown),
            (Some("icmp" | "icmpv6"), ..) => ("protocol", Truth::False),
            // Every protocol is every port, whatever is written beside it; and no first port is all of them.
            (Some("all"), ..) | (Some(_), None, _) => ("protocol", truth(question(1, 65_535))),
            (Some(_), Some(from), to) => ("from_port", truth(question(from, to.unwrap_or(from)))),
        };
        let place = self.explain.then(|| {
            self.place(&Field {
                origin: Origin::Element,
                names: vec![name.to_owned()],
            })
        });
        Judgement { truth: answer, place }
    }

    /// A question about the blocks in `field`; unknown if there are none, or if a text is no block.
    fn blocks(&self, field: &Field, question: impl FnOnce(&[Block]) -> bool) -> Judgement {
        self.asked(field, |node| {
            let blocks: Option<Vec<Block>> = match &node.value {
                Value::Text(text) => Some(vec![Block::parse(text)?]),
                Value::List(items) if self.budget.take(items.len()) => {
                    items.iter().map(|item| Block::parse(item.text()?)).collect()
                }
                _ => None,
            };
            blocks.map(|blocks| question(&blocks))
        })
    }

    fn asked(&self, field: &Field, question: impl FnOnce(&Node) -> Option<bool>) -> Judgement {
        let answer = self.find(field).and_then(question).map_or(Truth::Unknown, truth);
        self.about(field, answer)
    }

    fn told(&self, operand: &Operand, other: &Operand, answer: Truth) -> Judgement {
        match (operand, other) {
            (Operand::Field(field) | Operand::Count(field), _)
            | (Operand::Literal(_), Operand::Field(field) | Operand::Count(field)) => {
                self.about(field, answer)
            }
            (Operand::First(fields), _) | (Operand::Literal(_), Operand::First(fields)) => {
                let found = fields
                    .iter()
                    .find(|field| self.find(field).is_some())
                    .or(fields.first());
                match found {
                    Some(field) => self.about(field, answer),
                    None => Judgement {
                        truth: answer,
                        place: None,
                    },
                }
            }
            (Operand::Literal(_), Operand::Literal(_)) => Judgement {
                truth: answer,
                place: None,
            },
        }
    }

    fn missing(&self, operand: &Operand) -> bool {
        !matches!(operand, Operand::Literal(_)) && self.scalar(operand).is_none()
    }

    fn scalar<'b>(&self, operand: &'b Operand) -> Option<Scalar<'b>>
    where
        'a: 'b,
    {
        match operand {
            Operand::Literal(literal) => Some(scalar(literal)),
            Operand::Field(field) => of(self.find(field)?),
            Operand::First(fields) => of(fields.iter().find_map(|field| self.find(field))?),
            Operand::Count(field) => match &self.find(field)?.value {
                Value::List(items) => Some(Scalar::Number(number(items.len()))),
                Value::Record(fields) => Some(Scalar::Number(number(fields.len()))),
                _ => None,
            },
        }
    }

    /// The value of `field`; null is no value.
    fn find(&self, field: &Field) -> Option<&'a Node> {
        let start = match field.origin {
            Origin::Element => self.element,
            Origin::Resource => self.resource.0,
            Origin::Configuration => self.root,
        };
        let found = field.names.iter().try_fold(start, |node, name| node.get(name))?;
        (found.value != Value::Null).then_some(found)
    }

    /// `truth`, decided by `field`.
    fn about(&self, field: &Field, truth: Truth) -> Judgement {
        let place = self.explain.then(|| self.place(field));
        Judgement { truth, place }
    }

    fn place(&self, field: &Field) -> Place {
        let (mut path, start) = match field.origin {
            Origin::Element => (self.path(), self.element),
            Origin::Resource => (self.resource.1.to_owned(), self.resource.0),
            Origin::Configuration => (String::new(), self.root),
        };
        let mut span = own(start).or_else(|| own(self.resource.0));
        let mut node = Some(start);
        let mut by_default = false;
        for name in &field.names {
            push(&mut path, name);
            node = node.and_then(|node| node.get(name));
            if let Some(node) = node {
                by_default = node.span.is_some() && own(node).is_none();
                span = own(node).or(span);
            }
        }
        let value = node.filter(|node| node.value != Value::Null);
        Place {
            path,
            value: value.map(super::shown),
            span,
            by_default: by_default && value.is_some(),
        }
    }

    /// Where the element is.
    fn path(&self) -> String {
        match self.around {
            None => self.resource.1.to_owned(),
            Some((around, list, position)) => {
                let mut path = match list.origin {
                    Origin::Element => around.path(),
                    Origin::Resource => self.resource.1.to_owned(),
                    Origin::Configuration => String::new(),
                };
                for name in &list.names {
                    push(&mut path, name);
                }
                path.push_str(&format!("[{position}]"));
                path
            }
        }
    }
}

/// Appends a field's name to a path.
fn push(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// Where the user wrote `node`; a default of a shipped schema was written by nobody here.
fn own(node: &Node) -> Option<Span> {
    node.span
        .clone()
        .filter(|span| !span.file.starts_with("builtin:"))
}

pub(super) fn truth(value: bool) -> Truth {
    if value { Truth::True } else { Truth::False }
}

#[cfg(test)]
mod tests {
    use super::super::notation;
    use super::*;

    fn explained(resource: &str, condition: &str) -> Judgement {
        let node = notation::read("main.ncl", resource).unwrap();
        let condition = Condition::parse(condition).unwrap();
        let budget = Budget::new(10_000);
        let scope = Scope::new(&node, &node, "r", &budget);
        let judgement = scope.explained(&condition);
        assert_eq!(scope.truth(&condition), judgement.truth);
        assert!(!budget.is_spent());
        judgement
    }

    #[test]
    fn what_is_missing_is_unknown_however_it_is_asked() {
        for condition in [
            "a",
            "not a",
            "a == 1",
            "a != 1",
            "1 == a",
            "a < 1",
            "a in ['x']",
            "a or false",
            "a and true",
            "any(a, true)",
            "all(a, true)",
            "not any(a, true)",
            "empty(a)",
            "not empty(a)",
            "open(a)",
            "not open(a)",
            "private(a)",
            "wider(a, 8)",
            "not wider(a, 8)",
            "starts_with(a, 'x')",
            "contains(a, 'x')",
            "contains(resource, a)",
            "older(a, '1.0')",
            "not older(a, '1.0')",
            "count(a) == 0",
            "first(a, b) == 1",
            "allows(22)",
            "not allows(22)",
            "spans(5)",
            "a.b.c == 1",
            "config.a",
            "resource.a",
            "b == a",
        ] {
            assert_eq!(explained("{}", condition).truth, Truth::Unknown, "{condition}");
            assert_eq!(
                explained("{ a = null }", condition).truth,
                Truth::Unknown,
                "{condition} of null"
            );
        }
        assert_eq!(explained("{}", "exists(a)").truth, Truth::False);
        assert_eq!(explained("{}", "exists(a) and a == 1").truth, Truth::False);
    }

    #[test]
    fn what_cannot_be_compared_is_unknown() {
        for condition in ["a == 1", "a", "open(a)", "older(a, '1.0')", "a < true"] {
            assert_eq!(
                explained("{ a = \"x\" }", condition).truth,
                Truth::Unknown,
                "{condition}"
            );
        }
    }

    #[test]
    fn what_is_among_values_of_another_kind_is_unknown() {
        let resource =
            "{ n = 7, t = \"x\", texts = [\"x\"], mixed = [7, null, \"x\"], holes = [null, {}], none = [] }";
        for condition in [
            "n in ['a']",
            "not (n in ['a'])",
            "not (7 in ['a', true])",
            "contains(texts, 7)",
            "not contains(texts, n)",
            "not contains(holes, 'x')",
            "not contains(t, 7)",
        ] {
            assert_eq!(
                explained(resource, condition).truth,
                Truth::Unknown,
                "{condition}"
            );
        }
        for condition in [
            "n in ['a', 7]",
            "not (n in ['a', 8])",
            "not (n in [])",
            "contains(mixed, 'x')",
            "not contains(mixed, 'y')",
            "not contains(mixed, 8)",
            "not contains(none, 7)",
        ] {
            assert_eq!(explained(resource, condition).truth, Truth::True, "{condition}");
        }
    }

    #[test]
    fn ports_far_apart_are_subtracted() {
        let rule = "{ protocol = 'tcp, from_port = -9223372036854775807, to_port = 9223372036854775807 }";
        assert_eq!(explained(rule, "spans(100)").truth, Truth::True);
        let reversed = "{ protocol = 'tcp, from_port = 9223372036854775807, to_port = -9223372036854775807 }";
        assert_eq!(explained(reversed, "spans(100)").truth, Truth::False);
    }

    #[test]
    fn what_takes_too_many_steps_ends_and_is_unknown() {
        let items = "1, ".repeat(200);
        let node = notation::read("main.ncl", &format!("{{ a = [{items}] }}")).unwrap();
        for condition in [
            "all(config.a, all(config.a, all(config.a, true)))",
            "not any(config.a, any(config.a, not all(config.a, true)))",
            "all(config.a, all(config.a, contains(config.a, 1)))",
        ] {
            let budget = Budget::new(100_000);
            let condition = Condition::parse(condition).unwrap();
            let judgement = Scope::new(&node, &node, "", &budget).explained(&condition);
            assert_eq!(judgement.truth, Truth::Unknown, "{condition:?}");
            assert!(budget.is_spent());
            assert_eq!(budget.used(), 100_000);
        }
    }

    #[test]
    fn values_are_judged() {
        let resource = "{ a = 2, t = \"t3.large\", z = [\"x\", \"y\"], v = \"1.30\", on = true, e = [], \
            rules = [{ protocol = 'tcp, from_port = 20, to_port = 25, cidrs = [\"0.0.0.0/0\"] }, { protocol = 'icmp }] }";
        for condition in [
            "a == 2 and a >= 2 and a < 3",
            "starts_with(t, 't3.')",
            "contains(z, 'x')",
            "not older(v, '1.29')",
            "older(v, '1.31')",
            "on",
            "empty(e)",
            "all(e, false)",
            "count(z) == 2",
            "not any(e, true)",
            "any(rules, allows(22))",
            "not all(rules, allows(22))",
            "any(rules, open(cidrs))",
            "first(n, a) == 2",
            "any(z, this == 'y')",
            "any(rules, resource.a == 2 and config.a == 2)",
            "a in [1, 2]",
            "any(rules, spans(5))",
            "not any(rules, spans(6))",
        ] {
            assert_eq!(explained(resource, condition).truth, Truth::True, "{condition}");
        }
    }

    #[test]
    fn the_value_that_decided_is_named_with_its_line() {
        let resource =
            "{\n  rules = [\n    { protocol = 'tcp, from_port = 22, cidrs = [\"0.0.0.0/0\"] },\n  ],\n}";
        let judgement = explained(resource, "all(rules, not (allows(22) and open(cidrs)))");
        let place = judgement.place.unwrap();
        assert_eq!(judgement.truth, Truth::False);
        assert_eq!(place.path, "r.rules[0].from_port");
        assert_eq!(place.span.unwrap().line, 3);
        let missing = explained("{\n a = {}\n}", "a.b == 1").place.unwrap();
        assert_eq!((missing.path.as_str(), missing.value), ("r.a.b", None));
        assert_eq!(missing.span.unwrap().line, 2);
    }
}
