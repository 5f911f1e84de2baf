//! Laws over random pairs of configurations, with circles, moves, and names that allow only one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use provisioning::desired::{Desired, Wanted};
use provisioning::migration::{Class, Moved, Phase, Plan, dependencies};
use provisioning::resource::{Address, Kind, Value};

use super::graphs::reachable;
use super::{KINDS, groups, model, planned, wanted};

/// Which of a pool of names a side has, where it is, how large, and what it needs.
#[derive(Debug, Clone)]
struct Drawn {
    there: bool,
    provider: usize,
    size: i64,
    other: bool,
    needs: Vec<Index>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let needs = prop::collection::vec(any::<Index>(), 0..3);
    (
        any::<bool>(),
        0..3_usize,
        1..3_i64,
        prop::bool::weighted(0.2),
        needs,
    )
        .prop_map(|(there, provider, size, other, needs)| Drawn {
            there,
            provider,
            size,
            other,
            needs,
        })
}

fn side(drawn: &[Drawn]) -> Wanted {
    let pool: Vec<Address> = (0..drawn.len())
        .map(|place| Address::new(KINDS[place % KINDS.len()], &format!("n{}", place / KINDS.len())))
        .collect();
    let there: Vec<&Address> = pool
        .iter()
        .zip(drawn)
        .filter(|(_, one)| one.there)
        .map(|(address, _)| address)
        .collect();
    let resource = |(address, one): (&Address, &Drawn)| Desired {
        address: address.clone(),
        provider: ["aws", "upcloud", "local"][one.provider].to_owned(),
        region: None,
        attributes: BTreeMap::from([
            ("size_gb".to_owned(), Value::Integer(one.size)),
            ("engine".to_owned(), Value::Bool(one.other)),
        ]),
        depends_on: one
            .needs
            .iter()
            .map(|need| (*need.get(&there)).clone())
            .filter(|need| need != address)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        protected: false,
        path: format!("things[{address}]"),
        origin: None,
    };
    wanted(
        pool.iter()
            .zip(drawn)
            .filter(|(_, one)| one.there)
            .map(resource)
            .collect(),
    )
}

fn sides() -> impl Strategy<Value = (Wanted, Wanted)> {
    let side = || prop::collection::vec(drawn(), 1..22).prop_map(|drawn| side(&drawn));
    // Half the time most stays as it is, so that keeping is tried as well.
    let near = prop::collection::vec((drawn(), drawn(), prop::bool::weighted(0.2)), 1..22).prop_map(|all| {
        let before: Vec<Drawn> = all.iter().map(|(one, ..)| one.clone()).collect();
        let after: Vec<Drawn> = all
            .into_iter()
            .map(|(one, other, changes)| if changes { other } else { one })
            .collect();
        (self::side(&before), self::side(&after))
    });
    prop_oneof![(side(), side()), near]
}

/// Pairs that cross names: the first of a kind today becomes the last of that kind in the target, and so on.
fn crossed(current: &Wanted, target: &Wanted) -> Vec<Moved> {
    let of_kind = |side: &Wanted, kind: Kind| -> Vec<Address> {
        let all = side.resources.iter().map(|one| one.address.clone());
        all.filter(|address| address.kind == kind).collect()
    };
    let pairs = |kind: Kind| {
        let news = of_kind(target, kind).into_iter().rev();
        of_kind(current, kind)
            .into_iter()
            .zip(news)
            .map(|(from, to)| Moved {
                from: Some(from),
                to: Some(to),
            })
    };
    KINDS.into_iter().flat_map(pairs).collect()
}

/// The plan, with names crossed if so drawn.
fn drawn_plan(current: &Wanted, target: &Wanted, cross: bool) -> Plan {
    match cross {
        true => planned(current, target, &crossed(current, target)),
        false => planned(current, target, &[]),
    }
}

