//! Why a log cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// Something could not be done with a file of the log.
#[derive(Debug, thiserror::Error)]
#[error("cannot {attempt} `{}`", path.display())]
pub struct Error {
    /// What was attempted, such as `create the directory`.
    pub attempt: &'static str,
    /// With what.
    pub path: PathBuf,
    /// Why not.
    #[source]
    pub source: io::Error,
}

impl Error {
    /// For `map_err`: names the attempt and the file.
    pub(crate) fn on<E: Into<io::Error>>(attempt: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
        move |source| Self {
            attempt,
            path: path.to_owned(),
            source: source.into(),
        }
    }
}
