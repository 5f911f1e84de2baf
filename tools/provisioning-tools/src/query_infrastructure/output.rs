//! An answer on the wire. What the inventory holds is other people's text: it is cleaned, and it is data.

use provisioning::query::{
    Condition, Entry, Field, Filter, Matched, NotUnderstood, Rows, Scalar, Status, Test, Understood,
};
use redacted::clean;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What is there, and how the question was understood.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// `ok`; `partial` if words were left out because that was allowed; `needs_clarification` if there are no rows.
    pub(super) status: Word,
    /// The result in one sentence; what was left out stands here first.
    pub(super) summary: String,
    /// What the filter means, in words; made of the filter and not of the question.
    pub(super) interpretation: String,
    /// The filter: `entity`, `conditions` (`field`, `op`, `value`, or `all`, `any`, `not`), `sort`, `limit`, `group`,
    /// `aggregate`.
    filter: Map<String, Value>,
    /// Which words gave which condition.
    conditions: Vec<Said>,
    /// What nobody said outright.
    pub(super) assumptions: Vec<Assumed>,
    /// Words that are in no condition.
    pub(super) not_understood: Vec<Unclear>,
    /// How many there are, whatever the limit; absent without rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<u64>,
    /// Resources with what is recorded of them, clusters, or figures; absent if something must be said first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<Vec<Map<String, Value>>>,
    /// The database query, if asked for; values are `?`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sql: Option<String>,
    /// The answer as text, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rendered: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// Everything was understood.
    Ok,
    /// Something was left out, as the call allows.
    Partial,
    /// Something must be said first.
    NeedsClarification,
}

/// Words, and the condition they gave.
#[derive(Debug, Serialize, JsonSchema)]
struct Said {
    /// First character, and one past the last.
    span: [usize; 2],
    /// The words.
    text: String,
    /// The field.
    column: String,
    /// How it is compared.
    op: String,
    /// With what.
    #[schemars(with = "Option<Held>")]
    value: Value,
    /// Whether it is turned around.
    #[serde(skip_serializing_if = "is_false")]
    negated: bool,
    /// exact, alias, fuzzy or default.
    how: String,
}

/// What nobody said outright.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Assumed {
    /// The words; empty if there are none.
    pub(super) text: String,
    /// What they are taken for.
    pub(super) read_as: String,
    /// Why.
    pub(super) why: String,
}

/// Words that are in no condition.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Unclear {
    /// First character, and one past the last.
    span: [usize; 2],
    /// The words.
    pub(super) text: String,
    /// Why.
    pub(super) reason: String,
    /// What may have been meant.
    pub(super) suggestions: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Output {
    /// An answer; `empty` if the inventory holds nothing at all.
    pub(super) fn new(understood: &Understood, status: Status, rows: Option<&Rows>, empty: bool) -> Self {
        let filter = &understood.filter;
        Self {
            status: match status {
                Status::Ok => Word::Ok,
                Status::Partial => Word::Partial,
                Status::NeedsClarification => Word::NeedsClarification,
            },
            summary: summary(understood, status, rows, empty),
            interpretation: cleaned(&filter.to_string()),
            filter: wire(filter),
            conditions: understood.conditions.iter().map(said).collect(),
            assumptions: understood
                .assumptions
                .iter()
                .map(|assumption| Assumed {
                    text: cleaned(&assumption.text),
                    read_as: cleaned(&assumption.read_as),
                    why: assumption.why.clone(),
                })
                .collect(),
            not_understood: understood.not_understood.iter().map(unclear).collect(),
            total: rows.map(|rows| rows.total),
            rows: rows.map(|rows| rows.rows.iter().map(row).collect()),
            sql: None,
            rendered: None,
        }
    }
}

fn cleaned(text: &str) -> String {
    clean(text).into_owned()
}

fn summary(understood: &Understood, status: Status, rows: Option<&Rows>, empty: bool) -> String {
    let left: Vec<String> = understood
        .not_understood
        .iter()
        .map(|left| format!("`{}` ({})", cleaned(&left.text), left.reason))
        .collect();
    let text = match (status, rows) {
        (Status::Partial, Some(rows)) => {
            format!("left out: {}; {} found without it", left.join(", "), rows.total)
        }
        (_, Some(rows)) => format!("{} found", rows.total),
        _ => format!("not answered: {}", left.join(", ")),
    };
    match empty {
        true => format!("nothing is recorded yet: `prov apply` records; {text}"),
        false => text,
    }
}

