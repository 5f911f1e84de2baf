//! What people read in an estimate, beside the amounts.

use provisioning::cost::render;

use super::*;

/// A cluster on AWS whose workers are `count` and scale between `min` and `max`.
fn scaled(count: i64, min: i64, max: i64, enabled: bool) -> Node {
    let scaling = record([
        ("enabled", flag(enabled)),
        ("min", number(min)),
        ("max", number(max)),
    ]);
    record([(
        "kubernetes",
        record([
            ("name", text("main")),
            ("provider", text("aws")),
            ("region", text("us-east-1")),
            (
                "control_plane",
                record([("count", number(1)), ("plan", text("small"))]),
            ),
            (
                "workers",
                record([
                    ("count", number(count)),
                    ("plan", text("small")),
                    ("auto_scaling", scaling),
                ]),
            ),
        ]),
    )])
}

fn network(provider: &str, region: &str) -> Node {
    record([
        ("provider", text(provider)),
        ("region", text(region)),
        ("networking", record([("load_balancers", number(1))])),
    ])
}

#[test]
fn autoscaling_bounds_the_workers_that_are_priced() {
    let workers = |configuration: &Node| {
        let estimate = price(configuration).unwrap();
        let line = estimate.lines.iter().find(|line| line.component == "workers");
        (line.unwrap().quantity / 730, estimate.assumptions.join("\n"))
    };
    let (count, said) = workers(&scaled(20, 1, 3, true));
    assert_eq!(count, 3);
    assert!(
        said.contains(
            "`kubernetes.workers.count` is 20, and autoscaling keeps it from 1 to 3: 3 are estimated"
        ),
        "{said}"
    );
    assert!(
        said.contains("scales by itself, and 3 is the most") && !said.contains("$0.00"),
        "{said}"
    );
    let (count, said) = workers(&scaled(1, 2, 3, true));
    assert_eq!(count, 2);
    assert!(said.contains("2 are estimated, up to 3 are possible"), "{said}");
    let (count, said) = workers(&scaled(20, 1, 3, false));
    assert!(count == 20 && !said.contains("scal"), "{said}");
}

#[test]
fn a_device_without_a_price_is_called_by_its_name() {
    let detail = |provider: &str, region: &str| {
        let estimate = price(&network(provider, region)).unwrap();
        estimate.unpriced[0].detail.clone()
    };
    assert_eq!(
        detail("hetzner", "fsn1"),
        "the price lists of hetzner have no load balancers"
    );
    assert_eq!(detail("gcp", ""), "there are no price lists for gcp");
    assert_eq!(
        detail("aws", "sa-east-1"),
        "no price for load balancers of aws in sa-east-1 on 2026-11-24"
    );
}

#[test]
fn a_configuration_with_nothing_in_it_says_so() {
    let nothing = price(&record([("provider", text("aws"))])).unwrap();
    for said in [render::table(&nothing), render::markdown(&nothing)] {
        assert_eq!(
            said,
            "The configuration has no resources, so there is nothing to price\n"
        );
    }
}

#[test]
fn units_and_names_are_said_once() {
    let rows = [
        "vcpu * vcpu-hour 0.005",
        "memory * gib-hour 0.002",
        "disk * gb-month 0.03",
    ];
    let book = PriceBook::load(&With(vec![(
        "local.tsv",
        list("local", "EUR", "2026-01-01", &rows),
    )]))
    .unwrap();
    let own = servers(vec![server("a", "local", "local", spec(1, 4, 50))]);
    let table = render::table(&estimate(&own, &book, &options(None)).unwrap());
    let rows: Vec<String> = table
        .lines()
        .skip(3)
        .take(3)
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "├─ vCPU 730 vCPU hours €3.65",
            "├─ memory 2,920 GiB hours €5.84",
            "└─ disk 50 GB €1.50"
        ],
        "{table}"
    );
    assert!(
        table.contains("Priced with prices/local.tsv (of the workspace)\n"),
        "{table}"
    );
}

#[test]
fn a_chosen_plan_says_from_which_families() {
    let estimate = price(&servers(vec![server("a", "hetzner", "fsn1", spec(2, 4, 20))])).unwrap();
    let said = estimate.lines[0].assumptions.join("\n");
    assert!(
        said.contains("only the families cx, ccx are considered"),
        "{said}"
    );
}
