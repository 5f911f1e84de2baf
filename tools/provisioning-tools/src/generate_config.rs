//! `generate_config`.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use provisioning::Evaluate;
use provisioning::intent::{self, Catalogue, Request};
use schemars::JsonSchema;
use serde::Deserialize;
use toolcall::{Effect, ErrorKind, Granted, Tool, ToolError, Toolset};

use crate::generation::{Generation, Onto, Output, Wanted, file, step};
use crate::shelf::Language;
use crate::{Shelf, fail};

/// Generates configurations with the lexicon, catalogues, evaluator and calendar it holds.
pub struct GenerateConfig {
    generation: Generation,
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
    /// A cache in memory.
    Cache,
    /// A bucket of object storage.
    Bucket,
    /// A volume of block storage.
    Volume,
    /// Measurements, dashboards and logs.
    Monitoring,
}

impl From<ResourceType> for intent::Resource {
    fn from(kind: ResourceType) -> Self {
        match kind {
            ResourceType::Server => Self::Server,
            ResourceType::Network => Self::Network,
            ResourceType::Cluster => Self::Cluster,
            ResourceType::Database => Self::Database,
            ResourceType::Cache => Self::Cache,
            ResourceType::Bucket => Self::Bucket,
            ResourceType::Volume => Self::Volume,
            ResourceType::Monitoring => Self::Monitoring,
        }
    }
}

impl GenerateConfig {
    /// Generates with the lexicon, schemas and prices of `shelf`, as of `today`.
    #[must_use]
    pub fn new(evaluate: Arc<dyn Evaluate>, shelf: Arc<Shelf>, today: fn() -> Date) -> Self {
        Self {
            generation: Generation::new(evaluate, shelf, today),
        }
    }
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
        granted.report(step(0.0, "reading the description"));
        let language = self.generation.shelf().language()?;
        let Language { catalogue, lexicon } = language.as_ref();
        let provider = provider(params.provider, catalogue)?;
        let request = Request {
            text: &params.description,
            provider: provider.as_deref(),
            resource: params.resource_type.map(Into::into),
            partial: params.allow_partial,
        };
        let understood = intent::understand(&request, lexicon, catalogue).map_err(fail::refusal)?;
        let request = params
            .description
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        self.generation
            .finish(
                granted,
                Wanted {
                    understood: &understood,
                    request: Some(&request),
                    catalogue,
                    file: file.as_deref(),
                    onto: params.onto,
                },
            )
            .await
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
