//! `generate`.

mod folder;
mod written;

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::{DestinationArguments, GenerateArguments};
use crate::commands::store;
use crate::config::ProvConfig;
use folder::Folder;

/// Largest description read from standard input, in bytes; the tool's own bound is lower and says more.
const DESCRIPTION_BYTES: u64 = 1 << 20;

/// Generates files from a description, and prints or writes them; exit code 11 if it is not understood whole.
pub(super) fn run(arguments: &GenerateArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let description = match arguments.description.as_str() {
        "-" => program::read_standard_input(DESCRIPTION_BYTES)?,
        words => words.to_owned(),
    };
    let mut call = Map::new();
    call.insert("description".to_owned(), json!(description));
    for (name, value) in [
        ("provider", &arguments.provider),
        ("resource_type", &arguments.resource_type),
        ("file", &arguments.file),
    ] {
        if let Some(value) = value {
            call.insert(name.to_owned(), json!(value));
        }
    }
    call.insert("allow_partial".to_owned(), json!(arguments.allow_partial));
    deliver("generate_config", call, &arguments.destination, session)
}

/// Calls `tool`, says what came out, and prints the files, or merges them into the folder and writes it.
pub(super) fn deliver(
    tool: &str,
    mut call: Map<String, Value>,
    destination: &DestinationArguments,
    session: &Session<'_, ProvConfig>,
) -> Result<Exit, Failure> {
    let folder = destination.output.as_deref();
    let folder = folder
        .map(|path| Folder::open(path, destination.force))
        .transpose()?;
    let answers = call.clone();
    if let Some(onto) = folder.as_ref().map(written::onto).transpose()?.flatten() {
        call.insert("onto".to_owned(), onto);
    }
    let mut output = session.call(&Selection::default(), tool, call)?;
    let printer = session.printer();
    for line in talk(&output) {
        printer.say(&line);
    }
    let mut conflicts = 0;
    if let Some(folder) = &folder
        && !files(&output).is_empty()
    {
        store::whole(&output, "what was generated or edited")?;
        for done in written::write(folder, &output, answers, destination.conflict)? {
            printer.say(&done);
        }
        conflicts = written::told(&output, destination.conflict, printer);
        if folder.last().is_some() {
            written::validate(destination, &mut output, session)?;
        }
    }
    match printer.format() {
        Format::Json => program::printed(printer.json(&output))?,
        Format::Table | Format::Markdown if folder.is_none() && !files(&output).is_empty() => {
            let markdown = printer.format() == Format::Markdown;
            program::printed(printer.data(&text(&output, markdown)))?
        }
        Format::Table | Format::Markdown => Exit::Ok,
    };
    let field = |name: &str| output.get(name);
    let clear = field("status").and_then(Value::as_str) != Some("needs_clarification");
    match (clear, field("valid").and_then(Value::as_bool)) {
        (false, _) => Ok(Exit::InvalidArgument),
        (true, Some(true)) if conflicts == 0 => Ok(Exit::Ok),
        (true, _) => Ok(Exit::InvalidConfiguration),
    }
}

/// Name and text of each file.
fn files(output: &Value) -> Vec<(&str, &str)> {
    list(output, "files")
        .filter_map(|file| Some((file.get("name")?.as_str()?, file.get("text")?.as_str()?)))
        .collect()
}

/// The files one after the other, each under its name.
fn text(output: &Value, markdown: bool) -> String {
    let file = |(name, text): (&str, &str)| {
        if markdown {
            format!("`{name}`\n\n```nickel\n{text}```\n")
        } else {
            format!("# --- {name}\n{text}")
        }
    };
    files(output)
        .into_iter()
        .map(file)
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end()
        .to_owned()
}

/// What a person wants to know beside the files.
fn talk(output: &Value) -> Vec<String> {
    let field = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut lines = vec![field(output, "summary")];
    for words in list(output, "not_understood") {
        let suggestions: Vec<String> = list(words, "suggestions")
            .filter_map(Value::as_str)
            .map(|word| format!("`{word}`"))
            .collect();
        let near = match suggestions.as_slice() {
            [] => String::new(),
            _ => format!("; near are {}", suggestions.join(", ")),
        };
        lines.push(format!(
            "not understood: `{}`: {}{near}",
            field(words, "text"),
            field(words, "reason")
        ));
    }
    for assumption in list(output, "assumptions") {
        lines.push(format!(
            "assumed: {} = {}: {}",
            field(assumption, "path"),
            field(assumption, "value"),
            field(assumption, "why")
        ));
    }
    for finding in list(output, "errors").chain(list(output, "warnings")) {
        lines.push(format!(
            "{}: {}",
            field(finding, "code"),
            field(finding, "message")
        ));
    }
    lines
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}
