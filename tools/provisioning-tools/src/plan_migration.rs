//! `plan_migration`.

mod output;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use provisioning::cost::{self, Estimate, Options, PriceBook};
use provisioning::desired::{Wanted, wanted};
use provisioning::migration::{self, Bills, Inputs, Limits, Plan, render};
use provisioning::resource::Address;
use provisioning::workspace::canonical_name;
use provisioning::{Evaluate, Node};
use schemars::JsonSchema;
use serde::Deserialize;
use toolcall::{Effect, ErrorKind, Granted, Step, Tool, ToolError, Toolset};

use crate::finding::split;
use crate::validate_config::{count, resource, source};
use crate::{Shelf, fail};
use output::Output;

/// Plans migrations with the evaluator, the price lists and the calendar it holds.
pub struct PlanMigration {
    evaluate: Arc<dyn Evaluate>,
    shelf: Arc<Shelf>,
    today: fn() -> Date,
}

/// Plan the migration from one Nickel configuration to another, in waves.
///
/// Resources are matched by address, name and likeness and are kept, renamed, updated, resized, moved, recreated, retired or
/// new, with reasons per attribute. What is ambiguous is in `questions`: settle it with `moved` before you use the plan.
/// Groups move at once; each has steps, downtime, monthly cost change, checks and the way back. The old goes last, what holds
/// data after a delay. No provider is asked and nothing is changed. Example: {"current": "…", "target": "…", "moved":
/// [{"from": "server.web", "to": "server.front"}], "render": "markdown"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The configuration of today: Nickel text, not a path.
    current: String,
    /// The configuration to come to: Nickel text, not a path.
    target: String,
    /// The file `current` came from, relative to the workspace: where its imports start from.
    #[serde(default)]
    current_file_name: Option<String>,
    /// The file `target` came from.
    #[serde(default)]
    target_file_name: Option<String>,
    /// What becomes what, where names do not say it. `server.web` also stands for a whole row `server.web[…]`.
    #[serde(default)]
    moved: Vec<Moved>,
    /// How fast data is copied, in Mbit/s.
    #[serde(default = "bandwidth")]
    #[schemars(range(min = 1, max = 1_000_000))]
    bandwidth_mbit_s: u64,
    /// How long a cut-over takes, in seconds.
    #[serde(default = "cut_over")]
    #[schemars(range(max = 604_800))]
    cut_over_s: u64,
    /// How many resources are replaced or resized in one wave.
    #[serde(default = "parallel")]
    #[schemars(range(min = 1, max = 10_000))]
    max_parallel_moves: usize,
    /// Also give the plan as text, for people.
    #[serde(default)]
    render: Option<Render>,
}

/// What becomes what.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Moved {
    /// The address today, such as `server.web[0]`; left out if `to` is new.
    #[serde(default)]
    from: Option<String>,
    /// The address in the target; left out if `from` goes.
    #[serde(default)]
    to: Option<String>,
}

/// A text form of a plan.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Render {
    /// Plain text.
    Table,
    /// Markdown, with every check.
    Markdown,
    /// A flow chart in Mermaid's language.
    Mermaid,
}

fn bandwidth() -> u64 {
    Limits::default().bandwidth_mbit_s
}

fn cut_over() -> u64 {
    Limits::default().cut_over_s
}

fn parallel() -> usize {
    Limits::default().max_parallel_moves
}

/// A configuration that holds, taken apart and priced.
struct Side {
    wanted: Wanted,
    estimate: Estimate,
    /// The schemas that say so.
    assets: Vec<String>,
}

impl PlanMigration {
    /// Plans with the lists of `shelf`, as of `today`.
    #[must_use]
    pub fn new(evaluate: Arc<dyn Evaluate>, shelf: Arc<Shelf>, today: fn() -> Date) -> Self {
        Self {
            evaluate,
            shelf,
            today,
        }
    }

    async fn side(
        &self,
        argument: &'static str,
        text: String,
        file_name: Option<String>,
        book: &PriceBook,
    ) -> Result<Side, ToolError> {
        let (node, assets) = self.configuration(argument, text, file_name).await?;
        let options = Options {
            region: None,
            date: (self.today)(),
        };
        let estimate =
            cost::estimate(&node, book, &options).map_err(|error| fail::cost_of(argument, error))?;
        let wanted = wanted(&node, book).map_err(|error| fail::apart(argument, &error))?;
        Ok(Side {
            wanted,
            estimate,
            assets,
        })
    }

