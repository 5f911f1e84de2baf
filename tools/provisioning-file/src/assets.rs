//! Shipped data, with the workspace's own files in front.

use std::borrow::Cow;
use std::sync::Arc;

use provisioning::workspace::{Error, Workspace};
use provisioning::{Asset, AssetKind, Assets};

use crate::WorkspaceFiles;

/// The folder of a workspace whose `schemas/`, `prices/` and `examples/` replace shipped files.
const FOLDER: &str = ".prov";

/// Looks for each asset below the workspace's `.prov/` first, and in other assets otherwise.
///
/// A file replaces the shipped one of the same name whole; others are added. One that cannot be read still
/// replaces, as an empty text: it is refused by whoever reads it, instead of being passed over in silence.
#[derive(Clone)]
pub struct WorkspaceAssets {
    files: WorkspaceFiles,
    otherwise: Arc<dyn Assets>,
}

impl WorkspaceAssets {
    /// The assets of `files`, and `otherwise` where it has none.
    #[must_use]
    pub fn new(files: WorkspaceFiles, otherwise: Arc<dyn Assets>) -> Self {
        Self { files, otherwise }
    }

    /// Why files of the workspace that replace shipped ones cannot be read.
    #[must_use]
    pub fn problems(&self, kind: AssetKind) -> Vec<Error> {
        self.names(kind)
            .iter()
            .filter_map(|name| self.files.read(&place(kind, name)).err())
            .collect()
    }

    /// Names in the folder of `kind`, in order.
    fn names(&self, kind: AssetKind) -> Vec<String> {
        // No folder, no overrides.
        let entries = std::fs::read_dir(self.files.root().join(FOLDER).join(kind.folder()))
            .into_iter()
            .flatten();
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| is_of(kind, name))
            .collect();
        names.sort_unstable();
        names
    }

    fn own(&self, kind: AssetKind, name: String) -> Asset {
        let origin = place(kind, &name);
        let text = self.files.read(&origin).unwrap_or_default();
        Asset {
            path: name,
            text: Cow::Owned(text),
            origin,
        }
    }
}

impl Assets for WorkspaceAssets {
    fn list(&self, kind: AssetKind) -> Vec<Asset> {
        let mut assets = self.otherwise.list(kind);
        for name in self.names(kind) {
            let own = self.own(kind, name);
            match assets.iter_mut().find(|asset| asset.path == own.path) {
                Some(asset) => *asset = own,
                None => assets.push(own),
            }
        }
        assets.sort_by(|left, right| left.path.cmp(&right.path));
        assets
    }
}

fn place(kind: AssetKind, name: &str) -> String {
    format!("{FOLDER}/{}/{name}", kind.folder())
}

fn is_of(kind: AssetKind, name: &str) -> bool {
    let endings: &[&str] = match kind {
        AssetKind::Schema | AssetKind::Example => &[".ncl"],
        AssetKind::Price => &[".toml", ".tsv"],
        AssetKind::Lexicon => &[".toml"],
        // Templates are worked off in the process that serves: no workspace has its own.
        AssetKind::Template => &[],
    };
    !name.starts_with('.') && endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        assert!(matches!(
            assets.problems(AssetKind::Schema).as_slice(),
            [Error::NotUtf8 { .. }]
        ));
    }
}
