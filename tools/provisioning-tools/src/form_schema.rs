//! A form as a JSON schema: of all its answers for programs, of one group for a client that asks.

use provisioning::form::{
    Asked, Choices, Condition, Field, Form, Kind, Options, Rule, Source, Test, Value as Answer,
};
use provisioning::intent::{Catalogue, SecretReference};
use serde_json::{Map, Value, json};

/// Most options that a schema lists; of more, such as a provider's plans, the error of a wrong one names the nearest.
const LISTED: usize = 100;

/// The schema of the answers to `form`.
pub(crate) fn whole(form: &Form, catalogue: &Catalogue) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut cases = Vec::new();
    for (group, field) in form.fields() {
        let choices = field
            .options
            .as_ref()
            .map(|options| options.choices(None, catalogue));
        properties.insert(field.key.clone(), property(&group.title, field, choices.as_ref()));
        let wanted = !field.optional && field.defaults.is_empty();
        let conditions: Vec<&Condition> = group.when.iter().chain(&field.when).collect();
        match conditions.as_slice() {
            [] if wanted => required.push(field.key.clone()),
            [] => {}
            several => cases.extend(when(form, field, several, wanted)),
        }
        cases.extend(of_provider(form, field, catalogue));
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("form-schema://{}", form.id),
        "title": form.title,
        "description": form.description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if let Some(object) = schema.as_object_mut().filter(|_| !cases.is_empty()) {
        object.insert("allOf".to_owned(), Value::Array(cases));
    }
    schema
}

/// The schema of a round of questions: an object of strings, numbers and booleans, as a client can ask it.
pub(crate) fn flat<'a>(round: impl Iterator<Item = &'a Asked<'a>>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for asked in round {
        let field = asked.field;
        properties.insert(field.key.clone(), primitive(asked));
        // A default that waits for another answer, such as a provider's usual region, may still come.
        if !field.optional && field.defaults.is_empty() {
            required.push(field.key.clone());
        }
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn primitive(asked: &Asked<'_>) -> Value {
    let field = asked.field;
    let mut help: Vec<String> = field.help.clone().into_iter().collect();
    let mut schema = Map::from_iter([("title".to_owned(), json!(label(field)))]);
    let kind = match field.kind {
        Kind::Boolean => "boolean",
        Kind::Integer | Kind::SizeGb => "integer",
        _ => "string",
    };
    schema.insert("type".to_owned(), json!(kind));
    let listed = asked
        .choices
        .as_ref()
        .filter(|choices| !choices.values.is_empty());
    match (field.kind, listed) {
        (Kind::Choice, Some(choices)) if !choices.open && choices.values.len() <= LISTED => {
            schema.insert("enum".to_owned(), json!(choices.values));
        }
        (Kind::Choices, Some(choices)) => {
            help.push(format!(
                "Some of {}, with commas between.",
                choices.values.join(", ")
            ));
        }
        (Kind::Integers, _) => help.push("Numbers with commas between.".to_owned()),
        (Kind::Secret, _) => help.push(format!("It {}.", field.kind.rule())),
        _ => {}
    }
    for rule in field.rules.iter().filter(|_| kind == "integer") {
        match &rule.test {
            Test::Min(min) => schema.insert("minimum".to_owned(), json!(min)),
            Test::Max(max) => schema.insert("maximum".to_owned(), json!(max)),
            _ => None,
        };
    }
    if let Some(default) = &asked.default {
        let plain = match default {
            Answer::List(_) => json!(default.to_string()),
            default => json!(default),
        };
        schema.insert("default".to_owned(), plain);
    }
    if !help.is_empty() {
        schema.insert("description".to_owned(), json!(help.join(" ")));
    }
    Value::Object(schema)
}

fn label(field: &Field) -> String {
    match &field.unit {
        Some(unit) => format!("{} ({unit})", field.label),
        None => field.label.clone(),
    }
}

/// The schema of an answer to `field`.
fn property(group: &str, field: &Field, choices: Option<&Choices>) -> Value {
    let mut schema = Map::from_iter([("title".to_owned(), json!(label(field)))]);
    let help = field.help.as_deref().unwrap_or(&field.label);
    schema.insert("description".to_owned(), json!(format!("{group}: {help}")));
    let options = choices
        .filter(|choices| (1..=LISTED).contains(&choices.values.len()))
        .map(|choices| json!(choices.values));
    let mut part = Map::new();
    match field.kind {
        Kind::Boolean => part.insert("type".to_owned(), json!("boolean")),
        Kind::Integer | Kind::SizeGb | Kind::Integers => {
            part.insert("type".to_owned(), json!("integer"));
            part.insert("minimum".to_owned(), json!(0))
        }
        Kind::Choice | Kind::Choices => {
            part.insert("type".to_owned(), json!("string"));
            options.and_then(|options| part.insert("enum".to_owned(), options))
        }
        Kind::Secret => {
            part.insert("type".to_owned(), json!("string"));
            part.insert("pattern".to_owned(), json!(SecretReference::PATTERN))
        }
        Kind::Text | Kind::Cidr | Kind::Name | Kind::Version => {
            part.insert("type".to_owned(), json!("string"));
            pattern(field.kind).and_then(|pattern| part.insert("pattern".to_owned(), json!(pattern)))
        }
    };
    for rule in &field.rules {
        match &rule.test {
            Test::Length(min, max) if field.kind.many() => {
                schema.insert("minItems".to_owned(), json!(min));
                schema.insert("maxItems".to_owned(), json!(max));
            }
            _ => part.extend(said(rule)),
        }
    }
    if field.kind.many() {
        schema.insert("type".to_owned(), json!("array"));
        schema.insert("items".to_owned(), Value::Object(part));
        schema.insert("uniqueItems".to_owned(), json!(true));
    } else {
        schema.extend(part);
    }
    if let Some(default) = field.fixed_default() {
        schema.insert("default".to_owned(), json!(default));
    }
    Value::Object(schema)
}

