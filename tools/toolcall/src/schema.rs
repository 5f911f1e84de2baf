//! JSON schemas that every client accepts.
//!
//! MCP allows any JSON Schema 2020-12; clients do not. One unportable schema makes some of them drop the whole
//! server, so what schemars derives is rewritten here, once: no `$ref`, no `$defs`, no type arrays, no `null`
//! branches (optional means absent), no integer formats, an object at the root. [`lint`] says what a schema
//! still breaks; a test runs it over every tool.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// Which side of a call a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Arguments: what we accept.
    Input,
    /// Answers: what we send.
    Output,
}

/// The portable schema of `T`.
///
/// # Errors
/// A sentence that says which rule the type cannot meet, such as recursion.
pub fn portable<T: JsonSchema>(shape: Shape) -> Result<Map<String, Value>, String> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let settings = match shape {
        Shape::Input => settings.for_deserialize(),
        Shape::Output => settings.for_serialize(),
    };
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    rewrite(&mut schema);
    let Value::Object(mut root) = schema else {
        return Err("its schema is not an object".to_owned());
    };
    if shape == Shape::Input {
        root.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    root.entry("type")
        .or_insert_with(|| Value::String("object".into()));
    root.entry("properties")
        .or_insert_with(|| Value::Object(Map::new()));
    let broken = lint(&Value::Object(root.clone()));
    if broken.is_empty() {
        Ok(root)
    } else {
        Err(broken.join("; "))
    }
}

/// What a schema breaks of the portable rules; empty if nothing.
#[must_use]
pub fn lint(schema: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    if schema.get("type") != Some(&Value::String("object".into())) {
        broken.push("the root is not of type object".to_owned());
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if schema.get(key).is_some() {
            broken.push(format!("the root has `{key}`"));
        }
    }
    walk(schema, "", &mut broken);
    broken
}

fn walk(schema: &Value, path: &str, broken: &mut Vec<String>) {
    let Some(object) = schema.as_object() else { return };
    for key in ["$ref", "$defs", "definitions"] {
        if object.contains_key(key) {
            broken.push(format!("`{path}` has `{key}`"));
        }
    }
    if object.get("type").is_some_and(Value::is_array) {
        broken.push(format!("`{path}` has a list of types"));
    }
    if object.get("type") == Some(&Value::String("null".into())) {
        broken.push(format!("`{path}` is null"));
    }
    if let Some(Value::Object(properties)) = object.get("properties") {
        for (name, property) in properties {
            let path = format!("{path}/{name}");
            if property.get("description").is_none() {
                broken.push(format!("`{path}` has no description"));
            }
            walk(property, &path, broken);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = object.get(key) {
            walk(inner, &format!("{path}/{key}"), broken);
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for (index, inner) in object
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            walk(inner, &format!("{path}/{key}/{index}"), broken);
        }
    }
}

/// Rewrites `schema` and everything in it.
fn rewrite(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    drop_null(object);
    constants_to_enum(object);
    if object
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(is_number_format)
    {
        object.remove("format");
    }
    object.remove("title");
    object.remove("$schema");
    if object.get("default") == Some(&Value::Null) {
        object.remove("default");
    }
    for key in ["properties", "patternProperties"] {
        if let Some(Value::Object(properties)) = object.get_mut(key) {
            properties.values_mut().for_each(rewrite);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = object.get_mut(key) {
            rewrite(inner);
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(branches)) = object.get_mut(key) {
            branches.iter_mut().for_each(rewrite);
        }
    }
}

fn is_number_format(format: &str) -> bool {
    matches!(
        format,
        "int8"
            | "int16"
            | "int32"
            | "int64"
            | "int128"
            | "int"
            | "uint8"
            | "uint16"
            | "uint32"
            | "uint64"
            | "uint128"
            | "uint"
            | "float"
            | "double"
    )
}

/// `["string", "null"]` becomes `"string"`; `anyOf: [X, null]` becomes `X`.
fn drop_null(object: &mut Map<String, Value>) {
    let null = Value::String("null".into());
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| *kind != null);
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    let is_null = |branch: &Value| branch.get("type") == Some(&null);
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Value::Array(branches)) = object.get_mut("anyOf") else {
        return;
    };
    branches.retain(|branch| !is_null(branch));
    if let [Value::Object(only)] = branches.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}

/// `oneOf: [{const: a, description}, …]`, as schemars writes documented enums, becomes `enum: [a, …]` with the
/// descriptions joined: many clients ignore `oneOf`, all know `enum`.
fn constants_to_enum(object: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = object.get("oneOf") else {
        return;
    };
    let mut values = Vec::new();
    let mut texts = Vec::new();
    for branch in branches {
        let description = branch.get("description").and_then(Value::as_str);
        let constants: Vec<Value> = match (branch.get("const"), branch.get("enum")) {
            (Some(constant), _) => vec![constant.clone()],
            (None, Some(Value::Array(constants))) => constants.clone(),
            _ => return,
        };
        for constant in constants {
            if let (Some(text), Some(name)) = (description, constant.as_str()) {
                texts.push(format!("`{name}`: {}", text.trim_end_matches('.')));
            }
            values.push(constant);
        }
    }
    object.remove("oneOf");
    object
        .entry("type")
        .or_insert_with(|| Value::String("string".into()));
    object.insert("enum".into(), Value::Array(values));
    if !texts.is_empty() {
        let own = object
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim_end();
        let joined = [own, &texts.join("; ")].join(if own.is_empty() { "" } else { " " });
        object.insert("description".into(), Value::String(joined));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What to draw.
    #[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Sample {
        /// Some names.
        names: Option<Vec<String>>,
        /// How many.
        count: Option<u32>,
        /// Which colour.
        colour: Colour,
        /// A nested thing.
        nested: Option<Nested>,
    }

    #[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code)]
    enum Colour {
        /// Like blood.
        Red,
        /// Like grass.
        Green,
    }

    #[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Nested {
        /// Inside.
        inner: Option<Colour>,
    }

    #[test]
    fn options_enums_and_nesting_become_portable() {
        let schema = Value::Object(portable::<Sample>(Shape::Input).unwrap());
        assert_eq!(lint(&schema), Vec::<String>::new());
        let colour = &schema["properties"]["nested"]["properties"]["inner"];
        assert_eq!(colour["enum"], serde_json::json!(["red", "green"]));
        assert_eq!(schema["properties"]["count"]["type"], "integer");
        assert!(schema["properties"]["count"].get("format").is_none());
        assert_eq!(schema["required"], serde_json::json!(["colour"]));
    }

    #[test]
    fn lint_names_every_rule_that_is_broken() {
        let schema = serde_json::json!({
            "anyOf": [], "properties": {"a": {"$ref": "#/x"}, "b": {"type": ["string", "null"], "description": "b"}}
        });
        let broken = lint(&schema).join("\n");
        for part in [
            "root is not of type object",
            "root has `anyOf`",
            "`/a` has `$ref`",
            "`/a` has no description",
            "list of types",
        ] {
            assert!(broken.contains(part), "{part} not in {broken}");
        }
    }
}
