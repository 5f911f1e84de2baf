//! Questions about an inventory, judged by what comes out: the filter, and the same resources from memory and from
//! SQLite as the case says. A question that must not be answered and is answered is the worst that can happen.

use std::path::Path;

use provisioning::Embedded;
use provisioning::query::{
    Entry, Inventory, Lexicon, Memory, Request, Rows, Status, Understood, Vocabulary, understand, words,
};
use provisioning_sqlite::query::SqliteInventory;

use super::case::{Expect, Wanted};
use super::{Case, Report};
use crate::failure::Failure;
use crate::fleet;

/// When the cases are asked: 2026-11-24, noon in UTC.
const NOW: i64 = 1_795_521_600;

/// What the cases are asked about.
pub(super) struct Subject {
    lexicon: Lexicon,
    memory: Memory,
    sqlite: SqliteInventory,
    /// Removed with its files when the cases are done.
    _folder: tempfile::TempDir,
}

impl Subject {
    /// The fleet in `data`, in memory and in a file.
    pub(super) fn new(data: &Path) -> Result<Self, Failure> {
        let failed = |what: &str, error: &dyn std::error::Error| Failure::new(what).because(error);
        let rows = fleet::read(&data.join("fleet.jsonl"))?;
        let folder = tempfile::tempdir().map_err(|error| failed("cannot make a folder", &error))?;
        let path = folder.path().join("state.db");
        fleet::write(&path, &rows)?;
        Ok(Self {
            lexicon: Lexicon::load(&Embedded).map_err(|error| failed("the words cannot be read", &error))?,
            memory: Memory::new(rows),
            sqlite: SqliteInventory::new(path),
            _folder: folder,
        })
    }

    /// What `case` is understood as.
    async fn understood(&self, text: &str, provider: Option<&str>) -> Result<Understood, Failure> {
        let words = words(text);
        let known = self.memory.vocabulary(&words).await.map_err(unread)?;
        let stored = self.sqlite.vocabulary(&words).await.map_err(unread)?;
        if known != stored {
            return Err(Failure::new(format!(
                "the two inventories know other values for `{text}`: {}",
                difference(&known, &stored)
            )));
        }
        let request = Request {
            text,
            provider,
            now: NOW,
        };
        understand(&request, &self.lexicon, &known)
            .map_err(|refusal| Failure::new(format!("`{text}` is refused: {refusal}")))
    }

    /// What is wrong with the answer to `case`, if anything is.
    async fn judge(&self, case: &Case) -> Result<Option<String>, Failure> {
        let argument = |name: &str| case.input.get(name).and_then(serde_json::Value::as_str);
        let understood = self
            .understood(argument("query").unwrap_or_default(), argument("provider"))
            .await?;
        Ok(match &case.expect {
            Expect::Query(wanted) => match understood.status(false) {
                Status::Ok => self.answered(wanted, &understood).await?,
                _ => Some(format!("is not understood: {}", said(&understood))),
            },
            Expect::Asked { asked } => match understood.status(false) {
                Status::Ok => Some(format!("SILENT DROP: answered as `{}`", understood.filter)),
                _ => {
                    let said = reports(&understood);
                    (said != *asked).then(|| format!("reports {said:?}"))
                }
            },
            _ => Some("is no case of this suite".to_owned()),
        })
    }

    async fn answered(&self, wanted: &Wanted, understood: &Understood) -> Result<Option<String>, Failure> {
        let filter = &understood.filter;
        if filter.to_string() != wanted.filter {
            return Ok(Some(format!("is read as `{filter}`")));
        }
        let expected = self.memory.run(filter, 500).await.map_err(unread)?;
        let stored = self.sqlite.run(filter, 500).await.map_err(unread)?;
        if expected != stored {
            return Ok(Some(format!("SQLite answers {stored:?}, memory {expected:?}")));
        }
        let Rows { total, rows } = expected;
        let found: Vec<String> = rows.iter().map(shown).collect();
        Ok((total != wanted.total || found != wanted.rows).then(|| {
            format!(
                "gives {total}: {found:?} instead of {}: {:?}",
                wanted.total, wanted.rows
            )
        }))
    }
}

/// Asks every case.
pub(super) fn score(cases: &[Case], data: &Path) -> Result<Report, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::new("cannot start the runtime").because(&error))?;
    let subject = Subject::new(data)?;
    let mut report = Report::new("query");
    for case in cases {
        let problem = runtime.block_on(subject.judge(case))?;
        report.add(case, problem);
    }
    Ok(report)
}

