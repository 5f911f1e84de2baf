//! Plans and runs for people.

use console::{Exit, Failure, Format};
use program::Session;
use serde_json::Value;

use crate::commands::change::{short, text};
use crate::config::ProvConfig;

/// Prints a plan or a run in the form that was asked for.
pub(super) fn print(output: &Value, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let printer = session.printer();
    match printer.format() {
        Format::Json => program::printed(printer.json(output)),
        Format::Table => program::printed(printer.data(&plan(output))),
        Format::Markdown => program::printed(printer.data(&format!("```\n{}\n```", plan(output)))),
    }
}

/// A plan, or what became of it.
pub(super) fn plan(output: &Value) -> String {
    let mut lines = Vec::new();
    let simulated = output.get("simulated").and_then(Value::as_bool).unwrap_or(false);
    // Every line of a simulation says so.
    let prefix = if simulated { "simulated: " } else { "" };
    lines.extend(list(output, "changes").flat_map(change));
    for drift in list(output, "drift") {
        for finding in list(drift, "findings") {
            lines.push(format!(
                "drift: {} {}: {} -> {}",
                text(drift, "address"),
                text(finding, "attribute"),
                text(finding, "recorded"),
                text(finding, "actual")
            ));
        }
    }
    let ran = output.get("run_id").is_some();
    if ran {
        lines.extend(list(output, "steps").map(step));
    }
    for (path, reason) in output
        .get("not_managed")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        lines.push(format!(
            "not managed: {path}: {}",
            reason.as_str().unwrap_or_default()
        ));
    }
    lines.extend(
        list(output, "assumptions")
            .filter_map(Value::as_str)
            .map(|text| format!("assumed: {text}")),
    );
    for blocked in list(output, "blocked") {
        lines.push(format!(
            "blocked: {}; {}",
            text(blocked, "reason"),
            text(blocked, "hint")
        ));
    }
    for left in list(output, "leftovers") {
        lines.push(format!(
            "left over: {} {}: {}",
            text(left, "step"),
            text(left, "provider_id"),
            text(left, "reason")
        ));
    }
    lines.push(text(output, "summary").trim_start_matches(prefix).to_owned());
    lines.extend(output.get("cost").into_iter().flat_map(cost));
    if let Some(hash) = output.get("plan_hash").and_then(Value::as_str).filter(|_| !ran) {
        lines.push(format!("plan {}", short(hash)));
    }
    if let Some(run) = output.get("run_id").and_then(Value::as_str) {
        lines.push(format!("run {run}"));
    }
    lines
        .iter()
        .map(|line| format!("{prefix}{line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn change(change: &Value) -> Vec<String> {
    let actions: Vec<&str> = list(change, "actions").filter_map(Value::as_str).collect();
    let sign = match actions.as_slice() {
        ["create"] => "+",
        ["update"] => "~",
        ["delete"] => "-",
        ["delete", "create"] => "-/+",
        ["create", "delete"] => "+/-",
        _ => ".",
    };
    let why = match text(change, "why") {
        "" => String::new(),
        why => format!("  ({why})"),
    };
    let head = format!(
        "{sign:>3} {} on {}{why}",
        text(change, "address"),
        text(change, "provider")
    );
    let attribute = |attribute: &Value| {
        let anew = if attribute.get("replaces").and_then(Value::as_bool) == Some(true) {
            ", made anew"
        } else {
            ""
        };
        format!(
            "      {}: {} -> {} ({}{anew})",
            text(attribute, "name"),
            text(attribute, "before"),
            text(attribute, "after"),
            text(attribute, "reason")
        )
    };
    std::iter::once(head)
        .chain(list(change, "attributes").map(attribute))
        .collect()
}

fn step(step: &Value) -> String {
    let effect = match text(step, "effect") {
        "" => String::new(),
        effect => format!(" {effect}"),
    };
    let error = match text(step, "error") {
        "" => String::new(),
        error => format!(": {error}"),
    };
    format!(
        "  {:<10} {}{effect}{error}",
        text(step, "status"),
        text(step, "name")
    )
}

fn cost(cost: &Value) -> Vec<String> {
    let incomplete = cost.get("incomplete").and_then(Value::as_bool).unwrap_or(false);
    let note = if incomplete {
        ", without what has no known price"
    } else {
        ""
    };
    let amount = |amount: &Value| {
        format!(
            "cost: {} -> {} {} a month ({}{note})",
            text(amount, "before"),
            text(amount, "after"),
            text(amount, "currency"),
            text(amount, "delta")
        )
    };
    list(cost, "totals").map(amount).collect()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}
