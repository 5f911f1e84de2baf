//! `estimate`.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::EstimateArguments;
use crate::commands::input::{self, Input};
use crate::commands::{findings, validate};
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
            return explained(failure, after, before, session);
        }
        Err(failure) => return Err(failure),
    };
    match output.get("rendered").and_then(Value::as_str) {
        Some(text) => program::printed(printer.data(text)),
        None => program::printed(printer.json(&output)),
    }
}

/// Prints what is wrong with the configuration that could not be priced. A failure carries no findings, so they are
/// asked for; what validates or may not be validated failed for another reason, which the failure says.
fn explained(
    failure: Failure,
    after: Input,
    before: Option<Input>,
    session: &Session<'_, ProvConfig>,
) -> Result<Exit, Failure> {
    // The tool evaluates both from the place of the first: imports start there.
    let (place, shown) = (after.file_name.clone(), after.shown.clone());
    for input in std::iter::once(after).chain(before) {
        let input = Input {
            file_name: place.clone(),
            ..input
        };
        let Ok(mut output) = validate::call(&input, true, session) else {
            return Err(failure);
        };
        if validate::holds(&output) {
            continue;
        }
        if let Some(place) = place.as_deref().filter(|_| input.shown != shown) {
            findings::rename(&mut output, place, &input.shown);
        }
        let failed = Failure::new(
            Exit::InvalidConfiguration,
            format!(
                "`{}` does not hold, so it cannot be priced ({})",
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
