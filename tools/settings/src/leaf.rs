//! What can be set: the leaves of the configuration's schema.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::Error;

/// One thing that can be set.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    /// Dotted.
    pub(crate) key: String,
    pub(crate) variable: String,
    pub(crate) kind: Kind,
    pub(crate) doc: String,
    pub(crate) secret: bool,
}

/// What a leaf takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Text,
    Integer {
        minimum: Option<i128>,
        maximum: Option<i128>,
    },
    Number,
    Boolean,
    OneOf(Vec<String>),
    List(Box<Kind>),
    /// A table whose keys are free.
    Table,
    /// Anything; the struct decides.
    Any,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("string"),
            Self::Integer {
                minimum: Some(minimum),
                maximum: Some(maximum),
            } => write!(f, "integer from {minimum} to {maximum}"),
            Self::Integer {
                minimum: Some(minimum),
                maximum: None,
            } => write!(f, "integer of at least {minimum}"),
            Self::Integer { .. } => f.write_str("integer"),
            Self::Number => f.write_str("number"),
            Self::Boolean => f.write_str("boolean"),
            Self::OneOf(values) => {
                let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
                write!(f, "one of {}", quoted.join(", "))
            }
            Self::List(items) => write!(f, "list of {items}"),
            Self::Table => f.write_str("table"),
            Self::Any => f.write_str("value"),
        }
    }
}

/// Every leaf of `C`, in the order of the schema.
pub(crate) fn leaves<C: JsonSchema>(prefix: &str) -> Result<Vec<Leaf>, Error> {
    let mut generator = SchemaSettings::draft2020_12();
    generator.inline_subschemas = true;
    let schema = generator.into_generator().into_root_schema_for::<C>().to_value();
    let mut leaves = Vec::new();
    walk(&schema, "", prefix, &mut leaves);
    let mut variables = BTreeMap::new();
    for leaf in &leaves {
        if let Some(other) = variables.insert(leaf.variable.as_str(), &leaf.key) {
            return Err(Error::Declaration(format!(
                "`{other}` and `{}` share the variable `{}`",
                leaf.key, leaf.variable
            )));
        }
    }
    Ok(leaves)
}

fn walk(schema: &Value, key: &str, prefix: &str, leaves: &mut Vec<Leaf>) {
    let schema = present(schema);
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            let key = if key.is_empty() {
                name.clone()
            } else {
                format!("{key}.{name}")
            };
            // What a section says of itself is not about any one leaf in it.
            if present(property).get("properties").is_some() {
                walk(property, &key, prefix, leaves);
            } else {
                leaves.push(leaf(property, key, prefix));
            }
        }
    }
}

fn leaf(schema: &Value, key: String, prefix: &str) -> Leaf {
    let inner = present(schema);
    let doc = [schema, inner]
        .into_iter()
        .find_map(|schema| schema.get("description").and_then(Value::as_str));
    let is_secret = |schema: &Value| {
        schema.get("x-secret") == Some(&Value::Bool(true))
            || schema.get("format").and_then(Value::as_str) == Some("password")
    };
    let variable = format!("{prefix}_{key}")
        .to_uppercase()
        .replace(|character: char| !character.is_ascii_alphanumeric(), "_");
    Leaf {
        key,
        variable,
        kind: kind(inner),
        doc: doc
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        secret: is_secret(schema) || is_secret(inner),
    }
}

/// `schema` without the possibility of null around it.
fn present(schema: &Value) -> &Value {
    let branches = ["anyOf", "oneOf"]
        .iter()
        .find_map(|name| schema.get(name)?.as_array());
    let Some(branches) = branches else { return schema };
    let mut others = branches
        .iter()
        .filter(|branch| branch.get("type").and_then(Value::as_str) != Some("null"));
    match (others.next(), others.next()) {
        (Some(only), None) if branches.len() == 2 => present(only),
        _ => schema,
    }
}

fn kind(schema: &Value) -> Kind {
    if let Some(values) = constants(schema) {
        return Kind::OneOf(values);
    }
    let name = match schema.get("type") {
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Array(names)) => {
            let mut names = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null");
            match (names.next(), names.next()) {
                (Some(only), None) => only,
                _ => return Kind::Any,
            }
        }
        _ => return Kind::Any,
    };
    let bound = |name: &str| {
        let number = schema.get(name)?;
        number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
    };
    match name {
        "string" => Kind::Text,
        "integer" => {
            let (minimum, maximum) = width(schema.get("format").and_then(Value::as_str).unwrap_or_default());
            Kind::Integer {
                minimum: bound("minimum").or(minimum),
                maximum: bound("maximum").or(maximum),
            }
        }
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "array" => Kind::List(Box::new(
            schema
                .get("items")
                .map_or(Kind::Any, |items| kind(present(items))),
        )),
        "object" => Kind::Table,
        _ => Kind::Any,
    }
}

/// The bounds of an integer type, of those that a person would want to be told.
fn width(format: &str) -> (Option<i128>, Option<i128>) {
    match format {
        "int8" => (Some(i8::MIN.into()), Some(i8::MAX.into())),
        "int16" => (Some(i16::MIN.into()), Some(i16::MAX.into())),
        "int32" => (Some(i32::MIN.into()), Some(i32::MAX.into())),
        "uint8" => (Some(0), Some(u8::MAX.into())),
        "uint16" => (Some(0), Some(u16::MAX.into())),
        "uint32" => (Some(0), Some(u32::MAX.into())),
        _ => (None, None),
    }
}

/// The values of an enumeration of strings, written either way.
fn constants(schema: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().filter(|value| !value.is_null()).map(text).collect();
    }
    let branches = schema.get("oneOf")?.as_array()?;
    let mut values = Vec::new();
    for branch in branches {
        match (branch.get("const"), constants(branch)) {
            (Some(constant), _) => values.push(text(constant)?),
            (None, Some(more)) => values.extend(more),
            (None, None) => return None,
        }
    }
    Some(values)
}
