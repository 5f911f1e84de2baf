//! Every control of every rule is one that its source names.

use std::collections::BTreeMap;

use provisioning::compliance::{Framework, Rules};

use super::shipped;

/// By name, the ids of each framework.
fn table(text: &str) -> BTreeMap<&str, BTreeMap<&str, Vec<&str>>> {
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines
        .map(|row| {
            let ids = header.iter().zip(&row).skip(1);
            (
                row[0],
                ids.map(|(name, ids)| (*name, ids.split(';').collect())).collect(),
            )
        })
        .collect()
}

#[test]
fn every_control_is_in_the_table_that_its_source_names() {
    let prowler = table(include_str!("../../../rules/crosswalk.tsv"));
    let own = table(include_str!("../../../rules/families.tsv"));
    for rule in shipped().list {
        for (framework, controls) in &rule.controls {
            let row = match controls.source.split_once(':') {
                Some(("prowler", check)) => prowler.get(check),
                Some(("prov", family)) => own.get(family),
                _ => None,
            };
            let row = row.unwrap_or_else(|| panic!("{}: nothing is known of `{}`", rule.id, controls.source));
            for id in &controls.ids {
                assert!(
                    row[framework.name()].contains(&id.as_str()),
                    "{}: `{}` says nothing about {} {id}",
                    rule.id,
                    controls.source,
                    framework.title()
                );
            }
        }
    }
}

#[test]
fn there_are_rules_enough_for_every_framework_and_provider() {
    let rules: Rules = shipped();
    assert!(rules.list.len() >= 60);
    for framework in Framework::ALL {
        let with = rules
            .list
            .iter()
            .filter(|rule| rule.controls.contains_key(&framework));
        assert!(with.count() >= 60, "{framework:?}");
    }
    for provider in ["aws", "azure", "gcp", "hetzner", "local", "upcloud"] {
        let about = rules
            .list
            .iter()
            .filter(|rule| rule.providers.is_empty() || rule.providers.contains(&provider));
        assert!(about.count() >= 60, "{provider}");
    }
    assert!(rules.list.iter().filter(|rule| !rule.fix.is_empty()).count() >= 60);
}
