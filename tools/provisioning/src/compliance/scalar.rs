//! Values that can be compared, and how.

use std::cmp::Ordering;

use super::condition::{Comparison, Literal};
use super::judge::{Truth, truth};
use crate::{Node, Number, Value};

/// A value that can be compared.
#[derive(Clone, Copy)]
pub(super) enum Scalar<'a> {
    Text(&'a str),
    Number(f64),
    Bool(bool),
}

pub(super) fn of(node: &Node) -> Option<Scalar<'_>> {
    match &node.value {
        Value::Text(text) => Some(Scalar::Text(text)),
        Value::Bool(value) => Some(Scalar::Bool(*value)),
        Value::Number(Number::Real(value)) => Some(Scalar::Number(*value)),
        Value::Number(Number::Integer(value)) => Some(Scalar::Number(real(*value))),
        Value::Null | Value::List(_) | Value::Record(_) => None,
    }
}

pub(super) fn scalar(literal: &Literal) -> Scalar<'_> {
    match literal {
        Literal::Text(text) => Scalar::Text(text),
        Literal::Number(value) => Scalar::Number(real(*value)),
        Literal::Bool(value) => Scalar::Bool(*value),
    }
}

#[expect(clippy::cast_precision_loss, reason = "what rules compare is far below 2^53")]
fn real(value: i64) -> f64 {
    value as f64
}

pub(super) fn number(length: usize) -> f64 {
    u32::try_from(length).map_or(f64::INFINITY, f64::from)
}

/// Whether `wanted` is one of `items`; unknown if there are some and it can be compared with none of them.
pub(super) fn among<'s>(wanted: Scalar<'s>, items: impl Iterator<Item = Option<Scalar<'s>>>) -> Truth {
    let mut answer = None;
    for item in items {
        let same = item.map_or(Truth::Unknown, |item| compared(wanted, Comparison::Equal, item));
        match (same, answer) {
            (Truth::True, _) => return Truth::True,
            (Truth::False, _) => answer = Some(Truth::False),
            (Truth::Unknown, None) => answer = Some(Truth::Unknown),
            (Truth::Unknown, Some(_)) => {}
        }
    }
    answer.unwrap_or(Truth::False)
}

pub(super) fn compared(left: Scalar<'_>, comparison: Comparison, right: Scalar<'_>) -> Truth {
    let order = match (left, right) {
        (Scalar::Text(left), Scalar::Text(right)) => Some(left.cmp(right)),
        (Scalar::Number(left), Scalar::Number(right)) => left.partial_cmp(&right),
        (Scalar::Bool(left), Scalar::Bool(right)) => Some(left.cmp(&right)),
        _ => None,
    };
    let Some(order) = order else {
        return Truth::Unknown;
    };
    truth(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::Unequal => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::AtMost => order != Ordering::Greater,
        Comparison::More => order == Ordering::Greater,
        Comparison::AtLeast => order != Ordering::Less,
    })
}
