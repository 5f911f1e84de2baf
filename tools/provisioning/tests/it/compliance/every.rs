//! Every rule passes somewhere and fails somewhere: one that cannot do both says nothing.

use std::collections::BTreeMap;

use provisioning::compliance::Outcome;

use super::{careful, careless, checked, configuration, hoarding, shipped};

#[test]
fn every_rule_passes_and_fails() {
    let rules = shipped();
    let mut seen: BTreeMap<&str, (bool, bool)> = rules
        .list
        .iter()
        .map(|rule| (rule.id.as_str(), (false, false)))
        .collect();
    let far = |regions: &str| {
        configuration(&format!(
            "{{ region = \"us-east-1\", volumes = [{{ name = \"data\" }}], security = {{ allowed_regions = [{regions}] }} }}"
        ))
    };
    let tried = [
        careless(),
        careful(),
        hoarding(),
        far(""),
        far("\"eu-central-1\""),
    ];
    for node in &tried {
        for finding in checked(node, &rules, &[]).findings {
            let seen = seen.entry(finding.rule.id.as_str()).or_default();
            seen.0 |= finding.outcome == Outcome::Pass;
            seen.1 |= finding.outcome == Outcome::Fail;
        }
    }
    let lacking = |which: fn(&(bool, bool)) -> bool| -> Vec<&str> {
        seen.iter()
            .filter(|(_, seen)| !which(seen))
            .map(|(id, _)| *id)
            .collect()
    };
    assert_eq!(lacking(|seen| seen.0), [""; 0], "do it right in `careful.ncl`");
    assert_eq!(lacking(|seen| seen.1), [""; 0], "do it wrong in `careless.ncl`");
}

#[test]
fn nothing_fails_where_everything_is_done_right() {
    let node = careful();
    let rules = shipped();
    let wrong: Vec<String> = checked(&node, &rules, &[])
        .findings
        .iter()
        .filter(|finding| matches!(finding.outcome, Outcome::Fail | Outcome::Unknown))
        .map(|finding| format!("{} {}: {}", finding.rule.id, finding.path, finding.evidence))
        .collect();
    assert_eq!(wrong, [""; 0]);
}
