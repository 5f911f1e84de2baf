//! Layered configuration in which every value knows where it came from.
//!
//! One struct per executable says what can be configured; its defaults, doc comments and JSON schema are all
//! this crate needs. Layers, each winning over the one before: the struct's default, files in the order given
//! (system, user, workspace), environment variables `PREFIX_SECTION_KEY`, flags `section.key=value`. A list or
//! a free table is replaced whole; nothing is merged inside one.
//!
//! ```
//! #[derive(Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! #[serde(default, deny_unknown_fields)]
//! struct Config {
//!     /// Where to listen.
//!     listen: String,
//! }
//!
//! let environment = settings::Environment::from_pairs([("DEMO_LISTEN", "127.0.0.1:8080")]);
//! let sources = settings::Sources { environment, ..settings::Sources::new("DEMO") };
//! let settings = settings::Settings::<Config>::resolve(sources)?;
//! assert_eq!(settings.value().listen, "127.0.0.1:8080");
//! assert_eq!(settings.get("listen").map(|entry| entry.origin.to_string()).as_deref(), Some("env DEMO_LISTEN"));
//! # Ok::<(), settings::Error>(())
//! ```
//!
//! This is the only crate that reads the environment; others are handed an [`Environment`].

mod convert;
mod environment;
mod error;
mod file;
mod leaf;
mod reference;
mod resolve;

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

pub use environment::{Environment, user_cache_dir, user_config_dir, user_state_dir};
pub use error::Error;
pub use reference::reference;

/// Where values can come from.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Begins the name of every variable, such as `PROV`.
    pub prefix: String,
    /// Files, the weakest first.
    pub files: Vec<SourceFile>,
    /// The environment.
    pub environment: Environment,
    /// Variables that begin with the prefix and are no setting, such as `PROV_CONFIG`.
    pub other_variables: Vec<String>,
    /// Keys and values from the command line, the strongest last.
    pub overrides: Vec<(String, String)>,
}

impl Sources {
    /// Nothing but the defaults, under `prefix`.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            files: Vec::new(),
            environment: Environment::default(),
            other_variables: Vec::new(),
            overrides: Vec::new(),
        }
    }
}

/// A file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// What the layer is called: `system`, `user`, `workspace`, or how the file was named.
    pub layer: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether somebody asked for this file, so that it must be there.
    pub required: bool,
    /// The only sections it may set, if not every one.
    pub sections: Option<Vec<String>>,
}

impl SourceFile {
    /// A file that may be absent.
    #[must_use]
    pub fn optional(layer: &str, path: impl Into<PathBuf>) -> Self {
        Self {
            layer: layer.to_owned(),
            path: path.into(),
            required: false,
            sections: None,
        }
    }

    /// A file that somebody named, and that must be there.
    #[must_use]
    pub fn named(layer: &str, path: impl Into<PathBuf>) -> Self {
        Self {
            required: true,
            ..Self::optional(layer, path)
        }
    }

    /// A file that may be absent and is not ours, such as one in a workspace: it may set nothing outside
    /// `sections`, and trying to is an error.
    #[must_use]
    pub fn restricted(layer: &str, path: impl Into<PathBuf>, sections: &[&str]) -> Self {
        let sections = sections.iter().map(|section| (*section).to_owned()).collect();
        Self {
            sections: Some(sections),
            ..Self::optional(layer, path)
        }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The executable.
    Default,
    /// A file.
    File {
        /// The layer's name.
        layer: String,
        /// Where it is.
        path: PathBuf,
        /// The line of the value, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        name: String,
    },
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line, .. } => write!(f, "file {}:{line}", path.display()),
            Self::Environment { name } => write!(f, "env {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One setting, for people and programs. A secret's value is [`redacted::MARKER`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Dotted, such as `audit.rotate_bytes`.
    pub key: String,
    /// The variable that sets it.
    pub variable: String,
    /// What it takes, such as `integer` or `one of "json", "text"`.
    pub kind: String,
    /// The value in force.
    pub value: Value,
    /// The value if nobody sets it.
    pub default: Value,
    /// Where the value in force came from.
    pub origin: Origin,
    /// What it is for.
    pub doc: String,
    /// Whether its value is hidden.
    pub secret: bool,
}

/// The configuration of an executable, resolved.
#[derive(Clone)]
pub struct Settings<C> {
    value: C,
    entries: Vec<Entry>,
}

impl<C> Settings<C> {
    /// The configuration.
    #[must_use]
    pub fn value(&self) -> &C {
        &self.value
    }

    /// The configuration, to keep.
    #[must_use]
    pub fn into_value(self) -> C {
        self.value
    }

    /// Every setting, in the order of the struct's schema.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The setting at the dotted `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl<C> fmt::Debug for Settings<C> {
    /// Prints the entries, in which secrets are hidden; the struct itself would show them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
