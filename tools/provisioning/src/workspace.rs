//! The port to the user's files: text by a path relative to the workspace root, and nothing outside it.

use std::collections::BTreeMap;

/// Why there is no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("the workspace has no `{path}`")]
    Absent {
        /// The path that was asked for.
        path: String,
    },
    /// The path leads out of the workspace or to something that is not a file.
    #[error("`{path}` is refused: {why}")]
    Refused {
        /// The path that was asked for.
        path: String,
        /// The rule that it breaks.
        why: String,
    },
    /// The file is not text.
    #[error("`{path}` is not UTF-8 text: the byte at offset {offset} does not belong")]
    NotUtf8 {
        /// The path that was asked for.
        path: String,
        /// Offset of the first byte that does not belong.
        offset: usize,
    },
    /// The file is larger than a configuration may be.
    #[error("`{path}` is larger than {limit} bytes")]
    TooLarge {
        /// The path that was asked for.
        path: String,
        /// The most that is read.
        limit: u64,
    },
    /// The system would not give it.
    #[error("cannot read `{path}`: {why}")]
    Unreadable {
        /// The path that was asked for.
        path: String,
        /// What the system said.
        why: String,
    },
}

impl Error {
    /// The path that was asked for.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Absent { path }
            | Self::Refused { path, .. }
            | Self::NotUtf8 { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Unreadable { path, .. } => path,
        }
    }
}

/// Reads the user's files.
pub trait Workspace: Send + Sync {
    /// The text of the file at `relative`, a path below the workspace root with `/` between its parts.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it may not or cannot be read.
    fn read(&self, relative: &str) -> Result<String, Error>;
}

/// Whether `relative` can only lead below the root: no absolute path, no `..`, no empty part.
///
/// # Errors
///
/// With the rule that it breaks.
pub fn check(relative: &str) -> Result<(), Error> {
    let refuse = |why: &str| {
        Err(Error::Refused {
            path: relative.to_owned(),
            why: why.to_owned(),
        })
    };
    if relative.starts_with('/') {
        refuse("an absolute path leaves the workspace")
    } else if relative.contains(['\0', '\\']) {
        refuse("the path holds a character that no file here has")
    } else if relative.split('/').any(|part| part == "..") {
        refuse("a path with `..` may leave the workspace")
    } else if relative.split('/').any(|part| matches!(part, "" | ".")) {
        refuse("the path has an empty part")
    } else {
        Ok(())
    }
}

/// The longest name that a file is called by, in bytes.
const NAME: usize = 1024;

/// The one way to write the name of a workspace file: `./` is left out, and nothing else is mended.
///
/// Whoever decides about a file and whoever opens it must mean the same one, so a name that could be written in
/// two ways is refused: absolute paths, `..`, empty parts, back slashes, control characters.
///
/// # Errors
///
/// With the rule that it breaks.
pub fn canonical_name(name: &str) -> Result<String, Error> {
    let shown = || {
        name.chars()
            .filter(|letter| !letter.is_control())
            .take(100)
            .collect()
    };
    let refuse = |why: String| Error::Refused { path: shown(), why };
    if name.len() > NAME {
        return Err(refuse(format!("a name has at most {NAME} bytes")));
    }
    if name.contains(char::is_control) {
        return Err(refuse("the name holds a control character".to_owned()));
    }
    let parts: Vec<&str> = name.split('/').filter(|part| *part != ".").collect();
    let name = parts.join("/");
    // `./` and `.` name a folder; `.//etc` must not become `/etc` unseen, and does not: `check` refuses it.
    check(&name).map_err(|error| match error {
        Error::Refused { why, .. } => refuse(why),
        other => other,
    })?;
    Ok(name)
}

/// A workspace in memory, for tests and for texts that are on no disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InMemory {
    files: BTreeMap<String, String>,
}

impl InMemory {
    /// An empty workspace.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With `text` at `path`.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }
}

impl Workspace for InMemory {
    fn read(&self, relative: &str) -> Result<String, Error> {
        check(relative)?;
        self.files.get(relative).cloned().ok_or_else(|| Error::Absent {
            path: relative.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_are_refused() {
        let workspace = InMemory::new().with("a/b.ncl", "1");
        for path in [
            "/etc/passwd",
            "../x",
            "a/../../x",
            "",
            "a//b.ncl",
            "./a",
            "a\\b",
            "a\0b",
        ] {
            assert!(
                matches!(workspace.read(path), Err(Error::Refused { .. })),
                "{path}"
            );
        }
        assert_eq!(workspace.read("a/b.ncl").as_deref(), Ok("1"));
        assert!(matches!(workspace.read("a"), Err(Error::Absent { .. })));
    }

    #[test]
    fn a_name_is_written_in_one_way() {
        for (name, canonical) in [
            ("prod.ncl", "prod.ncl"),
            ("./prod.ncl", "prod.ncl"),
            ("././a/./b.ncl", "a/b.ncl"),
            ("a/..b/c...ncl", "a/..b/c...ncl"),
            (".hidden", ".hidden"),
            ("größe.ncl", "größe.ncl"),
        ] {
            assert_eq!(canonical_name(name).as_deref(), Ok(canonical), "{name}");
        }
        assert!(canonical_name(&"x".repeat(1024)).is_ok());
    }

    #[test]
    fn a_name_that_could_mean_another_file_is_refused() {
        let long = "x".repeat(1025);
        for name in [
            "",
            ".",
            "./",
            "/etc/prod.ncl",
            ".//etc/prod.ncl",
            "x/../prod.ncl",
            "..",
            "a//b.ncl",
            "a/",
            "a\\prod.ncl",
            "prod.ncl\n",
            "a\0b",
            "\u{85}x",
            long.as_str(),
        ] {
            let refused = canonical_name(name);
            assert!(
                matches!(refused, Err(Error::Refused { .. })),
                "{name:?}: {refused:?}"
            );
        }
    }
}
