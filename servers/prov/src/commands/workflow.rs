//! `workflow run`, `workflow resume`.

use console::{Exit, Failure};
use program::Session;
use serde_json::{Map, json};
use toolcall::Selection;

use crate::cli::{WorkflowCommand, WorkflowRunArguments};
use crate::commands::change::{self, Asked};
use crate::commands::{input, shown};
use crate::config::ProvConfig;

/// Runs what `command` says.
pub(super) fn run(command: &WorkflowCommand, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    match command {
        WorkflowCommand::Run(arguments) => execute(arguments, session),
        WorkflowCommand::Resume(arguments) => resume(&arguments.run, session),
    }
}

fn execute(arguments: &WorkflowRunArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let asked = Asked {
        workflow: arguments.name.clone(),
        input: Some(input::read(&arguments.file, session)?),
        allow_destroy: arguments.agree.allow_destroy.clone(),
        no_refresh: false,
    };
    change::executed(asked, &arguments.agree, session)
}

fn resume(run: &str, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let mut call = Map::new();
    call.insert("workflow_id".to_owned(), json!("resume"));
    call.insert("run_id".to_owned(), json!(run));
    call.insert("dry_run".to_owned(), json!(false));
    let output = session.call(&Selection::default(), "execute_workflow", call)?;
    shown::print(&output, session)?;
    Ok(change::verdict(&output))
}
