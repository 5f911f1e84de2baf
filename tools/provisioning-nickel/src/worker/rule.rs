//! What a broken contract asked for, in words.

use nickel_lang_core::label::Label;
use nickel_lang_core::label::ty_path::Elem;
use nickel_lang_core::typ::{Type, TypeF};

/// The rule of a type such as `String`; `None` for a contract that speaks for itself.
pub(super) fn of(label: &Label) -> Option<&'static str> {
    match &part(&label.typ, label.path.iter()).typ {
        TypeF::String => Some("must be a string"),
        TypeF::Number => Some("must be a number"),
        TypeF::Bool => Some("must be `true` or `false`"),
        TypeF::Array(_) => Some("must be an array, such as `[1, 2]`"),
        TypeF::Dict { .. } | TypeF::Record(_) => Some("must be a record, such as `{ name = \"web\" }`"),
        TypeF::Enum(_) => Some("must be one of the tags of its type"),
        TypeF::Arrow(..) => Some("must be a function"),
        _ => None,
    }
}

/// The part of `typ` that a path leads to, as far as the two agree.
fn part<'a>(typ: &'a Type, mut path: impl Iterator<Item = &'a Elem>) -> &'a Type {
    match (&typ.typ, path.next()) {
        (TypeF::Array(item), Some(Elem::Array)) => part(item, path),
        (TypeF::Dict { type_fields, .. }, Some(Elem::Dict)) => part(type_fields, path),
        _ => typ,
    }
}

/// What to write instead, where a value has the wrong shape.
pub(super) fn remedy(rule: &str, value: &str) -> Option<String> {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match (rule, inner) {
        ("must be a string", None) if value.parse::<f64>().is_ok() || matches!(value, "true" | "false") => {
            Some(format!("write it with quotes: `\"{value}\"`"))
        }
        ("must be a string", None) => value
            .strip_prefix('\'')
            .map(|tag| format!("write it with quotes: `\"{tag}\"`")),
        ("must be `true` or `false`", Some("true" | "false")) => {
            inner.map(|inner| format!("write it without quotes: `{inner}`"))
        }
        (rule, Some(inner)) if is_numeric(rule) && inner.parse::<f64>().is_ok() => {
            Some(format!("write it without quotes: `{inner}`"))
        }
        // `1.30` is read as the number 1.3, so that what was meant cannot be said for certain.
        (rule, None) if rule.contains("in quotes") && value.contains('.') && value.parse::<f64>().is_ok() => {
            Some(format!(
                "write it with quotes: `\"{value}\"`, or `\"{value}0\"` if that was written, which is the same number"
            ))
        }
        (rule, None) if rule.contains("in quotes") && value.parse::<f64>().is_ok() => {
            Some(format!("write it with quotes: `\"{value}\"`"))
        }
        _ => None,
    }
}

/// Whether a schema's rule asks for nothing but a type.
pub(super) fn is_of_type(rule: &str) -> bool {
    rule == "must be a string"
}

fn is_numeric(rule: &str) -> bool {
    [
        "must be a number",
        "must be a whole number",
        "must be odd",
        "must not be",
    ]
    .iter()
    .any(|start| rule.starts_with(start))
}