fn pattern(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Name => Some("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"),
        Kind::Version => Some("^[0-9]{1,4}([.][0-9]{1,4}){0,2}$"),
        Kind::Cidr => Some("^[0-9]{1,3}([.][0-9]{1,3}){3}/[0-9]{1,2}$"),
        _ => None,
    }
}

/// A rule in the words of JSON schema.
fn said(rule: &Rule) -> Vec<(String, Value)> {
    let pair = |key: &str, value: Value| vec![(key.to_owned(), value)];
    match &rule.test {
        Test::Min(min) => pair("minimum", json!(min)),
        Test::Max(max) => pair("maximum", json!(max)),
        Test::MultipleOf(of) => pair("multipleOf", json!(of)),
        // There is no word for odd but this: not twice anything.
        Test::Odd => pair("not", json!({"multipleOf": 2})),
        Test::Pattern(pattern) => pair("pattern", json!(pattern.as_str())),
        Test::Length(min, max) => vec![
            ("minLength".to_owned(), json!(min)),
            ("maxLength".to_owned(), json!(max)),
        ],
        Test::OneOf(valid) => pair("enum", json!(valid)),
    }
}

/// A question that is only asked when `conditions` hold: required then if `wanted`, and refused otherwise.
fn when(form: &Form, field: &Field, conditions: &[&Condition], wanted: bool) -> Option<Value> {
    let all: Option<Vec<Value>> = conditions
        .iter()
        .map(|condition| self::condition(form, condition))
        .collect();
    let test = json!({"allOf": all?});
    let key = &field.key;
    let refused = json!({"properties": {key: false}});
    Some(match wanted {
        true => json!({"if": test, "then": {"required": [key]}, "else": refused}),
        false => json!({"if": test, "else": refused}),
    })
}

/// `condition` of the answers that are given. Nothing if it depends on a default that is computed: a schema cannot say
/// what an answer that is left out becomes.
fn condition(form: &Form, condition: &Condition) -> Option<Value> {
    let each = |list: &[Condition]| -> Option<Vec<Value>> {
        list.iter().map(|one| self::condition(form, one)).collect()
    };
    let compared = |key: &str, schema: Value, holds: &dyn Fn(&Answer) -> bool| {
        let field = form.field(key)?;
        // A question that may not apply itself has no value to compare then, whatever its default.
        let settled = field.when.is_none();
        match field.fixed_default() {
            Some(_) if !settled => None,
            Some(default) if holds(default) => Some(json!({"properties": {key: schema}})),
            None if !field.defaults.is_empty() => None,
            _ => Some(json!({"properties": {key: schema}, "required": [key]})),
        }
    };
    match condition {
        Condition::Is(key, wanted) => compared(key, json!({"const": wanted}), &|value| value == wanted),
        Condition::In(key, wanted) if form.field(key).is_some_and(|field| !field.kind.many()) => {
            compared(key, json!({"enum": wanted}), &|value| wanted.contains(value))
        }
        Condition::In(..) => None,
        Condition::Set(key, wanted) => {
            let field = form.field(key)?;
            let plain = field.defaults.is_empty() && field.when.is_none();
            let given = json!({"required": [key]});
            plain.then(|| match wanted {
                true => given,
                false => json!({"not": given}),
            })
        }
        Condition::All(list) => Some(json!({"allOf": each(list)?})),
        Condition::Any(list) => Some(json!({"anyOf": each(list)?})),
        Condition::Not(inner) => Some(json!({"not": self::condition(form, inner)?})),
    }
}

/// Options that depend on the provider, for each provider that has a list of them that can be read.
fn of_provider(form: &Form, field: &Field, catalogue: &Catalogue) -> Vec<Value> {
    let (Some(Options::From(source)), Some(chosen)) = (&field.options, form.provider_field()) else {
        return Vec::new();
    };
    if !source.of_provider() {
        return Vec::new();
    }
    let cases = Source::Providers
        .choices(None, catalogue)
        .values
        .into_iter()
        .filter_map(|provider| {
            let choices = source.choices(Some(&provider), catalogue);
            let listed = !choices.open && (1..=LISTED).contains(&choices.values.len());
            listed.then(|| {
                json!({
                    "if": {"properties": {&chosen.key: {"const": provider}}, "required": [&chosen.key]},
                    "then": {"properties": {&field.key: {"enum": choices.values}}},
                })
            })
        });
    cases.collect()
}
