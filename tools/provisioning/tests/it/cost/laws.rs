//! What holds for every configuration.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use provisioning::cost::{Change, Currency, Estimate, Money, difference};

use super::*;

static BOOK: LazyLock<PriceBook> = LazyLock::new(shipped);

fn any_server() -> impl Strategy<Value = Node> {
    let place = prop::sample::select(vec![
        ("aws", "us-east-1"),
        ("aws", "eu-central-1"),
        ("aws", "sa-east-1"),
        ("upcloud", "fi-hel1"),
        ("hetzner", "fsn1"),
        ("hetzner", "sin"),
        ("local", "local"),
    ]);
    (
        place,
        "[a-e]",
        0..70i64,
        0..300i64,
        0..3000i64,
        0..40i64,
        any::<bool>(),
    )
        .prop_map(|((provider, region), name, cpu, memory, disk, count, public)| {
            let server = server(&name, provider, region, spec(cpu, memory, disk));
            with(
                with(server, "count", number(count)),
                "networking",
                record([("public_ip", flag(public))]),
            )
        })
}

fn any_fleet() -> impl Strategy<Value = Vec<Node>> {
    prop::collection::vec(any_server(), 0..6)
}

fn price_all(fleet: Vec<Node>) -> Estimate {
    estimate(&servers(fleet), &BOOK, &options(None)).unwrap()
}

fn sums(estimate: &Estimate) -> BTreeMap<Currency, Money> {
    estimate
        .totals
        .iter()
        .map(|total| (total.currency, total.monthly))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn totals_are_the_sum_of_the_lines(fleet in any_fleet()) {
        let estimate = price_all(fleet);
        for total in &estimate.totals {
            let lines = estimate.lines.iter().filter(|line| line.currency == total.currency);
            prop_assert_eq!(lines.map(|line| line.monthly.nanos()).sum::<i128>(), total.monthly.nanos());
        }
        for line in &estimate.lines {
            prop_assert_eq!(line.price.times(line.quantity).and_then(Money::rounded), Some(line.monthly));
            prop_assert!(line.monthly >= Money::ZERO);
        }
        let counts = &estimate.counts;
        prop_assert_eq!(counts.estimated + counts.free + counts.unpriced, counts.resources);
        prop_assert_eq!(estimate.incomplete, !estimate.unpriced.is_empty());
    }

    #[test]
    fn one_more_server_never_makes_it_cheaper(fleet in any_fleet(), more in any_server()) {
        let before = sums(&price_all(fleet.clone()));
        let after = sums(&price_all([fleet, vec![more]].concat()));
        for (currency, sum) in before {
            prop_assert!(after[&currency] >= sum);
        }
    }

    #[test]
    fn the_order_of_resources_does_not_matter((fleet, shuffled) in any_fleet().prop_flat_map(|fleet| (Just(fleet.clone()), Just(fleet).prop_shuffle()))) {
        prop_assert_eq!(sums(&price_all(fleet)), sums(&price_all(shuffled)));
    }

    #[test]
    fn a_difference_turned_round_is_the_same_with_the_other_sign(left in any_fleet(), right in any_fleet()) {
        let (left, right) = (price_all(left), price_all(right));
        let there = difference(&left, &right).unwrap();
        let back = difference(&right, &left).unwrap();
        for (one, other) in there.totals.iter().zip(&back.totals) {
            prop_assert_eq!(one.delta.nanos(), -other.delta.nanos());
            prop_assert_eq!((one.before, one.after), (other.after, other.before));
        }
        let count = |resources: &[provisioning::cost::Resource], change| resources.iter().filter(|part| part.change == change).count();
        prop_assert_eq!(count(&there.resources, Change::Added), count(&back.resources, Change::Removed));
        prop_assert_eq!(count(&there.resources, Change::Changed), count(&back.resources, Change::Changed));
        let same = difference(&left, &left).unwrap();
        prop_assert!(same.resources.iter().all(|part| part.change == Change::Unchanged));
    }

    #[test]
    fn deltas_of_resources_add_up_to_the_totals(left in any_fleet(), right in any_fleet()) {
        let difference = difference(&price_all(left), &price_all(right)).unwrap();
        for total in &difference.totals {
            let parts = difference.resources.iter().flat_map(|part| &part.amounts);
            let sum: i128 = parts.filter(|part| part.currency == total.currency).map(|part| part.delta.nanos()).sum();
            prop_assert_eq!(sum, total.delta.nanos());
        }
    }

    #[test]
    fn rendering_never_fails_and_says_every_total(fleet in any_fleet()) {
        let estimate = price_all(fleet);
        let table = provisioning::cost::render::table(&estimate);
        let markdown = provisioning::cost::render::markdown(&estimate);
        for total in &estimate.totals {
            let shown = total.currency.show(total.monthly);
            prop_assert!(table.contains(&shown) && markdown.contains(&shown));
        }
    }
}
