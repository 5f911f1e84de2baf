//! A plan as text for people: a plain table, Markdown for reviews, and a diagram in Mermaid's language.

use std::fmt::Write as _;

use super::{Class, Group, Item, Method, Phase, Plan, Wave};
use crate::cost::Currency;

/// The plan as plain text.
#[must_use]
pub fn table(plan: &Plan) -> String {
    let mut out = summary(plan);
    for wave in &plan.waves {
        let _ = writeln!(out, "\n{}", title(wave));
        for group in &wave.groups {
            let _ = writeln!(out, "  {}", headline(group));
            for item in members(plan, group) {
                let _ = writeln!(out, "    {}", line(item, wave));
            }
            for step in &group.steps {
                let _ = writeln!(out, "      {:<8}  {}", step.stage.name(), step.what);
            }
            let _ = writeln!(out, "      back      {}", group.rollback.deadline);
        }
    }
    for (head, lines) in lists(plan) {
        let _ = writeln!(out, "\n{head}");
        for line in lines {
            let _ = writeln!(out, "- {line}");
        }
    }
    let _ = writeln!(out, "\nPlan {}", plan.hash);
    printable(&out)
}

/// The plan as Markdown, with what to check before and after each group.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let mut out = format!("# Migration\n\n{}", escaped(&summary(plan)));
    for wave in &plan.waves {
        let _ = writeln!(out, "\n## {}\n", escaped(&title(wave)));
        out.push_str("| Group | Resource | What | Why |\n| --- | --- | --- | --- |\n");
        for group in &wave.groups {
            for item in members(plan, group) {
                let cells = [
                    group.name.clone(),
                    item.shown(),
                    what(item, wave),
                    why(item, wave),
                ];
                let _ = writeln!(out, "| {} |", cells.map(|cell| escaped(&cell)).join(" | "));
            }
        }
        for group in &wave.groups {
            let _ = writeln!(out, "\n### {}\n", escaped(&headline(group)));
            details(&mut out, group);
        }
        let _ = writeln!(out, "\nWave `{}`", wave.hash);
    }
    for (head, lines) in lists(plan) {
        let _ = writeln!(out, "\n## {head}\n");
        for line in lines {
            let _ = writeln!(out, "- {}", escaped(&line));
        }
    }
    let _ = writeln!(out, "\nPlan `{}`", plan.hash);
    printable(&out)
}

/// The plan as a Mermaid flow chart: waves with their groups, and what waits for what.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    let mut out = "flowchart TD\n".to_owned();
    for wave in &plan.waves {
        let _ = writeln!(out, "  subgraph w{}[\"{}\"]", wave.number, label(&title(wave)));
        for group in &wave.groups {
            let lines: Vec<String> = members(plan, group)
                .map(|item| label(&line(item, wave)))
                .collect();
            let _ = writeln!(out, "    {}[\"{}\"]", node(&group.name), lines.join("<br/>"));
        }
        out.push_str("  end\n");
    }
    for group in plan.waves.iter().flat_map(|wave| &wave.groups) {
        for need in &group.needs {
            let _ = writeln!(out, "  {} --> {}", node(need), node(&group.name));
        }
    }
    for pair in plan.waves.windows(2) {
        if let [before, after] = pair {
            let _ = writeln!(out, "  w{} -.-> w{}", before.number, after.number);
        }
    }
    printable(&out)
}

