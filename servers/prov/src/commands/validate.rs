//! `validate`.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::ValidateArguments;
use crate::commands::input;
use crate::config::ProvConfig;

/// Validates a file and prints every finding; exit code 3 if it does not hold.
pub(super) fn run(arguments: &ValidateArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let input = input::read(&arguments.file, session)?;
    let mut call = Map::new();
    call.insert("config".to_owned(), json!(input.text));
    call.insert("strict".to_owned(), json!(!arguments.lenient));
    if let Some(name) = input.file_name {
        call.insert("file_name".to_owned(), json!(name));
    }
    let output = session.call(&Selection::default(), "validate_config", call)?;
    let printer = session.printer();
    match printer.format() {
        Format::Json => program::printed(printer.json(&output))?,
        Format::Table => program::printed(printer.data(&text(&output)))?,
        Format::Markdown => program::printed(printer.table(&HEADER, &rows(&output)))?,
    };
    match output.get("valid").and_then(Value::as_bool) {
        Some(true) => Ok(Exit::Ok),
        _ => Ok(Exit::InvalidConfiguration),
    }
}

const HEADER: [&str; 5] = ["", "where", "field", "what is wrong", "next"];

/// Findings as a compiler would show them.
fn text(output: &Value) -> String {
    let mut lines = Vec::new();
    for (mark, finding) in findings(output) {
        lines.push(format!(
            "{mark}[{}]: {}",
            field(finding, "code"),
            field(finding, "message")
        ));
        let place = place(finding);
        if !place.is_empty() {
            lines.push(format!("  --> {place}"));
        }
        for (label, key) in [
            ("field", "path"),
            ("value", "value"),
            ("contract", "contract"),
            ("why", "reason"),
            ("next", "hint"),
        ] {
            if let Some(text) = finding.get(key).and_then(Value::as_str) {
                lines.push(format!("  {label:>8}: {text}"));
            }
        }
        lines.push(String::new());
    }
    lines.push(field(output, "summary").to_owned());
    lines.join("\n")
}

fn rows(output: &Value) -> Vec<Vec<String>> {
    findings(output)
        .map(|(mark, finding)| {
            vec![
                mark.to_owned(),
                place(finding),
                field(finding, "path").to_owned(),
                field(finding, "message").to_owned(),
                field(finding, "hint").to_owned(),
            ]
        })
        .collect()
}

fn findings(output: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let list = |key: &str| output.get(key).and_then(Value::as_array).into_iter().flatten();
    list("errors")
        .map(|finding| ("error", finding))
        .chain(list("warnings").map(|finding| ("warning", finding)))
}

fn place(finding: &Value) -> String {
    let number = |key: &str| finding.get(key).and_then(Value::as_u64);
    match (
        finding.get("file").and_then(Value::as_str),
        number("line"),
        number("column"),
    ) {
        (Some(file), Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        (Some(file), Some(line), None) => format!("{file}:{line}"),
        (Some(file), None, _) => file.to_owned(),
        (None, ..) => String::new(),
    }
}

fn field<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
