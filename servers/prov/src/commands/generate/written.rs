//! What is written where something was generated before: the merge, and what a person has to decide.

use console::{Failure, Format, Printer};
use program::Session;
use serde_json::{Map, Value, json};

use super::folder::{self, Body, Folder};
use super::{files, list};
use crate::cli::{DestinationArguments, OnConflict};
use crate::commands::{findings, input, validate as validation};
use crate::config::ProvConfig;

/// What the tool is to merge into, if something was generated into `folder` before.
pub(super) fn onto(folder: &Folder) -> Result<Option<Value>, Failure> {
    let Some(last) = folder.last() else {
        return Ok(None);
    };
    let mut onto = Vec::new();
    for (name, base) in &last.base {
        let mut file = json!({ "name": name, "base": base });
        if let (Some(text), Some(file)) = (folder.text(name)?, file.as_object_mut()) {
            file.insert("edited".to_owned(), json!(text));
        }
        onto.push(file);
    }
    Ok(Some(Value::Array(onto)))
}

/// Writes what came out, and remembers it. Gives what was done to which path.
pub(super) fn write(
    folder: &Folder,
    output: &Value,
    answers: Map<String, Value>,
    mode: OnConflict,
) -> Result<Vec<String>, Failure> {
    let generated = files(output);
    let mut body = Body {
        answers,
        templates: folder::templates(),
        base: generated
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
        rejected: Vec::new(),
    };
    let mut puts = Vec::new();
    match folder.last() {
        None => {
            for (name, text) in generated {
                puts.push(folder.put(name, Some(text.to_owned()))?);
            }
        }
        Some(last) => {
            for file in list(output, "merged") {
                let name = text(file, "name").unwrap_or_default();
                let marked = text(file, "marked");
                if marked.is_some() && mode == OnConflict::Reject {
                    puts.push(folder.put(&rejected(name), Some(rejection(output, name)))?);
                    body.rejected.push(name.to_owned());
                    // Not merged, so the next run has to merge it again with what it was made of.
                    body.base.remove(name);
                    if let Some(base) = last.base.get(name) {
                        body.base.insert(name.to_owned(), base.clone());
                    }
                    continue;
                }
                let merged = marked.or_else(|| text(file, "text"));
                puts.push(folder.put(name, merged.map(str::to_owned))?);
                if last.rejected.iter().any(|rejected| rejected == name) {
                    puts.push(folder.put(&rejected(name), None)?);
                }
            }
        }
    }
    folder.write(puts, body)
}

/// Tells each conflict; how many there are.
pub(super) fn told(output: &Value, mode: OnConflict, printer: &Printer) -> usize {
    let mut count: usize = 0;
    for conflict in list(output, "conflicts") {
        count = count.saturating_add(1);
        let file = text(conflict, "file").unwrap_or_default();
        let next = match mode {
            OnConflict::Reject => {
                format!("it is left as it is, both sides are in `{}`", rejected(file))
            }
            OnConflict::Inline => "both sides are in it, between markers".to_owned(),
        };
        printer.say(&format!("conflict: {}; {next}", heading(conflict)));
    }
    count
}

/// Validates the first file where it lies, and shows every finding: the tool has seen the files, but not what a person
/// imports into them.
pub(super) fn validate(
    destination: &DestinationArguments,
    output: &mut Value,
    session: &Session<'_, ProvConfig>,
) -> Result<(), Failure> {
    let first = files(output).first().map(|(name, _)| (*name).to_owned());
    let path = match (&destination.output, first) {
        (Some(folder), Some(first)) => folder.join(first),
        _ => return Ok(()),
    };
    if !path.exists() {
        return Ok(());
    }
    let input = input::read(&path, session)?;
    let found = validation::call(&input, true, session)?;
    if session.printer().format() != Format::Json {
        findings::print(session.printer(), &found)?;
    }
    if let Some(output) = output.as_object_mut() {
        for key in ["valid", "errors", "warnings"] {
            output.insert(key.to_owned(), found.get(key).cloned().unwrap_or_default());
        }
    }
    Ok(())
}

/// What lies beside a file whose conflicts are not in it.
fn rejected(name: &str) -> String {
    format!("{name}.rej")
}

/// The conflicts of the file `name`.
fn rejection(output: &Value, name: &str) -> String {
    let conflicts = list(output, "conflicts").filter(|conflict| text(conflict, "file") == Some(name));
    let shown = conflicts.map(|conflict| {
        let side = |key: &str| match text(conflict, key).unwrap_or_default() {
            "" => String::new(),
            lines => format!("{}\n", lines.trim_end_matches('\n')),
        };
        format!(
            "{}\n<<<<<<< edited\n{}=======\n{}>>>>>>> generated\n",
            heading(conflict),
            side("edited"),
            side("generated")
        )
    });
    shown.collect::<Vec<_>>().join("\n")
}

fn heading(conflict: &Value) -> String {
    format!(
        "`{}` from line {}: {}",
        text(conflict, "file").unwrap_or_default(),
        conflict.get("line").and_then(Value::as_u64).unwrap_or(1),
        text(conflict, "reason").unwrap_or_default()
    )
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}
