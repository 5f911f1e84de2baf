//! `mcp call`.

use std::path::PathBuf;

use clap::Args;
use console::{Exit, Failure};
use serde_json::{Map, Value};

use crate::commands::printed;
use crate::commands::tools::SelectionArguments;
use crate::config::Config;
use crate::session::Session;

/// Largest arguments read from a file or a pipe, in bytes.
const ARGUMENTS_BYTES: u64 = 16 << 20;

/// `mcp call`.
#[derive(Debug, Args)]
pub struct CallArguments {
    /// The tool's name
    #[arg(value_name = "TOOL")]
    tool: String,

    /// The arguments as a JSON object
    #[arg(long, value_name = "JSON", conflicts_with = "args_file")]
    args: Option<String>,

    /// File with the arguments as a JSON object; `-` for standard input
    #[arg(long, value_name = "FILE")]
    args_file: Option<PathBuf>,

    #[command(flatten)]
    selection: SelectionArguments,
}

/// Calls a tool and prints exactly its structured output.
pub(crate) fn run<C: Config>(arguments: &CallArguments, session: &Session<'_, C>) -> Result<Exit, Failure> {
    let selection = arguments.selection.over(session.config().common().mcp);
    let given = read(arguments)?;
    let output = session.call(&selection, &arguments.tool, given)?;
    printed(session.printer().json(&output))
}

fn read(arguments: &CallArguments) -> Result<Map<String, Value>, Failure> {
    let (what, text) = match (&arguments.args, &arguments.args_file) {
        (Some(text), _) => ("--args".to_owned(), text.clone()),
        (None, Some(path)) if path.as_os_str() == "-" => (
            "standard input".to_owned(),
            crate::files::read_standard_input(ARGUMENTS_BYTES)?,
        ),
        (None, Some(path)) => (
            path.display().to_string(),
            crate::files::read_text(path, ARGUMENTS_BYTES)?,
        ),
        (None, None) => return Ok(Map::new()),
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::new(
            Exit::InvalidArgument,
            format!("the arguments in {what} are not a JSON object"),
        )
        .hint("write them like '{\"config\": \"…\"}'")),
        Err(error) => Err(Failure::new(
            Exit::InvalidArgument,
            format!("the arguments in {what} are not valid JSON"),
        )
        .because(&error)
        .hint("write them like '{\"config\": \"…\"}'")),
    }
}
