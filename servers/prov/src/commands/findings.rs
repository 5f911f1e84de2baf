//! Findings as people and programs read them.

use console::{Exit, Failure, Format, Printer};
use serde_json::{Value, json};

const HEADER: [&str; 5] = ["", "where", "field", "what is wrong", "next"];

/// Prints what `validate_config` answered.
pub(super) fn print(printer: &Printer, output: &Value) -> Result<(), Failure> {
    match printer.format() {
        Format::Json => program::printed(printer.json(output))?,
        Format::Table => program::printed(printer.data(&text(output)))?,
        Format::Markdown => {
            program::printed(printer.table(&HEADER, &rows(output)))?;
            let said: Vec<String> = std::iter::once(field(output, "summary").to_owned())
                .chain(overrides(output))
                .map(|line| format!("\n{line}"))
                .collect();
            program::printed(printer.data(&said.join("\n")))?
        }
    };
    Ok(())
}

/// Prints a failure together with the findings that are its cause: on standard output as `validate` does, or within
/// the error for programs.
pub(super) fn print_cause(printer: &Printer, failure: &Failure, output: &Value) -> Result<Exit, Failure> {
    if printer.format() != Format::Json {
        print(printer, output)?;
        return Ok(printer.fail(failure));
    }
    let mut whole = failure.to_json();
    if let Some(error) = whole.get_mut("error").and_then(Value::as_object_mut) {
        let list = |key: &str| output.get(key).cloned().unwrap_or_else(|| json!([]));
        let details = json!({ "errors": list("errors"), "warnings": list("warnings") });
        error.insert("details".to_owned(), details);
    }
    // An error is said also by a quiet command.
    Printer::new(Format::Json, false).say(&whole.to_string());
    Ok(failure.exit())
}

/// Calls the file of findings `to` where the tool knows it as `from`.
pub(super) fn rename(output: &mut Value, from: &str, to: &str) {
    for key in ["errors", "warnings"] {
        let list = output.get_mut(key).and_then(Value::as_array_mut);
        for finding in list.into_iter().flatten().filter_map(Value::as_object_mut) {
            if finding.get("file").and_then(Value::as_str) == Some(from) {
                finding.insert("file".to_owned(), json!(to));
            }
        }
    }
}

/// How many errors there are: `1 error`, `2 errors`.
pub(super) fn number(output: &Value) -> String {
    let errors = output.get("errors").and_then(Value::as_array).map_or(0, Vec::len);
    match errors {
        1 => "1 error".to_owned(),
        errors => format!("{errors} errors"),
    }
}

/// Schemas of the workspace that took part: they may let through what the shipped ones refuse.
fn overrides(output: &Value) -> Vec<String> {
    let assets = output.get("checked_against").and_then(Value::as_array);
    assets
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|asset| !asset.starts_with("builtin:"))
        .map(|asset| format!("checked against {asset} (of the workspace)"))
        .collect()
}

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
    lines.extend(overrides(output));
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
