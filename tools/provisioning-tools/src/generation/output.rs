//! A generated configuration on the wire.
//!
//! What other definitions say already, or nobody needs to make the next call, is an object without its fields in the
//! schema: every client reads every definition before it asks anything.

use provisioning::cost::Estimate;
use provisioning::generate::{Generated, Merged};
use provisioning::intent::{Intent, NotUnderstood, Origin, Reason, Understood};
use provisioning::layers::Proof;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::passed::{Passed, passed};
use super::{onto, wire};
use crate::finding::{self, Finding};

/// The files, what was understood, and whether it holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// `ok`; `partial` if words were left out because that was allowed; `needs_clarification` if there are no files.
    status: Status,
    /// The result in one sentence.
    summary: String,
    /// The files, the one that imports the others first. They belong into one folder.
    files: Vec<File>,
    /// The same as one text without imports, for `validate_config` and `estimate_cost`; empty without files.
    config: String,
    /// What was understood: `provider`, `region`, and `servers`, `clusters`, `databases`, `caches`, `buckets`, `volumes`, `network`, `monitoring` and
    /// `alerts` with what was said of them. Absent while something is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    intent: Option<wire::Intent>,
    /// Which words or answers gave which value.
    understood: Vec<Said>,
    /// What nobody said, and why it was taken.
    assumptions: Vec<Assumption>,
    /// Words that mean nothing here.
    not_understood: Vec<Unclear>,
    /// The layers it passed; empty without files.
    layers: Vec<Passed>,
    /// Whether the configuration holds: there are files, and no errors.
    valid: bool,
    /// Errors of the generated configuration, as `validate_config` has them; there should be none.
    #[schemars(with = "Vec<Map<String, Value>>")]
    errors: Vec<Finding>,
    /// What is worth a look, as `validate_config` has it.
    #[schemars(with = "Vec<Map<String, Value>>")]
    warnings: Vec<Finding>,
    /// What it costs per month, if it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
    /// With `onto`: the files after the merge; `config` and the findings are then those of the merged text.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged: Option<Vec<onto::File>>,
    /// With `onto`: what both sides changed, for a person to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicts: Option<Vec<onto::Conflict>>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// Everything was understood.
    Ok,
    /// Something was left out, as the call allows.
    Partial,
    /// Something was not understood, and nothing was written.
    NeedsClarification,
}

/// A file of the configuration.
#[derive(Debug, Serialize, JsonSchema)]
struct File {
    /// Its name.
    name: String,
    /// Its text.
    text: String,
}

/// What gave a value: words of a description, or an answer to a form.
#[derive(Debug, Serialize, JsonSchema)]
struct Said {
    /// The value's path in the intent, such as `clusters.0.cni`.
    path: String,
    /// The words.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Where they stand: first character, and one past the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<[usize; 2]>,
    /// The field of the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

/// A value that nobody said.
#[derive(Debug, Serialize, JsonSchema)]
struct Assumption {
    /// Its path in the intent, such as `region`.
    path: String,
    /// The value.
    value: String,
    /// Why it was taken.
    why: String,
}

/// Words that mean nothing here.
#[derive(Debug, Serialize, JsonSchema)]
struct Unclear {
    /// Where they stand: first character, and one past the last.
    span: [usize; 2],
    /// The words.
    text: String,
    /// Why.
    reason: String,
    /// What may have been meant.
    suggestions: Vec<String>,
}

/// What the configuration costs per month.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Cost {
    /// The total per currency; too low if `incomplete` is true.
    totals: Vec<Amount>,
    /// Whether something has no known price.
    incomplete: bool,
    /// What has no known price.
    unpriced: Vec<String>,
    /// Whether the total is within the budget that the description names.
    #[serde(skip_serializing_if = "Option::is_none")]
    within_budget: Option<bool>,
    /// The version of the price lists together.
    prices_version: String,
}

/// An amount per month.
#[derive(Debug, Serialize, JsonSchema)]
struct Amount {
    /// ISO 4217 code.
    currency: String,
    /// Decimal text, such as `1234.50`.
    monthly: String,
}

impl Output {
    /// Nothing was generated, because something is not understood.
    pub(super) fn unclear(understood: &Understood) -> Self {
        let count = understood.not_understood.len();
        let summary = match understood.not_understood.first() {
            Some(first) if count == 1 => format!(
                "`{}` is not understood, so nothing was written",
                clean(&first.text)
            ),
            Some(first) => format!(
                "`{}` and {} more are not understood, so nothing was written",
                clean(&first.text),
                count - 1
            ),
            None => "nothing was written".to_owned(),
        };
        Self {
            status: Status::NeedsClarification,
            summary,
            files: Vec::new(),
            config: String::new(),
            intent: None,
            understood: said(understood),
            assumptions: assumptions(understood),
            not_understood: understood.not_understood.iter().map(unclear).collect(),
            layers: Vec::new(),
            valid: false,
            errors: Vec::new(),
            warnings: Vec::new(),
            cost: None,
            merged: None,
            conflicts: None,
        }
    }

