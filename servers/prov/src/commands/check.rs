//! `check`.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::{CheckArguments, Report};
use crate::commands::{input, validate};
use crate::config::ProvConfig;

/// Checks a file and prints every result; exit code 3 if a rule fails or a waiver has expired.
pub(super) fn run(arguments: &CheckArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let input = input::read(&arguments.file, session)?;
    let mut call = Map::new();
    call.insert("config".to_owned(), json!(input.text));
    call.insert("framework".to_owned(), json!(arguments.framework));
    if let Some(name) = &input.file_name {
        call.insert("file_name".to_owned(), json!(name));
    }
    let printer = session.printer();
    let render = match (arguments.report, printer.format()) {
        (Some(Report::Sarif), _) => Some("sarif"),
        (Some(Report::Junit), _) => Some("junit"),
        (None, Format::Json) => None,
        (None, Format::Table) => Some("table"),
        (None, Format::Markdown) => Some("markdown"),
    };
    if let Some(render) = render {
        call.insert("render".to_owned(), json!(render));
    }
    let output = match session.call(&Selection::default(), "check_compliance", call) {
        Ok(output) => output,
        Err(failure) if failure.exit() == Exit::InvalidConfiguration => {
            return validate::explained(failure, vec![input], "checked", session);
        }
        Err(failure) => return Err(failure),
    };
    match output.get("rendered").and_then(Value::as_str) {
        Some(text) => program::printed(printer.data(text))?,
        None => program::printed(printer.json(&output))?,
    };
    Ok(verdict(&output, arguments.strict))
}

/// A waiver that has expired counts as much as what it no longer waives.
fn verdict(output: &Value, strict: bool) -> Exit {
    let counted = |key: &str| output.pointer(key).and_then(Value::as_u64).unwrap_or(0) > 0;
    let alarms = output.get("alarms").and_then(Value::as_array);
    let expired = alarms.is_some_and(|alarms| {
        alarms
            .iter()
            .any(|alarm| alarm.get("kind").and_then(Value::as_str) == Some("expired"))
    });
    if counted("/counts/fail") || expired || (strict && counted("/counts/unknown")) {
        Exit::InvalidConfiguration
    } else {
        Exit::Ok
    }
}
