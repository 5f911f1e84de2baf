//! `estimate`.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::EstimateArguments;
use crate::commands::{input, validate};
use crate::config::ProvConfig;

/// Prices a file, and the difference from another if asked.
pub(super) fn run(arguments: &EstimateArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let before = arguments.compare_with.as_deref();
    if input::is_standard_input(&arguments.file) && before.is_some_and(input::is_standard_input) {
        return Err(Failure::new(
            Exit::Usage,
            "standard input is one configuration and cannot be compared with itself",
        )
        .hint("give `-` once, and a file for the other"));
    }
    let after = input::read(&arguments.file, session)?;
    let before = before.map(|path| input::read(path, session)).transpose()?;
    let mut call = Map::new();
    call.insert("config".to_owned(), json!(after.text));
    if let Some(name) = &after.file_name {
        call.insert("file_name".to_owned(), json!(name));
    }
    if let Some(region) = &arguments.region {
        call.insert("region".to_owned(), json!(region));
    }
    if let Some(before) = &before {
        call.insert("compare_with".to_owned(), json!(before.text));
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
    let output = match session.call(&Selection::default(), "estimate_cost", call) {
        Ok(output) => output,
        Err(failure) if failure.exit() == Exit::InvalidConfiguration => {
            let inputs = std::iter::once(after).chain(before).collect();
            return validate::explained(failure, inputs, "priced", session);
        }
        Err(failure) => return Err(failure),
    };
    match output.get("rendered").and_then(Value::as_str) {
        Some(text) => program::printed(printer.data(text)),
        None => program::printed(printer.json(&output)),
    }
}
