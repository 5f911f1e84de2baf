//! `fmt`.

use std::path::Path;

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use similar::TextDiff;
use toolcall::Selection;

use crate::cli::FmtArguments;
use crate::commands::input::{self, Input};
use crate::commands::{findings, store, validate};
use crate::config::ProvConfig;

/// Lines around a change that a difference shows.
const CONTEXT: usize = 3;

/// Lays out files, or standard input; with `--check` and `--diff` nothing is written, and the exit code is 3 if something
/// would change (`--check`). A file that does not parse is told, and the others are still done.
pub(super) fn run(arguments: &FmtArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let standard_input = [Path::new("-").to_owned()];
    let files = match arguments.files.as_slice() {
        [] => standard_input.as_slice(),
        files => files,
    };
    let printer = session.printer();
    let mut exit = Exit::Ok;
    let mut done = Vec::new();
    for path in files {
        match one(path, arguments, session) {
            Ok(One::Formatted { file, changed }) => {
                if changed && arguments.check {
                    exit = worse(exit, Exit::InvalidConfiguration);
                }
                done.push(json!({ "file": file, "changed": changed }));
            }
            Ok(One::Told(code)) => exit = worse(exit, code),
            // One file's fault is not the others'.
            Err(failure) => exit = worse(exit, printer.fail(&failure)),
        }
    }
    if printer.format() == Format::Json && !done.is_empty() {
        program::printed(printer.json(&json!({ "files": done })))?;
    }
    Ok(exit)
}

/// How it went with one file.
enum One {
    /// It has a layout.
    Formatted { file: String, changed: bool },
    /// Its mistakes were printed.
    Told(Exit),
}

fn one(path: &Path, arguments: &FmtArguments, session: &Session<'_, ProvConfig>) -> Result<One, Failure> {
    let input = input::read(path, session)?;
    let call = Map::from_iter([("config".to_owned(), json!(input.text))]);
    let output = match session.call(&Selection::default(), "format_config", call) {
        Ok(output) => output,
        Err(failure) if failure.exit() == Exit::InvalidConfiguration => {
            return explained(&failure, &input, session);
        }
        Err(failure) => return Err(failure),
    };
    store::whole(&output, &format!("`{}`", input.shown))?;
    let text = output.get("text").and_then(Value::as_str).unwrap_or_default();
    let changed = text != input.text;
    let printer = session.printer();
    let people = printer.format() != Format::Json;
    if arguments.diff && changed && people {
        program::printed(printer.data(difference(&input, text).trim_end()))?;
    }
    if arguments.check || arguments.diff {
        if arguments.check && !arguments.diff && changed && people {
            program::printed(printer.data(&input.shown))?;
        }
    } else if input::is_standard_input(path) {
        match people {
            true => program::printed(printer.data(text.trim_end_matches('\n')))?,
            false => program::printed(printer.json(&output))?,
        };
    } else if changed {
        store::replace(&store::place(path, session.workspace())?, text)?;
        printer.say(&format!("formatted `{}`", input.shown));
    }
    Ok(One::Formatted {
        file: input.shown,
        changed,
    })
}

/// Prints where the text does not parse. A failure carries no findings, so they are asked for; where there are none, the
/// failure says what there is to say.
fn explained(failure: &Failure, input: &Input, session: &Session<'_, ProvConfig>) -> Result<One, Failure> {
    match validate::call(input, true, session) {
        // For people the findings say it all: the failure's own message is the first of them.
        Ok(output) if !validate::holds(&output) && session.printer().format() != Format::Json => {
            findings::print(session.printer(), &output)?;
            Ok(One::Told(failure.exit()))
        }
        Ok(output) if !validate::holds(&output) => {
            findings::print_cause(session.printer(), failure, &output).map(One::Told)
        }
        _ => Ok(One::Told(session.printer().fail(failure))),
    }
}

fn difference(input: &Input, text: &str) -> String {
    TextDiff::from_lines(input.text.as_str(), text)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&input.shown, &input.shown)
        .to_string()
}

/// The first thing that went wrong stays the exit code.
fn worse(before: Exit, now: Exit) -> Exit {
    match before {
        Exit::Ok => now,
        before => before,
    }
}
