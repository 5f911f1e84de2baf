//! `generate_from_form`.

mod ask;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use provisioning::Evaluate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use toolcall::{Ask, Effect, Granted, Tool, ToolError, Toolset};

use crate::generation::{Generation, Onto, Output, Wanted, file, step};
use crate::{Shelf, fail};

/// Generates configurations with the forms, catalogues, evaluator and calendar it holds.
pub struct GenerateFromForm {
    generation: Generation,
}

/// Write a Nickel configuration from the answers to a form; it is validated and priced before it is returned.
///
/// Read `form-schema://<form>` for the questions with their types and options. What is left out gets the form's default,
/// which is said in `assumptions`. If something required is missing, a client that can show forms is asked for it, group
/// by group; any other gets everything that is missing or wrong at once. A secret is answered with where it is kept,
/// such as `vault:secret/shop/database#password`, never with itself. It writes nothing to disk. Example:
/// {"form": "cluster", "answers": {"provider": "upcloud", "workers": 3, "cni": "cilium"}}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The form, such as `cluster`, `database`, `monitoring`, `network` or `server`.
    form: String,
    /// Answers by the key of their question.
    #[serde(default)]
    answers: Map<String, Value>,
    /// Name of the file that imports the others; `main.ncl` if left out.
    #[serde(default)]
    file: Option<String>,
    /// Files that were generated before and may have been edited since: the new text is merged into them, line by line.
    #[serde(default)]
    onto: Option<Vec<Onto>>,
}

impl GenerateFromForm {
    /// Generates with the forms, schemas and prices of `shelf`, as of `today`.
    #[must_use]
    pub fn new(evaluate: Arc<dyn Evaluate>, shelf: Arc<Shelf>, today: fn() -> Date) -> Self {
        Self {
            generation: Generation::new(evaluate, shelf, today),
        }
    }
}

impl Tool for GenerateFromForm {
    const NAME: &'static str = "generate_from_form";
    const TITLE: &'static str = "Generate a configuration from a form";
    const TOOLSET: Toolset = crate::CONFIGURATION;
    const EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const OPEN_WORLD: bool = false;
    const RESOURCE: &'static str = "Configuration";
    const DEADLINE: Duration = Duration::from_secs(30);
    type Params = Params;
    type Output = Output;

    fn resource(params: &Params) -> String {
        params.file.clone().unwrap_or_else(|| "inline".to_owned())
    }

    fn ask(&self, granted: &Granted, params: &Params) -> Result<Option<Ask>, ToolError> {
        if !ask::can(granted) {
            return Ok(None);
        }
        let catalogue = self.generation.shelf().catalogue()?;
        let form = self.generation.shelf().form(&params.form, &catalogue)?;
        ask::missing(granted, &form, &params.answers, &catalogue)
    }

    async fn call(&self, granted: &Granted, params: Params) -> Result<Output, ToolError> {
        let file = file(params.file)?;
        granted.report(step(0.0, "reading the answers"));
        let catalogue = self.generation.shelf().catalogue()?;
        let form = self.generation.shelf().form(&params.form, &catalogue)?;
        let answers = ask::answers(granted, &form, &params.answers)?;
        let understood = form
            .check(&answers, &catalogue)
            .map_err(|wrong| fail::answers(&form.id, &wrong))?;
        self.generation
            .finish(
                granted,
                Wanted {
                    understood: &understood,
                    request: None,
                    catalogue: &catalogue,
                    file: file.as_deref(),
                    onto: params.onto,
                },
            )
            .await
    }
}
