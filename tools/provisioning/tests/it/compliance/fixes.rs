//! Fixes mend: each alone mends its finding, all together mend everything that can be mended.

use std::collections::BTreeSet;

use provisioning::Node;
use provisioning::compliance::{Outcome, Rules};

use super::{careless, checked, hoarding, shipped};

/// Configurations that every rule with a fix finds something in.
fn wrong() -> Vec<Node> {
    vec![careless(), hoarding()]
}

fn needs_a_look(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Fail | Outcome::Unknown)
}

#[test]
fn every_fix_mends_its_finding() {
    let rules = shipped();
    let mut mended = BTreeSet::new();
    for node in wrong() {
        let report = checked(&node, &rules, &[]);
        for finding in report.findings.iter().filter(|finding| !finding.fix.is_empty()) {
            let mut after = node.clone();
            for change in &finding.fix {
                assert!(
                    change.apply(&mut after),
                    "{}: no place for {}",
                    finding.rule.id,
                    change.text()
                );
            }
            let path = &finding.resource.as_ref().unwrap().path;
            let report = checked(&after, &rules, &[]);
            let now = report.findings.iter().find(|now| {
                now.rule.id == finding.rule.id && now.resource.as_ref().is_some_and(|r| r.path == *path)
            });
            let now = now.unwrap();
            // Taking a right away makes the question whether it is deserved moot.
            let moot = finding.rule.id == "PROV-ACC-005" && now.outcome == Outcome::NotApplicable;
            assert!(
                now.outcome == Outcome::Pass || moot,
                "{} at {path} is {:?} after {:?}: {}",
                finding.rule.id,
                now.outcome,
                finding.fix,
                now.evidence
            );
            if finding.outcome == Outcome::Fail {
                mended.insert(finding.rule.id.clone());
            }
        }
    }
    let with_fix = |rules: &Rules| -> BTreeSet<String> {
        let rules = rules.list.iter().filter(|rule| !rule.fix.is_empty());
        rules.map(|rule| rule.id.clone()).collect()
    };
    let untried: Vec<String> = with_fix(&rules).difference(&mended).cloned().collect();
    assert_eq!(
        untried, [""; 0],
        "a rule with a fix never failed here: do it wrong in `careless.ncl`"
    );
}

#[test]
fn all_fixes_together_mend_everything_that_can_be_mended() {
    let rules = shipped();
    for node in wrong() {
        let mut after = node.clone();
        // One fix may be undone by another that is stricter about the same value, so twice; never endlessly.
        for _ in 0..2 {
            let before = after.clone();
            for finding in checked(&before, &rules, &[]).findings {
                for change in &finding.fix {
                    assert!(change.apply(&mut after));
                }
            }
        }
        for finding in checked(&after, &rules, &[]).findings {
            assert!(
                finding.rule.fix.is_empty() || !needs_a_look(finding.outcome),
                "{}: {} ({:?})",
                finding.rule.id,
                finding.evidence,
                finding.outcome
            );
        }
    }
}
