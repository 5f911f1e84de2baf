//! `migrate`.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::MigrateArguments;
use crate::commands::input::Input;
use crate::commands::{input, validate};
use crate::config::ProvConfig;

/// Plans the migration from a file to another.
pub(super) fn run(arguments: &MigrateArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    if input::is_standard_input(&arguments.current) && input::is_standard_input(&arguments.target) {
        return Err(Failure::new(
            Exit::Usage,
            "standard input is one configuration and cannot become itself",
        )
        .hint("give `-` once, and a file for the other"));
    }
    let current = input::read(&arguments.current, session)?;
    let target = input::read(&arguments.target, session)?;
    let mut call = call(arguments, &current, &target)?;
    let printer = session.printer();
    let render = match (arguments.mermaid, printer.format()) {
        (true, _) => Some("mermaid"),
        (false, Format::Json) => None,
        (false, Format::Table) => Some("table"),
        (false, Format::Markdown) => Some("markdown"),
    };
    if let Some(render) = render {
        call.insert("render".to_owned(), json!(render));
    }
    let output = match session.call(&Selection::default(), "plan_migration", call) {
        Ok(output) => output,
        Err(failure) if failure.exit() == Exit::InvalidConfiguration => {
            let broken =
                validate::call(&current, true, session).is_ok_and(|output| !validate::holds(&output));
            let wrong = if broken { current } else { target };
            return validate::explained(failure, vec![wrong], "migrated", session);
        }
        Err(failure) => return Err(failure),
    };
    match output.get("rendered").and_then(Value::as_str) {
        Some(text) => program::printed(printer.data(text)),
        None => program::printed(printer.json(&output)),
    }
}

fn call(
    arguments: &MigrateArguments,
    current: &Input,
    target: &Input,
) -> Result<Map<String, Value>, Failure> {
    let mut call = Map::new();
    for (name, input) in [("current", current), ("target", target)] {
        call.insert(name.to_owned(), json!(input.text));
        if let Some(file_name) = &input.file_name {
            call.insert(format!("{name}_file_name"), json!(file_name));
        }
    }
    let moved: Vec<Value> = arguments
        .moved
        .iter()
        .map(|text| pair(text))
        .collect::<Result<_, _>>()?;
    call.insert("moved".to_owned(), json!(moved));
    for (name, number) in [
        ("bandwidth_mbit_s", arguments.bandwidth_mbit_s),
        ("cut_over_s", arguments.cut_over_s),
        ("max_parallel_moves", arguments.max_parallel_moves),
    ] {
        if let Some(number) = number {
            call.insert(name.to_owned(), json!(number));
        }
    }
    Ok(call)
}

/// `FROM=TO`, where either may be empty.
fn pair(text: &str) -> Result<Value, Failure> {
    let (from, to) = text.split_once('=').ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`--moved {text}` has no `=`"))
            .hint("write what it is called today, `=`, and what it is called in the target: `server.web=server.front`")
    })?;
    let mut pair = Map::new();
    for (name, address) in [("from", from), ("to", to)] {
        if !address.is_empty() {
            pair.insert(name.to_owned(), json!(address));
        }
    }
    Ok(Value::Object(pair))
}
