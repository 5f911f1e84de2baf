//! `estimate`.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::EstimateArguments;
use crate::commands::input;
use crate::config::ProvConfig;

/// Prices a file, and the difference from another if asked.
pub(super) fn run(arguments: &EstimateArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let input = input::read(&arguments.file, session)?;
    let mut call = Map::new();
    call.insert("config".to_owned(), json!(input.text));
    if let Some(name) = input.file_name {
        call.insert("file_name".to_owned(), json!(name));
    }
    if let Some(region) = &arguments.region {
        call.insert("region".to_owned(), json!(region));
    }
    if let Some(before) = &arguments.compare_with {
        call.insert(
            "compare_with".to_owned(),
            json!(input::read(before, session)?.text),
        );
    }
    let printer = session.printer();
    let render = match printer.format() {
        Format::Json => None,
        Format::Table => Some("table"),
        Format::Markdown => Some("markdown"),
    };
    if let Some(render) = render {
        call.insert("render".to_owned(), json!(render));
    }
    let output = session.call(&Selection::default(), "estimate_cost", call)?;
    match output.get("rendered").and_then(Value::as_str) {
        Some(text) => program::printed(printer.data(text)),
        None => program::printed(printer.json(&output)),
    }
}
