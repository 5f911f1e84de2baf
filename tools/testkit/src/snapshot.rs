//! Texts that are committed and compared. Writing and checking are the same code.

use std::path::Path;

/// What to run when a snapshot is absent or old.
const REMEDY: &str = "run `UPDATE=1 cargo test`, then read the diff before committing it";

/// Compares `actual` with the committed file at `path`; with `UPDATE=1` in the environment writes it instead.
///
/// # Panics
/// If the file is absent or says something else: fails the test.
pub fn snapshot(path: &Path, actual: &str) {
    let problem = if updating() {
        write(path, actual)
    } else {
        differs(path, actual)
    };
    let problem = problem.unwrap_or_default();
    assert!(problem.is_empty(), "{problem}");
}

/// Why the file at `path` is not `actual`, if it is not.
fn differs(path: &Path, actual: &str) -> Option<String> {
    let committed = match std::fs::read_to_string(path) {
        // A checkout may have turned line ends around; the text is what counts.
        Ok(text) => text.replace("\r\n", "\n"),
        Err(error) => {
            return Some(format!(
                "cannot read the snapshot `{}`: {error}; {REMEDY}",
                path.display()
            ));
        }
    };
    if committed == actual {
        return None;
    }
    let line = committed
        .lines()
        .zip(actual.lines())
        .take_while(|(old, new)| old == new)
        .count();
    let show = |text: &str| text.lines().nth(line).unwrap_or("(end of text)").to_owned();
    Some(format!(
        "the snapshot `{}` is out of date from line {}\n  committed: {}\n  now:       {}\n{REMEDY}",
        path.display(),
        line + 1,
        show(&committed),
        show(actual),
    ))
}

/// Writes `actual`, leaving the file's time alone if it says so already. Why it could not, if it could not.
fn write(path: &Path, actual: &str) -> Option<String> {
    differs(path, actual)?;
    let written = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, actual));
    written
        .err()
        .map(|error| format!("cannot write the snapshot `{}`: {error}", path.display()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "`UPDATE` is for whoever runs the tests, not configuration"
)]
fn updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_says_how_to_write_it() {
        let problem = differs(Path::new("no/such/snapshot.md"), "text").unwrap();
        assert!(problem.contains("UPDATE=1 cargo test"), "{problem}");
    }

    #[test]
    fn the_first_line_that_differs_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/page.md");
        assert_eq!(write(&path, "one\ntwo\n"), None);
        assert_eq!(differs(&path, "one\ntwo\n"), None);
        let problem = differs(&path, "one\nthree\n").unwrap();
        assert!(
            problem.contains("from line 2\n  committed: two\n  now:       three"),
            "{problem}"
        );
    }
}
