//! Exact amounts.

use provisioning::cost::{Confidence, PriceBook, Reason, estimate, render};

use super::*;

/// `examples/web-on-aws.ncl`, without what costs nothing.
fn web_on_aws() -> Node {
    let web = |name: &str| {
        record([
            ("name", text(name)),
            ("plan", text("t3.medium")),
            ("spec", spec(2, 4, 40)),
            ("networking", record([("public_ip", flag(true))])),
        ])
    };
    let database = record([
        ("name", text("db-1")),
        ("plan", text("m5.large")),
        ("spec", spec(2, 8, 200)),
    ]);
    record([
        ("provider", text("aws")),
        ("region", text("us-east-1")),
        ("servers", many(vec![web("web-1"), web("web-2"), database])),
        (
            "networking",
            record([
                ("vpc", text("shop")),
                ("nat_gateways", number(0)),
                ("load_balancers", number(0)),
            ]),
        ),
    ])
}

/// `examples/k8s-on-upcloud.ncl`.
fn cluster(provider: &str, region: &str) -> Node {
    let scaling = record([("enabled", flag(true)), ("min", number(3)), ("max", number(6))]);
    record([(
        "kubernetes",
        record([
            ("name", text("main")),
            ("provider", text(provider)),
            ("region", text(region)),
            (
                "control_plane",
                record([("count", number(3)), ("plan", text("medium"))]),
            ),
            (
                "workers",
                record([
                    ("count", number(3)),
                    ("plan", text("large")),
                    ("auto_scaling", scaling),
                ]),
            ),
        ]),
    )])
}

#[test]
fn servers_on_aws() {
    let estimate = price(&web_on_aws()).unwrap();
    // 730 h × $0.0416 = $30.368 → 30.37; 40 GB × $0.08 = 3.20; 730 h × $0.005 = 3.65; twice.
    // 730 h × $0.096 = 70.08; 200 GB × $0.08 = 16.00.
    assert_eq!(
        lines(&estimate),
        [
            "instance t3.medium 730 hour 30.37",
            "storage gp3 40 gb-month 3.20",
            "public IPv4 public-ipv4 730 hour 3.65",
            "instance t3.medium 730 hour 30.37",
            "storage gp3 40 gb-month 3.20",
            "public IPv4 public-ipv4 730 hour 3.65",
            "instance m5.large 730 hour 70.08",
            "storage gp3 200 gb-month 16.00",
        ]
    );
    // 2 × 37.22 + 86.08
    assert_eq!(totals(&estimate), ["USD 160.52"]);
    assert!(!estimate.incomplete);
    assert_eq!(estimate.oldest.unwrap().to_string(), "2024-07-01");
    assert_eq!(estimate.newest.unwrap().to_string(), "2026-07-20");
    assert_eq!(
        (
            estimate.counts.resources,
            estimate.counts.estimated,
            estimate.counts.free
        ),
        (4, 3, 1)
    );
    assert!(estimate.origins.iter().all(|origin| origin.origin == "builtin"));
}

#[test]
fn a_cluster_on_upcloud_is_as_many_servers() {
    let estimate = price(&cluster("upcloud", "fi-hel1")).unwrap();
    // 3 × €38 and 3 × €92; 50 GB are within the 100 and 150 GB of the plans.
    assert_eq!(
        lines(&estimate),
        [
            "control plane PREMIUM-2xCPU-8GB 3 month 114.00",
            "workers PREMIUM-4xCPU-16GB 3 month 276.00"
        ]
    );
    assert_eq!(totals(&estimate), ["EUR 390.00"]);
    // Up to six workers: 3 more × €92.
    assert!(
        estimate
            .assumptions
            .iter()
            .any(|said| said.contains("up to 6 are possible") && said.contains("€276.00"))
    );
    assert!(
        estimate
            .lines
            .iter()
            .all(|line| line.source.confidence == Confidence::Low)
    );
    assert!(
        estimate.lines[0]
            .assumptions
            .iter()
            .any(|said| said.contains("names no zone"))
    );
}

