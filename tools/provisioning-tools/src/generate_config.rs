//! `generate_config`.

mod onto;
mod output;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use provisioning::cost::{self, Options, PriceBook};
use provisioning::generate::{Generated, merge_files};
use provisioning::intent::{self, Catalogue, Request, Understood};
use provisioning::{Diagnostic, Evaluate, Node, Severity, Source, check};
use schemars::JsonSchema;
use serde::Deserialize;
use toolcall::{Effect, ErrorKind, Granted, Step, Tool, ToolError, Toolset};

use crate::finding::split;
use crate::shelf::Language;
use crate::{Shelf, fail};
use onto::Onto;
use output::{Cost, Output};

/// Generates configurations with the lexicon, catalogues, evaluator and calendar it holds.
pub struct GenerateConfig {
    evaluate: Arc<dyn Evaluate>,
    shelf: Arc<Shelf>,
    today: fn() -> Date,
}

/// Write a Nickel configuration from a description in English or Spanish; it is validated and priced before it is returned.
///
/// A closed grammar, no language model: the same words give the same files. Every value has a comment that says which
/// words gave it; what nobody said is in `assumptions`. Words that are not understood are in `not_understood`, and
/// then there are no files unless `allow_partial` is true. Contradictions and unknown values are refused with the valid
/// ones. With `onto` the result is merged with edits of what was generated before. Names go in quotes: `a server named "web-1"`. It writes nothing to disk. Example:
/// {"description": "Create a 3-node K8s cluster with Cilium on UpCloud"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What is wanted, in English or Spanish, at most 4000 characters.
    description: String,
    /// The provider, if the description does not name one, such as `upcloud`.
    #[serde(default)]
    provider: Option<String>,
    /// What is wanted, if the description does not say it by its name.
    #[serde(default)]
    resource_type: Option<ResourceType>,
    /// Name of the file that imports the others; `main.ncl` if left out.
    #[serde(default)]
    file: Option<String>,
    /// Whether to go on without the words that are not understood.
    #[serde(default)]
    allow_partial: bool,
    /// Files that were generated before and may have been edited since: the new text is merged into them, line by line.
    #[serde(default)]
    onto: Option<Vec<Onto>>,
}

/// What can be generated.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ResourceType {
    /// Servers.
    Server,
    /// A private network.
    Network,
    /// A Kubernetes cluster.
    Cluster,
    /// A database.
    Database,
}

impl From<ResourceType> for intent::Resource {
    fn from(kind: ResourceType) -> Self {
        match kind {
            ResourceType::Server => Self::Server,
            ResourceType::Network => Self::Network,
            ResourceType::Cluster => Self::Cluster,
            ResourceType::Database => Self::Database,
        }
    }
}

impl GenerateConfig {
    /// Generates with the lexicon, schemas and prices of `shelf`, as of `today`.
    #[must_use]
    pub fn new(evaluate: Arc<dyn Evaluate>, shelf: Arc<Shelf>, today: fn() -> Date) -> Self {
        Self {
            evaluate,
            shelf,
            today,
        }
    }

    /// The text of what was understood.
    fn rendered(
        &self,
        understood: &Understood,
        description: &str,
        catalogue: &Catalogue,
        file: Option<&str>,
    ) -> Result<Option<Generated>, ToolError> {
        let broken = |error: provisioning::generate::Error| {
            ToolError::new(ErrorKind::Internal, error.to_string())
                .hint("this is a mistake of the program; please report the description")
                .because(error)
        };
        let renderer = self.shelf.renderer().map_err(broken)?;
        let request = description.split_whitespace().collect::<Vec<_>>().join(" ");
        renderer
            .render(understood, Some(&request), catalogue, file)
            .map_err(broken)
    }

    /// Whether `generated` holds, and what it costs if it does.
    async fn proved(&self, generated: &Generated, catalogue: &Catalogue) -> Result<Proved, ToolError> {
        let source = Source {
            name: generated
                .files
                .first()
                .map_or_else(String::new, |file| file.name.clone()),
            text: generated.whole.clone(),
        };
        let evaluation = self
            .evaluate
            .evaluate(source, true)
            .await
            .map_err(fail::evaluation)?;
        let mut findings = evaluation.diagnostics;
        if let Some(node) = &evaluation.configuration {
            findings.extend(check::with_catalogue(node, catalogue.book()));
        }
        let holds = findings.iter().all(|finding| finding.severity != Severity::Error);
        let cost = match evaluation.configuration.filter(|_| holds) {
            Some(node) => Some(self.cost(&node, catalogue.book())?),
            None => None,
        };
        Ok(Proved { findings, cost })
    }