fn said(matched: &Matched) -> Said {
    Said {
        span: [matched.place.start, matched.place.end],
        text: cleaned(&matched.text),
        column: matched.column.clone(),
        op: matched.op.sign().to_owned(),
        value: matched.value.as_ref().map_or(Value::Null, scalar),
        negated: matched.negated,
        how: matched.how.name().to_owned(),
    }
}

fn unclear(left: &NotUnderstood) -> Unclear {
    Unclear {
        span: [left.place.start, left.place.end],
        text: cleaned(&left.text),
        reason: left.reason.to_string(),
        suggestions: left.suggestions.iter().map(|text| cleaned(text)).collect(),
    }
}

/// The filter as JSON.
fn wire(filter: &Filter) -> Map<String, Value> {
    let sort = filter.sort.iter().map(|sort| {
        let order = if sort.descending {
            "descending"
        } else {
            "ascending"
        };
        json!({"field": sort.field.to_string(), "order": order})
    });
    let aggregate = filter.aggregate.as_ref().map(|aggregate| {
        json!({
            "function": aggregate.function.name(),
            "field": aggregate.field.as_ref().map(Field::to_string),
        })
    });
    Map::from_iter([
        ("entity".to_owned(), json!(filter.entity.name())),
        (
            "conditions".to_owned(),
            filter.conditions.iter().map(condition).collect(),
        ),
        ("sort".to_owned(), sort.collect()),
        ("limit".to_owned(), json!(filter.limit)),
        (
            "group".to_owned(),
            json!(filter.group.as_ref().map(Field::to_string)),
        ),
        ("aggregate".to_owned(), json!(aggregate)),
    ])
}

fn condition(part: &Condition) -> Value {
    let all = |parts: &[Condition]| parts.iter().map(condition).collect::<Value>();
    match part {
        Condition::Is(Test { field, op, value }) => json!({
            "field": cleaned(&field.to_string()),
            "op": op.sign(),
            "value": value.as_ref().map(scalar),
        }),
        Condition::Not(inner) => json!({ "not": condition(inner) }),
        Condition::All(parts) => json!({ "all": all(parts) }),
        Condition::Any(parts) => json!({ "any": all(parts) }),
    }
}

/// What a value can be: for the schema, which clients hold answers against.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Held {
    /// A text, a date or an amount of money.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    List(Vec<String>),
}

fn scalar(value: &Scalar) -> Value {
    match value {
        Scalar::Bool(yes) => json!(yes),
        Scalar::Number(number) => number_of(*number),
        Scalar::List(texts) => texts.iter().map(|text| json!(cleaned(text))).collect(),
        // Amounts and moments are texts, exact.
        other => json!(cleaned(&other.to_string())),
    }
}

/// A whole number without a point, so that 16 is 16.
fn number_of(number: f64) -> Value {
    let whole = number.fract() == 0.0 && number.abs() < 1e15;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    if whole {
        json!(number as i64)
    } else {
        json!(number)
    }
}

fn row(entry: &Entry) -> Map<String, Value> {
    let mut map = Map::new();
    match entry {
        Entry::Cluster { name, servers } => {
            map.insert("cluster".to_owned(), json!(cleaned(name)));
            map.insert("servers".to_owned(), json!(servers));
        }
        Entry::Figure { group, count, value } => {
            map.insert("group".to_owned(), json!(group.as_deref().map(cleaned)));
            map.insert("count".to_owned(), json!(count));
            map.insert("value".to_owned(), value.as_ref().map_or(Value::Null, scalar));
        }
        Entry::Resource(row) => {
            let fields = Field::ALL.into_iter().filter(|field| *field != Field::Currency);
            for field in fields {
                if let Some(value) = row.get(&field) {
                    map.insert(field.name().to_owned(), scalar(&value));
                }
            }
            if !row.tags.is_empty() {
                let tags = row
                    .tags
                    .iter()
                    .map(|(key, value)| (cleaned(key), json!(cleaned(value))));
                map.insert("tags".to_owned(), Value::Object(tags.collect()));
            }
        }
    }
    map
}
