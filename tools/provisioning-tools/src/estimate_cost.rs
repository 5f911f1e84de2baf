//! `estimate_cost`.

mod output;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use provisioning::cost::{self, Estimate, Options, render};
use provisioning::{Evaluate, Evaluation, Node};
use schemars::JsonSchema;
use serde::Deserialize;
use toolcall::{Effect, ErrorKind, Granted, Step, Tool, ToolError, Toolset};

use crate::finding::split;
use crate::validate_config::{count, resource, source};
use crate::{Shelf, fail};
use output::Output;

/// Prices configurations with the evaluator, the price lists and the calendar it holds.
pub struct EstimateCost {
    evaluate: Arc<dyn Evaluate>,
    shelf: Arc<Shelf>,
    today: fn() -> Date,
}

/// Estimate what a Nickel configuration costs per month, line by line, from dated price lists.
///
/// Each line has quantity, unit price, source and price date. What has no known price is listed as unpriced and
/// marks the total incomplete; it is never counted as zero. Currencies are never mixed. With `compare_with` the answer
/// also holds the difference from that configuration to `config`. It validates first and changes nothing. Example:
/// {"config": "…", "region": "us-east-1", "render": "markdown"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The configuration: Nickel text, not a path.
    config: String,
    /// Price it for this region of its providers instead of the one it names, such as `us-east-1`.
    #[serde(default)]
    region: Option<String>,
    /// A configuration to compare with: the difference goes from this one to `config`.
    #[serde(default)]
    compare_with: Option<String>,
    /// Also give the estimate as text, for people.
    #[serde(default)]
    render: Option<Render>,
    /// The file the text came from, relative to the workspace: where imports start from.
    #[serde(default)]
    file_name: Option<String>,
}

/// A text form of an estimate.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Render {
    /// Columns of plain text.
    Table,
    /// Markdown tables.
    Markdown,
}

/// A configuration that holds.
struct Held {
    node: Node,
    /// The schemas that say so.
    assets: Vec<String>,
}

impl EstimateCost {
    /// Prices with the lists of `shelf`, as of `today`.
    #[must_use]
    pub fn new(evaluate: Arc<dyn Evaluate>, shelf: Arc<Shelf>, today: fn() -> Date) -> Self {
        Self {
            evaluate,
            shelf,
            today,
        }
    }

    /// The configuration that `text` means; it must hold to be priced.
    async fn configuration(
        &self,
        argument: &str,
        text: String,
        file_name: Option<String>,
    ) -> Result<Held, ToolError> {
        let source = source(argument, text, file_name)?;
        let Evaluation {
            configuration,
            diagnostics,
            assets,
        } = self
            .evaluate
            .evaluate(source, true)
            .await
            .map_err(fail::evaluation)?;
        match configuration {
            Some(node) => Ok(Held { node, assets }),
            None => {
                let (errors, _) = split(diagnostics);
                let number = count(errors.len(), "error");
                let details = serde_json::json!({ "errors": errors });
                Err(ToolError::new(
                    ErrorKind::InvalidConfiguration,
                    format!("`{argument}` does not hold, so it cannot be priced ({number})"),
                )
                .field(argument)
                .details(details)
                .hint("mend the errors listed in `details`, or call `validate_config`"))
            }
        }
    }
}

impl Tool for EstimateCost {
    const NAME: &'static str = "estimate_cost";
    const TITLE: &'static str = "Estimate the cost of a configuration";
    const TOOLSET: Toolset = crate::CONFIGURATION;
    const EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const OPEN_WORLD: bool = false;
    const RESOURCE: &'static str = "Configuration";
    const DEADLINE: Duration = Duration::from_secs(60);
    type Params = Params;
    type Output = Output;

    fn resource(params: &Params) -> String {
        resource(params.file_name.as_deref())
    }

    async fn call(&self, granted: &Granted, params: Params) -> Result<Output, ToolError> {
        granted.report(step(0.0, "validating"));
        let after = self
            .configuration("config", params.config, params.file_name.clone())
            .await?;
        let before = match params.compare_with {
            Some(text) => Some(self.configuration("compare_with", text, params.file_name).await?),
            None => None,
        };
        granted.report(step(1.0, "reading price lists"));
        let book = self.shelf.book().map_err(fail::cost)?;
        let options = Options {
            region: params.region,
            date: (self.today)(),
        };
        granted.report(step(2.0, "pricing"));
        let estimate = |node: &Node| cost::estimate(node, &book, &options).map_err(fail::cost);
        let assets = after.assets;
        let after = estimate(&after.node)?;
        let difference = match before {
            Some(before) => Some(cost::difference(&estimate(&before.node)?, &after).map_err(fail::cost)?),
            None => None,
        };
        let rendered = params
            .render
            .map(|form| rendered(form, &after, difference.as_ref(), &assets));
        Ok(Output::new(&after, difference.as_ref(), rendered, assets))
    }
}

/// The steps of an estimate.
fn step(done: f64, message: &str) -> Step {
    Step {
        done,
        total: Some(3.0),
        message: message.to_owned(),
    }
}

fn rendered(
    form: Render,
    estimate: &Estimate,
    difference: Option<&cost::Difference>,
    assets: &[String],
) -> String {
    let (whole, change) = match form {
        Render::Table => (render::table(estimate), difference.map(render::difference_table)),
        Render::Markdown => (
            render::markdown(estimate),
            difference.map(render::difference_markdown),
        ),
    };
    let mut text = whole;
    // A schema of the workspace can let through what the shipped one refuses: whoever reads the sum should know.
    for asset in assets.iter().filter(|asset| !asset.starts_with("builtin:")) {
        let gap = match form {
            Render::Table => "",
            Render::Markdown => "\n",
        };
        text.push_str(&format!("{gap}Checked against {asset} (of the workspace)\n"));
    }
    match change {
        None => text,
        Some(change) => format!("{text}\n{change}"),
    }
}
