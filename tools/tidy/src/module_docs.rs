//! Every Rust file begins by saying what it is for.

use crate::{Problems, Repository};

/// Files that do not begin with `//!`.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    repository
        .ending(".rs")
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| {
            format!(
                "{path}: begin with `//! …`: what the file is for, what it is not, what always holds in it"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_file_is_found() {
        let repository = Repository::of(&[
            ("a.rs", "//! A.\n"),
            ("b.rs", "fn main() {}\n"),
            ("c.md", "# C\n"),
        ]);
        let problems = check(&repository);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("b.rs: begin with"));
    }
}
