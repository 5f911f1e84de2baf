//! Estimates and differences as text for people: a plain table, and Markdown for reviews.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::money::group;
use super::{Address, AmountChange, Change, Difference, Estimate, Line, Money, Outcome};

/// The estimate as a table of plain text.
#[must_use]
pub fn table(estimate: &Estimate) -> String {
    if estimate.counts.resources == 0 {
        return nothing(estimate);
    }
    let mut out = aligned(&HEAD, &rows(estimate, "├─ ", "└─ "));
    out.push('\n');
    for line in footer(estimate) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// The estimate as Markdown.
#[must_use]
pub fn markdown(estimate: &Estimate) -> String {
    if estimate.counts.resources == 0 {
        return nothing(estimate);
    }
    let mut out = piped(&HEAD, &rows(estimate, "· ", "· "));
    let mut listed = false;
    for line in footer(estimate) {
        // A paragraph needs an empty line before it, and so does the first item of a list.
        let item = line.starts_with("- ");
        let gap = if item && listed { "" } else { "\n" };
        listed = item;
        let _ = writeln!(out, "{gap}{line}");
    }
    out
}

/// The difference as a table of plain text.
#[must_use]
pub fn difference_table(difference: &Difference) -> String {
    if difference.resources.is_empty() {
        return NO_DIFFERENCE.to_owned();
    }
    let mut out = aligned(&CHANGES, &changes(difference));
    out.push_str(&caveat(difference));
    out
}

/// The difference as Markdown.
#[must_use]
pub fn difference_markdown(difference: &Difference) -> String {
    if difference.resources.is_empty() {
        return NO_DIFFERENCE.to_owned();
    }
    let mut out = piped(&CHANGES, &changes(difference));
    out.push_str(&caveat(difference));
    out
}

const HEAD: [&str; 4] = ["Name", "Monthly Qty", "Unit", "Monthly Cost"];
const CHANGES: [&str; 5] = ["Name", "Before", "After", "Delta", "%"];

const NO_DIFFERENCE: &str = "Neither configuration has resources, so there is no difference\n";

/// What is said instead of a table without rows.
fn nothing(estimate: &Estimate) -> String {
    let mut out = "The configuration has no resources, so there is nothing to price\n".to_owned();
    for said in &estimate.assumptions {
        let _ = writeln!(out, "\n- {said}");
    }
    out
}

/// Name, quantity, unit and cost.
type Row = [String; 4];

/// A resource per block, its components below it, then a total per currency.
fn rows(estimate: &Estimate, branch: &str, last: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for (address, components) in blocks(estimate) {
        rows.push([named(address), String::new(), String::new(), String::new()]);
        let end = components.len().saturating_sub(1);
        rows.extend(
            components
                .into_iter()
                .enumerate()
                .map(|(at, [name, quantity, unit, cost])| {
                    [
                        format!("{}{name}", if at == end { last } else { branch }),
                        quantity,
                        unit,
                        cost,
                    ]
                }),
        );
    }
    for total in &estimate.totals {
        let cost = total.currency.show(total.monthly);
        rows.push([
            format!("Total {}", total.currency),
            String::new(),
            String::new(),
            cost,
        ]);
    }
    rows
}

/// Every resource once, in the order of its first mention, with its components.
fn blocks(estimate: &Estimate) -> Vec<(&Address, Vec<Row>)> {
    let lines = estimate.lines.iter().map(|line| {
        (
            &line.resource,
            [
                component(line),
                quantity(line),
                unit(line),
                line.currency.show(line.monthly),
            ],
        )
    });
    let without = |name: &str, cost: &str| [name.to_owned(), String::new(), String::new(), cost.to_owned()];
    let unpriced = estimate.unpriced.iter().map(|item| {
        let name = if item.component.is_empty() {
            "everything"
        } else {
            &item.component
        };
        (&item.resource, without(name, "not priced"))
    });
    let free = estimate
        .free
        .iter()
        .map(|item| (&item.resource, without(&item.component, "free")));
    let mut places = BTreeMap::new();
    let mut blocks: Vec<(&Address, Vec<Row>)> = Vec::new();
    for (address, row) in lines.chain(unpriced).chain(free) {
        let place = *places.entry(address).or_insert(blocks.len());
        match blocks.get_mut(place) {
            Some((_, rows)) => rows.push(row),
            None => blocks.push((address, vec![row])),
        }
    }
    blocks
}

/// What is billed, with the provider's name for it where that says more.
fn component(line: &Line) -> String {
    let (name, sku) = (&line.component, &line.sku);
    if name.to_lowercase().ends_with(&sku.to_lowercase()) {
        name.clone()
    } else {
        format!("{name} ({sku})")
    }
}

fn quantity(line: &Line) -> String {
    group(line.quantity.unsigned_abs())
}

fn unit(line: &Line) -> String {
    let one = line.quantity == 1;
    match line.unit {
        super::Unit::Hour => if one { "hour" } else { "hours" }.to_owned(),
        super::Unit::Month => if one { "month" } else { "months" }.to_owned(),
        super::Unit::GbMonth => "GB".to_owned(),
        super::Unit::VcpuHour => if one { "vCPU hour" } else { "vCPU hours" }.to_owned(),
        super::Unit::GibHour => if one { "GiB hour" } else { "GiB hours" }.to_owned(),
        other => other.to_string(),
    }
}

/// Place and name, on one line whatever the configuration says.
fn named(address: &Address) -> String {
    let text = match &address.name {
        Some(name) => format!("{} \"{name}\"", address.path),
        None => address.path.clone(),
    };
    text.replace(char::is_control, "\u{fffd}")
}

/// Counts, dates, what is missing, what was assumed.
fn footer(estimate: &Estimate) -> Vec<String> {
    let counts = &estimate.counts;
    let partly = if counts.partly == 0 {
        String::new()
    } else {
        format!(" ({} in part)", counts.partly)
    };
    let resources = match counts.resources {
        1 => "1 resource".to_owned(),
        count => format!("{count} resources"),
    };
    let mut out = vec![format!(
        "{resources}: {} estimated{partly}, {} free, {} unpriced",
        counts.estimated, counts.free, counts.unpriced
    )];
    if let (Some(oldest), Some(newest)) = (estimate.oldest, estimate.newest) {
        let range = if oldest == newest {
            oldest.to_string()
        } else {
            format!("{oldest} to {newest}")
        };
        out.push(format!("Prices of {range}"));
    }
    out.extend(
        estimate
            .origins
            .iter()
            .filter(|origin| origin.origin != "builtin")
            .map(|origin| format!("Priced with {} (of the workspace)", origin.origin)),
    );
    if estimate.incomplete {
        out.push("Incomplete: what is not priced comes on top".to_owned());
        out.extend(estimate.unpriced.iter().map(|item| {
            let known: String = item.known.iter().map(|known| format!("; {known}")).collect();
            let component = if item.component.is_empty() { "" } else { " " };
            format!(
                "- {}{component}{}: {}{known}",
                named(&item.resource),
                item.component,
                item.detail
            )
        }));
    }
    let assumptions = assumptions(estimate);
    if !assumptions.is_empty() {
        out.push("Assumptions".to_owned());
        out.extend(assumptions.into_iter().map(|said| format!("- {said}")));
    }
    out
}

/// What was assumed, once each; what was assumed for several lines names how many.
fn assumptions(estimate: &Estimate) -> Vec<String> {
    let mut places = BTreeMap::new();
    let mut said: Vec<(&str, Vec<&Line>)> = Vec::new();
    for line in &estimate.lines {
        for text in &line.assumptions {
            let place = *places.entry(text.as_str()).or_insert(said.len());
            match said.get_mut(place) {
                Some((_, lines)) => lines.push(line),
                None => said.push((text, vec![line])),
            }
        }
    }
    let lines = said.into_iter().map(|(text, lines)| match lines.as_slice() {
        [line] => format!("{} {}: {text}", named(&line.resource), line.component),
        several => format!("{} lines: {text}", several.len()),
    });
    estimate.assumptions.iter().cloned().chain(lines).collect()
}

fn changes(difference: &Difference) -> Vec<[String; 5]> {
    let mut rows = Vec::new();
    for resource in &difference.resources {
        let sign = match resource.change {
            Change::Added => "+ ",
            Change::Removed => "- ",
            Change::Changed => "~ ",
            Change::Unchanged => "  ",
        };
        let name = format!("{sign}{}", named(&resource.address));
        if resource.amounts.is_empty() {
            let (before, after) = (
                word(resource.outcome_before).unwrap_or_default(),
                word(resource.outcome_after).unwrap_or_default(),
            );
            rows.push([
                name,
                before.to_owned(),
                after.to_owned(),
                String::new(),
                String::new(),
            ]);
        } else {
            rows.extend(resource.amounts.iter().map(|amount| {
                let [name, before, after, delta, percent] = change(name.clone(), amount);
                let sides = [resource.outcome_before, resource.outcome_after];
                // A delta to what nobody knows would be made up.
                let (delta, percent) = if sides.contains(&Outcome::Unpriced) {
                    (String::new(), String::new())
                } else {
                    (delta, percent)
                };
                let before = word(resource.outcome_before).map_or(before, str::to_owned);
                let after = word(resource.outcome_after).map_or(after, str::to_owned);
                [name, before, after, delta, percent]
            }));
        }
    }
    rows.extend(
        difference
            .totals
            .iter()
            .map(|total| change(format!("Total {}", total.currency), total)),
    );
    rows
}

/// What stands in place of an amount.
fn word(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Free => Some("free"),
        Outcome::Unpriced => Some("not priced"),
        Outcome::Absent | Outcome::Billed => None,
    }
}

