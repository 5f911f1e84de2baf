//! Only an executable's wiring names an adapter, so that another can take its place in one file.

use crate::{Package, Problems, Repository};

/// Where an adapter is named although it is not wiring, with the reason. Nothing is added.
const EXCEPTIONS: &[(&str, &str)] = &[
    // An evaluation worker is the same executable, started with a first argument of its own; it must not wire
    // anything, so `main` hands over before there is wiring.
    ("servers/prov/src/lib.rs", "provisioning-nickel"),
];

/// Files of servers that name an adapter.
#[must_use]
pub fn check(repository: &Repository, packages: &[Package]) -> Problems {
    let adapters = packages
        .iter()
        .filter(|package| package.layer.as_deref() == Some("adapter"));
    let mut problems = Problems::new();
    for adapter in adapters {
        let path_of_type = format!("{}::", adapter.name.replace('-', "_"));
        let sources = repository
            .ending(".rs")
            .filter(|(path, _)| path.starts_with("servers/") && path.contains("/src/"));
        for (path, text) in
            sources.filter(|(path, _)| !path.ends_with("/src/wiring.rs") && !path.contains("/src/wiring/"))
        {
            let excepted = EXCEPTIONS.contains(&(path, adapter.name.as_str()));
            match (text.contains(&path_of_type), excepted) {
                (true, false) => problems.push(format!(
                    "{path}: names the adapter `{}`; take the domain's port instead, and join the two in `wiring.rs`",
                    adapter.name
                )),
                (false, true) => problems.push(format!(
                    "{path}: no longer names `{}`; take it off the list in `tidy`'s `adapters.rs`",
                    adapter.name
                )),
                _ => {}
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_outside_wiring_is_found() {
        let packages = [Package::toy("vault-file", "adapter", &[])];
        let line = "//! X.\nuse vault_file::Store;\n";
        let repository = Repository::of(&[
            ("servers/svault/src/wiring.rs", line),
            ("servers/svault/src/config.rs", line),
        ]);
        let problems = check(&repository, &packages);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("servers/svault/src/config.rs: names the adapter `vault-file`"));
    }
}
