//! The members of the workspace as cargo sees them.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::repository::{Error, run};

/// A member.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder in the repository, such as `tools/mcp`.
    pub folder: String,
    /// `package.metadata.house.layer`.
    pub layer: Option<String>,
    /// `package.metadata.house.domain`: whose adapter or family it is.
    pub domain: Option<String>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// Whether it has a `main`.
    pub starts: bool,
}

/// One line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// On what.
    pub name: String,
    /// For what.
    pub kind: Kind,
    /// Whether it is a member of this workspace.
    pub inside: bool,
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The crate itself, or its build script.
    Normal,
    /// Tests, examples and benchmarks.
    Dev,
}

/// Every member of the workspace at `root`.
///
/// # Errors
/// If cargo cannot read a manifest.
pub fn packages(root: &Path) -> Result<Vec<Package>, Error> {
    let mut command = Command::new(env!("CARGO"));
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let text = run(command.args(arguments).current_dir(root))?;
    let metadata: Metadata = serde_json::from_str(&text).map_err(|source| Error::Answer {
        program: "cargo metadata".to_owned(),
        source,
    })?;
    let workspace = metadata.workspace_root;
    let package = |raw: Raw| {
        let house = raw
            .metadata
            .and_then(|metadata| metadata.house)
            .unwrap_or_default();
        let manifest = Path::new(&raw.manifest_path);
        let folder = manifest
            .parent()
            .and_then(|folder| folder.strip_prefix(&workspace).ok());
        Package {
            name: raw.name,
            folder: folder.unwrap_or(manifest).to_string_lossy().replace('\\', "/"),
            layer: house.layer,
            domain: house.domain,
            dependencies: raw.dependencies.into_iter().map(dependency).collect(),
            starts: raw
                .targets
                .iter()
                .any(|target| target.kind.iter().any(|kind| kind == "bin")),
        }
    };
    Ok(metadata.packages.into_iter().map(package).collect())
}

fn dependency(raw: RawDependency) -> Dependency {
    let kind = match raw.kind.as_deref() {
        Some("dev") => Kind::Dev,
        _ => Kind::Normal,
    };
    Dependency {
        name: raw.name,
        kind,
        inside: raw.path.is_some(),
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Raw>,
    workspace_root: String,
}

#[derive(Deserialize)]
struct Raw {
    name: String,
    manifest_path: String,
    metadata: Option<RawMetadata>,
    dependencies: Vec<RawDependency>,
    targets: Vec<RawTarget>,
}

#[derive(Deserialize)]
struct RawMetadata {
    house: Option<House>,
}

#[derive(Deserialize, Default)]
struct House {
    layer: Option<String>,
    domain: Option<String>,
}

#[derive(Deserialize)]
struct RawDependency {
    name: String,
    kind: Option<String>,
    path: Option<String>,
}

#[derive(Deserialize)]
struct RawTarget {
    kind: Vec<String>,
}

#[cfg(test)]
impl Package {
    /// A member for tests of rules: `name` of `layer`, with normal dependencies on other members.
    pub(crate) fn toy(name: &str, layer: &str, dependencies: &[&str]) -> Self {
        let inside = |name: &&str| Dependency {
            name: (*name).to_owned(),
            kind: Kind::Normal,
            inside: true,
        };
        Self {
            name: name.to_owned(),
            folder: format!("tools/{name}"),
            layer: Some(layer.to_owned()),
            domain: None,
            dependencies: dependencies.iter().map(inside).collect(),
            starts: false,
        }
    }

    pub(crate) fn of_domain(mut self, domain: &str) -> Self {
        self.domain = Some(domain.to_owned());
        self
    }
}
