//! What holds of every check: order and strangers change nothing, a waiver changes what it names, and what is left
//! out never passes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use provisioning::compliance::{Finding, Outcome, Report, Rules, Waiver};
use provisioning::{Node, Value};

use super::{careful, careless, checked, shipped, today};

/// Lists whose elements have names and are about nobody else.
const LISTS: [&str; 8] = [
    "servers",
    "databases",
    "caches",
    "object_storage",
    "volumes",
    "secrets",
    "users",
    "services",
];

/// The outcome of each rule for each resource; what is about no resource has none.
fn verdicts(report: &Report<'_>) -> BTreeMap<(String, String), Outcome> {
    let about = |finding: &Finding<'_>| {
        let address = finding.resource.as_ref()?.address.clone();
        Some(((finding.rule.id.clone(), address), finding.outcome))
    };
    report.findings.iter().filter_map(about).collect()
}

fn list<'a>(node: &'a mut Node, name: &str) -> &'a mut Vec<Node> {
    match &mut node.value {
        Value::Record(fields) => match &mut fields.get_mut(name).unwrap().value {
            Value::List(items) => items,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// What is careless and careful in one: both sorts of resources, under different names.
fn mixed() -> Node {
    let mut node = careless();
    let mut other = careful();
    for name in LISTS {
        for mut item in list(&mut other, name).drain(..) {
            rename(&mut item, "careful");
            list(&mut node, name).push(item);
        }
    }
    node
}

fn rename(node: &mut Node, prefix: &str) {
    let Value::Record(fields) = &mut node.value else {
        return;
    };
    let name = fields.get("name").and_then(Node::text).unwrap().to_owned();
    fields.insert(
        "name".to_owned(),
        Node::new(Value::Text(format!("{prefix}-{name}"))),
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_resources_changes_no_verdict(seed in proptest::collection::vec(any::<u32>(), 64)) {
        let rules = shipped();
        let node = mixed();
        let before = verdicts(&checked(&node, &rules, &[]));
        let mut shuffled = node.clone();
        for name in LISTS {
            let mut keys = seed.iter().cycle();
            list(&mut shuffled, name).sort_by_cached_key(|_| *keys.next().unwrap());
        }
        prop_assert_eq!(before, verdicts(&checked(&shuffled, &rules, &[])));
    }

    #[test]
    fn a_stranger_changes_no_verdict(which in 0..LISTS.len(), element in any::<prop::sample::Index>(), place in any::<prop::sample::Index>()) {
        let rules = shipped();
        let node = mixed();
        let before = verdicts(&checked(&node, &rules, &[]));
        let mut more = node.clone();
        let items = list(&mut more, LISTS[which]);
        let mut stranger = items[element.index(items.len())].clone();
        rename(&mut stranger, "stranger");
        let place = place.index(items.len() + 1);
        items.insert(place, stranger);
        let after = verdicts(&checked(&more, &rules, &[]));
        prop_assert!(after.len() > before.len());
        for (about, outcome) in before {
            prop_assert_eq!(after[&about], outcome, "{:?}", about);
        }
    }

    #[test]
    fn a_waiver_changes_its_rule_and_resource_and_nothing_else(which in any::<prop::sample::Index>(), expired: bool) {
        let rules = shipped();
        let node = mixed();
        let before = verdicts(&checked(&node, &rules, &[]));
        let about = which.get(&before.keys().cloned().collect::<Vec<_>>()).clone();
        let waivers = [waiver(&about, expired)];
        let report = checked(&node, &rules, &waivers);
        let after = verdicts(&report);
        for (other, outcome) in &before {
            let open = matches!(outcome, Outcome::Fail | Outcome::Unknown);
            let expected = if *other == about && open && !expired { Outcome::Waived } else { *outcome };
            prop_assert_eq!(after[other], expected, "{:?}", other);
        }
        let waived = after.values().any(|outcome| *outcome == Outcome::Waived);
        // It waives something, or somebody is told that it does not.
        prop_assert_eq!(report.alarms.is_empty(), waived);
    }
}

fn waiver((rule, address): &(String, String), expired: bool) -> Waiver {
    let today = today();
    Waiver {
        rule: rule.clone(),
        address: address.clone(),
        reason: "until the move".to_owned(),
        owner: "ops@example.org".to_owned(),
        expires: if expired {
            today.yesterday().unwrap()
        } else {
            today
        },
        file: ".prov/waivers.ncl".to_owned(),
        line: Some(1),
    }
}

/// Takes away each value in turn: a rule that failed or was unknown does not pass for it.
#[test]
fn what_is_left_out_never_makes_a_rule_pass() {
    let rules: Rules = shipped();
    for whole in [careless(), careful()] {
        let before = verdicts(&checked(&whole, &rules, &[]));
        for path in leaves(&whole, &mut Vec::new()) {
            // A rule of a firewall without a last port is about its first.
            if path
                .last()
                .is_some_and(|step| step == "to_port" || step == "name")
            {
                continue;
            }
            let mut node = whole.clone();
            remove(&mut node, &path);
            for (about, outcome) in verdicts(&checked(&node, &rules, &[])) {
                let passed = before.get(&about).is_none_or(|outcome| *outcome == Outcome::Pass);
                assert!(
                    passed || outcome != Outcome::Pass,
                    "{about:?} passes without {path:?}"
                );
            }
        }
    }
}

/// The paths of all values that are no lists or records: names, and positions as text.
fn leaves(node: &Node, path: &mut Vec<String>) -> Vec<Vec<String>> {
    let children: Vec<(String, &Node)> = match &node.value {
        Value::Record(fields) => fields.iter().map(|(name, node)| (name.clone(), node)).collect(),
        Value::List(items) => items
            .iter()
            .enumerate()
            .map(|(n, node)| (n.to_string(), node))
            .collect(),
        _ => return vec![path.clone()],
    };
    let mut found = Vec::new();
    for (step, child) in children {
        path.push(step);
        found.extend(leaves(child, path));
        path.pop();
    }
    found
}

fn remove(node: &mut Node, path: &[String]) {
    let (step, rest) = path.split_first().unwrap();
    match &mut node.value {
        Value::Record(fields) if rest.is_empty() => drop(fields.remove(step)),
        Value::Record(fields) => remove(fields.get_mut(step).unwrap(), rest),
        Value::List(items) => {
            let position: usize = step.parse().unwrap();
            if rest.is_empty() {
                items[position].value = Value::Null;
            } else {
                remove(&mut items[position], rest);
            }
        }
        _ => {}
    }
}
