//! That nothing waits for itself, directly or by way of others.

use std::collections::HashMap;

use super::tree::{Found, all};
use crate::{Diagnostic, Node};

/// Reports every ring of services, and of tasks in a workflow, with its members in order.
pub(super) fn acyclic(configuration: &Node, findings: &mut Vec<Diagnostic>) {
    rings(&all(configuration, "services[]"), "name", "service", findings);
    for workflow in all(configuration, "workflows[]") {
        rings(&workflow.all("tasks[]"), "id", "task", findings);
    }
}

fn rings(members: &[Found<'_>], id: &str, title: &str, findings: &mut Vec<Diagnostic>) {
    let mut numbers = HashMap::new();
    for (number, member) in members.iter().enumerate() {
        if let Some(name) = member.text(id) {
            // The first of a name; that there are two is another rule's finding.
            numbers.entry(name).or_insert(number);
        }
    }
    let waits: Vec<Vec<usize>> = members
        .iter()
        .map(|member| {
            let names = member.all("depends_on[]");
            let names = names.iter().filter_map(|name| name.node.text());
            names.filter_map(|name| numbers.get(name).copied()).collect()
        })
        .collect();
    for ring in find(&waits) {
        let name = |number: &usize| {
            members
                .get(*number)
                .and_then(|member| member.text(id))
                .unwrap_or("?")
        };
        let Some(first) = ring.first() else { continue };
        let mut order: Vec<_> = ring.iter().map(name).collect();
        order.push(name(first));
        let place = members.get(*first).and_then(|member| member.field("depends_on"));
        if let Some(place) = place {
            findings.push(place.finding(
                "dependency_cycle",
                &format!("closes a ring: {}", quoted(&order)),
                &format!("a {title} starts after what it depends on, so none of these would start"),
                "take one of these dependencies out".to_owned(),
            ));
        }
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" → ")
}

/// Rings of the graph whose node `n` waits for `waits[n]`: at least one for every knot, none twice, each beginning with
/// its smallest number. Without recursion, because a chain may be long.
fn find(waits: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut settled = vec![false; waits.len()];
    let mut found = Vec::new();
    for start in 0..waits.len() {
        // The way from `start` to where we stand, each with the number of branches already tried.
        let mut way: Vec<(usize, usize)> = Vec::new();
        let mut on_way = HashMap::new();
        let mut next = Some(start);
        loop {
            if let Some(node) = next.take() {
                if settled.get(node).copied().unwrap_or(true) {
                    // Nothing new there.
                } else if let Some(at) = on_way.get(&node) {
                    let ring = rotated(way.iter().skip(*at).map(|(node, _)| *node).collect());
                    // The same dependency may be written twice.
                    if !found.contains(&ring) {
                        found.push(ring);
                    }
                } else {
                    on_way.insert(node, way.len());
                    way.push((node, 0));
                }
            }
            let Some((node, tried)) = way.last_mut() else {
                break;
            };
            next = waits
                .get(*node)
                .and_then(|branches| branches.get(*tried))
                .copied();
            if next.is_some() {
                *tried = tried.saturating_add(1);
            } else {
                if let Some(done) = settled.get_mut(*node) {
                    *done = true;
                }
                on_way.remove(node);
                way.pop();
            }
        }
    }
    found
}

fn rotated(mut ring: Vec<usize>) -> Vec<usize> {
    let least = ring.iter().enumerate().min_by_key(|(_, node)| **node);
    let at = least.map_or(0, |(index, _)| index);
    ring.rotate_left(at);
    ring
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn rings_are_found_once_and_begin_with_their_first() {
        assert_eq!(find(&[vec![1], vec![2], vec![]]), Vec::<Vec<usize>>::new());
        assert_eq!(find(&[vec![0]]), [[0]]);
        assert_eq!(find(&[vec![3], vec![2], vec![1], vec![1]]), [[1, 2]]);
        assert_eq!(find(&[vec![1], vec![2], vec![0], vec![0]]), [[0, 1, 2]]);
        assert_eq!(find(&[vec![1, 2], vec![0], vec![0]]), [[0, 1], [0, 2]]);
        // A diamond is none.
        assert_eq!(
            find(&[vec![1, 2], vec![3], vec![3], vec![]]),
            Vec::<Vec<usize>>::new()
        );
    }

    #[test]
    fn a_long_chain_does_not_use_the_stack() {
        let mut waits: Vec<Vec<usize>> = (1..200_000).map(|next| vec![next]).collect();
        waits.push(vec![0]);
        assert_eq!(find(&waits).len(), 1);
    }
}
