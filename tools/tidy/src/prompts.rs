//! Prompts parse, are embedded, and send a model only to tools that exist.

use std::collections::BTreeSet;

use crate::{Problems, Repository, tools};

/// Files that are not prompts, or mention what is not there.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let listed = match tools::listed(repository) {
        Ok(listed) => listed,
        Err(problem) => return vec![problem],
    };
    let all: Vec<&tools::Listed> = listed.values().flatten().collect();
    let mut known: BTreeSet<&str> = all.iter().map(|tool| tool.name.as_str()).collect();
    known.extend(all.iter().flat_map(|tool| tool.arguments()));
    let files = repository.ending(".md").filter_map(|(path, text)| {
        let (family, file) = path.strip_prefix("prompts/")?.split_once('/')?;
        Some((path, family, file.strip_suffix(".md")?, text))
    });
    let mut problems = Problems::new();
    for (path, family, name, text) in files {
        problems.extend(embedded(family, name).map(|problem| format!("{path}: {problem}")));
        problems.extend(mentions(text, &known).map(|problem| format!("{path}: {problem}")));
    }
    problems
}

/// Whether the crate `prompts` offers it; reading the family parses the front matter of every file.
fn embedded(family: &str, name: &str) -> Option<String> {
    match ::prompts::family(family) {
        Err(error) => Some(error.to_string()),
        Ok(found) if found.iter().any(|prompt| prompt.name == name) => None,
        Ok(_) => Some(format!(
            "nobody can pick it; add `\"{family}\" / \"{name}\"` to `prompts/src/lib.rs`"
        )),
    }
}

/// Words in backticks that look like a tool and are neither a tool nor an argument of one.
fn mentions<'a>(text: &'a str, known: &'a BTreeSet<&str>) -> impl Iterator<Item = String> + 'a {
    let quoted = text.split('`').skip(1).step_by(2);
    let looks = |word: &&str| {
        word.contains('_')
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let unknown = quoted.filter(looks).filter(|word| !known.contains(word));
    unknown.map(|word| format!("mentions `{word}`, which is no tool and no argument of one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_not_there_is_named() {
        let known = BTreeSet::from(["validate_config", "compare_with"]);
        let text = "Call `validate_config`, then `price_config` with `compare_with` and `config`.";
        let found: Vec<String> = mentions(text, &known).collect();
        assert_eq!(
            found,
            ["mentions `price_config`, which is no tool and no argument of one"]
        );
    }

    #[test]
    fn a_file_that_is_not_embedded_is_found() {
        assert_eq!(embedded("provisioning", "compare_cost"), None);
        assert!(
            embedded("provisioning", "no_such")
                .unwrap()
                .contains("prompts/src/lib.rs")
        );
    }
}
