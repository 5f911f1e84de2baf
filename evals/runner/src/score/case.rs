//! A case: what is asked, and what must be answered.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// A case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// Never changes, never reused.
    pub(crate) id: String,
    suite: String,
    split: String,
    /// The arguments of the call: all that the executable sees.
    pub(crate) input: Map<String, Value>,
    /// What must come out.
    pub(crate) expect: Expect,
    /// What it is about.
    pub(crate) tags: Vec<String>,
    /// Whether it may never fail.
    pub(crate) must_pass: bool,
    flaky: bool,
    source: Source,
    note: String,
    /// Cases of one group ask for the same in other words.
    #[serde(default)]
    pub(crate) group: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    kind: String,
    of: String,
    licence: String,
}

/// What must come out. Exactly one form.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Expect {
    /// This intent and nothing else, and a configuration of it that holds.
    Intent { intent: Value },
    /// A refusal of this code whose text says these words.
    Refusal { refused: String, says: Vec<String> },
    /// No configuration, and exactly these words reported.
    Unclear { not_understood: Vec<String> },
    /// This filter, and what it selects.
    Query(Wanted),
    /// No rows, and exactly these words reported, each with its reason.
    Asked { asked: Vec<(String, String)> },
}

/// What a question selects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The filter, as the reply says it.
    pub(crate) filter: String,
    /// How many there are.
    pub(crate) total: u64,
    /// The addresses in order, clusters or figures.
    pub(crate) rows: Vec<String>,
}

/// The cases of `file`, one a line.
pub(crate) fn read(file: &Path, suite: &str, split: &str) -> Result<Vec<Case>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("cannot read `{}`", file.display())).because(&error))?;
    let mut cases = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = || format!("`{}` line {}", file.display(), number + 1);
        let case: Case = serde_json::from_str(line)
            .map_err(|error| Failure::new(format!("{} is no case", place())).because(&error))?;
        if case.suite != suite || case.split != split {
            return Err(Failure::new(format!(
                "{} says suite `{}` and split `{}`; the file is of `{suite}` and `{split}`",
                place(),
                case.suite,
                case.split
            )));
        }
        cases.push(case);
    }
    Ok(cases)
}

/// Ids occur once, inputs occur once (in both halves together), and every case has a licence.
pub(crate) fn check(cases: &[Case]) -> Result<(), Failure> {
    let mut ids = BTreeSet::new();
    let mut inputs = BTreeSet::new();
    for case in cases {
        let wrong = if !ids.insert(case.id.as_str()) {
            "is there twice"
        } else if !inputs.insert(
            serde_json::to_string(&case.input)
                .unwrap_or_default()
                .to_lowercase(),
        ) {
            "asks what another case asks"
        } else if case.source.licence.is_empty() || case.source.kind.is_empty() {
            "says no source and licence"
        } else if case.source.kind == "adapted" && case.source.of.is_empty() {
            "is adapted and does not say of what"
        } else if case.flaky && case.note.is_empty() {
            "is flaky and does not say why"
        } else {
            continue;
        };
        return Err(Failure::new(format!("case `{}` {wrong}", case.id)));
    }
    Ok(())
}
