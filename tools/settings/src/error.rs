//! Why settings cannot be resolved.

use std::io;
use std::path::PathBuf;

use crate::Origin;

/// Settings that cannot be resolved. The message names the place; [`Error::hint`] the next step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that somebody named is not there.
    #[error("there is no {layer} settings file `{}`", path.display())]
    Absent {
        /// What the layer is called.
        layer: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read the settings file `{}`", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file is not TOML.
    #[error("{}:{line}: not valid TOML: {reason}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A file that is not ours sets what it may not.
    #[error("{}a {layer} file may not set `{key}`", place(origin))]
    Restricted {
        /// The dotted key.
        key: String,
        /// Where it was given.
        origin: Box<Origin>,
        /// What the layer is called.
        layer: String,
        /// What it may set.
        sections: Vec<String>,
    },
    /// There is no such setting.
    #[error("{}unknown setting `{key}`", place(origin))]
    UnknownKey {
        /// The dotted key.
        key: String,
        /// Where it was given.
        origin: Box<Origin>,
        /// One that resembles it.
        nearest: Option<String>,
    },
    /// A variable begins with the prefix and sets nothing.
    #[error("the environment variable `{name}` is no setting")]
    UnknownVariable {
        /// Its name.
        name: String,
        /// One that resembles it.
        nearest: Option<String>,
    },
    /// A value is of the wrong type or out of range.
    #[error("{}`{key}` must be {expected}, not {given}", place(origin))]
    WrongValue {
        /// The dotted key.
        key: String,
        /// Where the value was given.
        origin: Box<Origin>,
        /// What it takes.
        expected: String,
        /// What was given; hidden for a secret.
        given: String,
    },
    /// The values do not make a configuration.
    #[error("{}`{key}`: {reason}", place(origin))]
    Invalid {
        /// The dotted key; empty if no single value is at fault.
        key: String,
        /// Where the value was given.
        origin: Box<Origin>,
        /// What is wrong.
        reason: String,
    },
    /// The configuration's struct cannot be used: a mistake in the executable.
    #[error("the configuration is declared wrongly: {0}")]
    Declaration(String),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Absent { .. } => Some("check the path, or leave it out to use the usual files".to_owned()),
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            }
            | Self::UnknownVariable {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::Restricted { sections, .. } if sections.is_empty() => {
                Some("set it in your own file".to_owned())
            }
            Self::Restricted { sections, .. } => {
                let quoted: Vec<String> = sections.iter().map(|section| format!("`{section}`")).collect();
                Some(format!(
                    "set it in your own file; this one may set {}",
                    quoted.join(", ")
                ))
            }
            Self::UnknownKey { .. } => Some("`config show` lists every setting".to_owned()),
            Self::UnknownVariable { .. } => Some("unset it; `config show` lists every variable".to_owned()),
            Self::WrongValue { expected, key, .. } => Some(format!("give `{key}` as {expected}")),
            Self::Unreadable { .. } | Self::Syntax { .. } | Self::Invalid { .. } | Self::Declaration(_) => {
                None
            }
        }
    }
}

/// The place as the beginning of a message.
fn place(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default: ".to_owned(),
        Origin::File { path, line, .. } => format!("{}:{line}: ", path.display()),
        Origin::Environment { name } => format!("environment variable `{name}`: "),
        Origin::Flag => "command line: ".to_owned(),
    }
}
