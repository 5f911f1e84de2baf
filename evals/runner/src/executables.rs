//! Where our executables are, and how they are started.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A folder of executables, and a folder of this run for what they write.
pub(crate) struct Executables {
    folder: PathBuf,
    scratch: tempfile::TempDir,
}

impl Executables {
    /// The executables in `folder`, or beside this one; `needed` must be there.
    pub(crate) fn new(folder: Option<&Path>, needed: &[&str]) -> Result<Self, Failure> {
        let scratch =
            tempfile::tempdir().map_err(|error| Failure::new("cannot make a folder").because(&error))?;
        let beside = || {
            let own = std::env::current_exe().ok()?;
            own.parent().map(Path::to_owned)
        };
        let folder = folder
            .map(Path::to_owned)
            .or_else(beside)
            .ok_or_else(|| Failure::new("name the folder of the executables with `--executables`"))?;
        let absent = needed
            .iter()
            .map(|name| folder.join(name))
            .find(|path| !path.exists());
        match absent {
            Some(path) => Err(Failure::new(format!(
                "`{}` is not there; `cargo build` makes it",
                path.display()
            ))),
            None => Ok(Self { folder, scratch }),
        }
    }

    /// The executable called `name`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file of this run.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// The command that makes an executable serve.
    pub(crate) fn serve(&self, name: &str, options: &[&str]) -> Vec<String> {
        let audit = self.scratch(&format!("{name}.jsonl"));
        let fixed = [
            "mcp".to_owned(),
            "serve".to_owned(),
            "--set".to_owned(),
            format!("audit.path={}", audit.display()),
        ];
        std::iter::once(self.folder.join(name).display().to_string())
            .chain(fixed)
            .chain(options.iter().map(|option| (*option).to_owned()))
            .collect()
    }
}
