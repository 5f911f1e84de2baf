//! Text to values, and whether a value is what a leaf takes.

use serde_json::{Number, Value};
use toml_edit::Item;

use crate::leaf::Kind;

/// The value that `text` stands for in a variable or a flag; nothing if it stands for none of this kind.
pub(crate) fn from_text(text: &str, kind: &Kind) -> Option<Value> {
    let trimmed = text.trim();
    match kind {
        Kind::Text | Kind::OneOf(_) => Some(Value::from(text)),
        Kind::Integer { .. } => {
            let signed = trimmed.parse::<i64>().ok().map(Value::from);
            signed.or_else(|| trimmed.parse::<u64>().ok().map(Value::from))
        }
        Kind::Number => Number::from_f64(trimmed.parse().ok()?).map(Value::Number),
        Kind::Boolean => match trimmed {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::List(_) if trimmed.starts_with('[') => from_toml_text(trimmed),
        Kind::List(items) if trimmed.is_empty() => {
            Some(Value::Array(Vec::new())).filter(|_| **items != Kind::Table)
        }
        Kind::List(items) => trimmed
            .split(',')
            .map(|item| from_text(item.trim(), items))
            .collect(),
        Kind::Table => from_toml_text(trimmed),
        Kind::Any => from_toml_text(trimmed).or_else(|| Some(Value::from(text))),
    }
}

/// A value written as JSON or TOML.
fn from_toml_text(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    from_value(&text.parse().ok()?)
}

/// The value of a TOML item; nothing for numbers that JSON does not have.
pub(crate) fn from_toml(item: &Item) -> Option<Value> {
    match item {
        Item::None => None,
        Item::Value(value) => from_value(value),
        Item::Table(table) => table
            .iter()
            .map(|(name, item)| Some((name.to_owned(), from_toml(item)?)))
            .collect(),
        Item::ArrayOfTables(tables) => {
            let one = |table: &toml_edit::Table| from_toml(&Item::Table(table.clone()));
            Some(Value::Array(tables.iter().map(one).collect::<Option<_>>()?))
        }
    }
}

fn from_value(value: &toml_edit::Value) -> Option<Value> {
    Some(match value {
        toml_edit::Value::String(text) => Value::from(text.value().as_str()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => Value::Number(Number::from_f64(*number.value())?),
        toml_edit::Value::Boolean(truth) => Value::Bool(*truth.value()),
        toml_edit::Value::Datetime(time) => Value::from(time.value().to_string()),
        toml_edit::Value::Array(items) => Value::Array(items.iter().map(from_value).collect::<Option<_>>()?),
        toml_edit::Value::InlineTable(table) => {
            return table
                .iter()
                .map(|(name, value)| Some((name.to_owned(), from_value(value)?)))
                .collect();
        }
    })
}

/// Whether `value` is what `kind` takes.
pub(crate) fn fits(value: &Value, kind: &Kind) -> bool {
    match kind {
        Kind::Text => value.is_string(),
        Kind::Integer { minimum, maximum } => {
            let number = value
                .as_i64()
                .map(i128::from)
                .or_else(|| value.as_u64().map(i128::from));
            number.is_some_and(|number| {
                minimum.is_none_or(|least| number >= least) && maximum.is_none_or(|most| number <= most)
            })
        }
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::OneOf(values) => value
            .as_str()
            .is_some_and(|text| values.iter().any(|known| known == text)),
        Kind::List(items) => value
            .as_array()
            .is_some_and(|given| given.iter().all(|item| fits(item, items))),
        Kind::Table => value.is_object(),
        Kind::Any => true,
    }
}

/// `value` for an error message: its type and, unless it is long, itself.
pub(crate) fn shown(value: &Value) -> String {
    let kind = match value {
        Value::Null => "nothing",
        Value::Bool(_) => "the boolean",
        Value::Number(number) if number.is_f64() => "the number",
        Value::Number(_) => "the integer",
        Value::String(_) => "the string",
        Value::Array(_) => "the list",
        Value::Object(_) => "the table",
    };
    let text = value.to_string();
    let short: String = text.chars().take(60).collect();
    let rest = if short.len() < text.len() { "…" } else { "" };
    format!("{kind} `{short}{rest}`")
}
