//! Reading one list of `prices/*.tsv`: a TOML header and tab-separated rows. Strict, as `prices/README.md` says.

use std::fmt;
use std::ops::Range;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Currency, Error, Money, Plan};
use crate::Asset;

/// What a price is for one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// An hour of a machine or a device.
    Hour,
    /// A month of a machine or a device.
    Month,
    /// A gigabyte kept for a month.
    GbMonth,
    /// A gigabyte moved or taken in.
    Gb,
    /// An operation per second, provided for a month.
    IopsMonth,
    /// A megabyte per second, provided for a month.
    MbpsMonth,
    /// An hour of one virtual processor.
    VcpuHour,
    /// An hour of one GiB of memory.
    GibHour,
    /// A capacity unit of a load balancer for a month.
    UnitMonth,
    /// A thousand requests.
    Requests1000,
    /// Ten thousand requests.
    Requests10000,
    /// A million requests.
    Requests1000000,
    /// A thousand GB-seconds of a function.
    GbSeconds1000,
}

impl Unit {
    const ALL: [Self; 13] = [
        Self::Hour,
        Self::Month,
        Self::GbMonth,
        Self::Gb,
        Self::IopsMonth,
        Self::MbpsMonth,
        Self::VcpuHour,
        Self::GibHour,
        Self::UnitMonth,
        Self::Requests1000,
        Self::Requests10000,
        Self::Requests1000000,
        Self::GbSeconds1000,
    ];

    /// How price files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Month => "month",
            Self::GbMonth => "gb-month",
            Self::Gb => "gb",
            Self::IopsMonth => "iops-month",
            Self::MbpsMonth => "mbps-month",
            Self::VcpuHour => "vcpu-hour",
            Self::GibHour => "gib-hour",
            Self::UnitMonth => "unit-month",
            Self::Requests1000 => "1000-requests",
            Self::Requests10000 => "10000-requests",
            Self::Requests1000000 => "1000000-requests",
            Self::GbSeconds1000 => "1000-gb-seconds",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == text)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much a price is to be believed. Ordered: `Low` is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Second hand, one source, or undated.
    Low,
    /// The vendor's answers at other dates, or a second source that measures.
    Medium,
    /// The vendor's own list at the date.
    High,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

/// What a list says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) provider: String,
    pub(crate) currency: Option<String>,
    pub(crate) valid_from: String,
    pub(crate) valid_to: Option<String>,
    pub(crate) fetched: Option<String>,
    pub(crate) source: String,
    pub(crate) url: Option<String>,
    pub(crate) license: String,
    pub(crate) confidence: Confidence,
    // Read so that it is allowed; it is for people who open the file.
    #[serde(rename = "note")]
    _note: Option<String>,
    pub(crate) caution: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Prices,
    Plans,
}

/// One list, read.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) header: Header,
    pub(crate) valid_from: Date,
    pub(crate) valid_to: Option<Date>,
    pub(crate) rows: Rows,
}

#[derive(Debug)]
pub(crate) enum Rows {
    Prices(Currency, Vec<PriceRow>),
    Plans(Vec<Plan>),
}

#[derive(Debug)]
pub(crate) struct PriceRow {
    pub(crate) sku: Box<str>,
    /// `*` if the source names none.
    pub(crate) region: Box<str>,
    pub(crate) unit: Unit,
    pub(crate) price: Money,
    pub(crate) line: usize,
}

/// Reads `asset`, or says which line is not as documented.
pub(crate) fn read(asset: &Asset) -> Result<List, Error> {
    let fail = |line: usize, problem: String| file_error(asset, line, problem);
    let (head, body, first) = split(&asset.text).ok_or_else(|| {
        fail(
            1,
            "a list starts with a TOML header between two lines `+++`".to_owned(),
        )
    })?;
    let header: Header =
        toml::from_str(head).map_err(|error| fail(toml_line(head, error.span()) + 1, said(&error)))?;
    let date = |key: &str, text: &str| read_date(text).map_err(|problem| fail(key_line(head, key), problem));
    let valid_from = date("valid_from", &header.valid_from)?;
    let valid_to = header
        .valid_to
        .as_deref()
        .map(|text| date("valid_to", text))
        .transpose()?;
    header
        .fetched
        .as_deref()
        .map(|text| date("fetched", text))
        .transpose()?;
    if valid_to.is_some_and(|end| end <= valid_from) {
        return Err(fail(
            key_line(head, "valid_to"),
            "`valid_to` is not after `valid_from`".to_owned(),
        ));
    }
    if header.source.trim().is_empty() || header.license.trim().is_empty() {
        return Err(fail(
            key_line(head, "source"),
            "`source` and `license` must say something".to_owned(),
        ));
    }
    let lines = || body.lines().zip(first..);
    let rows = match (header.kind, header.currency.as_deref()) {
        (Kind::Plans, None) => Rows::Plans(rows(lines(), PLAN_COLUMNS, fail, plan_row)?),
        (Kind::Prices, Some(code)) => {
            let currency = Currency::parse(code).ok_or_else(|| {
                fail(
                    key_line(head, "currency"),
                    format!("`{code}` is not a currency code of three capitals"),
                )
            })?;
            Rows::Prices(currency, rows(lines(), PRICE_COLUMNS, fail, price_row)?)
        }
        (Kind::Plans, Some(_)) => {
            return Err(fail(
                key_line(head, "currency"),
                "a list of plans has no currency".to_owned(),
            ));
        }
        (Kind::Prices, None) => return Err(fail(1, "a list of prices needs a `currency`".to_owned())),
    };
    Ok(List {
        header,
        valid_from,
        valid_to,
        rows,
    })
}

