//! A compliance report on the wire.

use provisioning::compliance::{AlarmKind, Finding, Framework, Outcome, Report, render};
use redacted::clean;
use schemars::JsonSchema;
use serde::Serialize;

/// Most results that are told one by one; a model reads no more, and the counts stay whole.
const MOST: usize = 1_000;
/// Most resources that are named as passing a rule.
const MOST_PASSED: usize = 100;

/// What the rules say about the configuration.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The result in one sentence.
    summary: String,
    /// The framework that was asked for, or `all`.
    framework: String,
    /// How many results there are of each sort.
    counts: Counts,
    /// What failed, is unknown or is waived, worst first.
    findings: Vec<Told>,
    /// How many more there are than are told.
    omitted: usize,
    /// Every rule that was checked, with the resources that passed it.
    rules: Vec<Checked>,
    /// Waivers that somebody has to look at, such as expired ones, which waive nothing.
    alarms: Vec<Alarm>,
    /// The rule packs that took part, and whether each is built in or of the workspace.
    checked_against: Vec<String>,
    /// The results as text, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    rendered: Option<String>,
}

/// How many results there are of each sort.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Counts {
    /// What must hold does not.
    fail: usize,
    /// A value is not set; never a pass.
    unknown: usize,
    /// Accepted by somebody until a day.
    waived: usize,
    /// Evidence for its controls.
    pass: usize,
    /// Not about this configuration.
    not_applicable: usize,
}

/// One result that needs a look.
#[derive(Debug, Serialize, JsonSchema)]
struct Told {
    /// The rule's id.
    rule: String,
    /// What should hold.
    title: String,
    /// `critical`, `high`, `medium` or `low`.
    severity: String,
    /// `fail`, `unknown` or `waived`.
    result: String,
    /// The resource, such as `server.web-1`; waivers name it so.
    address: String,
    /// The field that decided.
    path: String,
    /// The file, relative to the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// What was found there.
    evidence: String,
    /// What to do.
    remediation: String,
    /// What to change so that the rule passes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fix: Vec<Change>,
    /// Who accepts it, if it is waived.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<Accepted>,
}

/// One edit.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// The field.
    path: String,
    /// The value to put there, as Nickel text.
    value: String,
}

/// A waiver in force.
#[derive(Debug, Serialize, JsonSchema)]
struct Accepted {
    /// Why.
    reason: String,
    /// Who.
    owner: String,
    /// The last day, `YYYY-MM-DD`.
    expires: String,
}

/// A rule and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
struct Checked {
    /// Its id.
    id: String,
    /// What holds if it passes.
    title: String,
    /// `critical`, `high`, `medium` or `low`.
    severity: String,
    /// What a pass is evidence for.
    evidence_for: Vec<Control>,
    /// How many results there are of each sort.
    counts: Counts,
    /// The first hundred resources that passed, such as `server.web-1`; `counts.pass` is how many there are.
    passed: Vec<String>,
}

/// Controls of one framework.
#[derive(Debug, Serialize, JsonSchema)]
struct Control {
    /// `soc2`, `hipaa`, `gdpr` or `pci`.
    framework: String,
    /// Ids as the framework writes them.
    ids: Vec<String>,
    /// Whose mapping it is.
    source: String,
}

/// A waiver to look at.
#[derive(Debug, Serialize, JsonSchema)]
struct Alarm {
    /// `expired`, `unknown_rule` or `idle`.
    kind: String,
    /// What is wrong.
    message: String,
    /// The file it is written in.
    file: String,
    /// Its line, from 1, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

impl Output {
    /// The wire form.
    pub(super) fn new(report: &Report<'_>, rendered: Option<String>) -> Self {
        let all: Vec<&Finding<'_>> = report.findings.iter().collect();
        let open = render::open(&all);
        Self {
            summary: render::summary(report),
            framework: report.framework.map_or("all", Framework::name).to_owned(),
            counts: Counts {
                fail: report.counts.fail,
                unknown: report.counts.unknown,
                waived: report.counts.waived,
                pass: report.counts.pass,
                not_applicable: report.counts.not_applicable,
            },
            omitted: open.len().saturating_sub(MOST),
            findings: open.into_iter().take(MOST).map(told).collect(),
            rules: rules(report),
            alarms: report.alarms.iter().map(alarm).collect(),
            checked_against: report.packs.to_vec(),
            rendered,
        }
    }
}

/// Other people's text, without what a reader would not see.
fn text(text: &str) -> String {
    clean(text).into_owned()
}

fn told(finding: &Finding<'_>) -> Told {
    let rule = finding.rule;
    Told {
        rule: rule.id.clone(),
        title: text(&rule.title),
        severity: rule.severity.name().to_owned(),
        result: finding.outcome.name().to_owned(),
        address: address(finding),
        path: text(&finding.path),
        file: finding.span.as_ref().map(|span| text(&span.file)),
        line: finding.span.as_ref().map(|span| span.line),
        column: finding.span.as_ref().map(|span| span.column),
        evidence: text(&finding.evidence),
        remediation: text(&rule.remediation),
        fix: finding
            .fix
            .iter()
            .map(|change| Change {
                path: text(&change.path),
                value: text(&change.value_text()),
            })
            .collect(),
        waiver: finding.waiver.map(|waiver| Accepted {
            reason: text(&waiver.reason),
            owner: text(&waiver.owner),
            expires: waiver.expires.to_string(),
        }),
    }
}

fn address(finding: &Finding<'_>) -> String {
    finding
        .resource
        .as_ref()
        .map(|resource| text(&resource.address))
        .unwrap_or_default()
}

/// The findings of a rule follow each other, so one pass groups them.
fn rules(report: &Report<'_>) -> Vec<Checked> {
    let mut checked: Vec<Checked> = Vec::new();
    for finding in &report.findings {
        let rule = finding.rule;
        if checked.last().is_none_or(|last| last.id != rule.id) {
            checked.push(Checked {
                id: rule.id.clone(),
                title: text(&rule.title),
                severity: rule.severity.name().to_owned(),
                evidence_for: rule
                    .controls
                    .iter()
                    .filter(|(framework, _)| report.framework.is_none_or(|asked| asked == **framework))
                    .map(|(framework, controls)| Control {
                        framework: framework.name().to_owned(),
                        ids: controls.ids.iter().map(|id| text(id)).collect(),
                        source: text(&controls.source),
                    })
                    .collect(),
                counts: Counts::default(),
                passed: Vec::new(),
            });
        }
        let Some(last) = checked.last_mut() else { continue };
        let count = match finding.outcome {
            Outcome::Fail => &mut last.counts.fail,
            Outcome::Unknown => &mut last.counts.unknown,
            Outcome::Waived => &mut last.counts.waived,
            Outcome::Pass => {
                if last.passed.len() < MOST_PASSED {
                    last.passed.push(address(finding));
                }
                &mut last.counts.pass
            }
            Outcome::NotApplicable => &mut last.counts.not_applicable,
        };
        *count = count.saturating_add(1);
    }
    checked
}

fn alarm(alarm: &provisioning::compliance::Alarm<'_>) -> Alarm {
    Alarm {
        kind: match alarm.kind {
            AlarmKind::Expired => "expired",
            AlarmKind::UnknownRule => "unknown_rule",
            AlarmKind::Idle => "idle",
        }
        .to_owned(),
        message: text(&alarm.message),
        file: alarm.waiver.file.clone(),
        line: alarm.waiver.line,
    }
}
