//! Comments that say where a value comes from.
//!
//! A template marks the line of a value with `#@` and the value's path in the intent. Here the mark becomes a comment on
//! a line of its own above: `# from "3-node"` for what was said, `# assumed: …` for what was not. A mark that no origin
//! answers is dropped.

use std::collections::BTreeMap;

use super::escape::escaped;
use crate::intent::{Assumption, Origin};

/// What a line of provenance begins with, for what was said. It is the only part that depends on the words.
pub(super) const FROM: &str = "# from ";

/// Turns the marks of `text` into comments, and drops empty lines that are left of what was not filled.
pub(super) fn comment(text: &str, origins: &BTreeMap<String, Origin>, assumptions: &[Assumption]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let (code, path) = split(line);
        let code = code.trim_end();
        if code.is_empty() {
            continue;
        }
        if let Some(comment) = path.and_then(|path| said(path, origins, assumptions)) {
            let indent: String = code.chars().take_while(|character| *character == ' ').collect();
            lines.push(format!("{indent}{comment}"));
        }
        lines.push(code.to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The line before its mark, and the mark's path. What is filled in cannot be a mark: it stands between quotes, and
/// after a mark there is nothing but its path.
fn split(line: &str) -> (&str, Option<&str>) {
    let path = |mark: &&str| {
        !mark.is_empty()
            && mark
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    match line.rsplit_once(" #@ ") {
        Some((code, mark)) if path(&mark) => (code, Some(mark)),
        _ => (line, None),
    }
}

fn said(path: &str, origins: &BTreeMap<String, Origin>, assumptions: &[Assumption]) -> Option<String> {
    // An assumption first: it says what was made of the words.
    let assumed = assumptions.iter().find(|assumption| assumption.path == path);
    if let Some(assumption) = assumed {
        return Some(format!("# assumed: {}", escaped(&assumption.why)));
    }
    match origins.get(path).or_else(|| within(path, origins))? {
        Origin::Said { text, .. } => Some(format!("{FROM}\"{}\"", escaped(text))),
        Origin::Answered { field } => Some(format!("{FROM}answer \"{}\"", escaped(field))),
        Origin::Assumed => {
            let part = |assumption: &&Assumption| {
                assumption
                    .path
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('.'))
            };
            let assumption = assumptions.iter().find(part)?;
            Some(format!("# assumed: {}", escaped(&assumption.why)))
        }
    }
}

/// The first part of what stands at `path`, for a line that is made of several values; what was answered before what
/// was assumed.
fn within<'o>(path: &str, origins: &'o BTreeMap<String, Origin>) -> Option<&'o Origin> {
    let parts = || {
        let from = format!("{path}.");
        origins
            .range(from.clone()..)
            .take_while(move |(part, _)| part.starts_with(&from))
            .map(|(_, origin)| origin)
    };
    parts()
        .find(|origin| **origin != Origin::Assumed)
        .or_else(|| parts().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::Place;

    #[test]
    fn marks_become_comments_and_empty_lines_go() {
        let origin = Origin::Said {
            place: Place { start: 0, end: 6 },
            text: "3\nnode".to_owned(),
        };
        let origins = BTreeMap::from([("a.b".to_owned(), origin)]);
        let text = "{\n  count = 3, #@ a.b\n\n  x = \" #@ a.b\",\n  y = 1, #@ a.c\n}\n";
        assert_eq!(
            comment(text, &origins, &[]),
            "{\n  # from \"3\\nnode\"\n  count = 3,\n  x = \" #@ a.b\",\n  y = 1,\n}\n"
        );
    }
}
