//! Versions and lints live in the root manifest; a member says which crates and features it uses and nothing else.

use toml::{Table, Value};

use crate::{Problems, Repository};

/// What a member takes from the workspace.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

/// Members that decide for themselves.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let members = repository
        .ending("Cargo.toml")
        .filter(|(path, _)| *path != "Cargo.toml");
    members.flat_map(|(path, text)| manifest(path, text)).collect()
}

fn manifest(path: &str, text: &str) -> Problems {
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => return vec![format!("{path}: not valid TOML: {error}")],
    };
    let mut problems = Problems::new();
    let package = table.get("package").and_then(Value::as_table);
    for key in INHERITED {
        if !package
            .and_then(|package| package.get(*key))
            .is_some_and(inherits)
        {
            problems.push(format!(
                "{path}: write `{key}.workspace = true`; the root manifest decides it"
            ));
        }
    }
    if !table.get("lints").is_some_and(inherits) {
        problems.push(format!(
            "{path}: write `workspace = true` under `[lints]`, so that every crate is held to the same"
        ));
    }
    if package.and_then(|package| package.get("description")).is_none() {
        problems.push(format!(
            "{path}: a `description` says in one line what the crate is for"
        ));
    }
    for (section, dependencies) in sections(&table) {
        for (name, dependency) in dependencies {
            let keys = ["version", "path", "git", "registry"];
            let own = keys.iter().any(|key| dependency.get(key).is_some());
            if !inherits(dependency) || own {
                problems.push(format!(
                    "{path}: `{name}` in `[{section}]` must be `{name}.workspace = true`; its version and source go into \
                     `[workspace.dependencies]` of the root"
                ));
            }
        }
    }
    problems
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// Every table of dependencies, also those for one platform.
fn sections(table: &Table) -> Vec<(String, &Table)> {
    let of = |prefix: String, table: &'_ Table| -> Vec<String> {
        let names = ["dependencies", "dev-dependencies", "build-dependencies"];
        names
            .iter()
            .filter(|name| table.contains_key(**name))
            .map(|name| format!("{prefix}{name}"))
            .collect()
    };
    let mut found = Vec::new();
    for name in of(String::new(), table) {
        if let Some(section) = table.get(&name).and_then(Value::as_table) {
            found.push((name, section));
        }
    }
    let platforms = table
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    for (platform, inner) in platforms {
        for name in inner
            .as_table()
            .map(|inner| of(String::new(), inner))
            .unwrap_or_default()
        {
            if let Some(section) = inner.get(&name).and_then(Value::as_table) {
                found.push((format!("target.{platform}.{name}"), section));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\ndescription = \"x\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n\
        [dependencies]\nserde.workspace = true\n";

    #[test]
    fn a_member_that_inherits_is_fine() {
        assert_eq!(manifest("a/Cargo.toml", GOOD), Problems::new());
    }

    #[test]
    fn versions_of_its_own_are_found() {
        for line in [
            "toml = \"1\"",
            "toml = { version = \"1\" }",
            "toml = { path = \"../toml\" }",
        ] {
            let problems = manifest("a/Cargo.toml", &format!("{GOOD}{line}\n"));
            assert!(problems[0].contains("`toml` in `[dependencies]`"), "{problems:?}");
        }
        let platform = format!("{GOOD}[target.'cfg(unix)'.dependencies]\nrustix = \"1\"\n");
        assert!(manifest("a/Cargo.toml", &platform)[0].contains("`rustix`"));
    }

    #[test]
    fn lints_and_edition_are_inherited() {
        let own = GOOD
            .replace("edition.workspace = true", "edition = \"2024\"")
            .replace("[lints]\nworkspace = true\n", "");
        let problems = manifest("a/Cargo.toml", &own);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
