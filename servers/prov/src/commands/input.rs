//! The configuration a command is about.

use std::path::{Component, Path};

use console::{Exit, Failure};
use program::Session;

use crate::config::ProvConfig;

/// Largest configuration read from a file, in bytes; the evaluator's own bound is lower and says more.
const CONFIGURATION_BYTES: u64 = 8 << 20;

/// A configuration and where its imports start from.
pub(super) struct Input {
    /// The text.
    pub(super) text: String,
    /// The file relative to the workspace, if it is in it.
    pub(super) file_name: Option<String>,
    /// What the user calls it.
    pub(super) shown: String,
}

/// What a text is called that comes without a file name.
pub(super) const NAMELESS: &str = "main.ncl";

/// Whether `path` stands for standard input.
pub(super) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads `path`, or standard input for `-`.
pub(super) fn read(path: &Path, session: &Session<'_, ProvConfig>) -> Result<Input, Failure> {
    if is_standard_input(path) {
        let text = program::read_standard_input(CONFIGURATION_BYTES)?;
        if text.trim().is_empty() {
            return Err(Failure::new(Exit::EmptyInput, "standard input is empty")
                .hint("write a configuration to it, or name a file"));
        }
        return Ok(Input {
            text,
            file_name: None,
            shown: "<stdin>".to_owned(),
        });
    }
    let text = program::read_text(path, CONFIGURATION_BYTES)?;
    if text.trim().is_empty() {
        return Err(
            Failure::new(Exit::EmptyInput, format!("`{}` is empty", path.display()))
                .hint("write a configuration into it; `example://web-on-aws` is one"),
        );
    }
    Ok(Input {
        text,
        shown: path.display().to_string(),
        file_name: in_workspace(path, session.workspace()),
    })
}

/// `path` relative to `workspace`, if it is in it; imports of a file outside start at the workspace's root.
fn in_workspace(path: &Path, workspace: &Path) -> Option<String> {
    let (path, workspace) = (path.canonicalize().ok()?, workspace.canonicalize().ok()?);
    let relative = path.strip_prefix(workspace).ok()?;
    let plain = relative
        .components()
        .all(|component| matches!(component, Component::Normal(_)));
    plain.then(|| relative.to_str().map(str::to_owned))?
}
