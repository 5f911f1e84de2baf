//! The shipped price files, and what is refused in others.

use provisioning::cost::{Charge, PriceBook, Unit};

use super::*;

#[test]
fn every_shipped_file_is_read_and_dated() {
    let book = shipped();
    let shipped = Embedded.list(AssetKind::Price);
    assert_eq!(book.origins().len(), shipped.len());
    assert!(
        book.origins()
            .iter()
            .all(|origin| origin.file == "providers.toml" || origin.date.is_some())
    );
    assert!(book.version().starts_with("2026-10-28-"), "{}", book.version());
}

#[test]
fn every_file_of_the_folder_is_shipped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/prices");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    names.sort();
    let shipped: Vec<String> = Embedded
        .list(AssetKind::Price)
        .into_iter()
        .map(|asset| asset.path)
        .collect();
    assert_eq!(shipped, names);
}

#[test]
fn all_ec2_types_of_the_source_are_there() {
    let book = shipped();
    let aws = book.provider("aws").unwrap();
    let text = Embedded
        .read(AssetKind::Price, "aws-ec2-us-east-1.tsv")
        .unwrap()
        .text;
    assert_eq!(
        text.lines()
            .filter(|line| line.contains("\tus-east-1\thour\t"))
            .count(),
        1367
    );
    let date = "2026-07-20".parse().unwrap();
    let price = |sku: &str| {
        book.find(aws, sku, "us-east-1", Unit::Hour, date)
            .unwrap()
            .price
            .to_string()
    };
    assert_eq!(price("t3.medium"), "0.0416");
    assert_eq!(price("m7a.large"), "0.11592");
    assert_eq!(price("p5.48xlarge"), "55.04");
}

/// AWS names sizes by a rule: vCPU double from `large` (2) on, memory is 2, 4 or 8 GiB per vCPU by the family's
/// letter. Metal and `t` families have rules of their own.
#[test]
fn aws_sizes_follow_the_naming_rule() {
    let book = shipped();
    let aws = book.provider("aws").unwrap();
    let mut checked = 0;
    for family in [
        "m5", "m6i", "m6a", "m6g", "m7i", "m7a", "m7g", "m8g", "c5a", "c6i", "c6g", "c7i", "c7g", "r5",
        "r6i", "r7i", "r7g",
    ] {
        let ratio = match family.as_bytes()[0] {
            b'c' => 2,
            b'm' => 4,
            _ => 8,
        };
        for (size, vcpu) in [
            ("large", 2),
            ("xlarge", 4),
            ("2xlarge", 8),
            ("4xlarge", 16),
            ("8xlarge", 32),
            ("16xlarge", 64),
        ] {
            let Some(plan) = book.plan(aws, &format!("{family}.{size}")) else {
                continue;
            };
            assert_eq!(
                (plan.vcpu, plan.memory_mib),
                (vcpu, vcpu * ratio * 1024),
                "{}",
                plan.sku
            );
            checked += 1;
        }
    }
    assert!(checked > 90, "{checked}");
}

#[test]
fn default_families_and_size_words_have_plans() {
    let book = shipped();
    for provider in book
        .providers()
        .iter()
        .filter(|provider| provider.charge == Charge::Plans)
    {
        for family in &provider.default_families {
            let mut plans = book
                .plans(provider)
                .filter(|plan| plan.family == *family)
                .peekable();
            assert!(plans.peek().is_some(), "{}: {family}", provider.name);
            assert!(
                plans.all(|plan| plan.arch == "x86_64"),
                "{}: {family}",
                provider.name
            );
        }
        for (word, needs) in &provider.cluster_plans {
            let fits = book
                .plans(provider)
                .any(|plan| plan.vcpu >= needs.vcpu && plan.memory_mib >= needs.memory_mib);
            assert!(fits, "{}: {word}", provider.name);
        }
    }
}

#[test]
fn names_with_numbers_agree_with_the_list() {
    let book = shipped();
    let upcloud = book.provider("upcloud").unwrap();
    for plan in book.plans(upcloud) {
        assert!(
            plan.sku
                .ends_with(&format!("-{}xCPU-{}GB", plan.vcpu, plan.memory_mib / 1024)),
            "{}",
            plan.sku
        );
    }
}

fn refused(name: &'static str, text: String) -> String {
    PriceBook::load(&With(vec![(name, text)]))
        .unwrap_err()
        .to_string()
}

#[test]
fn what_is_not_as_documented_is_refused_with_file_and_line() {
    let good = |rows: &[&str]| list("upcloud", "EUR", "2026-11-01", rows);
    let cases = [
        (
            good(&["a fi-hel1 hour 1"]).replace("license", "licence"),
            "line 7: unknown field `licence`",
        ),
        (
            good(&["a fi-hel1 hour 1"]).replace("2026-11-01", "2026-13-01"),
            "line 5: `2026-13-01` is not a date",
        ),
        (
            good(&["a fi-hel1 hour 1"]).replace("EUR", "euro"),
            "line 4: `euro` is not a currency",
        ),
        (
            good(&["a fi-hel1 hour 1"]).replace("upcloud", "upcluod"),
            "does not describe `upcluod`",
        ),
        (
            good(&["a fi-hel1 hour 1"]).replace("price\n", "cost\n"),
            "line 10: the columns must be `sku region unit price`",
        ),
        (
            good(&["a fi-hel1 hour 1", "b fi-hel1 day 1"]),
            "line 12: `day` is not a unit",
        ),
        (good(&["a fi-hel1 hour 1,5"]), "line 11: `1,5` is not a price"),
        (
            good(&["a fi-hel1 hour 0.0000000001"]),
            "line 11: `0.0000000001` is not a price",
        ),
        (
            good(&["a fi-hel9 hour 1"]),
            "line 11: `region` names region `fi-hel9`",
        ),
        (good(&["a fi-hel1 hour"]), "line 11: 3 cells instead of 4"),
        (
            good(&["a fi-hel1 hour 1", "a fi-hel1 hour 2"]),
            "line 12: `a` in `fi-hel1` per hour is given twice",
        ),
        (
            "sku\tregion\n".to_owned(),
            "line 1: a list starts with a TOML header",
        ),
    ];
    for (text, expected) in cases {
        let said = refused("upcloud-mine.tsv", text.clone());
        assert!(
            said.starts_with("`prices/upcloud-mine.tsv` (prices/upcloud-mine.tsv), "),
            "{said}"
        );
        assert!(said.contains(expected), "expected {expected}\ngot {said}\n{text}");
    }
    assert!(
        refused(
            "providers.toml",
            "[[provider]]\nname = \"aws\"\ncolour = 1\n".to_owned()
        )
        .contains("line 3: unknown field")
    );
}

#[test]
fn loading_takes_no_time_to_speak_of() {
    let start = std::time::Instant::now();
    let book = shipped();
    let elapsed = start.elapsed();
    assert_eq!(book.providers().len(), 6);
    // A generous bound for unoptimised builds on a busy machine; measured figures are far below.
    assert!(elapsed.as_millis() < 2_000, "{elapsed:?}");
    println!("loaded in {elapsed:?}");
}
