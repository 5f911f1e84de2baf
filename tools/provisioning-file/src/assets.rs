//! Shipped data, with the workspace's own files in front.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use provisioning::assets::Error;
use provisioning::workspace;
use provisioning::{Asset, AssetKind, AssetName, Assets};

use crate::WorkspaceFiles;
use crate::files::text;

/// The folder of a workspace whose `schemas/`, `prices/`, `examples/`, `lexicon/` and `rules/` replace shipped files.
const FOLDER: &str = ".prov";

/// How many files each of its folders may hold. They are looked at in every evaluation.
const FILES: usize = 64;

/// How many bytes the files of one folder may hold together.
const BYTES: u64 = 8 << 20;

/// A file that changed so recently may change again without its time of change telling.
const SETTLED: Duration = Duration::from_secs(2);

/// Looks for each asset below the workspace's `.prov/` first, and in other assets otherwise.
///
/// A file replaces the shipped one of the same name whole; others are added. A folder that holds too much, or that
/// leads out of the workspace, makes all assets of its kind unusable: what is in force is never guessed. In a mere
/// list, a single file that cannot be read still replaces, as an empty text, which whoever reads it refuses.
///
/// A file whose time of change and size are the same as before is not read again.
#[derive(Clone)]
pub struct WorkspaceAssets {
    files: WorkspaceFiles,
    otherwise: Arc<dyn Assets>,
    known: Arc<Mutex<HashMap<String, Known>>>,
}

/// A text as it was read.
struct Known {
    stamp: Stamp,
    text: Arc<str>,
}

