//! `explain`.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::ExplainArguments;
use crate::commands::input;
use crate::config::ProvConfig;

/// Explains a value of a file: what set it, what that stands above, what it must hold to.
pub(super) fn run(arguments: &ExplainArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let input = input::read(&arguments.file, session)?;
    let mut call = Map::new();
    call.insert("config".to_owned(), json!(input.text));
    call.insert("path".to_owned(), json!(arguments.path));
    if let Some(name) = &input.file_name {
        call.insert("file_name".to_owned(), json!(name));
    }
    let output = session.call(&Selection::default(), "explain_value", call)?;
    // A text that is of no file of the workspace is called as the user calls it.
    let own = input.file_name.is_none().then_some(input.shown.as_str());
    let printer = session.printer();
    match printer.format() {
        Format::Json => program::printed(printer.json(&output)),
        Format::Table | Format::Markdown => program::printed(printer.data(&text(&output, own))),
    }
}

fn text(output: &Value, own: Option<&str>) -> String {
    let field = |value: &'_ Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64).unwrap_or_default();
    let list = |key: &str| output.get(key).and_then(Value::as_array).into_iter().flatten();
    let file = |value: &Value| match (field(value, "file"), own) {
        (name, Some(own)) if name == input::NAMELESS => own.to_owned(),
        (name, _) => name,
    };
    let summary = field(output, "summary");
    let mut lines = vec![match own {
        Some(own) => summary.replace(&format!(" {}:", input::NAMELESS), &format!(" {own}:")),
        None => summary,
    }];
    for line in list("provenance").filter_map(Value::as_str) {
        lines.push(format!("       why: {}", line.trim_start_matches("# ")));
    }
    for (at, definition) in list("definitions").enumerate() {
        lines.push(format!(
            "{:>10}: {}:{}:{}: {} ({})",
            if at == 0 { "set" } else { "over" },
            file(definition),
            number(definition, "line"),
            number(definition, "column"),
            field(definition, "text"),
            field(definition, "priority")
        ));
    }
    for contract in list("contracts") {
        lines.push(format!(
            "  contract: {} ({}:{})",
            field(contract, "text"),
            file(contract),
            number(contract, "line")
        ));
    }
    if let Some(doc) = output.get("doc").and_then(Value::as_str) {
        lines.push(format!("   meaning: {}", doc.trim()));
    }
    lines.join("\n")
}
