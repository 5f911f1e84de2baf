//! Every relative link of a Markdown page leads to a file of this repository.

use crate::{Problems, Repository};

/// Links that lead nowhere.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let mut problems = Problems::new();
    for (path, text) in repository.ending(".md") {
        for (line, target) in links(text) {
            match resolve(path, target) {
                Some(file) if repository.has(&file) => {}
                Some(file) => problems.push(format!(
                    "{path}:{line}: `{target}` leads to `{file}`, which is not there"
                )),
                None => problems.push(format!("{path}:{line}: `{target}` leads out of the repository")),
            }
        }
    }
    problems
}

/// Relative targets of `](…)` outside code, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            // Every second piece between backticks is code.
            for piece in line.split('`').step_by(2) {
                let targets = piece
                    .split("](")
                    .skip(1)
                    .filter_map(|rest| rest.split([')', ' ']).next());
                found.extend(
                    targets
                        .filter(|target| is_relative(target))
                        .map(|target| (number + 1, target)),
                );
            }
        }
    }
    found
}

fn is_relative(target: &str) -> bool {
    !target.is_empty()
        && !target.starts_with('#')
        && !target.contains("://")
        && !target.starts_with("mailto:")
}

/// `target` as seen from the page at `path`; `None` if it leaves the repository.
fn resolve(path: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or(target);
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        return None;
    }
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_link_is_found_with_its_line() {
        let page = "[a](b.md) [x](https://example.com)\n[c](../README.md#top), `[d](e.md)`\n```\n[f](g.md)\n```\n[h](i.md)\n";
        let repository = Repository::of(&[("docs/a.md", page), ("docs/b.md", ""), ("README.md", "")]);
        assert_eq!(
            check(&repository),
            ["docs/a.md:6: `i.md` leads to `docs/i.md`, which is not there"]
        );
    }

    #[test]
    fn folders_are_there_and_outside_is_not() {
        let repository = Repository::of(&[("a.md", "[x](docs/) [y](../z.md)\n"), ("docs/b.md", "")]);
        assert_eq!(
            check(&repository),
            ["a.md:1: `../z.md` leads out of the repository"]
        );
    }
}
