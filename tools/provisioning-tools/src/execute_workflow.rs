//! `execute_workflow`.

mod token;
mod work;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use provisioning::Evaluate;
use provisioning::site::Site;
use schemars::JsonSchema;
use serde::Deserialize;
use toolcall::{Effect, ErrorKind, Granted, Tool, ToolError, Toolset};

use crate::planning::{Output, Place, Planned, Planner, Request};
use crate::{Shelf, fail};

/// Plans and executes at the site it holds.
pub struct ExecuteWorkflow {
    planner: Planner,
}

/// Plan a change of real infrastructure, or execute a planned one with checkpoints and rollback.
///
/// `workflow_id` is `apply` (make `config` true), `destroy` (take away what is recorded, of `config` or all), `resume` (go on with `run_id`), or
/// the name of a workflow in `config`. With `dry_run`, the default, nothing changes: the answer is the plan with reasons, cost,
/// drift and rollback, and a `plan_token`. A real run needs that token; it is bound to this plan, this caller and a
/// deadline, and is used once. If anything changed since, it is refused. `simulate` runs it in memory. Show the
/// plan to a person before you execute it. Example: {"workflow_id": "apply", "config": "…"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// `apply`, `destroy`, `resume`, or the name of a workflow in `config`.
    workflow_id: String,
    /// Only plan.
    #[serde(default = "yes")]
    dry_run: bool,
    /// The configuration: Nickel text, not a path.
    #[serde(default)]
    config: Option<String>,
    /// The file the text came from, relative to the workspace: where imports start from.
    #[serde(default)]
    file_name: Option<String>,
    /// The token of the plan that is to be executed.
    #[serde(default)]
    plan_token: Option<String>,
    /// The run to go on with, for `resume`.
    #[serde(default)]
    run_id: Option<String>,
    /// Execute in memory, on a copy of the state: nothing real changes, and no token is needed.
    #[serde(default)]
    simulate: bool,
    /// Protected resources that may be deleted, such as `database.shop`.
    #[serde(default)]
    allow_destroy: Vec<String>,
    /// Ask the providers what is there. Without, the plan trusts what is recorded, and cannot be executed.
    #[serde(default = "yes")]
    refresh: bool,
}

fn yes() -> bool {
    true
}

impl ExecuteWorkflow {
    /// Works at `site`, with what `evaluate` and `shelf` know, as of `today`.
    #[must_use]
    pub fn new(
        evaluate: Arc<dyn Evaluate>,
        shelf: Arc<Shelf>,
        site: Arc<dyn Site>,
        today: fn() -> Date,
    ) -> Self {
        Self {
            planner: Planner {
                evaluate,
                shelf,
                site,
                today,
            },
        }
    }

    /// Executes what `planned` says, if the token agrees.
    async fn run(
        &self,
        granted: &Granted,
        params: &Params,
        place: &Place,
        planned: Planned,
    ) -> Result<Output, ToolError> {
        if let [first, ..] = planned.plan.blocked.as_slice() {
            return Err(ToolError::new(
                ErrorKind::Denied,
                format!("the plan may not be executed: {}", first.reason),
            )
            .hint(first.hint.clone()));
        }
        let spend = match (&params.plan_token, place.simulated) {
            (_, true) => None,
            (Some(text), false) => Some(token::verify(
                self.planner.site.as_ref(),
                text,
                &planned.hash,
                granted.caller(),
            )?),
            (None, false) => {
                return Err(
                    ToolError::new(ErrorKind::MissingArgument, "a real run needs a plan token")
                        .field("plan_token")
                        .hint("call with `dry_run` first: the answer has the plan and its token"),
                );
            }
        };
        if planned.is_empty() {
            return Ok(Output::of(planned, place.simulated, None, None));
        }
        let done = work::execute(self.planner.site.as_ref(), place, granted, &planned, spend).await?;
        Ok(Output::of(planned, place.simulated, None, Some(done)))
    }
}

impl Tool for ExecuteWorkflow {
    const NAME: &'static str = "execute_workflow";
    const TITLE: &'static str = "Plan or execute a change of infrastructure";
    const TOOLSET: Toolset = crate::INFRASTRUCTURE;
    const EFFECT: Effect = Effect::Destroy;
    const IDEMPOTENT: bool = false;
    const OPEN_WORLD: bool = true;
    const RESOURCE: &'static str = "Infrastructure";
    const DEADLINE: Duration = Duration::from_secs(6 * 3600);
    type Params = Params;
    type Output = Output;

    fn resource(params: &Params) -> String {
        params.workflow_id.clone()
    }

    async fn call(&self, granted: &Granted, params: Params) -> Result<Output, ToolError> {
        if params.workflow_id == "resume" {
            let state = self.planner.site.state().await.map_err(fail::state)?;
            return work::resume(self.planner.site.as_ref(), state, granted, &params).await;
        }
        let execute = params.simulate || !params.dry_run;
        let request = Request {
            workflow: params.workflow_id.clone(),
            config: params.config.clone(),
            file_name: params.file_name.clone(),
            allow_destroy: params.allow_destroy.clone(),
            refresh: params.refresh,
            simulate: params.simulate,
            execute,
        };
        let (place, planned) = self.planner.plan(granted, &request).await?;
        if !execute {
            let site = self.planner.site.as_ref();
            let token = match planned.executable() {
                true => Some(token::sign(site, &planned.hash, granted.caller())?),
                false => None,
            };
            return Ok(Output::of(planned, false, token, None));
        }
        self.run(granted, &params, &place, planned).await
    }
}

#[cfg(test)]
mod tests;
