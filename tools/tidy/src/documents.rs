//! The pages a newcomer opens first say what they must, and stay short enough to be read.

use crate::{Problems, Repository};

/// Three pages.
const ARCHITECTURE_LINES: usize = 170;

/// What must be said where.
const SAID: &[(&str, &str, &str)] = &[
    ("README.md", "./dev demo", "a newcomer types it first"),
    (
        "README.md",
        "./dev test",
        "whoever changes something types it last",
    ),
    (
        "CHANGELOG.md",
        "\n## Unreleased\n",
        "what a user would notice is written there with the change",
    ),
    ("CONTRIBUTING.md", "UPDATE=1", "generated pages are written by it"),
];

/// Pages that are absent, too long, or do not say what they must.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let mut problems = Problems::new();
    for (path, text, why) in SAID {
        match repository.text(path) {
            None => problems.push(format!("{path}: is not there")),
            Some(page) if !page.contains(text) => {
                problems.push(format!("{path}: must say `{}`: {why}", text.trim()))
            }
            Some(_) => {}
        }
    }
    let lines = repository
        .text("ARCHITECTURE.md")
        .map_or(0, |page| page.lines().count());
    if lines == 0 || lines > ARCHITECTURE_LINES {
        problems.push(format!(
            "ARCHITECTURE.md: {lines} lines; it must be there and have at most {ARCHITECTURE_LINES}: leave out what the \
             code says itself"
        ));
    }
    problems.extend(decisions(repository));
    problems
}

/// Decisions are numbered without gaps, and each says the same four things.
fn decisions(repository: &Repository) -> Problems {
    let mut problems = Problems::new();
    let pages = repository
        .ending(".md")
        .filter(|(path, _)| path.starts_with("rag-corpus/adr/"));
    for (number, (path, text)) in pages.enumerate() {
        let wanted = format!("rag-corpus/adr/{:04}-", number + 1);
        if !path.starts_with(&wanted) {
            problems.push(format!(
                "{path}: decisions are numbered without gaps; this one would be `{wanted}…`"
            ));
        }
        let absent = ["## Context", "## Choice", "## Given up"]
            .into_iter()
            .filter(|heading| !text.contains(heading));
        problems.extend(absent.map(|heading| format!("{path}: has no `{heading}`")));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_say_what_was_given_up() {
        let whole = "# 1\n## Context\n## Choice\n## Given up\n";
        let half = "# 3\n## Context\n## Choice\n";
        let repository = Repository::of(&[
            ("rag-corpus/adr/0001-a.md", whole),
            ("rag-corpus/adr/0003-b.md", half),
        ]);
        let problems = decisions(&repository);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("rag-corpus/adr/0002-"));
        assert!(problems[1].contains("## Given up"));
    }

    #[test]
    fn a_long_architecture_is_not_read() {
        let long = "x\n".repeat(171);
        let problems = check(&Repository::of(&[("ARCHITECTURE.md", &long)]));
        assert!(
            problems.iter().any(|problem| problem.contains("171 lines")),
            "{problems:?}"
        );
    }
}
