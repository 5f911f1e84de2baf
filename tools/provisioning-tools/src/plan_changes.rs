//! `plan_changes`.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use provisioning::Evaluate;
use provisioning::site::Site;
use schemars::JsonSchema;
use serde::Deserialize;
use toolcall::{Effect, Granted, Tool, ToolError, Toolset};

use crate::Shelf;
use crate::planning::{Output, Planner, Request};

/// Plans at the site it holds.
pub struct PlanChanges {
    planner: Planner,
}

/// Plan a change of real infrastructure, and change nothing.
///
/// The answer says for each resource what would happen and why, what it costs a month before and after, what was changed by
/// others since it was recorded, and how each change would be undone. What the providers cannot be asked stands in
/// `assumptions`. To execute it a person runs `prov apply`, or `execute_workflow` is called by who may. Example: {"config": "…"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The configuration: Nickel text, not a path. Without one the plan is to take everything recorded away; with one and
    /// `destroy`, what it has.
    #[serde(default)]
    config: Option<String>,
    /// The file the text came from, relative to the workspace: where imports start from.
    #[serde(default)]
    file_name: Option<String>,
    /// `apply`, which is the default with a configuration; `destroy`, the default without one; or a workflow of it.
    #[serde(default)]
    workflow_id: Option<String>,
    /// Protected resources that may be deleted, such as `database.shop`.
    #[serde(default)]
    allow_destroy: Vec<String>,
    /// Ask the providers what is there. Without, the plan trusts what is recorded.
    #[serde(default = "yes")]
    refresh: bool,
}

fn yes() -> bool {
    true
}

impl PlanChanges {
    /// Plans at `site`, with what `evaluate` and `shelf` know, as of `today`.
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
}

impl Tool for PlanChanges {
    const NAME: &'static str = "plan_changes";
    const TITLE: &'static str = "Plan a change of infrastructure";
    const TOOLSET: Toolset = crate::INFRASTRUCTURE;
    const EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const OPEN_WORLD: bool = true;
    const RESOURCE: &'static str = "Infrastructure";
    const DEADLINE: Duration = Duration::from_secs(300);
    type Params = Params;
    type Output = Output;

    fn resource(params: &Params) -> String {
        params.file_name.clone().unwrap_or_else(|| "*".to_owned())
    }

    async fn call(&self, granted: &Granted, params: Params) -> Result<Output, ToolError> {
        let default = if params.config.is_some() {
            "apply"
        } else {
            "destroy"
        };
        let request = Request {
            workflow: params.workflow_id.unwrap_or_else(|| default.to_owned()),
            config: params.config,
            file_name: params.file_name,
            allow_destroy: params.allow_destroy,
            refresh: params.refresh,
            simulate: false,
            execute: false,
        };
        let (_, planned) = self.planner.plan(granted, &request).await?;
        Ok(Output::of(planned, false, None, None))
    }
}
