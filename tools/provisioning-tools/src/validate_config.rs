//! `validate_config`.

use std::sync::Arc;
use std::time::Duration;

use provisioning::workspace::canonical_name;
use provisioning::{Diagnostic, Evaluate, Node, Severity, Source, check};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toolcall::{Effect, Granted, Tool, ToolError, Toolset};

use crate::finding::{Finding, split};
use crate::{Shelf, fail};

/// Validates configurations with the evaluator and the catalogues it holds.
pub struct ValidateConfig {
    evaluate: Arc<dyn Evaluate>,
    shelf: Arc<Shelf>,
}

/// Check a Nickel infrastructure configuration against the typed schemas, and report every error at once.
///
/// Each finding names the file, line, field, contract, value and what to do. Use it before pricing or applying a
/// configuration, and after each change to one. It changes nothing and reaches nothing but files of the workspace
/// that the configuration imports. Example: {"config": "{ provider = 'local, servers = [] }"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The configuration: Nickel text, not a path.
    config: String,
    /// Whether fields that no schema knows are errors (true) or warnings (false).
    #[serde(default = "yes")]
    strict: bool,
    /// The file the text came from, relative to the workspace: named in findings, and where imports start from.
    #[serde(default)]
    file_name: Option<String>,
}

/// Whether the configuration holds, and every finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Whether it holds: there are no errors.
    valid: bool,
    /// The result in one sentence.
    summary: String,
    /// What must be mended, in the order of the text.
    errors: Vec<Finding>,
    /// What is worth a look.
    warnings: Vec<Finding>,
    /// The schemas and catalogues that took part, and whether each is built in or of the workspace.
    checked_against: Vec<String>,
}

fn yes() -> bool {
    true
}

impl ValidateConfig {
    /// Validates with `evaluate`, regions and plans by the price lists of `shelf`.
    #[must_use]
    pub fn new(evaluate: Arc<dyn Evaluate>, shelf: Arc<Shelf>) -> Self {
        Self { evaluate, shelf }
    }

    /// What no contract sees: whether resources fit together, and what the providers have. Says which catalogues it
    /// used.
    fn across(&self, configuration: &Node, checked_against: &mut Vec<String>) -> Vec<Diagnostic> {
        let book = match self.shelf.book() {
            Ok(book) => book,
            Err(error) => {
                let mut found = check::configuration(configuration);
                found.push(Diagnostic {
                    severity: Severity::Warning,
                    hint: Some(
                        "mend or remove the price file in the workspace's `.prov/prices` folder".to_owned(),
                    ),
                    ..Diagnostic::error(
                        "catalogue",
                        format!("regions and plans were not checked: {error}"),
                    )
                });
                return found;
            }
        };
        let catalogues = book.origins().iter().filter(|origin| !origin.prices);
        checked_against.extend(catalogues.map(|origin| match origin.origin.as_str() {
            "builtin" => format!("builtin:prices/{}", origin.file),
            workspace => workspace.to_owned(),
        }));
        check::with_catalogue(configuration, &book)
    }
}

impl Tool for ValidateConfig {
    const NAME: &'static str = "validate_config";
    const TITLE: &'static str = "Validate a configuration";
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
        let evaluation = self
            .evaluate
            .evaluate(source, params.strict)
            .await
            .map_err(fail::evaluation)?;
        let mut checked_against = evaluation.assets;
        let mut diagnostics = evaluation.diagnostics;
        if let Some(configuration) = &evaluation.configuration {
            diagnostics.extend(self.across(configuration, &mut checked_against));
        }
        let (errors, warnings) = split(diagnostics);
        let summary = summary(errors.len(), warnings.len());
        Ok(Output {
            valid: errors.is_empty(),
            summary,
            errors,
            warnings,
            checked_against,
        })
    }
}

/// What to evaluate: `text` from the argument `argument`.
pub(crate) fn source(argument: &str, text: String, file_name: Option<String>) -> Result<Source, ToolError> {
    if text.trim().is_empty() {
        return Err(fail::empty(argument));
    }
    if is_path(&text) {
        return Err(fail::path(argument));
    }
    let name = match file_name {
        Some(name) => canonical_name(&name).map_err(|error| fail::file_name(&error))?,
        None => "main.ncl".to_owned(),
    };
    Ok(Source { name, text })
}

/// What a policy can speak of: the file, written in one way only, so that no other spelling gets around a rule. A name
/// that is refused later is nobody's file.
pub(crate) fn resource(file_name: Option<&str>) -> String {
    match file_name.map(canonical_name) {
        None => "inline".to_owned(),
        Some(Ok(name)) => name,
        Some(Err(_)) => "refused".to_owned(),
    }
}

/// Whether `text` is what somebody writes who has a file in mind. Nickel text of one line that ends so would read the
/// field `ncl` of something, without a record around it.
fn is_path(text: &str) -> bool {
    let text = text.trim();
    text.ends_with(".ncl") && !text.contains(['\n', '{', '}', '(', '"', '='])
}

/// A number with its noun: `1 error`, `2 errors`.
pub(crate) fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

fn summary(errors: usize, warnings: usize) -> String {
    match (errors, warnings) {
        (0, 0) => "the configuration holds".to_owned(),
        (0, warnings) => format!("the configuration holds, with {}", count(warnings, "warning")),
        (errors, 0) => format!("the configuration does not hold: {}", count(errors, "error")),
        (errors, warnings) => {
            format!(
                "the configuration does not hold: {} and {}",
                count(errors, "error"),
                count(warnings, "warning")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name_and_leads_nowhere_else() {
        assert_eq!(resource(Some("./clusters/./prod.ncl")), "clusters/prod.ncl");
        assert_eq!(resource(None), "inline");
        let long = "x".repeat(1025);
        for name in ["/etc/passwd", "../a.ncl", "a\u{7}.ncl", "", long.as_str()] {
            assert_eq!(resource(Some(name)), "refused");
            let error = source("config", "{}".to_owned(), Some(name.to_owned())).unwrap_err();
            assert_eq!(error.kind(), toolcall::ErrorKind::InvalidArgument, "{error:?}");
        }
        let source = source("config", "{}".to_owned(), Some("./a.ncl".to_owned())).unwrap();
        assert_eq!(source.name, "a.ncl");
    }

    #[test]
    fn a_path_is_told_from_a_configuration() {
        for path in ["web.ncl", " clusters/prod.ncl\n", "/srv/infra/web.ncl"] {
            assert!(is_path(path), "{path}");
        }
        for text in ["{ a = b.ncl }", "import \"web.ncl\"", "(f x).ncl", "a\n.ncl"] {
            assert!(!is_path(text), "{text}");
        }
    }

    #[test]
    fn numbers_agree_with_their_nouns() {
        assert_eq!(summary(1, 0), "the configuration does not hold: 1 error");
        assert_eq!(
            summary(2, 1),
            "the configuration does not hold: 2 errors and 1 warning"
        );
    }
}
