//! Two configurations side by side.

use provisioning::cost::{Change, difference, render};

use super::*;

fn fleet(names: &[(&str, &str)]) -> Node {
    let server = |(name, plan): &(&str, &str)| {
        with(
            server(name, "aws", "us-east-1", spec(2, 4, 20)),
            "plan",
            text(plan),
        )
    };
    servers(names.iter().map(server).collect())
}

#[test]
fn resources_are_matched_by_name() {
    let before = price(&fleet(&[
        ("web", "t3.medium"),
        ("job", "t3.small"),
        ("old", "t3.small"),
    ]))
    .unwrap();
    // The order changes, `web` grows, `old` goes, `new` comes.
    let after = price(&fleet(&[
        ("new", "t3.small"),
        ("job", "t3.small"),
        ("web", "t3.large"),
    ]))
    .unwrap();
    let difference = difference(&before, &after).unwrap();
    let changes: Vec<_> = difference
        .resources
        .iter()
        .map(|part| (part.address.name.clone().unwrap(), part.change))
        .collect();
    assert_eq!(
        changes,
        [
            ("web".to_owned(), Change::Changed),
            ("job".to_owned(), Change::Unchanged),
            ("old".to_owned(), Change::Removed),
            ("new".to_owned(), Change::Added),
        ]
    );
    // web: 730 × (0.0832 − 0.0416): 60.74 − 30.37, and 1.60 of disk on both sides.
    let web = &difference.resources[0].amounts[0];
    assert_eq!(
        (web.before.cents(), web.after.cents(), web.delta.cents()),
        ("31.97".into(), "62.34".into(), "30.37".into())
    );
    // 30.37 / 31.97 = 0.94995…
    assert_eq!(web.permille, Some(950));
    assert_eq!(difference.resources[3].amounts[0].permille, None);
    // small: 730 × 0.0208 = 15.184 → 15.18, + 1.60 = 16.78. 31.97 + 2 × 16.78 and 62.34 + 2 × 16.78.
    let total = &difference.totals[0];
    assert_eq!(
        (total.before.cents(), total.after.cents()),
        ("65.53".into(), "95.90".into())
    );
    assert!(!difference.incomplete);
    let table = render::difference_table(&difference);
    assert!(
        table.contains("~ servers[2] \"web\"  $31.97  $62.34  +$30.37   +95.0 %"),
        "{table}"
    );
    assert!(
        render::difference_markdown(&difference)
            .contains("| Total USD | $65.53 | $95.90 | +$30.37 | +46.3 % |")
    );
}

#[test]
fn a_move_between_currencies_is_two_amounts() {
    let before = price(&servers(vec![server("a", "aws", "us-east-1", spec(2, 4, 20))])).unwrap();
    let after = price(&servers(vec![server("a", "hetzner", "fsn1", spec(2, 4, 20))])).unwrap();
    let difference = difference(&before, &after).unwrap();
    let amounts: Vec<_> = difference.resources[0]
        .amounts
        .iter()
        .map(|amount| amount.currency.show(amount.delta))
        .collect();
    assert_eq!(amounts, ["€4.00", "-$29.05"]);
}

#[test]
fn what_becomes_unpriced_is_said() {
    let before = price(&servers(vec![server("a", "aws", "us-east-1", spec(2, 4, 20))])).unwrap();
    let after = price(&servers(vec![server("a", "aws", "sa-east-1", spec(2, 4, 20))])).unwrap();
    let difference = difference(&before, &after).unwrap();
    assert!(difference.incomplete);
    assert_eq!(
        (
            difference.resources[0].unpriced_before,
            difference.resources[0].unpriced_after
        ),
        (0, 2)
    );
    assert!(render::difference_table(&difference).contains("Incomplete"));
}

#[test]
fn what_becomes_free_or_unknown_shows_no_amount() {
    let at = |provider: &str, region: &str| {
        price(&servers(vec![server("a", provider, region, spec(2, 4, 20))])).unwrap()
    };
    let (aws, own, gcp) = (
        at("aws", "us-east-1"),
        at("local", "local"),
        at("gcp", "europe-west1"),
    );
    let table = |before: &Estimate, after: &Estimate| {
        render::difference_table(&difference(before, after).unwrap())
            .lines()
            .nth(2)
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        table(&aws, &own),
        "~ servers[0] \"a\" $29.05 free -$29.05 -100.0 %"
    );
    assert_eq!(table(&own, &aws), "~ servers[0] \"a\" free $29.05 +$29.05");
    assert_eq!(table(&aws, &gcp), "~ servers[0] \"a\" $29.05 not priced");
    assert_eq!(table(&gcp, &own), "~ servers[0] \"a\" not priced free");
    let nothing = price(&servers(vec![])).unwrap();
    let said = render::difference_table(&difference(&nothing, &nothing).unwrap());
    assert!(said.starts_with("Neither configuration has resources"), "{said}");
}
