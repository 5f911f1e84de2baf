//! `check_compliance`.

mod junit;
mod output;
mod sarif;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use provisioning::compliance::waiver::{self, Waiver};
use provisioning::compliance::{self, Framework, Report, render};
use provisioning::workspace::{self, Workspace};
use provisioning::{Evaluate, Node};
use schemars::JsonSchema;
use serde::Deserialize;
use toolcall::{Effect, ErrorKind, Granted, Tool, ToolError, Toolset};

use crate::fail;
use crate::finding::split;
use crate::shelf::Shelf;
use crate::validate_config::{count, resource, source};
use output::Output;

/// Checks configurations with the evaluator, the rules, the waivers and the calendar it holds.
pub struct CheckCompliance {
    evaluate: Arc<dyn Evaluate>,
    shelf: Arc<Shelf>,
    workspace: Arc<dyn Workspace>,
    today: fn() -> Date,
}

/// Check a Nickel configuration against rules for SOC 2, HIPAA, GDPR and PCI DSS 4.0.1.
///
/// Each result is fail, unknown (a value is not set; never a pass), waived, pass or not_applicable, with the field,
/// file and line that decided, the controls it is evidence for with the source of the mapping, and a fix as path and
/// value where one is known. A pass is evidence for a control and no statement that anybody complies. Rules of the
/// workspace are in `.prov/rules`, waivers in `.prov/waivers.ncl`. It validates first and changes nothing. Example:
/// {"config": "…", "framework": "soc2", "render": "markdown"}.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The configuration: Nickel text, not a path.
    config: String,
    /// Check only rules with controls of this framework.
    #[serde(default)]
    framework: Asked,
    /// The file the text came from, relative to the workspace: named in results, and where imports start from.
    #[serde(default)]
    file_name: Option<String>,
    /// Also give the results as text, for people or for other tools.
    #[serde(default)]
    render: Option<Render>,
}

/// Which framework.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Asked {
    /// SOC 2 trust services criteria.
    Soc2,
    /// HIPAA, 45 CFR part 164.
    Hipaa,
    /// The General Data Protection Regulation.
    Gdpr,
    /// PCI DSS 4.0.1.
    Pci,
    /// Every framework.
    #[default]
    All,
}

/// A text form of the results.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Render {
    /// Plain text.
    Table,
    /// Markdown tables.
    Markdown,
    /// SARIF 2.1.0, which code hosts show beside the lines.
    Sarif,
    /// JUnit XML, which build servers show as tests.
    Junit,
}

impl Asked {
    fn framework(self) -> Option<Framework> {
        match self {
            Self::Soc2 => Some(Framework::Soc2),
            Self::Hipaa => Some(Framework::Hipaa),
            Self::Gdpr => Some(Framework::Gdpr),
            Self::Pci => Some(Framework::Pci),
            Self::All => None,
        }
    }
}

impl CheckCompliance {
    /// Checks with the rules of `shelf` and the waivers of `workspace`, as of `today`.
    #[must_use]
    pub fn new(
        evaluate: Arc<dyn Evaluate>,
        shelf: Arc<Shelf>,
        workspace: Arc<dyn Workspace>,
        today: fn() -> Date,
    ) -> Self {
        Self {
            evaluate,
            shelf,
            workspace,
            today,
        }
    }

    /// The configuration that `text` means; what does not hold gives no evidence of anything.
    async fn configuration(&self, text: String, file_name: Option<String>) -> Result<Node, ToolError> {
        let source = source("config", text, file_name)?;
        let evaluation = self
            .evaluate
            .evaluate(source, true)
            .await
            .map_err(fail::evaluation)?;
        match evaluation.configuration {
            Some(node) => Ok(node),
            None => {
                let (errors, _) = split(evaluation.diagnostics);
                Err(ToolError::new(
                    ErrorKind::InvalidConfiguration,
                    format!(
                        "`config` does not hold, so it cannot be checked ({})",
                        count(errors.len(), "error")
                    ),
                )
                .field("config")
                .details(serde_json::json!({ "errors": errors }))
                .hint("mend the errors listed in `details`, or call `validate_config`"))
            }
        }
    }

    /// The waivers of the workspace.
    fn waivers(&self) -> Result<Vec<Waiver>, ToolError> {
        let mut waivers = Vec::new();
        for file in waiver::FILES {
            match self.workspace.read(file) {
                Ok(text) => waivers.extend(waiver::read(file, &text).map_err(fail::compliance)?),
                Err(workspace::Error::Absent { .. }) => {}
                // What cannot be read may hold waivers that have expired: it is not passed over.
                Err(error) => return Err(fail::waivers(error)),
            }
        }
        Ok(waivers)
    }
}

impl Tool for CheckCompliance {
    const NAME: &'static str = "check_compliance";
    const TITLE: &'static str = "Check a configuration against controls";
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

    async fn call(&self, _granted: &Granted, params: Params) -> Result<Output, ToolError> {
        // Before the evaluation, because a broken pack is refused whatever the configuration says.
        let rules = self.shelf.rules().map_err(fail::compliance)?;
        let waivers = self.waivers()?;
        let configuration = self.configuration(params.config, params.file_name).await?;
        let report = compliance::check(
            &configuration,
            &rules,
            &waivers,
            params.framework.framework(),
            (self.today)(),
        );
        let rendered = params.render.map(|form| rendered(form, &report));
        Ok(Output::new(&report, rendered))
    }
}

fn rendered(form: Render, report: &Report<'_>) -> String {
    let text = match form {
        Render::Table => render::table(report),
        Render::Markdown => render::markdown(report),
        Render::Sarif => sarif::text(report),
        Render::Junit => junit::text(report),
    };
    // It quotes the configuration, which is other people's: nothing invisible may ride along. What SARIF quotes is
    // cleaned before it is written as JSON, where this would no longer find it.
    redacted::clean(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use provisioning::Embedded;
    use provisioning::compliance::{Rules, data};

    use super::*;

    #[test]
    fn nothing_invisible_is_in_any_form() {
        let rules = Rules::load(&Embedded).unwrap();
        let name = "a\u{1b}[31mb\u{202e}c\u{7}d";
        let server =
            format!("{{ name = \"{name}\", role = \"database\", networking = {{ public_ip = true }} }}");
        let configuration = data("main.ncl", &format!("{{ servers = [{server}] }}")).unwrap();
        let today = "2026-11-24".parse().unwrap();
        let report = compliance::check(&configuration, &rules, &[], None, today);
        for form in [Render::Table, Render::Markdown, Render::Sarif, Render::Junit] {
            let text = rendered(form, &report);
            for hidden in ["\u{1b}", "\u{7}", "\u{202e}", "\\u001b", "\\u0007"] {
                assert!(!text.contains(hidden), "{hidden:?} in {form:?}");
            }
        }
        let text = rendered(Render::Sarif, &report);
        assert!(text.contains("server.abcd"), "{text}");
        let log: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(log["version"], "2.1.0");
    }
}
