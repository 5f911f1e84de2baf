//! SARIF 2.1.0, which code hosts show beside the lines.
//!
//! Unknown is `open` and waived is a suppressed failure, so that neither looks like a pass.

use std::collections::BTreeMap;

use provisioning::compliance::{Finding, Outcome, Report, Rule, Severity, render};
use serde_json::{Map, Value, json};

/// The report as a SARIF log.
pub(super) fn text(report: &Report<'_>) -> String {
    format!("{}\n", cleaned(log(report)))
}

/// The log without what is invisible in its texts: once written, an escape character is `\u001b`, which no cleaner of
/// the whole text sees and every reader turns back.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(redacted::clean(&text).into_owned()),
        Value::Array(items) => Value::Array(items.into_iter().map(cleaned).collect()),
        Value::Object(fields) => {
            let clean =
                |(name, value): (String, Value)| (redacted::clean(&name).into_owned(), cleaned(value));
            Value::Object(fields.into_iter().map(clean).collect())
        }
        other => other,
    }
}

fn log(report: &Report<'_>) -> Value {
    let (listed, omitted) = render::listed(report);
    let mut places = BTreeMap::new();
    let mut rules: Vec<&Rule> = Vec::new();
    for finding in &listed {
        places.entry(finding.rule.id.as_str()).or_insert_with(|| {
            rules.push(finding.rule);
            rules.len() - 1
        });
    }
    let results: Vec<Value> = listed
        .iter()
        .map(|finding| result(finding, places.get(finding.rule.id.as_str()).copied()))
        .collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "prov",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule, report)).collect::<Vec<_>>(),
            } },
            "results": results,
            "columnKind": "unicodeCodePoints",
            "properties": { "summary": render::summary(report), "omitted": omitted },
        }],
    })
}

fn descriptor(rule: &Rule, report: &Report<'_>) -> Value {
    let controls: Map<String, Value> = rule
        .controls
        .iter()
        .map(|(framework, controls)| {
            let entry = json!({ "ids": controls.ids, "source": controls.source });
            (framework.name().to_owned(), entry)
        })
        .collect();
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": {
            "text": format!("{}. Evidence for {}.", rule.title, render::controls(rule, report.framework)),
        },
        "help": { "text": rule.remediation },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "severity": rule.severity.name(),
            "security-severity": score(rule.severity),
            "controls": controls,
        },
    })
}

fn result(finding: &Finding<'_>, index: Option<usize>) -> Value {
    let rule = finding.rule;
    let failed = matches!(finding.outcome, Outcome::Fail | Outcome::Waived);
    let kind = match finding.outcome {
        Outcome::Fail | Outcome::Waived => "fail",
        Outcome::Unknown => "open",
        Outcome::Pass => "pass",
        Outcome::NotApplicable => "notApplicable",
    };
    let mut result = json!({
        "ruleId": rule.id,
        "kind": kind,
        // The standard asks for `none` wherever nothing failed.
        "level": if failed { level(rule.severity) } else { "none" },
        "message": { "text": message(finding) },
    });
    let Some(fields) = result.as_object_mut() else {
        return result;
    };
    if let Some(index) = index {
        fields.insert("ruleIndex".to_owned(), json!(index));
    }
    if let Some(location) = location(finding) {
        fields.insert("locations".to_owned(), json!([location]));
    }
    if let Some(resource) = &finding.resource {
        // The same finding in two runs, wherever its line has moved to.
        let print =
            json!({ "provResource/v1": format!("{} {} {}", rule.id, resource.address, finding.path) });
        fields.insert("partialFingerprints".to_owned(), print);
    }
    if !finding.fix.is_empty() {
        let fix: Vec<String> = finding.fix.iter().map(|change| change.text()).collect();
        fields.insert("properties".to_owned(), json!({ "fix": fix }));
    }
    if let Some(waiver) = finding.waiver {
        let suppression = json!({
            "kind": "external",
            "status": "accepted",
            "justification": format!("{} ({}, until {})", waiver.reason, waiver.owner, waiver.expires),
        });
        fields.insert("suppressions".to_owned(), json!([suppression]));
    }
    result
}

fn message(finding: &Finding<'_>) -> String {
    match finding.outcome {
        Outcome::Pass => format!("{}: {}", finding.rule.title, finding.evidence),
        Outcome::NotApplicable => finding.evidence.clone(),
        _ => format!(
            "{}, but {}. {}",
            finding.rule.title, finding.evidence, finding.rule.remediation
        ),
    }
}

fn location(finding: &Finding<'_>) -> Option<Value> {
    let resource = finding.resource.as_ref()?;
    let mut location = json!({
        "logicalLocations": [{ "fullyQualifiedName": logical(finding), "kind": resource.kind }],
    });
    if let (Some(span), Some(fields)) = (&finding.span, location.as_object_mut()) {
        let physical = json!({
            "artifactLocation": { "uri": uri(&span.file) },
            "region": { "startLine": span.line, "startColumn": span.column },
        });
        fields.insert("physicalLocation".to_owned(), physical);
    }
    Some(location)
}

fn logical<'a>(finding: &'a Finding<'_>) -> &'a str {
    match finding.path.as_str() {
        "" => "configuration",
        path => path,
    }
}

/// A path as a relative reference: everything but letters, digits and a few signs is encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// What GitHub sorts by.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}
