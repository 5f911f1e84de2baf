//! `explain_value`.

use std::sync::Arc;
use std::time::Duration;

use provisioning::explain::{Explain, Explanation, ValueOrigin};
use provisioning::{Diagnostic, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toolcall::{Effect, ErrorKind, Granted, Tool, ToolError, Toolset};

use crate::fail;
use crate::validate_config::{resource, source};

/// Explains values with the evaluator it holds.
pub struct ExplainValue {
    explain: Arc<dyn Explain>,
}

/// Say of one value of a Nickel configuration where it was set, what it stands above, and what it must hold to.
///
/// Names the line of the configuration or of a file that it imports, or the default of a schema; every other definition
/// that is known; the contracts, with what the schema says of meaning, unit and range; and for generated text the words
/// that gave the value. Use it when a value surprises. Example: {"config": "{ region = \"us-east-1\" }", "path": "region"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The configuration: Nickel text, not a path.
    config: String,
    /// The field, such as `servers[0].spec.cpu`; elements are counted from 0.
    path: String,
    /// The file the text came from, relative to the workspace: named in places, and where imports start from.
    #[serde(default)]
    file_name: Option<String>,
}

/// What is known of the value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The path.
    path: String,
    /// In one sentence.
    summary: String,
    /// The value as Nickel text, shortened; absent if nothing sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// `configuration`, `default`, `computed`, or `unset`.
    origin: &'static str,
    /// Every definition that is known, the one that holds first.
    definitions: Vec<Definition>,
    /// What the value must hold to.
    contracts: Vec<Contract>,
    /// What the schema says of the field: meaning, unit, range.
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<String>,
    /// Whether the field may be left out.
    optional: bool,
    /// What the generator wrote above the line.
    provenance: Vec<String>,
}

/// A place that gives the field a value.
#[derive(Debug, Serialize, JsonSchema)]
struct Definition {
    /// What is written there, shortened.
    text: String,
    /// `default`, `normal`, `force`, or the number of a priority.
    priority: String,
    /// The file, relative to the workspace; `builtin:<name>` for shipped schemas.
    file: String,
    /// Line, from 1.
    line: u32,
    /// Column, from 1.
    column: u32,
}

/// A contract of the field.
#[derive(Debug, Serialize, JsonSchema)]
struct Contract {
    /// As it is written, such as `lib.AtLeast 20`.
    text: String,
    /// The schema.
    file: String,
    /// Line, from 1.
    line: u32,
}

impl ExplainValue {
    /// Explains with `explain`.
    #[must_use]
    pub fn new(explain: Arc<dyn Explain>) -> Self {
        Self { explain }
    }
}

impl Tool for ExplainValue {
    const NAME: &'static str = "explain_value";
    const TITLE: &'static str = "Explain a value of a configuration";
    const TOOLSET: Toolset = crate::CONFIGURATION;
    const EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const OPEN_WORLD: bool = false;
    const RESOURCE: &'static str = "Configuration";
    const DEADLINE: Duration = Duration::from_secs(30);
    type Params = Params;
    type Output = Output;

    fn resource(params: &Params) -> String {
        resource(params.file_name.as_deref())
    }

    async fn call(&self, _granted: &Granted, params: Params) -> Result<Output, ToolError> {
        let source = source("config", params.config, params.file_name)?;
        let explained = self
            .explain
            .explain(source, params.path)
            .await
            .map_err(fail::evaluation)?;
        match explained.explanation {
            Some(explanation) => Ok(Output::from(explanation)),
            None => Err(unexplained(explained.diagnostics)),
        }
    }
}

impl From<Explanation> for Output {
    fn from(explanation: Explanation) -> Self {
        let summary = summary(&explanation);
        Self {
            path: clean(&explanation.path),
            summary,
            value: explanation.value.as_deref().map(clean),
            origin: match explanation.origin {
                ValueOrigin::Configuration => "configuration",
                ValueOrigin::Default => "default",
                ValueOrigin::Computed => "computed",
                ValueOrigin::Unset => "unset",
            },
            definitions: explanation
                .definitions
                .into_iter()
                .map(|definition| Definition {
                    text: clean(&definition.text),
                    priority: definition.priority,
                    file: clean(&definition.place.file),
                    line: definition.place.line,
                    column: definition.place.column,
                })
                .collect(),
            contracts: explanation
                .contracts
                .into_iter()
                .map(|contract| Contract {
                    text: clean(&contract.text),
                    file: clean(&contract.place.file),
                    line: contract.place.line,
                })
                .collect(),
            doc: explanation.doc.as_deref().map(clean),
            optional: explanation.optional,
            provenance: explanation.provenance.iter().map(|line| clean(line)).collect(),
        }
    }
}

fn summary(explanation: &Explanation) -> String {
    let path = clean(&explanation.path);
    let is = match &explanation.value {
        Some(value) => format!("`{path}` is `{}`", clean(value)),
        None => format!("`{path}` is not set"),
    };
    let at = |span: &Span| format!("{}:{}:{}", clean(&span.file), span.line, span.column);
    let first = explanation
        .definitions
        .first()
        .map(|definition| at(&definition.place));
    match (explanation.origin, first) {
        (ValueOrigin::Configuration, Some(place)) => format!("{is}, set at {place}"),
        (ValueOrigin::Default, Some(place)) => format!("{is}, the default of {place}"),
        (ValueOrigin::Computed, _) => format!("{is}, which no line sets: it follows from others"),
        (ValueOrigin::Unset, _) if explanation.optional => format!("{is}, and may be left out"),
        _ => is,
    }
}

/// Why nothing is known: the path, or the configuration on the way to it.
fn unexplained(found: Vec<Diagnostic>) -> ToolError {
    let Some(first) = found.into_iter().next() else {
        return ToolError::new(
            ErrorKind::Internal,
            "the evaluator gave no explanation and no reason",
        )
        .hint("`mcp doctor` says more");
    };
    let hint = first.hint.as_deref().map(clean);
    match first.code.as_str() {
        "unknown_path" | "path" => {
            let kind = match first.code.as_str() {
                "path" => ErrorKind::InvalidArgument,
                _ => ErrorKind::UnknownValue,
            };
            let error = ToolError::new(kind, clean(&first.message)).field("path");
            let names = first.reason.as_deref().unwrap_or_default().split(", ");
            let names: Vec<String> = names.filter(|name| !name.is_empty()).map(clean).collect();
            let error = if names.is_empty() {
                error
            } else {
                error.allowed(names)
            };
            error.hint(hint.unwrap_or_else(|| "name one of the fields that are there".to_owned()))
        }
        _ => {
            let place = match (&first.file, first.line, first.column) {
                (Some(file), Some(line), Some(column)) => format!("{}:{line}:{column}: ", clean(file)),
                _ => String::new(),
            };
            ToolError::new(
                ErrorKind::InvalidConfiguration,
                format!("{place}{}", clean(&first.message)),
            )
            .field("config")
            .hint(hint.unwrap_or_else(|| "`validate_config` shows every mistake".to_owned()))
        }
    }
}

/// Other people's text, without what a reader would not see.
fn clean(text: &str) -> String {
    redacted::clean(text).into_owned()
}
