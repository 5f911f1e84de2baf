//! JUnit XML, which build servers show as tests: a suite per rule, a case per resource.
//!
//! Unknown is an error and waived is skipped, so that neither looks like a pass.

use provisioning::compliance::{Finding, Outcome, Report, render};

/// The report as JUnit XML.
pub(super) fn text(report: &Report<'_>) -> String {
    let (listed, omitted) = render::listed(report);
    let said: Vec<String> = std::iter::once(render::summary(report))
        .chain(render::more(omitted))
        .collect();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {}>\n",
        escape(&said.join("; ")),
        totals(&listed),
    );
    // The findings of a rule follow each other.
    for findings in listed.chunk_by(|left, right| left.rule.id == right.rule.id) {
        suite(&mut xml, findings, report);
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// How many cases there are of each sort, as attributes.
fn totals(findings: &[&Finding<'_>]) -> String {
    let count = |wanted: &[Outcome]| {
        let of = findings
            .iter()
            .filter(|finding| wanted.contains(&finding.outcome));
        of.count()
    };
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        findings.len(),
        count(&[Outcome::Fail]),
        count(&[Outcome::Unknown]),
        count(&[Outcome::Waived, Outcome::NotApplicable]),
    )
}

fn suite(xml: &mut String, findings: &[&Finding<'_>], report: &Report<'_>) {
    let Some(first) = findings.first() else { return };
    xml.push_str(&format!(
        "  <testsuite name=\"{} {}\" {}>\n",
        escape(&first.rule.id),
        escape(&first.rule.title),
        totals(findings),
    ));
    for finding in findings {
        case(xml, finding, report);
    }
    xml.push_str("  </testsuite>\n");
}

fn case(xml: &mut String, finding: &Finding<'_>, report: &Report<'_>) {
    let rule = finding.rule;
    let name = match &finding.resource {
        Some(resource) => resource.address.as_str(),
        None => "nothing",
    };
    xml.push_str(&format!(
        "    <testcase classname=\"{}\" name=\"{}\"",
        escape(&rule.id),
        escape(name)
    ));
    if let Some(span) = &finding.span {
        xml.push_str(&format!(
            " file=\"{}\" line=\"{}\"",
            escape(&span.file),
            span.line
        ));
    }
    let why = escape(&finding.evidence);
    let more = escape(&format!(
        "{}\n{}\nevidence for {}",
        finding.path,
        rule.remediation,
        render::controls(rule, report.framework)
    ));
    let kind = rule.severity.name();
    match finding.outcome {
        Outcome::Pass => xml.push_str("/>\n"),
        Outcome::Fail => {
            xml.push_str(&format!(
                ">\n      <failure type=\"{kind}\" message=\"{why}\">{more}</failure>\n    </testcase>\n"
            ));
        }
        Outcome::Unknown => {
            xml.push_str(&format!(
                ">\n      <error type=\"unknown\" message=\"{why}\">{more}</error>\n    </testcase>\n"
            ));
        }
        Outcome::NotApplicable => {
            xml.push_str(&format!(
                ">\n      <skipped message=\"not applicable: {why}\"/>\n    </testcase>\n"
            ));
        }
        Outcome::Waived => {
            let waived = finding.waiver.map(|waiver| {
                format!(
                    "waived by {} until {}: {}",
                    waiver.owner, waiver.expires, waiver.reason
                )
            });
            xml.push_str(&format!(
                ">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
                escape(&waived.unwrap_or_default())
            ));
        }
    }
}

/// Text for an attribute or an element; what XML cannot hold at all is left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            other if other < ' ' || matches!(other, '\u{fffe}' | '\u{ffff}') => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_peoples_text_stays_inside_its_attribute() {
        assert_eq!(
            escape("\"/><failure a='&\u{1}"),
            "&quot;/&gt;&lt;failure a=&apos;&amp;"
        );
    }
}