/// A row as cases write it: an address, a cluster with its servers, or a group with its figure.
fn shown(entry: &Entry) -> String {
    match entry {
        Entry::Resource(row) => row.address.to_string(),
        Entry::Cluster { name, servers } => format!("{name}: {servers}"),
        Entry::Figure { group, value, .. } => {
            let value = value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            match group {
                Some(group) => format!("{group}: {value}"),
                None => format!("-: {value}"),
            }
        }
    }
}

fn reports(understood: &Understood) -> Vec<(String, String)> {
    let report = |left: &provisioning::query::NotUnderstood| (left.text.clone(), left.reason.to_string());
    understood.not_understood.iter().map(report).collect()
}

fn said(understood: &Understood) -> String {
    let report = |left: &provisioning::query::NotUnderstood| {
        format!(
            "`{}` {} ({})",
            left.text,
            left.reason,
            left.suggestions.join(", ")
        )
    };
    let each: Vec<String> = understood.not_understood.iter().map(report).collect();
    format!("{}; so far `{}`", each.join("; "), understood.filter)
}

fn difference(a: &Vocabulary, b: &Vocabulary) -> String {
    let fields = a.values.keys().chain(b.values.keys());
    let other = fields.filter(|field| a.values.get(field) != b.values.get(field));
    other
        .map(|field| format!("{field}: {:?} and {:?}", a.of(field), b.of(field)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn unread(error: provisioning::query::Error) -> Failure {
    Failure::new("an inventory cannot be read").because(&error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]
mod tests {
    use super::*;
    use crate::score::case;

    /// A word that is in no question and near no value.
    const STRANGE: &str = "zyxwvutq";

    fn cases() -> (Vec<Case>, Subject) {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/query");
        let mut cases = case::read(&data.join("dev.jsonl"), "query", "dev").unwrap();
        cases.extend(case::read(&data.join("test.jsonl"), "query", "test").unwrap());
        case::check(&cases).unwrap();
        (cases, Subject::new(&data).unwrap())
    }

    #[tokio::test]
    async fn every_case_is_answered_as_it_says_and_none_is_answered_in_silence() {
        let (cases, subject) = cases();
        let mut problems = Vec::new();
        for case in &cases {
            if let Some(problem) = subject.judge(case).await.unwrap() {
                problems.push(format!("{}: {problem}", case.id));
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    /// A word that means nothing, put anywhere into a question that is understood, is always noticed: it is reported, or
    /// it stands in a condition as what is looked for.
    #[tokio::test]
    async fn a_word_that_means_nothing_is_never_passed_over() {
        let (cases, subject) = cases();
        let accepted = cases
            .iter()
            .filter(|case| matches!(case.expect, Expect::Query(_)));
        let mut tried = 0;
        for case in accepted {
            let text = case.input["query"].as_str().unwrap();
            let gaps = text
                .char_indices()
                .filter(|(_, c)| c.is_whitespace())
                .map(|(at, _)| at);
            for gap in gaps.chain([0, text.len()]) {
                let (before, after) = text.split_at(gap);
                let question = format!("{before} {STRANGE} {after}");
                let understood = subject.understood(&question, None).await.unwrap();
                let looked_for = understood.conditions.iter().any(|found| {
                    found
                        .value
                        .as_ref()
                        .is_some_and(|value| value.to_string().contains(STRANGE))
                });
                assert!(
                    looked_for || understood.status(false) != Status::Ok,
                    "`{question}` is answered as `{}`",
                    understood.filter
                );
                tried += 1;
            }
        }
        assert!(tried > 300, "{tried} questions are too few to mean anything");
    }

    #[tokio::test]
    async fn spans_are_where_the_words_stand() {
        let (cases, subject) = cases();
        for case in &cases {
            let text = case.input["query"].as_str().unwrap();
            let Ok(understood) = subject.understood(text, None).await else {
                continue;
            };
            let characters: Vec<char> = text.chars().collect();
            let places = understood
                .conditions
                .iter()
                .map(|found| (found.place, &found.text));
            let left = understood
                .not_understood
                .iter()
                .map(|left| (left.place, &left.text));
            for (place, words) in places.chain(left) {
                let there: String = characters.get(place.start..place.end).unwrap().iter().collect();
                assert!(
                    there.contains(words.as_str()),
                    "`{text}`: `{there}` is not `{words}`"
                );
            }
        }
    }
}
