//! No file grows past a size at which nobody reads it whole.

use crate::{Problems, Repository};

/// Most lines of code that is not tests.
const LINES: usize = 500;

/// Files that are longer today, with how long they may be. Shorten them and lower the number; nothing is added.
const LONGER: &[(&str, usize)] = &[];

/// Files that are too long, and exceptions that are no longer needed.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    checked(repository, LONGER)
}

fn checked(repository: &Repository, longer: &[(&str, usize)]) -> Problems {
    let mut problems = Problems::new();
    for (path, text) in repository.ending(".rs").filter(|(path, _)| !is_test(path)) {
        let lines = lines(text);
        let limit = longer
            .iter()
            .find(|(known, _)| *known == path)
            .map(|(_, limit)| *limit);
        match limit {
            None if lines > LINES => problems.push(format!(
                "{path}: {lines} lines without its tests, more than {LINES}; make it a folder with a file per thing"
            )),
            Some(limit) if lines > limit => {
                problems.push(format!("{path}: grew from {limit} to {lines} lines; make it a folder with a file per thing"));
            }
            Some(limit) if lines < limit => problems.push(format!(
                "{path}: {lines} lines, fewer than the {limit} it may have; lower the number in `tidy`'s `length.rs`"
            )),
            _ => {}
        }
    }
    let gone = longer.iter().filter(|(path, _)| !repository.has(path));
    problems.extend(
        gone.map(|(path, _)| format!("{path}: is gone; take it off the list in `tidy`'s `length.rs`")),
    );
    problems
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

/// Lines before the tests at the end of the file.
fn lines(text: &str) -> usize {
    let code = text
        .split_once("\n#[cfg(test)]\nmod tests {")
        .map_or(text, |(code, _)| code);
    code.lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found_and_tests_do_not_count() {
        let code = "x\n".repeat(LINES);
        let tested = format!("{code}\n#[cfg(test)]\nmod tests {{\n{code}}}\n");
        let long = format!("{code}x\n");
        let repository = Repository::of(&[
            ("a/src/fits.rs", &tested),
            ("a/src/long.rs", &long),
            ("a/tests/it/long.rs", &long),
        ]);
        let problems = checked(&repository, &[]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("a/src/long.rs: 501 lines"));
    }

    #[test]
    fn the_list_may_only_shrink() {
        let long = "x\n".repeat(600);
        let repository = Repository::of(&[("a.rs", &long)]);
        assert!(checked(&repository, &[("a.rs", 600)]).is_empty());
        assert!(checked(&repository, &[("a.rs", 599)])[0].contains("grew"));
        assert!(checked(&repository, &[("a.rs", 700)])[0].contains("lower the number"));
        assert!(checked(&repository, &[("a.rs", 600), ("b.rs", 600)])[0].contains("is gone"));
    }
}
