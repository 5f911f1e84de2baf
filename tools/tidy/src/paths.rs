//! Pages that describe the code name files that are there.
//!
//! Decisions are left alone: they speak of the day they were made.

use crate::{Problems, Repository};

/// How a path of this repository begins.
const FOLDERS: &[&str] = &["tools/", "servers/", "prompts/", "evals/", "rag-corpus/"];

/// What begins like a path and is a method of the protocol.
const METHODS: &[&str] = &["tools/list", "tools/call", "prompts/list", "prompts/get"];

/// Paths that are named and not there.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let described = |path: &str| {
        let reference = path.starts_with("rag-corpus/adr/") || path.starts_with("rag-corpus/reference/");
        !reference && path != "CHANGELOG.md"
    };
    let mut problems = Problems::new();
    for (path, text) in repository.ending(".md").filter(|(path, _)| described(path)) {
        for (number, line) in text.lines().enumerate() {
            for named in paths(line).filter(|named| !repository.has(named)) {
                problems.push(format!(
                    "{path}:{}: names `{named}`, which is not there",
                    number + 1
                ));
            }
        }
    }
    problems
}

/// Paths in `line`; those with a part to fill in, such as `tools/<family>/src`, are not.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "`,;()[]\"'|".contains(c))
        .map(|word| word.trim_end_matches(['.', ':', '/']))
        .filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)))
        .filter(|word| !word.contains(['<', '*', '…', '{']) && !METHODS.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_moved_is_found() {
        let page = "Read `tools/a/src/lib.rs`, then `tools/b/src/lib.rs`.\n`tools/list`, `tools/<name>/src`, tools/a/.\n";
        let repository = Repository::of(&[("ARCHITECTURE.md", page), ("tools/a/src/lib.rs", "//! A.\n")]);
        assert_eq!(
            check(&repository),
            ["ARCHITECTURE.md:1: names `tools/b/src/lib.rs`, which is not there"]
        );
    }
}
