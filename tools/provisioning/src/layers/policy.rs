//! Layer 6: what the shipped rules and the workspace's refuse.

use jiff::civil::Date;

use crate::compliance::{self, Outcome, Rules, Severity};
use crate::{Diagnostic, Node};

/// Rules that fail and matter by themselves. What is unknown is for `check_compliance`, which says all of it: a
/// configuration that leaves a field to its provider is not wrong.
pub(super) fn check(configuration: &Node, rules: &Rules, today: Date) -> Vec<Diagnostic> {
    let report = compliance::check(configuration, rules, &[], None, today);
    let failed = report.findings.into_iter().filter(|finding| {
        finding.outcome == Outcome::Fail
            && matches!(finding.rule.severity, Severity::High | Severity::Critical)
    });
    failed
        .map(|finding| {
            let changes: Vec<String> = finding.fix.iter().map(compliance::Change::text).collect();
            let hint = match changes.is_empty() {
                true => finding.rule.remediation.clone(),
                false => format!("{} ({})", finding.rule.remediation, changes.join("; ")),
            };
            let span = finding.span;
            Diagnostic {
                severity: crate::Severity::Warning,
                file: span.as_ref().map(|span| span.file.clone()),
                line: span.as_ref().map(|span| span.line),
                column: span.as_ref().map(|span| span.column),
                path: Some(finding.path),
                contract: Some(finding.rule.id.clone()),
                reason: Some(finding.evidence.clone()),
                hint: Some(hint),
                ..Diagnostic::error(
                    "policy",
                    format!(
                        "{} [{}] {}: {}",
                        finding.rule.id,
                        finding.rule.severity.name(),
                        finding.rule.title,
                        finding.evidence
                    ),
                )
            }
        })
        .collect()
}
