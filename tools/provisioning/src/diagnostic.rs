//! What is wrong with a configuration, said so that a person or a model can mend it.

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the configuration holds.
    Warning,
    /// The configuration does not hold.
    Error,
}

/// One finding. `code` is stable and documented; everything else is for reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Which rule: `syntax`, `type`, `contract`, `unknown_field`, `missing_field`, `import_refused`, …
    pub code: String,
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// The file, relative to the workspace.
    pub file: Option<String>,
    /// 1-based line.
    pub line: Option<u32>,
    /// 1-based column.
    pub column: Option<u32>,
    /// The field, such as `servers[0].spec.cpu`.
    pub path: Option<String>,
    /// The contract that was broken, as written or named in the schema.
    pub contract: Option<String>,
    /// The offending value as Nickel text, shortened.
    pub value: Option<String>,
    /// Why the contract refuses it.
    pub reason: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error of `code`.
    #[must_use]
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            message: message.into(),
            file: None,
            line: None,
            column: None,
            path: None,
            contract: None,
            value: None,
            reason: None,
            hint: None,
        }
    }
}
