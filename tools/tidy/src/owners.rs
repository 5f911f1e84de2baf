//! Heavy or dangerous outside crates have one owner each; everybody else goes through it.

use crate::{Kind, Package, Problems};

/// An outside crate and who may name it.
struct Owned {
    name: &'static str,
    owners: &'static [&'static str],
    /// Whether tests elsewhere may use it.
    in_tests: bool,
    why: &'static str,
}

const OWNED: &[Owned] = &[
    Owned {
        name: "rmcp",
        owners: &["mcp"],
        in_tests: false,
        why: "the protocol changes in one place: use `mcp`",
    },
    Owned {
        name: "cedar-policy",
        owners: &["policy"],
        in_tests: false,
        why: "decisions are made in one place: use `policy`",
    },
    Owned {
        name: "nickel-lang-core",
        owners: &["provisioning-nickel"],
        in_tests: false,
        why: "evaluations are bounded in one place: use `provisioning::Evaluate`",
    },
    Owned {
        name: "rusqlite",
        // The runner fills an inventory of a hundred thousand resources to measure it.
        owners: &["provisioning-sqlite", "runner"],
        in_tests: true,
        why: "what is recorded is written in one place: use `provisioning::state::State`",
    },
    Owned {
        name: "tokio-postgres",
        owners: &["provisioning-postgres"],
        in_tests: true,
        why: "what is recorded is written in one place: use `provisioning::state::State`",
    },
    Owned {
        name: "aws-sigv4",
        owners: &["provisioning-aws"],
        in_tests: false,
        why: "requests to AWS are signed in one place: use `provisioning-aws`",
    },
    Owned {
        name: "jsonwebtoken",
        owners: &["identity"],
        in_tests: true,
        why: "tokens are checked in one place: use `identity`",
    },
];

/// Manifests that name what belongs to somebody else.
#[must_use]
pub fn check(packages: &[Package]) -> Problems {
    let mut problems = Problems::new();
    for package in packages {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| !dependency.inside)
        {
            let manifest = format!("{}/Cargo.toml", package.folder);
            if dependency.name == "clap" && !package.starts && package.name != "program" {
                problems.push(format!(
                    "{manifest}: `clap` is for crates with a `main` and for `program`: take plain values"
                ));
            }
            let owned = OWNED.iter().find(|owned| owned.name == dependency.name);
            let Some(owned) = owned.filter(|owned| !owned.owners.contains(&package.name.as_str())) else {
                continue;
            };
            if dependency.kind == Kind::Normal || !owned.in_tests {
                problems.push(format!(
                    "{manifest}: `{}` belongs to {}; {}",
                    owned.name,
                    owned.owners.join(", "),
                    owned.why
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dependency;

    fn uses(package: &str, name: &str, kind: Kind) -> Problems {
        let mut package = Package::toy(package, "stage", &[]);
        package.dependencies.push(Dependency {
            name: name.to_owned(),
            kind,
            inside: false,
        });
        check(&[package])
    }

    #[test]
    fn owners_may_and_others_may_not() {
        assert!(uses("mcp", "rmcp", Kind::Normal).is_empty());
        assert!(uses("audit", "rmcp", Kind::Dev)[0].contains("use `mcp`"));
        assert!(uses("audit", "clap", Kind::Normal)[0].contains("take plain values"));
    }

    #[test]
    fn tests_may_sign_tokens() {
        assert!(uses("audit", "jsonwebtoken", Kind::Dev).is_empty());
        assert!(!uses("audit", "jsonwebtoken", Kind::Normal).is_empty());
    }
}
