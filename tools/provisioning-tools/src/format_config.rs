//! `format_config`.

use std::sync::Arc;
use std::time::Duration;

use provisioning::{Diagnostic, Format};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toolcall::{Effect, ErrorKind, Granted, Tool, ToolError, Toolset};

use crate::fail;
use crate::validate_config::{count, source};

/// Formats configurations with the formatter it holds.
pub struct FormatConfig {
    format: Arc<dyn Format>,
}

/// Lay out the text of a Nickel configuration in the one style, every comment kept.
///
/// What it says stays the same: nothing is evaluated, nothing is written to disk. A text that does not parse is refused
/// with the line and column. Use it after you changed a configuration. Example: {"config": "{servers=[]}"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The configuration: Nickel text, not a path.
    config: String,
}

/// The text in the one style.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The text.
    text: String,
    /// Whether it is another than was given.
    changed: bool,
}

impl FormatConfig {
    /// Formats with `format`.
    #[must_use]
    pub fn new(format: Arc<dyn Format>) -> Self {
        Self { format }
    }
}

impl Tool for FormatConfig {
    const NAME: &'static str = "format_config";
    const TITLE: &'static str = "Format a configuration";
    const TOOLSET: Toolset = crate::CONFIGURATION;
    const EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const OPEN_WORLD: bool = false;
    const RESOURCE: &'static str = "Configuration";
    const DEADLINE: Duration = Duration::from_secs(30);
    type Params = Params;
    type Output = Output;

    fn resource(_params: &Params) -> String {
        "inline".to_owned()
    }

    async fn call(&self, _granted: &Granted, params: Params) -> Result<Output, ToolError> {
        let source = source("config", params.config, None)?;
        let before = source.text.clone();
        let formatted = self.format.format(source).await.map_err(fail::evaluation)?;
        match formatted.text {
            Some(text) => Ok(Output {
                changed: text != before,
                text,
            }),
            None => Err(unformattable(&formatted.diagnostics)),
        }
    }
}

/// The first of `found`, and how many more there are.
fn unformattable(found: &[Diagnostic]) -> ToolError {
    let Some(first) = found.first() else {
        return ToolError::new(ErrorKind::Internal, "the formatter gave no text and no reason")
            .hint("`mcp doctor` says more");
    };
    let place = match (first.line, first.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: "),
        _ => String::new(),
    };
    let more = match found.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(", and {}", count(more, "more mistake")),
    };
    let message = format!("{place}{}{more}", first.message);
    let error = ToolError::new(
        ErrorKind::InvalidConfiguration,
        redacted::clean(&message).into_owned(),
    )
    .field("config");
    match &first.hint {
        Some(hint) => error.hint(redacted::clean(hint).into_owned()),
        None => error.hint("mend it there; `validate_config` shows every mistake"),
    }
}