/// A problem of `asset` at `line`.
pub(crate) fn file_error(asset: &Asset, line: usize, problem: String) -> Error {
    Error::File {
        file: asset.path.clone(),
        origin: asset.origin.clone(),
        line,
        problem,
    }
}

/// The 1-based line of a TOML error.
pub(crate) fn toml_line(text: &str, span: Option<Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start);
    1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count()
}

/// A TOML error in one line.
pub(crate) fn said(error: &toml::de::Error) -> String {
    error.message().replace('\n', " ")
}

const PRICE_COLUMNS: &str = "sku\tregion\tunit\tprice";
const PLAN_COLUMNS: &str = "sku\tfamily\tvcpu\tmemory_mib\tarch\tdisk_gb\tipv4";

/// Header text, body text and the number of the body's first line.
fn split(text: &str) -> Option<(&str, &str, usize)> {
    let rest = text.strip_prefix("+++\n")?;
    let (head, body) = rest.split_once("\n+++\n")?;
    Some((head, body, head.lines().count() + 3))
}

/// The line of `key` in the file whose header is `head`: one more than in the header.
fn key_line(head: &str, key: &str) -> usize {
    2 + head.lines().position(|line| line.starts_with(key)).unwrap_or(0)
}

fn read_date(text: &str) -> Result<Date, String> {
    // Only the plain form: jiff would also take a time of day.
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = if plain { text.parse().ok() } else { None };
    date.ok_or_else(|| format!("`{text}` is not a date such as `2026-07-20`"))
}

fn rows<'a, T>(
    mut lines: impl Iterator<Item = (&'a str, usize)>,
    columns: &str,
    fail: impl Fn(usize, String) -> Error,
    row: impl Fn(&[&str], usize) -> Result<T, String>,
) -> Result<Vec<T>, Error> {
    match lines.next() {
        Some((line, _)) if line == columns => {}
        other => {
            let number = other.map_or(1, |(_, number)| number);
            return Err(fail(
                number,
                format!("the columns must be `{}`", columns.replace('\t', " ")),
            ));
        }
    }
    let mut read = Vec::new();
    for (line, number) in lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        if let Some(cell) = cells.iter().find(|cell| cell.is_empty() || cell.trim() != **cell) {
            return Err(fail(
                number,
                format!("`{cell}` is an empty cell or has spaces around it"),
            ));
        }
        read.push(row(&cells, number).map_err(|problem| fail(number, problem))?);
    }
    Ok(read)
}

fn price_row(cells: &[&str], line: usize) -> Result<PriceRow, String> {
    let [sku, region, unit, price] = cells else {
        return Err(format!("{} cells instead of 4", cells.len()));
    };
    Ok(PriceRow {
        sku: (*sku).into(),
        region: (*region).into(),
        unit: Unit::parse(unit).ok_or_else(|| {
            format!(
                "`{unit}` is not a unit; those are {}",
                Unit::ALL.map(Unit::name).join(", ")
            )
        })?,
        price: Money::parse(price).ok_or_else(|| {
            format!("`{price}` is not a price such as `0.0416`, with at most nine decimals")
        })?,
        line,
    })
}

fn plan_row(cells: &[&str], _line: usize) -> Result<Plan, String> {
    let [sku, family, vcpu, memory, arch, disk, addresses] = cells else {
        return Err(format!("{} cells instead of 7", cells.len()));
    };
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| format!("`{text}` is not a whole number"))
    };
    if !matches!(*arch, "x86_64" | "arm64") {
        return Err(format!(
            "`{arch}` is not an architecture; those are x86_64, arm64"
        ));
    }
    Ok(Plan {
        sku: (*sku).to_owned(),
        family: (*family).to_owned(),
        vcpu: number(vcpu)?,
        memory_mib: number(memory)?,
        arch: (*arch).to_owned(),
        disk_gb: if *disk == "?" { None } else { Some(number(disk)?) },
        addresses: if *addresses == "?" {
            None
        } else {
            Some(number(addresses)?)
        },
    })
}
