//! `validate`.

use console::{Exit, Failure};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::ValidateArguments;
use crate::commands::findings;
use crate::commands::input::{self, Input};
use crate::config::ProvConfig;

/// Validates a file and prints every finding; exit code 3 if it does not hold.
pub(super) fn run(arguments: &ValidateArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let input = input::read(&arguments.file, session)?;
    let output = call(&input, !arguments.lenient, session)?;
    findings::print(session.printer(), &output)?;
    if holds(&output) {
        Ok(Exit::Ok)
    } else {
        Ok(Exit::InvalidConfiguration)
    }
}

/// What `validate_config` says of `input`. A text that is of no file of the workspace is called as the user calls it.
pub(super) fn call(input: &Input, strict: bool, session: &Session<'_, ProvConfig>) -> Result<Value, Failure> {
    let mut call = Map::new();
    call.insert("config".to_owned(), json!(input.text));
    call.insert("strict".to_owned(), json!(strict));
    if let Some(name) = &input.file_name {
        call.insert("file_name".to_owned(), json!(name));
    }
    let mut output = session.call(&Selection::default(), "validate_config", call)?;
    if input.file_name.is_none() {
        findings::rename(&mut output, input::NAMELESS, &input.shown);
    }
    Ok(output)
}

/// Whether the answer is that the configuration holds.
pub(super) fn holds(output: &Value) -> bool {
    output.get("valid").and_then(Value::as_bool) == Some(true)
}

/// Prints what is wrong with the first of `inputs` that does not hold, so that it could not be `done`. A failure
/// carries no findings, so they are asked for; what validates or may not be validated failed for another reason, which
/// the failure says.
pub(super) fn explained(
    failure: Failure,
    inputs: Vec<Input>,
    done: &str,
    session: &Session<'_, ProvConfig>,
) -> Result<Exit, Failure> {
    // A tool evaluates all of them from the place of the first: imports start there.
    let first = inputs.first();
    let place = first.and_then(|input| input.file_name.clone());
    let shown = first.map(|input| input.shown.clone());
    for input in inputs {
        let input = Input {
            file_name: place.clone(),
            ..input
        };
        let Ok(mut output) = call(&input, true, session) else {
            return Err(failure);
        };
        if holds(&output) {
            continue;
        }
        if let Some(place) = place.as_deref().filter(|_| Some(&input.shown) != shown.as_ref()) {
            findings::rename(&mut output, place, &input.shown);
        }
        let failed = Failure::new(
            Exit::InvalidConfiguration,
            format!(
                "`{}` does not hold, so it cannot be {done} ({})",
                input.shown,
                findings::number(&output)
            ),
        )
        .hint(format!(
            "mend it until `prov validate {}` finds nothing",
            input.shown
        ));
        return findings::print_cause(session.printer(), &failed, &output);
    }
    Err(failure)
}