    fn cost(&self, node: &Node, book: &PriceBook) -> Result<cost::Estimate, ToolError> {
        let options = Options {
            region: None,
            date: (self.today)(),
        };
        cost::estimate(node, book, &options).map_err(fail::cost)
    }
}

/// What the evaluator and the price lists say of a generated configuration.
struct Proved {
    findings: Vec<Diagnostic>,
    cost: Option<cost::Estimate>,
}

impl Tool for GenerateConfig {
    const NAME: &'static str = "generate_config";
    const TITLE: &'static str = "Generate a configuration from a description";
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

    async fn call(&self, granted: &Granted, params: Params) -> Result<Output, ToolError> {
        let file = file(params.file)?;
        let onto = params.onto.map(onto::before).transpose()?;
        granted.report(step(0.0, "reading the description"));
        let language = self.shelf.language()?;
        let Language { catalogue, lexicon } = language.as_ref();
        let provider = provider(params.provider, catalogue)?;
        let request = Request {
            text: &params.description,
            provider: provider.as_deref(),
            resource: params.resource_type.map(Into::into),
            partial: params.allow_partial,
        };
        let understood = intent::understand(&request, lexicon, catalogue).map_err(fail::refusal)?;
        granted.report(step(1.0, "writing files"));
        let generated = self.rendered(&understood, &params.description, catalogue, file.as_deref())?;
        let Some(generated) = generated else {
            return Ok(Output::unclear(&understood));
        };
        granted.report(step(2.0, "validating and pricing"));
        let merged = onto.map(|before| merge_files(&before, &generated.files));
        let joined = merged.as_ref().map(|merged| onto::joined(merged, &generated));
        let proved = self
            .proved(joined.as_ref().unwrap_or(&generated), catalogue)
            .await?;
        let (errors, warnings) = split(proved.findings);
        let cost = proved
            .cost
            .as_ref()
            .map(|estimate| Cost::new(estimate, understood.intent.as_ref()));
        let output = Output::generated(&understood, generated, errors, warnings, cost);
        Ok(match merged {
            Some(merged) => output.merged(merged, joined.map(|joined| joined.whole).unwrap_or_default()),
            None => output,
        })
    }
}

/// The provider that the caller names, if there is one of that name.
fn provider(provider: Option<String>, catalogue: &Catalogue) -> Result<Option<String>, ToolError> {
    let Some(name) = provider else { return Ok(None) };
    let known = catalogue.provider_names();
    if known.contains(&name) {
        return Ok(Some(name));
    }
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Err(ToolError::new(
        ErrorKind::UnknownValue,
        format!("argument `provider` is `{shown}`, which is not a known provider"),
    )
    .field("provider")
    .allowed(known)
    .hint("use one of the allowed values, or name the provider in the description"))
}

/// The name of the first file: a plain name, because its siblings stand beside it.
fn file(file: Option<String>) -> Result<Option<String>, ToolError> {
    let Some(name) = file else { return Ok(None) };
    let stem = name.strip_suffix(".ncl").unwrap_or_default();
    let taken = ["servers", "networking", "databases", "kubernetes"].contains(&stem);
    if is_plain(&name) && !taken {
        return Ok(Some(name));
    }
    let rule = if taken {
        "is the name of a file that it imports"
    } else {
        "is not a plain name that ends in `.ncl`"
    };
    Err(misnamed("file", &name, rule))
}

/// Whether `name` is a file's without a folder, that ends in `.ncl`.
fn is_plain(name: &str) -> bool {
    let stem = name.strip_suffix(".ncl").unwrap_or_default();
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !stem.is_empty() && name.len() <= 64 && !stem.starts_with('.') && stem.chars().all(known)
}

fn misnamed(argument: &str, name: &str, rule: &str) -> ToolError {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    ToolError::new(
        ErrorKind::InvalidArgument,
        format!("argument `{argument}` is `{shown}`, which {rule}"),
    )
    .field(argument)
    .hint("give a name such as `main.ncl`, without a folder")
}

fn step(done: f64, message: &str) -> Step {
    Step {
        done,
        total: Some(3.0),
        message: message.to_owned(),
    }
}
