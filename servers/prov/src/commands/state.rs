//! `state`: what is recorded.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::StateCommand;
use crate::commands::change::text;
use crate::config::ProvConfig;

/// Shows what `command` asks for.
pub(super) fn run(command: &StateCommand, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let (key, value, list, columns): (_, _, _, &[&str]) = match command {
        StateCommand::List => (
            None,
            None,
            "resources",
            &["address", "provider", "provider_id", "phase", "updated"],
        ),
        StateCommand::Show { address } => (Some("address"), Some(address), "resources", &[]),
        StateCommand::History { address } => (
            Some("address"),
            Some(address),
            "events",
            &["at", "kind", "detail"],
        ),
        StateCommand::Runs => (
            None,
            None,
            "runs",
            &["id", "name", "status", "owner", "started", "message"],
        ),
        StateCommand::Run { run } => (
            Some("run_id"),
            Some(run),
            "steps",
            &["name", "status", "attempt", "effect", "error"],
        ),
    };
    let mut call = Map::new();
    if let (Some(key), Some(value)) = (key, value) {
        call.insert(key.to_owned(), json!(value));
    }
    let output = session.call(&Selection::default(), "read_state", call)?;
    let printer = session.printer();
    if let Some(lease) = output.get("lease").filter(|_| printer.format() != Format::Json) {
        printer.say(&format!(
            "`{}` works on it until {}: {}",
            text(lease, "owner"),
            text(lease, "expires"),
            text(lease, "reason")
        ));
    }
    let items = output
        .get(list)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    match (printer.format(), columns) {
        (Format::Json, _) => program::printed(printer.json(&output)),
        // One resource has too many attributes for a table.
        (_, []) => program::printed(printer.json(items.first().unwrap_or(&Value::Null))),
        (_, columns) => {
            let rows: Vec<Vec<String>> = items
                .iter()
                .map(|item| columns.iter().map(|column| cell(item, column)).collect())
                .collect();
            program::printed(printer.table(columns, &rows))
        }
    }
}

fn cell(item: &Value, column: &str) -> String {
    match item.get(column) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
