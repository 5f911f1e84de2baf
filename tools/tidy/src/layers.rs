//! Who may depend on whom.
//!
//! Dev-dependencies may also name `proof` crates: tests may use a test kit anywhere.

use std::collections::BTreeMap;

use crate::{Kind, Package, Problems};

/// Each layer, and the layers it may depend on. `adapter` and `family` know one domain: their own.
const LAYERS: &[(&str, &[&str])] = &[
    ("leaf", &[]),
    ("domain", &["leaf"]),
    ("adapter", &["domain", "leaf"]),
    ("call", &["leaf"]),
    ("stage", &["call", "leaf"]),
    ("family", &["domain", "call", "leaf"]),
    ("carrier", &["call", "leaf"]),
    // A process's furniture knows the spine and nothing that an executable is about.
    ("process", &["process", "carrier", "stage", "call", "leaf"]),
    (
        "server",
        &[
            "process", "carrier", "family", "adapter", "domain", "stage", "call", "leaf",
        ],
    ),
    (
        "proof",
        &[
            "proof", "server", "process", "carrier", "family", "adapter", "domain", "stage", "call", "leaf",
        ],
    ),
];

/// Members without a layer, and dependencies that go the wrong way.
#[must_use]
pub fn check(packages: &[Package]) -> Problems {
    let known: BTreeMap<&str, &Package> = packages
        .iter()
        .map(|package| (package.name.as_str(), package))
        .collect();
    let mut problems = Problems::new();
    for package in packages {
        let manifest = format!("{}/Cargo.toml", package.folder);
        let Some((layer, allowed)) = layer(package) else {
            let names: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
            problems.push(format!(
                "{manifest}: `[package.metadata.house]` must say `layer`, one of {}",
                names.join(", ")
            ));
            continue;
        };
        problems.extend(place(package, layer, &known).map(|problem| format!("{manifest}: {problem}")));
        for dependency in package.dependencies.iter().filter(|dependency| dependency.inside) {
            let Some((name, other)) = known
                .get(dependency.name.as_str())
                .and_then(|other| Some((layer_name(other)?, other)))
            else {
                continue;
            };
            let tested = dependency.kind == Kind::Dev && name == "proof";
            if !tested && !allowed.contains(&name) {
                problems.push(format!(
                    "{manifest}: `{}` is a {layer} crate and may not depend on `{}`, which is {name}; it may use {}",
                    package.name,
                    other.name,
                    if allowed.is_empty() { "nothing of this workspace".to_owned() } else { allowed.join(", ") },
                ));
            } else if name == "domain"
                && matches!(layer, "adapter" | "family")
                && package.domain.as_deref() != Some(other.name.as_str())
            {
                problems.push(format!(
                    "{manifest}: `{}` may know its own domain only, not `{}`; compose them in a server's wiring",
                    package.name, other.name
                ));
            }
        }
    }
    problems
}

/// What its folder, its name and its targets say about the layer it claims.
fn place<'a>(
    package: &'a Package,
    layer: &'a str,
    known: &'a BTreeMap<&str, &Package>,
) -> impl Iterator<Item = String> + 'a {
    let mut problems = Problems::new();
    let folder_name = package.folder.rsplit('/').next().unwrap_or_default();
    if folder_name != package.name {
        problems.push(format!(
            "the folder is `{folder_name}` and the crate `{}`: give both one name",
            package.name
        ));
    }
    let (server, proof) = (
        package.folder.starts_with("servers/"),
        package.folder.starts_with("evals/"),
    );
    if package.starts && !server && !proof {
        problems.push("it has a `main`: what can be started lives under `servers/`".to_owned());
    }
    if server != (layer == "server") {
        problems.push(format!(
            "layer `{layer}` in `{}`: `servers/` holds the server crates and nothing else",
            package.folder
        ));
    }
    if matches!(layer, "adapter" | "family") {
        match package.domain.as_deref() {
            Some(domain) if known.get(domain).and_then(|other| layer_name(other)) == Some("domain") => {
                let fits = match layer {
                    "family" => package.name == format!("{domain}-tools"),
                    _ => package
                        .name
                        .strip_prefix(domain)
                        .is_some_and(|rest| rest.starts_with('-') && rest != "-tools"),
                };
                if !fits {
                    let form = if layer == "family" { "tools" } else { "technology" };
                    problems.push(format!("a {layer} of `{domain}` is called `{domain}-{form}`"));
                }
            }
            _ => problems
                .push("`[package.metadata.house]` must say `domain`, the name of a domain crate".to_owned()),
        }
    }
    problems.into_iter()
}

fn layer(package: &Package) -> Option<(&'static str, &'static [&'static str])> {
    LAYERS
        .iter()
        .find(|(name, _)| Some(*name) == package.layer.as_deref())
        .copied()
}

fn layer_name(package: &Package) -> Option<&'static str> {
    layer(package).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> [Package; 4] {
        [
            Package::toy("redacted", "leaf", &[]),
            Package::toy("vault", "domain", &["redacted"]),
            Package::toy("agents", "domain", &[]),
            Package::toy("toolcall", "call", &["redacted"]),
        ]
    }

    fn problem(package: Package) -> String {
        let mut packages = vault().to_vec();
        packages.push(package);
        check(&packages).join("\n")
    }

    #[test]
    fn the_right_way_is_fine() {
        assert_eq!(
            problem(Package::toy("vault-tools", "family", &["vault", "toolcall"]).of_domain("vault")),
            ""
        );
        assert_eq!(
            problem(Package::toy("vault-file", "adapter", &["vault"]).of_domain("vault")),
            ""
        );
    }

    #[test]
    fn the_wrong_way_is_named() {
        let wrong = problem(Package::toy("knowledge", "domain", &["toolcall"]));
        assert!(
            wrong.contains("`knowledge` is a domain crate and may not depend on `toolcall`, which is call"),
            "{wrong}"
        );
    }

    #[test]
    fn another_domain_is_refused() {
        let wrong = problem(Package::toy("vault-tools", "family", &["agents"]).of_domain("vault"));
        assert!(
            wrong.contains("may know its own domain only, not `agents`"),
            "{wrong}"
        );
    }

    #[test]
    fn tests_may_use_the_test_kit_and_code_may_not() {
        let mut kit = Package::toy("kit", "proof", &[]);
        let mut user = Package::toy("audit", "stage", &["kit"]);
        assert!(!check(&[kit.clone(), user.clone()]).is_empty());
        user.dependencies[0].kind = Kind::Dev;
        assert!(check(&[kit.clone(), user]).is_empty());
        kit.layer = None;
        assert!(check(&[kit])[0].contains("must say `layer`"));
    }

    #[test]
    fn a_main_belongs_under_servers() {
        let mut package = Package::toy("vault-cli", "process", &[]);
        package.starts = true;
        assert!(problem(package).contains("lives under `servers/`"));
    }
}
