//! Databases, caches, buckets and volumes.

use provisioning::cost::{Estimate, Reason};

use super::*;

fn priced(field: &'static str, resource: Node) -> Estimate {
    let configuration = record([
        ("provider", text("aws")),
        ("region", text("us-east-1")),
        (field, many(vec![resource])),
    ]);
    price(&configuration).unwrap()
}

fn lines(estimate: &Estimate) -> Vec<(String, String)> {
    let lines = estimate.lines.iter();
    lines
        .map(|line| (line.sku.clone(), line.currency.show(line.monthly)))
        .collect()
}

fn said(estimate: &Estimate) -> Vec<(&str, Reason)> {
    let unpriced = estimate.unpriced.iter();
    unpriced
        .map(|part| (part.component.as_str(), part.reason))
        .collect()
}

#[test]
fn a_database_is_its_nodes_and_their_storage() {
    let estimate = priced(
        "databases",
        record([
            ("name", text("orders")),
            ("engine", text("mysql")),
            ("plan", text("db.t3.small")),
            ("disk_gb", number(100)),
            ("replicas", number(1)),
        ]),
    );
    // 2 × 730 h × 0.034 and 200 GB × 0.115.
    let expected = [("db.t3.small", "$49.64"), ("rds-gp2", "$23.00")];
    assert_eq!(
        lines(&estimate),
        expected.map(|(sku, sum)| (sku.to_owned(), sum.to_owned()))
    );
    assert_eq!(said(&estimate), [("backups", Reason::Usage)]);
}

#[test]
fn a_database_without_a_price_is_never_free() {
    let without = |engine: &str, plan: &str| {
        let plan = ("plan", text(plan));
        priced(
            "databases",
            record([("name", text("a")), ("engine", text(engine)), plan]),
        )
    };
    for (engine, plan) in [("postgresql", "db.t3.small"), ("mysql", "db.none"), ("mysql", "")] {
        let estimate = without(engine, plan);
        assert!(
            estimate.lines.is_empty() && estimate.free.is_empty(),
            "{engine} {plan}"
        );
        assert!(estimate.incomplete, "{engine} {plan}");
    }
}

#[test]
fn what_runs_on_servers_is_priced_there() {
    for field in ["databases", "caches"] {
        let estimate = priced(
            field,
            record([("name", text("a")), ("servers", many(vec![text("b")]))]),
        );
        assert_eq!((estimate.free.len(), estimate.unpriced.len()), (1, 0), "{field}");
    }
}

#[test]
fn a_bucket_is_its_content_and_its_requests_are_usage() {
    let estimate = priced(
        "object_storage",
        record([("name", text("files")), ("size_gb", number(500))]),
    );
    assert_eq!(
        lines(&estimate),
        [("s3-standard".to_owned(), "$11.50".to_owned())]
    );
    let requests = [
        ("write requests", Reason::Usage),
        ("read requests", Reason::Usage),
    ];
    assert_eq!(said(&estimate), requests);
    let estimate = priced("object_storage", record([("name", text("files"))]));
    assert!(estimate.lines.is_empty());
    assert_eq!(said(&estimate).first(), Some(&("storage", Reason::Usage)));
}

#[test]
fn a_volume_is_its_size_and_a_cache_has_no_price() {
    let estimate = priced(
        "volumes",
        record([("name", text("data")), ("size_gb", number(100))]),
    );
    assert_eq!(lines(&estimate), [("gp3".to_owned(), "$8.00".to_owned())]);
    let slow = record([
        ("name", text("data")),
        ("size_gb", number(100)),
        ("tier", text("archive")),
    ]);
    assert_eq!(said(&priced("volumes", slow)), [("", Reason::NoPrice)]);
    assert_eq!(
        said(&priced("caches", record([("name", text("a"))]))),
        [("", Reason::NoPrice)]
    );
}
