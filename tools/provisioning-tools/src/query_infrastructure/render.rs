//! An answer as text, for people.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::Render;
use super::output::{Output, Word};

/// What is shown of a resource, in this order; columns in which there is nothing are left out.
const COLUMNS: [&str; 13] = [
    "address",
    "provider",
    "region",
    "status",
    "plan",
    "cpu",
    "memory_gb",
    "size_gb",
    "cluster",
    "group",
    "count",
    "servers",
    "value",
];

/// The answer as text.
pub(super) fn text(form: Render, output: &Output) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", output.summary);
    for left in &output.not_understood {
        let near = match left.suggestions.as_slice() {
            [] => String::new(),
            several => format!("; {}", several.join(", ")),
        };
        let _ = writeln!(text, "  `{}`: {}{near}", left.text, left.reason);
    }
    let _ = writeln!(text, "Read as: {}", output.interpretation);
    for assumed in &output.assumptions {
        let _ = writeln!(text, "Assumed: {} ({})", assumed.read_as, assumed.why);
    }
    if output.status != Word::NeedsClarification
        && let Some(rows) = output.rows.as_deref().filter(|rows| !rows.is_empty())
    {
        text.push('\n');
        table(form, rows, &mut text);
        let shown = rows.len() as u64;
        if let Some(total) = output
            .total
            .filter(|total| *total > shown && rows.iter().all(is_resource))
        {
            let _ = writeln!(text, "\n{shown} of {total} are shown");
        }
    }
    text
}

fn is_resource(row: &Map<String, Value>) -> bool {
    !row.contains_key("group")
}

fn table(form: Render, rows: &[Map<String, Value>], text: &mut String) {
    let columns: Vec<&str> = COLUMNS
        .into_iter()
        .filter(|column| {
            rows.iter()
                .any(|row| row.get(*column).is_some_and(|value| !value.is_null()))
        })
        .collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            columns
                .iter()
                .map(|column| cell(form, row.get(*column)))
                .collect()
        })
        .collect();
    let header: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    let width = |at: usize| {
        let of = |line: &Vec<String>| line.get(at).map_or(0, |cell| cell.chars().count());
        cells.iter().chain([&header]).map(of).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut line = |cells: &[String]| match form {
        Render::Markdown => {
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        Render::Table => {
            let padded = cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"));
            let _ = writeln!(text, "{}", padded.collect::<Vec<_>>().join("  ").trim_end());
        }
    };
    line(&header);
    if matches!(form, Render::Markdown) {
        line(&vec!["---".to_owned(); columns.len()]);
    }
    for cells in &cells {
        line(cells);
    }
}

fn cell(form: Render, value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    // One row is one line, and a bar in a name is no column.
    let text = text.replace(['\n', '\r', '\t'], " ");
    match form {
        Render::Markdown => text.replace('|', "\\|"),
        Render::Table => text,
    }
}