    /// What was generated.
    pub(super) fn generated(understood: &Understood, generated: Generated, proof: Proof) -> Self {
        let cost = proof
            .estimate
            .as_ref()
            .map(|estimate| Cost::new(estimate, understood.intent.as_ref()));
        let layers = passed(&proof);
        let valid = proof.holds();
        let (errors, warnings) = finding::split_layers(proof.findings);
        let status = if understood.not_understood.is_empty() {
            Status::Ok
        } else {
            Status::Partial
        };
        Self {
            status,
            summary: summary(understood, generated.files.len(), errors.len(), cost.as_ref()),
            files: generated
                .files
                .into_iter()
                .map(|file| File {
                    name: file.name,
                    text: file.text,
                })
                .collect(),
            config: generated.whole,
            intent: understood.intent.as_ref().map(wire::Intent::from),
            understood: said(understood),
            assumptions: assumptions(understood),
            not_understood: understood.not_understood.iter().map(unclear).collect(),
            layers,
            valid,
            errors,
            warnings,
            cost,
            merged: None,
            conflicts: None,
        }
    }

    /// With what came of merging it, and `whole`, which is that as one text.
    pub(super) fn merged(mut self, merged: Vec<Merged>, whole: String) -> Self {
        let (files, conflicts) = onto::answered(merged);
        match conflicts.len() {
            0 => {}
            1 => self.summary.push_str("; 1 conflict"),
            count => self.summary.push_str(&format!("; {count} conflicts")),
        }
        self.config = whole;
        self.merged = Some(files);
        self.conflicts = Some(conflicts);
        self
    }
}

impl Cost {
    /// The cost of what `intent` asks for.
    pub(super) fn new(estimate: &Estimate, intent: Option<&Intent>) -> Self {
        let totals = estimate.totals.iter().map(|total| Amount {
            currency: total.currency.code().to_owned(),
            monthly: total.monthly.cents(),
        });
        let unpriced = estimate
            .unpriced
            .iter()
            .map(|item| format!("{} {}: {}", item.resource.path, item.component, item.detail));
        Self {
            totals: totals.collect(),
            incomplete: estimate.incomplete,
            unpriced: unpriced.collect(),
            within_budget: intent.and_then(|intent| within(estimate, intent)),
            prices_version: estimate.prices_version.clone(),
        }
    }
}

/// Whether the total is within the budget: yes only if all is priced, and in the budget's currency.
fn within(estimate: &Estimate, intent: &Intent) -> Option<bool> {
    let budget = intent.budget.as_ref()?;
    let nanos = i128::from(budget.amount).checked_mul(1_000_000_000)?;
    let comparable = |currency: &str| budget.currency.as_deref().is_none_or(|wanted| wanted == currency);
    let over = estimate
        .totals
        .iter()
        .any(|total| comparable(total.currency.code()) && total.monthly.nanos() > nanos);
    let whole = !estimate.incomplete
        && estimate
            .totals
            .iter()
            .all(|total| comparable(total.currency.code()));
    match (over, whole) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        // Nobody knows.
        (false, false) => None,
    }
}

fn summary(understood: &Understood, files: usize, errors: usize, cost: Option<&Cost>) -> String {
    let mut summary = match files {
        1 => "1 file".to_owned(),
        files => format!("{files} files"),
    };
    match errors {
        0 => summary.push_str(" that hold"),
        errors => summary.push_str(&format!(" with {errors} errors")),
    }
    if let Some(cost) = cost {
        let totals: Vec<String> = cost
            .totals
            .iter()
            .map(|total| format!("{} {}", total.monthly, total.currency))
            .collect();
        if !totals.is_empty() {
            summary.push_str(&format!(", {} a month", totals.join(" and ")));
        }
        if cost.incomplete {
            summary.push_str(", without what has no known price");
        }
        if cost.within_budget == Some(false) {
            summary.push_str(", which is over the budget");
        }
    }
    match understood.assumptions.len() {
        0 => {}
        1 => summary.push_str("; 1 assumption"),
        count => summary.push_str(&format!("; {count} assumptions")),
    }
    if !understood.not_understood.is_empty() {
        summary.push_str(&format!("; {} left out", understood.not_understood.len()));
    }
    summary
}

fn said(understood: &Understood) -> Vec<Said> {
    let said = understood
        .origins
        .iter()
        .filter_map(|(path, origin)| match origin {
            Origin::Said { place, text } => Some(Said {
                path: clean(path),
                text: Some(clean(text)),
                span: Some([place.start, place.end]),
                answer: None,
            }),
            Origin::Answered { field } => Some(Said {
                path: clean(path),
                text: None,
                span: None,
                answer: Some(field.clone()),
            }),
            Origin::Assumed => None,
        });
    said.collect()
}

fn assumptions(understood: &Understood) -> Vec<Assumption> {
    let assumptions = understood.assumptions.iter().map(|assumption| Assumption {
        path: assumption.path.clone(),
        value: assumption.value.clone(),
        why: assumption.why.clone(),
    });
    assumptions.collect()
}

fn unclear(words: &NotUnderstood) -> Unclear {
    let reason = match &words.reason {
        Reason::UnknownWord => "unknown word".to_owned(),
        Reason::OutOfPlace => "known, but not in this place".to_owned(),
        Reason::Unsaid(why) => (*why).to_owned(),
        Reason::NotOf(having) if having.is_empty() => "belongs to nothing".to_owned(),
        Reason::NotOf(having) => format!("belongs to a {}, and none is asked for", having.join(" or a ")),
    };
    Unclear {
        span: [words.place.start, words.place.end],
        text: clean(&words.text),
        reason,
        suggestions: words.suggestions.clone(),
    }
}

/// Other people's words, without what a reader would not see.
fn clean(text: &str) -> String {
    redacted::clean(text).into_owned()
}
