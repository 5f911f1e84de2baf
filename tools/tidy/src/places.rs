//! No file names the machine it was written on, or a host that only that machine can reach.

use crate::{Problems, Repository};

// Put together here, so that this file does not find itself.
const ANYWHERE: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("index.crates", ".io-"),
    concat!("registry.", "npmjs"),
];

/// Lines that name one of them.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let mut problems = Problems::new();
    for (path, text) in repository.texts() {
        let in_lock = path.ends_with("package-lock.json");
        for (number, line) in text.lines().enumerate() {
            let found = ANYWHERE.iter().find(|place| line.contains(**place)).copied();
            let resolved = (in_lock && line.contains("\"resolved\"")).then_some("resolved");
            if let Some(found) = found.or(resolved) {
                problems.push(format!(
                    "{path}:{}: `{found}` is a place of one machine; write a relative path, or leave the host to the client",
                    number + 1
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_and_a_host_are_found() {
        let home = format!("cd {}x\n", ANYWHERE[0]);
        let lock = "{\n\"resolved\": \"https://example.com/x.tgz\"\n}\n";
        let problems = check(&Repository::of(&[
            ("a.sh", &home),
            ("b/package-lock.json", lock),
            ("c.md", "resolved\n"),
        ]));
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[1].starts_with("b/package-lock.json:2: "));
    }
}
