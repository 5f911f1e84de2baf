//! Releases that are known, as of a date: what is taken where none is named, and what may be named.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Asset;

/// Releases of one thing, as a file has them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Release {
    of: String,
    /// Taken where none is named.
    pub(crate) version: String,
    /// The year and month of the list.
    pub(crate) as_of: String,
    /// Where the list is from.
    source: String,
    /// Every release that may be named, oldest first.
    pub(crate) known: Vec<String>,
}

/// Releases by what they are of.
#[derive(Debug, Default)]
pub(super) struct Releases(BTreeMap<String, Release>);

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    release: Vec<Release>,
}

impl Releases {
    /// Those of every file of the lexicon. One that cannot be read is refused by
    /// [`Lexicon::load`](super::Lexicon::load), which reads them too.
    pub(super) fn of(files: &[Asset]) -> Self {
        let files = files
            .iter()
            .filter_map(|asset| toml::from_str::<File>(&asset.text).ok());
        let releases = files.flat_map(|file| file.release);
        Self(releases.map(|release| (release.of.clone(), release)).collect())
    }

    pub(super) fn get(&self, what: &str) -> Option<&Release> {
        self.0.get(what)
    }
}

impl Release {
    /// Whether `version` is a known release, or a patch of one: `16.4` is of `16`, `24.04.1` of `24.04`.
    pub(crate) fn has(&self, version: &str) -> bool {
        self.known.iter().any(|known| {
            version
                .strip_prefix(known.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AssetKind, Assets, Embedded};

    #[test]
    fn a_patch_is_of_its_release() {
        let releases = Releases::of(&Embedded.list(AssetKind::Lexicon));
        let has = |of: &str, version: &str| releases.get(of).unwrap().has(version);
        assert!(has("postgresql", "16") && has("postgresql", "16.4") && has("ubuntu", "24.04.1"));
        assert!(!has("postgresql", "99") && !has("postgresql", "160") && !has("ubuntu", "99.04"));
        assert!(has("kubernetes", "1.28") && !has("kubernetes", "2.0") && !has("kubernetes", "1.2"));
    }

    #[test]
    fn what_is_taken_is_known() {
        let releases = Releases::of(&Embedded.list(AssetKind::Lexicon));
        assert!(!releases.0.is_empty());
        for (of, release) in &releases.0 {
            assert!(release.has(&release.version), "{of}");
            assert_eq!(release.as_of.len(), "2026-11".len(), "{of}");
        }
    }
}
