//! `query`.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::QueryArguments;
use crate::config::ProvConfig;

/// Asks what there is; exit code 11 if something must be said first.
pub(super) fn run(arguments: &QueryArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let mut call = Map::new();
    call.insert("query".to_owned(), json!(arguments.query));
    if let Some(provider) = &arguments.provider {
        call.insert("provider".to_owned(), json!(provider));
    }
    call.insert("allow_partial".to_owned(), json!(arguments.allow_partial));
    if let Some(limit) = arguments.limit {
        call.insert("limit".to_owned(), json!(limit));
    }
    call.insert("show_sql".to_owned(), json!(arguments.show_sql));
    let printer = session.printer();
    let render = match printer.format() {
        Format::Json => None,
        Format::Table => Some("table"),
        Format::Markdown => Some("markdown"),
    };
    if let Some(render) = render {
        call.insert("render".to_owned(), json!(render));
    }
    let output = session.call(&Selection::default(), "query_infrastructure", call)?;
    match output.get("rendered").and_then(Value::as_str) {
        Some(text) => {
            program::printed(printer.data(text))?;
            if let Some(sql) = output.get("sql").and_then(Value::as_str) {
                printer.say(sql);
            }
        }
        None => {
            program::printed(printer.json(&output))?;
        }
    }
    match output.get("status").and_then(Value::as_str) {
        Some("needs_clarification") => Ok(Exit::InvalidArgument),
        _ => Ok(Exit::Ok),
    }
}