#[test]
fn a_cluster_on_aws_pays_for_its_disks() {
    let estimate = price(&cluster("aws", "us-east-1")).unwrap();
    // Cheapest default plans with 2 vCPU, 8 GiB and 4 vCPU, 16 GiB: t3a.large at $0.0752, t3a.xlarge at $0.1504.
    // 3 × 730 × 0.0752 = 164.688 → 164.69; 3 × 50 × 0.08 = 12.00; 3 × 730 × 0.1504 = 329.376 → 329.38.
    assert_eq!(
        lines(&estimate),
        [
            "control plane t3a.large 2190 hour 164.69",
            "control plane storage gp3 150 gb-month 12.00",
            "workers t3a.xlarge 2190 hour 329.38",
            "workers storage gp3 150 gb-month 12.00",
        ]
    );
    assert_eq!(totals(&estimate), ["USD 518.07"]);
}

#[test]
fn hetzner_is_capped_at_the_month() {
    let server = server("cap", "hetzner", "fsn1", spec(4, 8, 80));
    let estimate = price(&servers(vec![server])).unwrap();
    // 730 h × €0.0104 = €7.592, above the month's €6.49.
    assert_eq!(lines(&estimate), ["instance cx33 1 month 6.49"]);
    assert!(
        estimate.lines[0]
            .assumptions
            .iter()
            .any(|said| said.contains("would be €7.59")),
        "{estimate:?}"
    );
}

#[test]
fn hetzner_below_the_cap_is_metered_and_disk_beyond_the_plan_is_a_volume() {
    let hours = list(
        "hetzner",
        "EUR",
        "2026-11-01",
        &["cx33 fsn1 hour 0.005", "cx33 fsn1 month 6.49"],
    );
    let book = PriceBook::load(&With(vec![("hetzner-new.tsv", hours)])).unwrap();
    let server = with(
        server("low", "hetzner", "fsn1", spec(4, 8, 100)),
        "plan",
        text("cx33"),
    );
    let estimate = estimate(&servers(vec![server]), &book, &options(None)).unwrap();
    // 730 × 0.005 = 3.65; (100 − 80) × 0.0572 = 1.144 → 1.14.
    assert_eq!(
        lines(&estimate),
        ["instance cx33 730 hour 3.65", "storage volume 20 gb-month 1.14"]
    );
    assert!(
        estimate
            .origins
            .iter()
            .any(|origin| origin.origin == "prices/hetzner-new.tsv")
    );
}

#[test]
fn upcloud_bills_672_hours() {
    let hours = list(
        "upcloud",
        "EUR",
        "2026-11-01",
        &["2xCPU-4GB fi-hel1 hour 0.044642"],
    );
    let book = PriceBook::load(&With(vec![("upcloud-mine.tsv", hours)])).unwrap();
    let server = with(
        server("old", "upcloud", "fi-hel1", spec(2, 4, 0)),
        "plan",
        text("2xCPU-4GB"),
    );
    let estimate = estimate(&servers(vec![server]), &book, &options(None)).unwrap();
    // 672 × 0.044642 = 29.999424 → 30.00.
    assert_eq!(lines(&estimate), ["instance 2xCPU-4GB 672 hour 30.00"]);
    assert!(
        estimate.lines[0]
            .assumptions
            .iter()
            .any(|said| said.contains("672"))
    );
}

#[test]
fn storage_beyond_an_upcloud_plan_is_maxiops() {
    let server = with(
        server("big", "upcloud", "de-fra1", spec(2, 8, 150)),
        "count",
        number(3),
    );
    let estimate = price(&servers(vec![server])).unwrap();
    // 3 × €38; 3 × (150 − 100) GB × €0.22.
    assert_eq!(
        lines(&estimate),
        [
            "instance PREMIUM-2xCPU-8GB 3 month 114.00",
            "storage maxiops 150 gb-month 33.00"
        ]
    );
}