    /// The configuration that `text` means; what does not hold is no place to come from or go to.
    async fn configuration(
        &self,
        argument: &str,
        text: String,
        file_name: Option<String>,
    ) -> Result<(Node, Vec<String>), ToolError> {
        let named = format!("{argument}_file_name");
        let file_name = file_name.map(|name| canonical_name(&name)).transpose();
        let file_name = file_name.map_err(|error| fail::file_name_of(&named, &error))?;
        let source = source(argument, text, file_name)?;
        let evaluation = self
            .evaluate
            .evaluate(source, true)
            .await
            .map_err(fail::evaluation)?;
        match evaluation.configuration {
            Some(node) => Ok((node, evaluation.assets)),
            None => {
                let (errors, _) = split(evaluation.diagnostics);
                let number = count(errors.len(), "error");
                Err(ToolError::new(
                    ErrorKind::InvalidConfiguration,
                    format!("`{argument}` does not hold, so no migration can be planned ({number})"),
                )
                .field(argument)
                .details(serde_json::json!({ "errors": errors }))
                .hint("mend the errors listed in `details`, or call `validate_config`"))
            }
        }
    }
}

impl Tool for PlanMigration {
    const NAME: &'static str = "plan_migration";
    const TITLE: &'static str = "Plan a migration between configurations";
    const TOOLSET: Toolset = crate::CONFIGURATION;
    const EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const OPEN_WORLD: bool = false;
    const RESOURCE: &'static str = "Configuration";
    const DEADLINE: Duration = Duration::from_secs(60);
    type Params = Params;
    type Output = Output;

    /// What is read to be changed: a rule about a file holds for its migration.
    fn resource(params: &Params) -> String {
        resource(params.current_file_name.as_deref())
    }

    async fn call(&self, granted: &Granted, params: Params) -> Result<Output, ToolError> {
        let limits = limits(&params)?;
        let moved = moved(&params.moved)?;
        let book = self.shelf.book().map_err(fail::cost)?;
        granted.report(step(0.0, "validating the current configuration"));
        let current = self
            .side("current", params.current, params.current_file_name, &book)
            .await?;
        granted.report(step(1.0, "validating the target"));
        let target = self
            .side("target", params.target, params.target_file_name, &book)
            .await?;
        granted.report(step(2.0, "planning"));
        let inputs = Inputs {
            current: &current.wanted,
            target: &target.wanted,
            moved: &moved,
            limits,
            bills: Some(Bills {
                before: &current.estimate,
                after: &target.estimate,
            }),
        };
        let plan = migration::plan(&inputs).map_err(fail::migration)?;
        let rendered = params.render.map(|form| rendered(form, &plan));
        let mut checked_against = current.assets;
        checked_against.extend(target.assets);
        checked_against.sort();
        checked_against.dedup();
        Ok(Output::new(&plan, &inputs, rendered, checked_against))
    }
}

/// The steps of a plan.
fn step(done: f64, message: &str) -> Step {
    Step {
        done,
        total: Some(3.0),
        message: message.to_owned(),
    }
}

/// Most pairs that a call says of what becomes what.
const MOVED: usize = 10_000;

fn limits(params: &Params) -> Result<Limits, ToolError> {
    let inside = |name: &str, value: u64, least: u64, most: u64| match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(ToolError::new(
            ErrorKind::InvalidArgument,
            format!("`{name}` is {value}; it must be {least} to {most}"),
        )
        .field(name)
        .hint("leave it out to use the default")),
    };
    inside("bandwidth_mbit_s", params.bandwidth_mbit_s, 1, 1_000_000)?;
    inside("cut_over_s", params.cut_over_s, 0, 604_800)?;
    let parallel = u64::try_from(params.max_parallel_moves).unwrap_or(u64::MAX);
    inside("max_parallel_moves", parallel, 1, 10_000)?;
    if params.moved.len() > MOVED {
        return Err(ToolError::new(
            ErrorKind::LimitExceeded,
            format!("`moved` has more than {MOVED} pairs"),
        )
        .field("moved")
        .hint("say it of whole rows, such as `server.web`"));
    }
    Ok(Limits {
        bandwidth_mbit_s: params.bandwidth_mbit_s,
        cut_over_s: params.cut_over_s,
        max_parallel_moves: params.max_parallel_moves,
    })
}

fn moved(given: &[Moved]) -> Result<Vec<migration::Moved>, ToolError> {
    let address = |place: usize, side: &str, text: &Option<String>| -> Result<Option<Address>, ToolError> {
        let parsed = text.as_deref().map(str::parse).transpose();
        parsed.map_err(|error| fail::address(format!("moved[{place}].{side}"), &error))
    };
    let pair = |(place, given): (usize, &Moved)| {
        Ok(migration::Moved {
            from: address(place, "from", &given.from)?,
            to: address(place, "to", &given.to)?,
        })
    };
    given.iter().enumerate().map(pair).collect()
}

fn rendered(form: Render, plan: &Plan) -> String {
    let text = match form {
        Render::Table => render::table(plan),
        Render::Markdown => render::markdown(plan),
        Render::Mermaid => render::mermaid(plan),
    };
    // It quotes the configurations, which are other people's: nothing invisible may ride along.
    redacted::clean(&text).into_owned()
}
