//! Answers in files and arguments.

use std::path::Path;

use console::{Exit, Failure};
use provisioning::form::{Answers, Form, Kind, Value};

use crate::commands::store;

/// Largest file of answers, in bytes.
const BYTES: u64 = 256 << 10;
/// Endings of files of answers.
const ENDINGS: &str = "`.toml`, `.json`, `.yaml` or `.yml`";

/// The answers of the file at `path`.
pub(super) fn read(path: &Path) -> Result<Answers, Failure> {
    let text = program::read_text(path, BYTES)?;
    // What a parser says may quote the line, and the line may hold a secret that somebody put there by mistake.
    let broken = |place: String| {
        Failure::new(
            Exit::InvalidArgument,
            format!("`{}` is not a file of answers{place}", path.display()),
        )
        .hint("it holds a value for each question, such as `provider = \"upcloud\"`")
    };
    match ending(path)? {
        Ending::Toml => toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            broken(before.map_or_else(String::new, |before| {
                format!(", line {}", before.matches('\n').count() + 1)
            }))
        }),
        Ending::Json => {
            serde_json::from_str(&text).map_err(|error| broken(format!(", line {}", error.line())))
        }
        Ending::Yaml => serde_norway::from_str(&text).map_err(|error| {
            broken(
                error
                    .location()
                    .map_or_else(String::new, |place| format!(", line {}", place.line())),
            )
        }),
    }
}

/// Puts answers of the form `key=value` above those of `answers`.
pub(super) fn typed(pairs: &[String], form: Option<&Form>, answers: &mut Answers) -> Result<(), Failure> {
    for (at, pair) in pairs.iter().enumerate() {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`--answer` number {} has no `=`", at + 1))
                .hint("write it as `--answer key=value`, such as `--answer provider=upcloud`")
        })?;
        let field = form.and_then(|form| form.field(key));
        let value = field.map_or_else(|| Value::from(value), |field| field.kind.read(value));
        answers.insert(key.to_owned(), value);
    }
    Ok(())
}

/// Whether no secret is among `answers` that somebody gave in place of its reference.
pub(super) fn keepable(form: &Form, answers: &Answers) -> bool {
    answers.iter().all(|(key, value)| match form.field(key) {
        Some(field) => field.kind != Kind::Secret || field.kind.check(value).is_ok(),
        None => false,
    })
}

/// Writes `answers` to `path`, over what is there if `force` allows it.
pub(super) fn write(path: &Path, answers: &Answers, force: bool) -> Result<(), Failure> {
    let shown = path.display();
    let unwritten = |error: &dyn std::error::Error| {
        Failure::new(Exit::Internal, "the answers cannot be written down").because(error)
    };
    let text = match ending(path)? {
        Ending::Toml => toml::to_string(answers).map_err(|error| unwritten(&error))?,
        Ending::Json => serde_json::to_string_pretty(answers).map_err(|error| unwritten(&error))? + "\n",
        Ending::Yaml => serde_norway::to_string(answers).map_err(|error| unwritten(&error))?,
    };
    if !force && path.symlink_metadata().is_ok() {
        return Err(
            Failure::new(Exit::InvalidArgument, format!("`{shown}` is there already"))
                .hint("give another file, or `--force` to write over it"),
        );
    }
    store::replace(path, &text)
}

enum Ending {
    Toml,
    Json,
    Yaml,
}

fn ending(path: &Path) -> Result<Ending, Failure> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => Ok(Ending::Toml),
        Some("json") => Ok(Ending::Json),
        Some("yaml" | "yml") => Ok(Ending::Yaml),
        _ => Err(Failure::new(
            Exit::Usage,
            format!("`{}` does not say what format its answers have", path.display()),
        )
        .hint(format!("let its name end in {ENDINGS}"))),
    }
}