/// What tells one content of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(about: &Metadata) -> Self {
        Self {
            file: (about.dev(), about.ino()),
            size: about.size(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

impl WorkspaceAssets {
    /// The assets of `files`, and `otherwise` where it has none.
    #[must_use]
    pub fn new(files: WorkspaceFiles, otherwise: Arc<dyn Assets>) -> Self {
        Self {
            files,
            otherwise,
            known: Arc::default(),
        }
    }

    /// Why what the workspace has in place of shipped data cannot be used.
    #[must_use]
    pub fn problems(&self, kind: AssetKind) -> Vec<Error> {
        let mut problems = Vec::new();
        if let Err(error) = self.own(kind, &mut |error| {
            problems.push(error.into());
            Ok(())
        }) {
            problems.push(error);
        }
        problems
    }

    /// Names in the folder of `kind`, in order.
    fn own_names(&self, kind: AssetKind) -> Result<Vec<String>, Error> {
        let folder = folder(kind);
        match self.files.names(&folder, FILES, |name| is_of(kind, name)) {
            Ok(Some(names)) => Ok(names),
            Ok(None) => Err(Error::TooMany { folder, limit: FILES }),
            // No folder, no overrides.
            Err(workspace::Error::Absent { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// The workspace's own assets; `bad` decides about files that cannot be read, which are empty if they may be.
    fn own(
        &self,
        kind: AssetKind,
        bad: &mut dyn FnMut(workspace::Error) -> Result<(), Error>,
    ) -> Result<Vec<Asset>, Error> {
        let mut assets = Vec::new();
        let mut total = 0;
        let names = self.own_names(kind)?;
        let here = place(kind, "");
        // Files that are gone are not remembered for ever.
        self.known().retain(|origin, _| {
            let name = origin.strip_prefix(&here);
            name.is_none_or(|name| names.iter().any(|known| known == name))
        });
        for name in names {
            let origin = place(kind, &name);
            let text = match self.text(kind, &origin, &mut total) {
                Ok(text) => Cow::Owned(text.as_ref().to_owned()),
                Err(Error::Unreadable(error)) => {
                    bad(error)?;
                    Cow::Borrowed("")
                }
                Err(error) => return Err(error),
            };
            assets.push(Asset {
                path: name,
                text,
                origin,
            });
        }
        Ok(assets)
    }

    /// The text of one file, read only if it is not known already and if `total` still allows it.
    fn text(&self, kind: AssetKind, origin: &str, total: &mut u64) -> Result<Arc<str>, Error> {
        let (file, about) = self.files.regular(origin)?;
        count(kind, total, about.len())?;
        let stamp = Stamp::of(&about);
        if let Some(known) = self.known().get(origin).filter(|known| known.stamp == stamp) {
            return Ok(Arc::clone(&known.text));
        }
        let text: Arc<str> = text(file, origin)?.into();
        // It may have grown since it was measured.
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        count(kind, total, length.saturating_sub(about.len()))?;
        let settled = about
            .modified()
            .ok()
            .and_then(|modified| SystemTime::now().duration_since(modified).ok())
            .is_some_and(|age| age > SETTLED);
        if settled {
            let text = Arc::clone(&text);
            self.known().insert(origin.to_owned(), Known { stamp, text });
        }
        Ok(text)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        // Nothing is done under the lock that could leave the table half changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self, kind: AssetKind, own: Vec<Asset>) -> Vec<Asset> {
        let mut assets = self.otherwise.list(kind);
        assets.retain(|asset| own.iter().all(|own| own.path != asset.path));
        assets.extend(own);
        assets.sort_by(|left, right| left.path.cmp(&right.path));
        assets
    }
}

impl Assets for WorkspaceAssets {
    fn list(&self, kind: AssetKind) -> Vec<Asset> {
        self.own(kind, &mut |_| Ok(()))
            .map_or_else(|_| Vec::new(), |own| self.all(kind, own))
    }

    fn load(&self, kind: AssetKind) -> Result<Vec<Asset>, Error> {
        let own = self.own(kind, &mut |error| Err(error.into()))?;
        Ok(self.all(kind, own))
    }

    fn names(&self, kind: AssetKind) -> Result<Vec<AssetName>, Error> {
        let mut total = 0;
        let mut names = self.otherwise.names(kind)?;
        for name in self.own_names(kind)? {
            let origin = place(kind, &name);
            let (_, about) = self.files.regular(&origin)?;
            count(kind, &mut total, about.len())?;
            names.retain(|known| known.path != name);
            names.push(AssetName {
                path: name,
                origin,
                size: about.len(),
            });
        }
        names.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(names)
    }
}

/// Adds to `total`, unless that is more than a folder may hold.
fn count(kind: AssetKind, total: &mut u64, size: u64) -> Result<(), Error> {
    *total = total.saturating_add(size);
    if *total > BYTES {
        return Err(Error::TooLarge {
            folder: folder(kind),
            limit: BYTES,
        });
    }
    Ok(())
}

fn folder(kind: AssetKind) -> String {
    format!("{FOLDER}/{}", kind.folder())
}

fn place(kind: AssetKind, name: &str) -> String {
    format!("{FOLDER}/{}/{name}", kind.folder())
}

fn is_of(kind: AssetKind, name: &str) -> bool {
    let endings: &[&str] = match kind {
        AssetKind::Schema | AssetKind::Example | AssetKind::Rule => &[".ncl"],
        AssetKind::Price => &[".toml", ".tsv"],
        AssetKind::Lexicon | AssetKind::Form | AssetKind::Query => &[".toml"],
        // Templates are worked off in the process that serves: no workspace has its own.
        AssetKind::Template => &[],
    };
    !name.starts_with('.') && endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[derive(Debug)]
    struct Shipped;

    impl Assets for Shipped {
        fn list(&self, _kind: AssetKind) -> Vec<Asset> {
            ["lib.ncl", "server.ncl"]
                .map(|path| Asset {
                    path: path.to_owned(),
                    text: "shipped".into(),
                    origin: "builtin".to_owned(),
                })
                .into()
        }
    }

    fn assets() -> (tempfile::TempDir, WorkspaceAssets) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(".prov/schemas/folder.ncl")).unwrap();
        let assets = WorkspaceAssets::new(WorkspaceFiles::new(root.path()), Arc::new(Shipped));
        (root, assets)
    }

    fn origins(assets: &WorkspaceAssets) -> Vec<String> {
        assets
            .list(AssetKind::Schema)
            .into_iter()
            .map(|asset| format!("{}: {}", asset.origin, asset.text))
            .collect()
    }

    #[test]
    fn the_workspace_replaces_and_adds_file_by_file() {
        let (root, assets) = assets();
        assert_eq!(origins(&assets), ["builtin: shipped", "builtin: shipped"]);
        fs::write(root.path().join(".prov/schemas/server.ncl"), "own").unwrap();
        fs::write(root.path().join(".prov/schemas/more.ncl"), "more").unwrap();
        fs::write(root.path().join(".prov/schemas/notes.txt"), "ignored").unwrap();
        let expected = [
            "builtin: shipped",
            ".prov/schemas/more.ncl: more",
            ".prov/schemas/server.ncl: own",
        ];
        assert_eq!(origins(&assets), expected);
        assert_eq!(assets.read(AssetKind::Schema, "server.ncl").unwrap().text, "own");
        assert!(
            assets
                .list(AssetKind::Price)
                .iter()
                .all(|asset| asset.origin == "builtin")
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_over() {
        let (root, assets) = assets();
        fs::write(root.path().join(".prov/schemas/server.ncl"), b"\xff").unwrap();
        assert_eq!(assets.read(AssetKind::Schema, "server.ncl").unwrap().text, "");
        let expected = |error: &Error| {
            matches!(error, Error::Unreadable(workspace::Error::NotUtf8 { .. }))
                && error.place() == ".prov/schemas/server.ncl"
        };
        assert!(
            assets
                .load(AssetKind::Schema)
                .is_err_and(|error| expected(&error))
        );
        assert!(matches!(assets.problems(AssetKind::Schema).as_slice(), [one] if expected(one)));
    }

    #[test]
    fn too_many_files_are_refused_and_not_cut() {
        let (root, assets) = assets();
        let folder = root.path().join(".prov/schemas");
        for number in 0..64 {
            fs::write(folder.join(format!("s{number}.ncl")), "1").unwrap();
        }
        assert_eq!(assets.load(AssetKind::Schema).unwrap().len(), 66);
        symlink("s1.ncl", folder.join("one-more.ncl")).unwrap();
        let error = assets.load(AssetKind::Schema).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`.prov/schemas` holds more than the 64 files that may replace or add to shipped ones"
        );
        assert!(assets.names(AssetKind::Schema).is_err());
        assert_eq!(assets.list(AssetKind::Schema), []);
        assert_eq!(assets.problems(AssetKind::Schema).len(), 1);
    }

    /// A text of 4 MB and three hundred names for it were 6 GB in the process that serves.
    #[test]
    fn one_large_file_under_many_names_is_refused_before_it_is_read() {
        let (root, assets) = assets();
        let folder = root.path().join(".prov/schemas");
        fs::write(folder.join("a.ncl"), vec![b' '; 4_000_000]).unwrap();
        symlink("a.ncl", folder.join("b.ncl")).unwrap();
        assert_eq!(assets.load(AssetKind::Schema).unwrap().len(), 4);
        symlink("a.ncl", folder.join("c.ncl")).unwrap();
        let error = assets.load(AssetKind::Schema).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the files of `.prov/schemas` hold more than the 8 MiB that they may together"
        );
        assert_eq!(assets.list(AssetKind::Schema), []);
    }

    #[test]
    fn a_folder_outside_is_not_listed() {
        let (root, assets) = assets();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("private.ncl"), "1").unwrap();
        symlink(outside.path(), root.path().join(".prov/examples")).unwrap();
        for answer in [
            format!("{:?}", assets.list(AssetKind::Example)),
            format!("{:?}", assets.names(AssetKind::Example)),
            format!("{:?}", assets.load(AssetKind::Example)),
        ] {
            assert!(!answer.contains("private"), "{answer}");
        }
        let error = assets.load(AssetKind::Example).unwrap_err();
        assert_eq!(error.place(), ".prov/examples");
    }

    #[test]
    fn names_need_no_text() {
        let (root, assets) = assets();
        // Not text, so that reading it would fail.
        fs::write(root.path().join(".prov/schemas/server.ncl"), b"\xff\xff").unwrap();
        let names = assets.names(AssetKind::Schema).unwrap();
        let named: Vec<_> = names.iter().map(|name| (name.path.as_str(), name.size)).collect();
        assert_eq!(named, [("lib.ncl", 7), ("server.ncl", 2)]);
    }

    #[test]
    fn what_did_not_change_is_not_read_again() {
        let (root, assets) = assets();
        let path = root.path().join(".prov/schemas/server.ncl");
        let text = |assets: &WorkspaceAssets| assets.read(AssetKind::Schema, "server.ncl").unwrap().text;
        fs::write(&path, "one").unwrap();
        // Fresh: it may change within the same tick.
        assert_eq!(text(&assets), "one");
        assert!(assets.known().is_empty());
        let old = SystemTime::now() - Duration::from_secs(60);
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(old)
            .unwrap();
        assert_eq!(text(&assets), "one");
        // Proof that the known text is used: it is not what the file says.
        assets.known().get_mut(".prov/schemas/server.ncl").unwrap().text = "known".into();
        assert_eq!(text(&assets), "known");
        fs::write(&path, "two").unwrap();
        assert_eq!(text(&assets), "two");
    }
}
