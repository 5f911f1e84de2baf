//! A report as text for people: plain and Markdown.
//!
//! What needs a look comes first, worst first; passes follow as the evidence that they are.

use super::check::{Finding, Outcome, Report};
use super::framework::Framework;
use super::rule::{Rule, Severity};
use crate::{AssetKind, Assets as _, Embedded, Span};

/// Most results that a text lists: what thousands of resources pass would be longer than any answer may be.
const LISTED: usize = 3_000;

/// Plain text.
#[must_use]
pub fn table(report: &Report<'_>) -> String {
    let mut lines = vec![summary(report)];
    lines.extend(overrides(report));
    lines.push(String::new());
    for alarm in &report.alarms {
        lines.push(format!("alarm: {}", alarm.message));
    }
    if !report.alarms.is_empty() {
        lines.push(String::new());
    }
    let (listed, omitted) = listed(report);
    for finding in open(&listed) {
        let rule = finding.rule;
        lines.push(format!(
            "{} [{}] {}: {}",
            finding.outcome.name(),
            rule.severity.name(),
            rule.id,
            rule.title
        ));
        if let Some(span) = &finding.span {
            lines.push(format!("  --> {}", place(span)));
        }
        lines.push(labelled("of", &address(finding)));
        lines.push(labelled("found", &finding.evidence));
        if let Some(waiver) = finding.waiver {
            lines.push(labelled(
                "waived",
                &format!("by {} until {}: {}", waiver.owner, waiver.expires, waiver.reason),
            ));
        }
        lines.push(labelled("next", &rule.remediation));
        for change in &finding.fix {
            lines.push(labelled("fix", &change.text()));
        }
        lines.push(labelled("controls", &controls(rule, report.framework)));
        lines.push(String::new());
    }
    for finding in with(&listed, Outcome::Pass) {
        lines.push(format!(
            "pass {} {}: {}; evidence for {}",
            finding.rule.id,
            address(finding),
            finding.evidence,
            controls(finding.rule, report.framework)
        ));
    }
    lines.extend(more(omitted));
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// Markdown.
#[must_use]
pub fn markdown(report: &Report<'_>) -> String {
    let mut text = format!("# Evidence for controls\n\n{}\n", summary(report));
    for line in overrides(report) {
        text.push_str(&format!("\n{}\n", cell(&line)));
    }
    if !report.alarms.is_empty() {
        text.push_str("\n## Waivers to look at\n\n");
        for alarm in &report.alarms {
            text.push_str(&format!("- {}\n", cell(&alarm.message)));
        }
    }
    text.push_str(
        "\n## To look at\n\n| result | severity | rule | of | where | found | next | evidence for |\n",
    );
    text.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    let (listed, omitted) = listed(report);
    for finding in open(&listed) {
        let mut next = finding.rule.remediation.clone();
        for change in &finding.fix {
            next.push_str(&format!(" `{}`", change.text()));
        }
        if let Some(waiver) = finding.waiver {
            next = format!(
                "waived by {} until {}: {}",
                waiver.owner, waiver.expires, waiver.reason
            );
        }
        text.push_str(&format!(
            "| {} | {} | {} {} | {} | {} | {} | {} | {} |\n",
            finding.outcome.name(),
            finding.rule.severity.name(),
            finding.rule.id,
            cell(&finding.rule.title),
            cell(&address(finding)),
            cell(&finding.span.as_ref().map(place).unwrap_or_default()),
            cell(&finding.evidence),
            cell(&next),
            cell(&controls(finding.rule, report.framework)),
        ));
    }
    text.push_str("\n## Passed\n\n| rule | of | found | evidence for |\n| --- | --- | --- | --- |\n");
    for finding in with(&listed, Outcome::Pass) {
        text.push_str(&format!(
            "| {} {} | {} | {} | {} |\n",
            finding.rule.id,
            cell(&finding.rule.title),
            cell(&address(finding)),
            cell(&finding.evidence),
            cell(&controls(finding.rule, report.framework)),
        ));
    }
    if let Some(line) = more(omitted) {
        text.push_str(&format!("\n{line}\n"));
    }
    text
}

/// Packs of the workspace: they may leave out what the shipped ones ask.
fn overrides(report: &Report<'_>) -> Vec<String> {
    let shipped = |pack: &str| {
        let name = pack.rsplit('/').next()?;
        Embedded.read(AssetKind::Rule, name)
    };
    let own = report.packs.iter().filter(|pack| !pack.starts_with("builtin:"));
    own.map(|pack| match shipped(pack) {
        None => format!("with rules of the workspace: `{pack}`"),
        Some(asset) => format!(
            "with rules of the workspace: `{pack}`, in place of the shipped `{}`",
            asset.path
        ),
    })
    .collect()
}

/// The result in one sentence, which never says more than that there is evidence.
#[must_use]
pub fn summary(report: &Report<'_>) -> String {
    let counts = report.counts;
    let asked = match report.framework {
        Some(framework) => framework.title().to_owned(),
        None => Framework::ALL.map(Framework::title).join(", "),
    };
    format!(
        "evidence for controls of {asked}: {} failed, {} unknown, {} waived, {} passed, {} not about this configuration; \
         whether that is enough is for an auditor to say",
        counts.fail, counts.unknown, counts.waived, counts.pass, counts.not_applicable
    )
}

/// The controls of `rule`, of `framework` or of all.
#[must_use]
pub fn controls(rule: &Rule, framework: Option<Framework>) -> String {
    let parts: Vec<String> = rule
        .controls
        .iter()
        .filter(|(known, _)| framework.is_none_or(|framework| framework == **known))
        .map(|(framework, controls)| format!("{} {}", framework.title(), controls.ids.join(", ")))
        .collect();
    parts.join("; ")
}

/// The results that a text lists, in the order of the report, and how many more there are: all, if they are few, and
/// otherwise those that need a look most.
#[must_use]
pub fn listed<'r, 'a>(report: &'r Report<'a>) -> (Vec<&'r Finding<'a>>, usize) {
    let mut kept: Vec<(usize, &Finding<'a>)> = report.findings.iter().enumerate().collect();
    if kept.len() > LISTED {
        kept.sort_by_key(|(_, finding)| urgency(finding));
        kept.truncate(LISTED);
        kept.sort_by_key(|(position, _)| *position);
    }
    let omitted = report.findings.len() - kept.len();
    (kept.into_iter().map(|(_, finding)| finding).collect(), omitted)
}

/// That there are more results than are listed.
#[must_use]
pub fn more(omitted: usize) -> Option<String> {
    (omitted > 0).then(|| {
        format!(
            "{omitted} more results are counted above and not listed, the least urgent ones; check one framework, or a part \
             of the configuration, to see them"
        )
    })
}

/// What needs a look, worst first.
#[must_use]
pub fn open<'r, 'a>(findings: &[&'r Finding<'a>]) -> Vec<&'r Finding<'a>> {
    let looked_at = |finding: &&&Finding<'a>| {
        matches!(
            finding.outcome,
            Outcome::Fail | Outcome::Unknown | Outcome::Waived
        )
    };
    let mut open: Vec<&Finding<'a>> = findings.iter().filter(looked_at).copied().collect();
    open.sort_by_key(|finding| urgency(finding));
    open
}

fn urgency(finding: &Finding<'_>) -> (Outcome, std::cmp::Reverse<Severity>) {
    (finding.outcome, std::cmp::Reverse(finding.rule.severity))
}

fn with<'r, 'a>(findings: &[&'r Finding<'a>], outcome: Outcome) -> Vec<&'r Finding<'a>> {
    let wanted = findings.iter().filter(|finding| finding.outcome == outcome);
    wanted.copied().collect()
}

/// How a finding names its resource.
#[must_use]
pub fn address(finding: &Finding<'_>) -> String {
    match &finding.resource {
        None => String::new(),
        Some(resource) if resource.path.is_empty() => resource.address.clone(),
        Some(resource) => format!("{} at {}", resource.address, resource.path),
    }
}

fn place(span: &Span) -> String {
    format!("{}:{}:{}", span.file, span.line, span.column)
}

fn labelled(label: &str, text: &str) -> String {
    format!("  {label:>8}: {text}")
}

/// Text that stays text in a table's cell: it neither ends the cell nor becomes HTML or a link.
///
/// A position such as `[0]` stays as it is: it is a link only before what begins a target, or if it is defined, and no
/// text of a configuration begins a line.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\n' | '\r' => safe.push(' '),
            '[' if is_position(rest.as_str()) => safe.push('['),
            '\\' | '|' | '<' | '[' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}

/// Whether a position in a list, and no link, comes after `[`.
fn is_position(after: &str) -> bool {
    let behind = after.trim_start_matches(|character: char| character.is_ascii_digit());
    let closed = behind.strip_prefix(']');
    behind.len() < after.len() && closed.is_some_and(|more| !more.starts_with(['(', '[', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_cell_stays_text() {
        for (text, expected) in [
            (
                "`servers[0].disks[12].size` is `7`",
                "`servers[0].disks[12].size` is `7`",
            ),
            ("a|b", "a\\|b"),
            // Escaped alone, the sign would be taken back by the backslash before it.
            ("a\\|b", "a\\\\\\|b"),
            ("\\<b>", "\\\\\\<b>"),
            ("<img src=x onerror=y>", "\\<img src=x onerror=y>"),
            ("[here](https://evil.example)", "\\[here](https://evil.example)"),
            ("![here][0]", "!\\[here][0]"),
            ("[0](x) [0][x] [0]: x [0", "\\[0](x) \\[0]\\[x] \\[0]: x \\[0"),
            ("<https://evil.example>", "\\<https://evil.example>"),
            ("a\r\nb", "a  b"),
        ] {
            assert_eq!(cell(text), expected, "{text}");
        }
    }
}
