//! The environment of the process, read once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// A snapshot of the environment. Its values are not printed: some of them are secrets.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// What the process was started with. To be called once, in `main`.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads it; `vars` panics on what is not UTF-8"
    )]
    pub fn capture() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// These variables only.
    pub fn from_pairs<N: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// The value of `name`, if it is set, not empty, and UTF-8.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_os(name).and_then(OsStr::to_str)
    }

    /// The value of `name`, if it is set and not empty.
    #[must_use]
    pub fn get_os(&self, name: &str) -> Option<&OsStr> {
        self.0
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// Every variable whose name begins with `prefix`, in the order of their names.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a OsStr)> {
        self.0.iter().filter_map(move |(name, value)| {
            let name = name.to_str().filter(|name| name.starts_with(prefix))?;
            Some((name, value.as_os_str()))
        })
    }

    /// The directory of the user.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.absolute("HOME")
    }

    /// Where users keep their configuration: `XDG_CONFIG_HOME`, or `.config` at home.
    #[must_use]
    pub fn config_home(&self) -> Option<PathBuf> {
        self.base("XDG_CONFIG_HOME", ".config")
    }

    /// Where users keep what should last but is no document: `XDG_STATE_HOME`, or `.local/state` at home.
    #[must_use]
    pub fn state_home(&self) -> Option<PathBuf> {
        self.base("XDG_STATE_HOME", ".local/state")
    }

    /// Where users keep what can be made again: `XDG_CACHE_HOME`, or `.cache` at home.
    #[must_use]
    pub fn cache_home(&self) -> Option<PathBuf> {
        self.base("XDG_CACHE_HOME", ".cache")
    }

    /// Where sockets belong: `XDG_RUNTIME_DIR`.
    #[must_use]
    pub fn runtime_dir(&self) -> Option<PathBuf> {
        self.absolute("XDG_RUNTIME_DIR")
    }

    /// The program that `name` stands for: itself if it is a path, else the first in `PATH` that can be run.
    #[must_use]
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        if name.contains('/') {
            return Some(PathBuf::from(name)).filter(|path| runs(path));
        }
        let path = self.get_os("PATH")?;
        // An empty or relative entry means the current directory; nobody should run what happens to lie there.
        let directories = std::env::split_paths(path).filter(|directory| directory.is_absolute());
        directories
            .map(|directory| directory.join(name))
            .find(|candidate| runs(candidate))
    }

    /// A directory named by a variable; a relative one is not valid and ignored, as XDG demands.
    fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.get_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }

    fn base(&self, name: &str, at_home: &str) -> Option<PathBuf> {
        self.absolute(name).or_else(|| Some(self.home()?.join(at_home)))
    }
}

fn runs(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata()
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

/// Where the user's configuration of `program` is.
#[must_use]
pub fn user_config_dir(environment: &Environment, program: &str) -> Option<PathBuf> {
    Some(environment.config_home()?.join(program))
}

/// Where the state of `program` for this user is, such as its audit log.
#[must_use]
pub fn user_state_dir(environment: &Environment, program: &str) -> Option<PathBuf> {
    Some(environment.state_home()?.join(program))
}

/// Where `program` keeps for this user what can be made again.
#[must_use]
pub fn user_cache_dir(environment: &Environment, program: &str) -> Option<PathBuf> {
    Some(environment.cache_home()?.join(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_follow_xdg_and_ignore_relative_paths() {
        let environment = Environment::from_pairs([("HOME", "/home/ann"), ("XDG_STATE_HOME", "relative")]);
        assert_eq!(
            user_config_dir(&environment, "prov"),
            Some("/home/ann/.config/prov".into())
        );
        assert_eq!(
            user_state_dir(&environment, "prov"),
            Some("/home/ann/.local/state/prov".into())
        );
        let environment = Environment::from_pairs([("XDG_CONFIG_HOME", "/etc/ann"), ("HOME", "")]);
        assert_eq!(
            user_config_dir(&environment, "prov"),
            Some("/etc/ann/prov".into())
        );
        assert_eq!(user_state_dir(&environment, "prov"), None);
        assert_eq!(format!("{environment:?}"), "{\"HOME\", \"XDG_CONFIG_HOME\"}");
    }

    #[test]
    fn programs_are_found_in_path() {
        let environment = Environment::from_pairs([("PATH", ":relative:/nowhere:/bin:/usr/bin")]);
        assert!(
            environment
                .find_program("sh")
                .is_some_and(|path| path.ends_with("sh"))
        );
        assert_eq!(environment.find_program("no-such-program-anywhere"), None);
        assert_eq!(environment.find_program("/etc/passwd"), None);
    }

    #[test]
    fn the_process_has_an_environment() {
        assert!(Environment::capture().get("PATH").is_some());
    }
}
