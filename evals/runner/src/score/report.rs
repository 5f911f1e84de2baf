//! How many cases passed, and which did not.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Case;
use super::case::Expect;
use crate::failure::Failure;

/// The scores of a suite.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    suite: &'static str,
    cases: usize,
    passed: usize,
    by_form: BTreeMap<&'static str, Count>,
    by_tag: BTreeMap<String, Count>,
    failed: Vec<Failed>,
}

#[derive(Debug, Default, Serialize)]
struct Count {
    cases: usize,
    passed: usize,
}

#[derive(Debug, Serialize)]
struct Failed {
    id: String,
    must_pass: bool,
    problem: String,
}

impl Report {
    pub(super) fn new(suite: &'static str) -> Self {
        Self {
            suite,
            cases: 0,
            passed: 0,
            by_form: BTreeMap::new(),
            by_tag: BTreeMap::new(),
            failed: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, case: &Case, problem: Option<String>) {
        let form = match case.expect {
            Expect::Intent { .. } | Expect::Query(_) => "accepted",
            Expect::Refusal { .. } => "refused",
            Expect::Unclear { .. } | Expect::Asked { .. } => "not understood",
        };
        let passed = usize::from(problem.is_none());
        self.cases += 1;
        self.passed += passed;
        for tag in &case.tags {
            let count = self.by_tag.entry(tag.clone()).or_default();
            count.cases += 1;
            count.passed += passed;
        }
        let count = self.by_form.entry(form).or_default();
        count.cases += 1;
        count.passed += passed;
        self.failed.extend(problem.map(|problem| Failed {
            id: case.id.clone(),
            must_pass: case.must_pass,
            problem,
        }));
    }

    /// Whether everything passed that must.
    pub(super) fn holds(&self) -> bool {
        self.failed.iter().all(|failed| !failed.must_pass)
    }

    pub(super) fn markdown(&self) -> String {
        let mut text = format!(
            "# {}: {} of {} cases as expected\n\n| | cases | as expected |\n|---|---|---|\n",
            self.suite, self.passed, self.cases
        );
        let tags = self.by_tag.iter().map(|(tag, count)| (tag.as_str(), count));
        for (name, count) in self
            .by_form
            .iter()
            .map(|(form, count)| (*form, count))
            .chain(tags)
        {
            text.push_str(&format!("| {name} | {} | {} |\n", count.cases, count.passed));
        }
        for failed in &self.failed {
            text.push_str(&format!("\n- {}: {}", failed.id, failed.problem));
        }
        text.push('\n');
        text
    }

    pub(super) fn json(&self) -> Result<String, Failure> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|error| Failure::new("cannot write the scores as JSON").because(&error))
    }
}
