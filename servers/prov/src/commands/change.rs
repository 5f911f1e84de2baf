//! What `plan`, `apply`, `destroy` and `workflow` have in common: a plan, shown, agreed to, executed.

use console::{Asker, Exit, Failure, Format, Inquiry, Shape};
use program::Session;
use serde_json::{Map, Value, json};
use toolcall::Selection;

use crate::cli::AgreeArguments;
use crate::commands::{input, shown, validate};
use crate::config::ProvConfig;

/// What is asked for.
pub(super) struct Asked {
    /// `apply`, `destroy` or a workflow.
    pub(super) workflow: String,
    /// The configuration, if it needs one.
    pub(super) input: Option<input::Input>,
    /// Protected resources that may be deleted.
    pub(super) allow_destroy: Vec<String>,
    /// Whether the providers are not asked.
    pub(super) no_refresh: bool,
}

impl Asked {
    fn arguments(&self) -> Map<String, Value> {
        let mut call = Map::new();
        call.insert("workflow_id".to_owned(), json!(self.workflow));
        if let Some(input) = &self.input {
            call.insert("config".to_owned(), json!(input.text));
            if let Some(name) = &input.file_name {
                call.insert("file_name".to_owned(), json!(name));
            }
        }
        if !self.allow_destroy.is_empty() {
            call.insert("allow_destroy".to_owned(), json!(self.allow_destroy));
        }
        call.insert("refresh".to_owned(), json!(!self.no_refresh));
        call
    }
}

/// Plans with `tool`. Nothing comes back if the configuration does not hold, which is said then.
pub(super) fn planned(
    tool: &str,
    asked: &mut Asked,
    session: &Session<'_, ProvConfig>,
) -> Result<Result<Value, Exit>, Failure> {
    match session.call(&Selection::default(), tool, asked.arguments()) {
        Ok(output) => Ok(Ok(output)),
        Err(failure) if failure.exit() == Exit::InvalidConfiguration && asked.input.is_some() => {
            let inputs = asked.input.take().into_iter().collect();
            validate::explained(failure, inputs, "planned", session).map(Err)
        }
        Err(failure) => Err(failure),
    }
}

/// Plans, asks, executes.
pub(super) fn executed(
    mut asked: Asked,
    agree: &AgreeArguments,
    session: &Session<'_, ProvConfig>,
) -> Result<Exit, Failure> {
    let mut call = asked.arguments();
    if agree.simulate {
        call.insert("simulate".to_owned(), json!(true));
        let output = session.call(&Selection::default(), "execute_workflow", call)?;
        shown::print(&output, session)?;
        return Ok(verdict(&output));
    }
    let plan = match planned("execute_workflow", &mut asked, session)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    if text(&plan, "status") == "nothing_to_do" {
        shown::print(&plan, session)?;
        return Ok(Exit::Ok);
    }
    if session.printer().format() == Format::Table {
        session.printer().say(&shown::plan(&plan));
    }
    agreed(&plan, agree, session)?;
    call.insert("dry_run".to_owned(), json!(false));
    call.insert("plan_token".to_owned(), json!(token(&plan)?));
    let output = session.call(&Selection::default(), "execute_workflow", call)?;
    shown::print(&output, session)?;
    Ok(verdict(&output))
}

/// The token of a plan; a plan without one may not be executed, and says why.
fn token(plan: &Value) -> Result<&str, Failure> {
    if let Some(token) = plan.get("plan_token").and_then(Value::as_str) {
        return Ok(token);
    }
    let first = |list: &str| {
        plan.get(list)
            .and_then(Value::as_array)
            .and_then(|list| list.first())
    };
    let failure = match (first("blocked"), first("assumptions")) {
        (Some(blocked), _) => Failure::new(
            Exit::Denied,
            format!("the plan may not be executed: {}", text(blocked, "reason")),
        )
        .hint(text(blocked, "hint")),
        (None, Some(assumption)) => Failure::new(
            Exit::Unavailable,
            format!(
                "the plan may not be executed: {}",
                assumption.as_str().unwrap_or_default()
            ),
        )
        .hint("a real run has to ask the provider: start it, or give its credentials the way its own tools take them"),
        (None, None) => Failure::new(Exit::Denied, "the plan may not be executed").hint("plan again"),
    };
    Err(failure)
}

/// That somebody agrees to this plan: at the terminal, or before, by its hash.
fn agreed(plan: &Value, agree: &AgreeArguments, session: &Session<'_, ProvConfig>) -> Result<(), Failure> {
    let hash = text(plan, "plan_hash");
    if let Some(known) = &agree.plan_hash {
        // A prefix is enough to tell two plans of a person apart, and short enough to be read aloud.
        return match known.len() >= 8 && hash.starts_with(known.as_str()) {
            true => Ok(()),
            false => Err(
                Failure::new(Exit::Denied, format!("the plan is {hash} now, not {known}"))
                    .hint("look at the plan again, and give its hash"),
            ),
        };
    }
    token(plan)?;
    let asker = Asker::at_terminal(session.environment().get("NO_COLOR").is_some()).ok_or_else(|| {
        Failure::new(Exit::MissingArgument, "nobody is here to agree to the plan").hint(format!(
            "look at it with `prov plan`, then give `--yes --plan-hash {}`",
            short(hash)
        ))
    })?;
    let inquiry = Inquiry {
        prompt: "Execute this plan?",
        default: Some("no"),
        optional: false,
        shape: Shape::YesNo,
    };
    match asker.ask(&inquiry, &|_| Ok(()))?.as_deref() {
        Some("yes" | "y" | "true") => Ok(()),
        _ => {
            Err(Failure::new(Exit::Cancelled, "nothing was changed").hint("answer `yes` to execute the plan"))
        }
    }
}

/// What the exit code says of a run.
pub(super) fn verdict(output: &Value) -> Exit {
    match text(output, "status") {
        "succeeded" | "nothing_to_do" | "planned" | "open" => Exit::Ok,
        "cancelled" => Exit::Cancelled,
        _ => Exit::Unavailable,
    }
}

/// The beginning of a hash, for people.
pub(super) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// The text of a field; nothing if it has none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