/// The wave of each member, by phase.
fn placed(plan: &Plan, moving: bool) -> BTreeMap<usize, (usize, &str)> {
    let waves = plan
        .waves
        .iter()
        .filter(|wave| (wave.phase == Phase::Move) == moving);
    let mut placed = BTreeMap::new();
    for wave in waves {
        for group in &wave.groups {
            for member in &group.members {
                let twice = placed.insert(*member, (wave.number, group.name.as_str()));
                assert!(twice.is_none(), "{member} is in two groups");
            }
        }
    }
    placed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn dependencies_cross_waves_forwards_and_groups_are_components((current, target) in sides(), cross in any::<bool>()) {
        let plan = drawn_plan(&current, &target, cross);
        let order = dependencies(&plan.items);
        for (moving, nodes, graph) in [(true, &order.moving, &order.moves), (false, &order.retiring, &order.retirements)] {
            let placed = placed(&plan, moving);
            prop_assert_eq!(placed.keys().copied().collect::<Vec<_>>(), nodes.clone());
            let reach = reachable(graph, plan.items.len());
            for node in nodes {
                for other in nodes {
                    let circle = reach[*node].contains(other) && reach[*other].contains(node);
                    prop_assert_eq!(circle, placed[node].1 == placed[other].1);
                }
                for need in graph.needs(*node) {
                    let (before, after) = (placed[&need], placed[node]);
                    prop_assert!(before.1 == after.1 || before.0 < after.0);
                }
            }
        }
    }

    #[test]
    fn the_waves_together_are_the_difference((current, target) in sides(), cross in any::<bool>()) {
        let plan = drawn_plan(&current, &target, cross);
        let mut both: BTreeSet<usize> = placed(&plan, true).into_keys().collect();
        both.extend(placed(&plan, false).into_keys());
        let differing: BTreeSet<usize> = (0..plan.items.len()).filter(|place| plan.items[*place].class != Class::Keep).collect();
        prop_assert_eq!(both, differing);
        let of = |half: fn(&provisioning::migration::Item) -> Option<&Desired>| -> Vec<Desired> {
            let mut all: Vec<Desired> = plan.items.iter().filter_map(half).cloned().collect();
            all.sort_by(|left, right| left.address.cmp(&right.address));
            all
        };
        prop_assert_eq!(of(|item| item.from.as_ref()), current.resources);
        prop_assert_eq!(of(|item| item.to.as_ref()), target.resources);
        for item in plan.items.iter().filter(|item| item.class == Class::Keep) {
            prop_assert_eq!(item.from.as_ref().map(|one| &one.attributes), item.to.as_ref().map(|one| &one.attributes));
        }
    }

    #[test]
    fn forwards_reaches_the_target_and_back_the_start((current, target) in sides(), cross in any::<bool>()) {
        let plan = drawn_plan(&current, &target, cross);
        let mut world = model::start(&plan);
        prop_assert_eq!(model::dangling(&plan, &world), Vec::<String>::new());
        for wave in &plan.waves {
            for group in &wave.groups {
                model::forward(&plan, wave.phase, group, &mut world);
            }
            let dangling = model::dangling(&plan, &world);
            prop_assert!(dangling.is_empty(), "after wave {}: {:?}\n{:#?}", wave.number, dangling, groups(&plan));
        }
        prop_assert_eq!(&world, &model::end(&plan));
        for wave in plan.waves.iter().rev() {
            for group in wave.groups.iter().rev() {
                model::back(&plan, wave.phase, group, &mut world);
            }
        }
        prop_assert_eq!(world, model::start(&plan));
    }

    #[test]
    fn what_holds_data_goes_late_and_protected((current, target) in sides(), cross in any::<bool>()) {
        let plan = drawn_plan(&current, &target, cross);
        let mut decommission = false;
        for wave in &plan.waves {
            prop_assert_eq!(wave.after_days > 0, wave.phase == Phase::Decommission && !decommission);
            decommission |= wave.phase == Phase::Decommission;
            for item in wave.groups.iter().flat_map(|group| &group.members).map(|place| &plan.items[*place]) {
                let stateful = item.kind().is_some_and(Kind::stateful);
                if stateful && wave.phase != Phase::Move {
                    prop_assert!(wave.phase == Phase::Decommission && item.protected);
                }
                prop_assert!(!stateful || wave.phase != Phase::Move || (!item.early && item.method.name() != "old_first"));
            }
        }
    }

    #[test]
    fn the_same_gives_the_same((current, target) in sides()) {
        let (one, other) = (planned(&current, &target, &[]), planned(&current, &target, &[]));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.hash.len(), 64);
        let nothing = planned(&target, &target, &[]);
        prop_assert!(nothing.waves.is_empty() && nothing.questions.is_empty());
        prop_assert!(one.waves.is_empty() || one.hash != nothing.hash);
    }
}
