//! What is in the repository: the files that git knows or would add.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why the repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program could not be run.
    #[error("cannot run `{program}`")]
    Run {
        /// Which.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A program said no.
    #[error("`{program}` failed: {message}")]
    Failed {
        /// Which.
        program: String,
        /// What it said.
        message: String,
    },
    /// A program's answer is not what it is documented to be.
    #[error("cannot understand the answer of `{program}`")]
    Answer {
        /// Which.
        program: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Files by path, `/` between its parts; those that are not text have none.
#[derive(Debug, Default)]
pub struct Repository {
    root: PathBuf,
    files: BTreeMap<String, Option<String>>,
}

impl Repository {
    /// The repository that this crate is in.
    ///
    /// # Errors
    /// If git is not there, or this is not a git checkout.
    pub fn here() -> Result<Self, Error> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = run(Command::new("git").args(arguments).current_dir(&root))?;
        let mut files = BTreeMap::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            // A file that git still lists may be deleted already.
            if let Ok(bytes) = std::fs::read(root.join(path)) {
                files.insert(path.to_owned(), String::from_utf8(bytes).ok());
            }
        }
        Ok(Self { root, files })
    }

    /// A repository in memory, to test rules with.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| ((*path).to_owned(), Some((*text).to_owned()));
        Self {
            root: PathBuf::new(),
            files: files.iter().map(file).collect(),
        }
    }

    /// Where it is on disk.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every text file with its path.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Every text file whose name ends with `ending`.
    pub fn ending(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(move |(path, _)| path.ends_with(ending))
    }

    /// The text of the file at `path`.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether there is a file or a folder at `path`.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.keys().any(|file| file.starts_with(&folder))
    }

    /// Names of the folders directly below `folder`.
    #[must_use]
    pub fn folders(&self, folder: &str) -> Vec<&str> {
        let below = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
        let mut names: Vec<&str> = below.filter_map(|rest| Some(rest.split_once('/')?.0)).collect();
        names.dedup();
        names
    }
}

/// Standard output of `command`, which must succeed.
pub(crate) fn run(command: &mut Command) -> Result<String, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|source| Error::Run {
        program: program.clone(),
        source,
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Failed {
        program,
        message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