#[test]
fn currencies_stand_side_by_side() {
    let estimate = price(&servers(vec![
        server("a", "aws", "us-east-1", spec(2, 4, 20)),
        server("b", "upcloud", "fi-hel1", spec(2, 8, 50)),
        server("c", "hetzner", "nbg1", spec(2, 4, 40)),
    ]))
    .unwrap();
    // 38.00 + 4.00; 730 × 0.0376 = 27.448 → 27.45, 20 × 0.08 = 1.60.
    assert_eq!(totals(&estimate), ["EUR 42.00", "USD 29.05"]);
}

#[test]
fn a_region_without_a_price_is_unpriced_not_another_regions() {
    let server = with(
        server("a", "aws", "sa-east-1", spec(2, 4, 20)),
        "plan",
        text("t3.medium"),
    );
    let estimate = price(&servers(vec![server])).unwrap();
    assert_eq!(lines(&estimate), Vec::<String>::new());
    assert!(estimate.incomplete);
    assert_eq!(estimate.counts.unpriced, 1);
    let instance = &estimate.unpriced[0];
    assert_eq!(instance.reason, Reason::NoPrice);
    assert_eq!(instance.known, ["`t3.medium` has a price in us-east-1"]);
}

#[test]
fn the_providers_own_currency_is_not_converted() {
    let estimate = price(&servers(vec![server("a", "aws", "eu-central-1", spec(2, 8, 50))])).unwrap();
    // The only price of a default plan with 2 vCPU and 8 GiB there is a converted one; the disk has none at all.
    assert_eq!(lines(&estimate), ["instance m6a.large 1 month 67.86"]);
    assert!(
        estimate.lines[0]
            .assumptions
            .iter()
            .any(|said| said.contains("AWS bills in USD"))
    );
    assert_eq!((estimate.counts.estimated, estimate.counts.partly), (1, 1));
}

#[test]
fn days_before_a_price_have_none() {
    let configuration = servers(vec![with(
        server("a", "aws", "us-east-1", spec(2, 4, 20)),
        "plan",
        text("t3.medium"),
    )]);
    let early = Options {
        region: None,
        date: "2025-01-01".parse().unwrap(),
    };
    let estimate = estimate(&configuration, &shipped(), &early).unwrap();
    assert_eq!(lines(&estimate), ["storage gp3 20 gb-month 1.60"]);
    assert_eq!(
        estimate.unpriced[0].known,
        ["`t3.medium` has a price from 2026-07-20, which does not cover 2025-01-01"]
    );
}

#[test]
fn the_newest_price_counts() {
    let at = |date: &str| {
        let server = with(
            server("a", "hetzner", "fsn1", spec(2, 8, 80)),
            "plan",
            text("ccx13"),
        );
        let options = Options {
            region: None,
            date: date.parse().unwrap(),
        };
        totals(&estimate(&servers(vec![server]), &shipped(), &options).unwrap())
    };
    assert_eq!(at("2025-12-01"), ["EUR 12.49"]);
    assert_eq!(at("2026-10-28"), ["EUR 42.99"]);
}

#[test]
fn what_is_included_is_not_billed_and_what_is_unknown_is_not_free() {
    let public = |provider: &str, region: &str| {
        let networking = record([("public_ip", flag(true))]);
        with(
            server("a", provider, region, spec(2, 4, 40)),
            "networking",
            networking,
        )
    };
    let included = price(&servers(vec![public("upcloud", "fi-hel1")])).unwrap();
    assert_eq!(lines(&included), ["instance PREMIUM-2xCPU-4GB 1 month 26.00"]);
    assert!(
        included.lines[0]
            .assumptions
            .iter()
            .any(|said| said.contains("includes a public IPv4"))
    );
    let unknown = price(&servers(vec![public("hetzner", "fsn1")])).unwrap();
    assert_eq!(unknown.unpriced.len(), 1);
    assert_eq!(unknown.unpriced[0].component, "public IPv4");
}

