//! `plan`.

use console::{Exit, Failure};
use program::Session;
use serde_json::Value;

use crate::cli::PlanArguments;
use crate::commands::change::{self, Asked};
use crate::commands::{input, shown, store};
use crate::config::ProvConfig;

/// Shows what would happen; changes nothing.
pub(super) fn run(arguments: &PlanArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let workflow = match (&arguments.workflow, arguments.destroy) {
        (_, true) => "destroy",
        (Some(workflow), false) => workflow.as_str(),
        (None, false) => "apply",
    };
    let mut asked = Asked {
        workflow: workflow.to_owned(),
        input: arguments
            .file
            .as_ref()
            .map(|path| input::read(path, session))
            .transpose()?,
        allow_destroy: arguments.allow_destroy.clone(),
        no_refresh: arguments.no_refresh,
    };
    let plan = match change::planned("plan_changes", &mut asked, session)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    if let Some(path) = &arguments.out {
        let text = serde_json::to_string_pretty(plan.get("plan").unwrap_or(&Value::Null))
            .map_err(|error| Failure::new(Exit::Internal, "the plan cannot be written").because(&error))?;
        store::replace(path, &format!("{text}\n"))?;
        session
            .printer()
            .say(&format!("wrote the plan to `{}`", path.display()));
    }
    shown::print(&plan, session)
}
