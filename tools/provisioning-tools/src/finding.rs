//! A diagnostic on the wire.

use provisioning::layers::Layer;
use provisioning::{Diagnostic, Severity};
use schemars::JsonSchema;
use serde::Serialize;

/// One finding about a configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// Which rule was broken, such as `contract`, `unknown_field`, `syntax`, `import_refused`.
    code: String,
    /// The layer that found it, for what was generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<&'static str>,
    /// What is wrong.
    message: String,
    /// The file, relative to the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// The field, such as `servers[0].spec.cpu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The contract that was broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<String>,
    /// The value that broke it, shortened.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Why the contract refuses the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl From<Diagnostic> for Finding {
    fn from(diagnostic: Diagnostic) -> Self {
        // The texts quote the configuration, which is other people's: nothing invisible may ride along.
        let clean = |text: Option<String>| text.map(|text| redacted::clean(&text).into_owned());
        Self {
            code: diagnostic.code,
            layer: None,
            message: redacted::clean(&diagnostic.message).into_owned(),
            file: clean(diagnostic.file),
            line: diagnostic.line,
            column: diagnostic.column,
            path: clean(diagnostic.path),
            contract: clean(diagnostic.contract),
            value: clean(diagnostic.value),
            reason: clean(diagnostic.reason),
            hint: clean(diagnostic.hint),
        }
    }
}

/// The same of findings that know their layer.
pub(crate) fn split_layers(findings: Vec<(Layer, Diagnostic)>) -> (Vec<Finding>, Vec<Finding>) {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for (layer, diagnostic) in findings {
        let list = match diagnostic.severity {
            Severity::Error => &mut errors,
            Severity::Warning => &mut warnings,
        };
        list.push(Finding {
            layer: Some(layer.name()),
            ..Finding::from(diagnostic)
        });
    }
    (errors, warnings)
}

/// The errors and the warnings among `diagnostics`, in order.
pub(crate) fn split(diagnostics: Vec<Diagnostic>) -> (Vec<Finding>, Vec<Finding>) {
    let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics
        .into_iter()
        .partition(|diagnostic| diagnostic.severity == Severity::Error);
    (
        errors.into_iter().map(Finding::from).collect(),
        warnings.into_iter().map(Finding::from).collect(),
    )
}