fn change(name: String, amount: &AmountChange) -> [String; 5] {
    let show = |money: Money| amount.currency.show(money);
    let plus = if amount.delta > Money::ZERO { "+" } else { "" };
    let percent = amount.permille.map_or_else(String::new, |permille| {
        let sign = if permille < 0 { "-" } else { plus };
        format!(
            "{sign}{}.{} %",
            permille.unsigned_abs() / 10,
            permille.unsigned_abs() % 10
        )
    });
    [
        name,
        show(amount.before),
        show(amount.after),
        format!("{plus}{}", show(amount.delta)),
        percent,
    ]
}

fn caveat(difference: &Difference) -> String {
    if difference.incomplete {
        "\nIncomplete: something in either configuration is not priced\n".to_owned()
    } else {
        String::new()
    }
}

/// Columns as wide as they must be, the first to the left, the others to the right, a rule below the head.
fn aligned<const N: usize>(head: &[&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; N]| {
        let mut out = String::new();
        for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let _ = if at == 0 {
                write!(out, "{cell:<width$}")
            } else {
                write!(out, "  {cell:>width$}")
            };
        }
        format!("{}\n", out.trim_end())
    };
    let rule = "─".repeat(widths.iter().sum::<usize>() + 2 * (N - 1));
    let body: String = rows.iter().map(line).collect();
    format!("{}{rule}\n{body}", line(&head.map(str::to_owned)))
}

fn piped<const N: usize>(head: &[&str; N], rows: &[[String; N]]) -> String {
    // A bar would end a cell, and backslashes could hide one.
    let cell = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('|', "\\|")
            .replace(['\n', '\r'], " ")
    };
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(head.iter().map(|text| cell(text)).collect());
    out.push_str(&line(
        (0..N)
            .map(|at| if at == 0 { "---" } else { "---:" }.to_owned())
            .collect(),
    ));
    out.extend(
        rows.iter()
            .map(|row| line(row.iter().map(|text| cell(text)).collect())),
    );
    out
}
