//! What configurations cost: exact amounts, worked out by hand beside each; rules; files; laws.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly too")]

mod amounts;
mod differences;
mod files;
mod laws;
mod refusals;
mod stores;
mod words;

use std::collections::BTreeMap;

use provisioning::cost::{Error, Estimate, Options, PriceBook, estimate};
use provisioning::{Asset, AssetKind, Assets, Embedded, Node, Number, Value};

/// The shipped prices, on a day after all of them.
pub(crate) fn shipped() -> PriceBook {
    PriceBook::load(&Embedded).unwrap()
}

/// Options of that day.
pub(crate) fn options(region: Option<&str>) -> Options {
    Options {
        region: region.map(str::to_owned),
        date: "2026-11-24".parse().unwrap(),
    }
}

pub(crate) fn price(configuration: &Node) -> Result<Estimate, Error> {
    estimate(configuration, &shipped(), &options(None))
}

/// The shipped files with some replaced or added.
pub(crate) struct With(pub(crate) Vec<(&'static str, String)>);

impl Assets for With {
    fn list(&self, kind: AssetKind) -> Vec<Asset> {
        let mut files = Embedded.list(kind);
        for (path, text) in self.0.iter().filter(|_| kind == AssetKind::Price) {
            files.retain(|asset| asset.path != *path);
            files.push(Asset {
                path: (*path).to_owned(),
                text: text.clone().into(),
                origin: format!("prices/{path}"),
            });
        }
        files
    }
}

/// A list of prices of UpCloud with `header` changes and `rows`, columns separated by spaces.
pub(crate) fn list(provider: &str, currency: &str, valid_from: &str, rows: &[&str]) -> String {
    let rows: String = rows
        .iter()
        .map(|row| format!("{}\n", row.replace(' ', "\t")))
        .collect();
    format!(
        "+++\nkind = \"prices\"\nprovider = \"{provider}\"\ncurrency = \"{currency}\"\nvalid_from = \"{valid_from}\"\n\
         source = \"a test\"\nlicense = \"none\"\nconfidence = \"high\"\n+++\nsku\tregion\tunit\tprice\n{rows}"
    )
}

pub(crate) fn record<const N: usize>(fields: [(&str, Node); N]) -> Node {
    Node::new(Value::Record(
        fields
            .into_iter()
            .map(|(name, node)| (name.to_owned(), node))
            .collect::<BTreeMap<_, _>>(),
    ))
}

pub(crate) fn text(text: &str) -> Node {
    Node::new(Value::Text(text.to_owned()))
}

pub(crate) fn number(number: i64) -> Node {
    Node::new(Value::Number(Number::Integer(number)))
}

pub(crate) fn flag(flag: bool) -> Node {
    Node::new(Value::Bool(flag))
}

pub(crate) fn many(items: Vec<Node>) -> Node {
    Node::new(Value::List(items))
}

/// `node` with one more field, or another value of it.
pub(crate) fn with(mut node: Node, name: &str, value: Node) -> Node {
    if let Value::Record(fields) = &mut node.value {
        fields.insert(name.to_owned(), value);
    }
    node
}

pub(crate) fn spec(cpu: i64, memory_gb: i64, disk_gb: i64) -> Node {
    record([
        ("cpu", number(cpu)),
        ("memory_gb", number(memory_gb)),
        ("disk_gb", number(disk_gb)),
    ])
}

/// A server of `provider`.
pub(crate) fn server(name: &str, provider: &str, region: &str, spec: Node) -> Node {
    record([
        ("name", text(name)),
        ("provider", text(provider)),
        ("region", text(region)),
        ("spec", spec),
    ])
}

pub(crate) fn servers(servers: Vec<Node>) -> Node {
    record([("servers", many(servers))])
}

/// `currency monthly` of each total.
pub(crate) fn totals(estimate: &Estimate) -> Vec<String> {
    estimate
        .totals
        .iter()
        .map(|total| format!("{} {}", total.currency, total.monthly.cents()))
        .collect()
}

/// `component sku quantity unit monthly` of each line.
pub(crate) fn lines(estimate: &Estimate) -> Vec<String> {
    let line = |line: &provisioning::cost::Line| {
        let money = line.monthly.cents();
        format!(
            "{} {} {} {} {money}",
            line.component, line.sku, line.quantity, line.unit
        )
    };
    estimate.lines.iter().map(line).collect()
}
