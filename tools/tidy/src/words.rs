//! What is committed is finished: no notes to oneself, no debugging left in.

use crate::{Problems, Repository};

// Put together here, so that this file does not find itself.
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
const MACROS: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("d", "bg!("),
];

/// Lines that hold one of them.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let mut problems = Problems::new();
    for (path, text) in repository.texts().filter(|(path, _)| !is_lock(path)) {
        for (number, line) in text.lines().enumerate() {
            let note = NOTES.iter().find(|note| has_word(line, note));
            let left = MACROS
                .iter()
                .find(|left| path.ends_with(".rs") && line.contains(**left));
            if let Some(found) = note.or(left) {
                problems.push(format!(
                    "{path}:{}: `{}` is left over; do it, or say in a sentence what is missing and why",
                    number + 1,
                    found.trim_end_matches('(')
                ));
            }
        }
    }
    problems
}

/// Files that a program writes and that hold random letters.
fn is_lock(path: &str) -> bool {
    path.ends_with("Cargo.lock") || path.ends_with("package-lock.json")
}

/// Whether `word` stands in `line` by itself.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let letter = |neighbour: Option<char>| neighbour.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !letter(before) && !letter(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_found_with_their_line() {
        let note = format!("fine\n// {}: later\n", NOTES[0]);
        let call = format!("fn f() {{ {}x); }}\n", MACROS[2]);
        let problems = check(&Repository::of(&[("a.md", &note), ("b.rs", &call)]));
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("a.md:2: "));
    }

    #[test]
    fn a_word_inside_another_is_no_leftover() {
        let text = format!("{}S and a method", NOTES[0]);
        assert!(check(&Repository::of(&[("a.md", &text)])).is_empty());
    }
}