#[test]
fn own_machines_are_free_until_there_is_a_rate() {
    let configuration = record([
        ("provider", text("local")),
        (
            "servers",
            many(vec![record([
                ("name", text("gateway")),
                ("spec", spec(2, 4, 50)),
            ])]),
        ),
    ]);
    let free = price(&configuration).unwrap();
    assert_eq!(
        (free.lines.len(), free.free.len(), free.incomplete),
        (0, 1, false)
    );
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
    let rated = estimate(&configuration, &book, &options(None)).unwrap();
    // 2 × 730 × 0.005 = 7.30; 4 × 730 × 0.002 = 5.84; 50 × 0.03 = 1.50.
    assert_eq!(totals(&rated), ["EUR 14.64"]);
}

#[test]
fn gateways_and_balancers_cost_by_the_hour_and_by_use() {
    let configuration = record([
        ("provider", text("aws")),
        ("region", text("us-east-1")),
        (
            "networking",
            record([("nat_gateways", number(2)), ("load_balancers", number(1))]),
        ),
    ]);
    let estimate = price(&configuration).unwrap();
    // 2 × 730 × 0.045 = 65.70; 730 × 0.0225 = 16.425, a half to the even cent: 16.42.
    assert_eq!(
        lines(&estimate),
        [
            "NAT gateways nat-gateway 1460 hour 65.70",
            "load balancers alb 730 hour 16.42"
        ]
    );
    assert!(estimate.unpriced.iter().all(|item| item.reason == Reason::Usage));
    assert_eq!(estimate.unpriced[0].detail, "depends on usage: 0.045 USD per gb");
}

#[test]
fn nothing_asked_for_costs_nothing_and_is_not_unpriced() {
    let none = with(
        server("a", "aws", "sa-east-1", spec(2, 4, 20)),
        "count",
        number(0),
    );
    let estimate = price(&servers(vec![none])).unwrap();
    assert_eq!(
        (estimate.lines.len(), estimate.unpriced.len(), estimate.free.len()),
        (0, 0, 1)
    );
    assert_eq!(price(&servers(vec![])).unwrap().counts.resources, 0);
}

#[test]
fn providers_without_lists_and_unknown_kinds_are_unpriced() {
    let configuration = record([
        (
            "servers",
            many(vec![server("a", "gcp", "europe-west1", spec(2, 4, 20))]),
        ),
        ("databases", many(vec![record([("name", text("orders"))])])),
        ("tags", record([("Team", text("shop"))])),
    ]);
    let estimate = price(&configuration).unwrap();
    assert_eq!(estimate.counts.unpriced, 2);
    assert!(estimate.incomplete);
}

#[test]
fn the_table_shows_all_of_it() {
    let table = render::table(&price(&web_on_aws()).unwrap());
    let rows: Vec<&str> = table.lines().take(12).collect();
    let expected = "\
Name                                  Monthly Qty   Unit  Monthly Cost
──────────────────────────────────────────────────────────────────────
servers[0] \"web-1\"
├─ instance (t3.medium)                       730  hours        $30.37
├─ storage (gp3)                               40     GB         $3.20
└─ public IPv4 (public-ipv4)                  730  hours         $3.65
servers[1] \"web-2\"
├─ instance (t3.medium)                       730  hours        $30.37
├─ storage (gp3)                               40     GB         $3.20
└─ public IPv4 (public-ipv4)                  730  hours         $3.65
servers[2] \"db-1\"
├─ instance (m5.large)                        730  hours        $70.08";
    assert_eq!(rows.join("\n"), expected, "\n{table}");
    assert!(
        table.contains("4 resources: 3 estimated, 1 free, 0 unpriced\nPrices of 2024-07-01 to 2026-07-20\n"),
        "{table}"
    );
}
