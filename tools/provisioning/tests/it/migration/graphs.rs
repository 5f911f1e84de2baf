//! Random graphs: components are those of a naive reachability, waves keep order and limit.

use std::collections::BTreeSet;

use proptest::prelude::*;
use provisioning::migration::graph::{Graph, Load, waves};

fn graph(nodes: usize, edges: &[(usize, usize)]) -> Graph {
    let mut graph = Graph::new(nodes);
    for (node, before) in edges {
        graph.wait(node % nodes, before % nodes);
    }
    graph
}

fn edges() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1..25_usize).prop_flat_map(|nodes| (Just(nodes), prop::collection::vec((0..nodes, 0..nodes), 0..60)))
}

/// Which nodes can be reached from each, by looking until nothing new is found.
pub(crate) fn reachable(graph: &Graph, nodes: usize) -> Vec<BTreeSet<usize>> {
    let from = |start: usize| {
        let mut found = BTreeSet::from([start]);
        loop {
            let more: BTreeSet<usize> = found.iter().flat_map(|node| graph.needs(*node)).collect();
            let before = found.len();
            found.extend(more);
            if found.len() == before {
                return found;
            }
        }
    };
    (0..nodes).map(from).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn components_are_those_who_reach_each_other((nodes, edges) in edges()) {
        let graph = graph(nodes, &edges);
        let reach = reachable(&graph, nodes);
        let components = graph.components();
        prop_assert_eq!(components.iter().map(Vec::len).sum::<usize>(), nodes);
        for component in &components {
            let first = component[0];
            let naive: Vec<usize> = (0..nodes).filter(|node| reach[first].contains(node) && reach[*node].contains(&first)).collect();
            prop_assert_eq!(component, &naive);
        }
        let condensed = graph.condensed(&components);
        for component in 0..components.len() {
            prop_assert!(condensed.needs(component).all(|need| need < component));
        }
    }

    #[test]
    fn waves_keep_order_and_limit((nodes, edges) in edges(), weights in prop::collection::vec(0..4_usize, 25), pairs in prop::collection::btree_set((0..25_usize, 0..25_usize), 0..8), limit in 1..6_usize) {
        let graph = graph(nodes, &edges);
        let components = graph.components();
        let condensed = graph.condensed(&components);
        let load = Load { graph: &condensed, weights: &weights, pairs: &pairs, limit };
        let placed = waves(&load);
        let last = placed.iter().max().copied().unwrap_or_default();
        let used: BTreeSet<usize> = placed.iter().copied().collect();
        prop_assert_eq!(used, (0..=last).collect::<BTreeSet<_>>());
        for node in 0..components.len() {
            prop_assert!(condensed.needs(node).all(|need| placed[need] < placed[node]));
        }
        for wave in 0..=last {
            let heavy: Vec<usize> = (0..components.len()).filter(|node| placed[*node] == wave && weights[*node] > 0).collect();
            let sum: usize = heavy.iter().map(|node| weights[*node]).sum();
            prop_assert!(sum <= limit || heavy.len() == 1);
        }
        prop_assert_eq!(placed, waves(&load));
    }
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    let nodes = 100_000;
    let mut graph = Graph::new(nodes);
    for node in 1..nodes {
        graph.wait(node - 1, node);
    }
    assert_eq!(graph.components().len(), nodes);
    graph.wait(nodes - 1, 0);
    assert_eq!(graph.components().len(), 1);
}