/// What a plan amounts to, in a line or two.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let counts: Vec<String> = Class::ALL
        .into_iter()
        .map(|class| {
            (
                class,
                plan.items.iter().filter(|item| item.class == class).count(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .map(|(class, count)| format!("{count} {}", class.name()))
        .collect();
    let mut out = match (plan.waves.is_empty(), counts.is_empty()) {
        (_, true) => "Neither configuration has resources, so there is nothing to do\n".to_owned(),
        (true, _) => format!("Nothing to do: {}\n", counts.join(", ")),
        (false, _) => format!("{}: {}\n", number(plan.waves.len()), counts.join(", ")),
    };
    for change in &plan.cost {
        let show = |money| change.currency.show(money);
        let plus = if change.delta.nanos() > 0 { "+" } else { "" };
        let _ = writeln!(
            out,
            "A month costs {} instead of {} ({plus}{})",
            show(change.after),
            show(change.before),
            show(change.delta)
        );
    }
    if plan.cost_incomplete {
        out.push_str("Incomplete: something has no known price\n");
    }
    if !plan.questions.is_empty() {
        out.push_str("Not to be believed before the questions are answered\n");
    }
    out
}

fn number(waves: usize) -> String {
    match waves {
        1 => "1 wave".to_owned(),
        waves => format!("{waves} waves"),
    }
}

/// A question in words.
#[must_use]
pub fn question(question: &super::Question) -> String {
    let candidates: Vec<String> = question
        .candidates
        .iter()
        .map(|(address, likeness)| format!("{address} ({}.{} % alike)", likeness / 10, likeness % 10))
        .collect();
    format!(
        "does {} become {}, or does it go?",
        question.subject,
        candidates.join(" or ")
    )
}

fn members<'a>(plan: &'a Plan, group: &'a Group) -> impl Iterator<Item = &'a Item> {
    group.members.iter().filter_map(|place| plan.items.get(*place))
}

fn title(wave: &Wave) -> String {
    let after = match wave.after_days {
        0 => String::new(),
        days => format!(", after {days} days"),
    };
    format!("Wave {}: {}{after}", wave.number, wave.phase.name())
}

fn headline(group: &Group) -> String {
    let mut said = vec![format!("Group {}", group.name)];
    if group.downtime.seconds > 0 || !group.downtime.unknown.is_empty() {
        let least = if group.downtime.unknown.is_empty() {
            ""
        } else {
            "at least "
        };
        said.push(format!("stands still {least}{} s", group.downtime.seconds));
    }
    for (currency, money) in &group.cost {
        if money.nanos() != 0 {
            said.push(format!("{} a month", signed(*currency, *money)));
        }
    }
    if group.over_limit {
        said.push("more at once than a wave should move".to_owned());
    }
    said.join("; ")
}

fn signed(currency: Currency, money: crate::cost::Money) -> String {
    let plus = if money.nanos() > 0 { "+" } else { "" };
    format!("{plus}{}", currency.show(money))
}

/// What happens to `item` in `wave`, and why.
fn line(item: &Item, wave: &Wave) -> String {
    let said = format!("{} {}", what(item, wave), item.shown());
    match why(item, wave) {
        why if why.is_empty() => said,
        why => format!("{said} ({why})"),
    }
}

fn what(item: &Item, wave: &Wave) -> String {
    let class = item.class.name();
    match (wave.phase, item.method) {
        (Phase::Move, Method::InPlace) if item.class == Class::Resize => "resize in place".to_owned(),
        (Phase::Move, Method::OldFirst) => format!("{class}, old first"),
        (Phase::Move, Method::NewFirstTemporary) => format!("{class}, under a temporary name"),
        (Phase::Move, _) => class.to_owned(),
        (_, _) if item.protected => "delete the old, protected".to_owned(),
        _ => "delete the old".to_owned(),
    }
}

fn why(item: &Item, wave: &Wave) -> String {
    // The reasons stand where the new one comes into use.
    if wave.phase != Phase::Move {
        return String::new();
    }
    let reason =
        |reason: &super::Reason| format!("{}: {} -> {}", reason.attribute, reason.before, reason.after);
    item.reasons.iter().map(reason).collect::<Vec<_>>().join("; ")
}

fn details(out: &mut String, group: &Group) {
    let steps: Vec<String> = group
        .steps
        .iter()
        .map(|step| format!("{}: {}", step.stage.name(), step.what))
        .collect();
    let unknown = group.downtime.unknown.iter();
    let downtime: Vec<String> = group
        .downtime
        .assumptions
        .iter()
        .chain(unknown)
        .cloned()
        .collect();
    let sections = [
        ("Before", &group.checks),
        ("Steps", &steps),
        ("Standing still", &downtime),
        ("After", &group.validation),
        ("Going back", &group.rollback.how),
    ];
    for (head, lines) in sections {
        if lines.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{head}:\n");
        for line in lines {
            let _ = writeln!(out, "- {}", escaped(line));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "Going back works: {}", escaped(&group.rollback.deadline));
}

/// What is said after the waves.
fn lists(plan: &Plan) -> Vec<(&'static str, Vec<String>)> {
    let gone = plan.providers_gone.iter();
    let all = [
        (
            "Questions",
            plan.questions.iter().map(question).collect::<Vec<_>>(),
        ),
        (
            "Afterwards",
            gone.map(|name| format!("nothing uses {name} any more: close its account or its credentials"))
                .collect(),
        ),
        ("Assumptions", plan.assumptions.clone()),
    ];
    all.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

/// Names come from configurations, which are other people's: nothing that moves a cursor or starts a line.
fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

/// A bar would end a cell, and backslashes could hide one.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
}

fn node(name: &str) -> String {
    format!("g{}", name.replace('.', "_"))
}

/// Text within quotes of a diagram.
fn label(text: &str) -> String {
    text.replace('#', "#35;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('>', "#gt;")
        .replace(['\n', '\r'], " ")
}
