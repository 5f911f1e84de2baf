//! Answers in files and arguments.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

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
    let given: Given = match ending(path)? {
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
    }?;
    match given.twice {
        Some(key) => Err(twice(&key, &format!("in `{}`", path.display()))),
        None => Ok(given.answers),
    }
}

/// What a file answers, and a key that it answers more than once: which of both would count is anybody's guess.
#[derive(Default)]
struct Given {
    answers: Answers,
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value for each question")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
        let mut given = Given::default();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            if given.answers.insert(key.clone(), value).is_some() {
                given.twice.get_or_insert(key);
            }
        }
        Ok(given)
    }
}

fn twice(key: &str, place: &str) -> Failure {
    // The key may be anybody's text; the values may be secrets and are not repeated.
    let shown: String = key.chars().filter(|c| !c.is_control()).take(64).collect();
    Failure::new(
        Exit::InvalidArgument,
        format!("`{shown}` is answered more than once {place}"),
    )
    .hint("keep one of the answers")
}

/// Puts answers of the form `key=value` above those of `answers`.
pub(super) fn typed(pairs: &[String], form: Option<&Form>, answers: &mut Answers) -> Result<(), Failure> {
    let mut keys = BTreeSet::new();
    for (at, pair) in pairs.iter().enumerate() {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`--answer` number {} has no `=`", at + 1))
                .hint("write it as `--answer key=value`, such as `--answer provider=upcloud`")
        })?;
        if !keys.insert(key) {
            return Err(twice(key, "by `--answer`"));
        }
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
