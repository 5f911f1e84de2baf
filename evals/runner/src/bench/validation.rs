//! How long it takes to validate a configuration: in a session, in a session that is opened for it, and with the
//! `nickel` command line and the same contracts.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use serde_json::{Value, json};
use tokio::process::Command;

use super::Bench;
use super::report::Report;
use super::servers::milliseconds;
use crate::failure::Failure;
use crate::wire::{Era, Pipe};

/// Lines of the configurations.
const LINES: [usize; 3] = [20, 200, 2000];
/// Calls of each in a session.
const WARM_CALLS: usize = 10;
/// Servers of the configurations whose growth is looked at.
const RESOURCES: [usize; 4] = [10, 100, 1_000, 10_000];

/// Validates each configuration in each way once, or, in a session, a few times.
pub(super) async fn round(bench: &Bench<'_>, report: &mut Report) -> Result<(), Failure> {
    for lines in LINES {
        let what = format!("validate {lines} lines");
        let text = configuration(lines);
        let params = json!({"name": "validate_config", "arguments": {"config": text}});
        let words = bench.serve("prov", &[]);

        let mut warm = Pipe::start(&words, Era::Stateless).await?;
        holds(&warm.request("tools/call", &params).await?)?;
        let mut times = Vec::new();
        for _ in 0..WARM_CALLS {
            let began = Instant::now();
            warm.request("tools/call", &params).await?;
            times.push(milliseconds(began));
        }
        warm.leave().await;
        report.add(&what, "ms", "prov, in a session", times);

        let began = Instant::now();
        let mut cold = Pipe::start(&words, Era::Stateless).await?;
        cold.request("tools/call", &params).await?;
        report.add(&what, "ms", "prov, started for it", [milliseconds(began)]);
        cold.leave().await;

        let file = bench.executables.scratch(&format!("{lines}.ncl"));
        std::fs::write(&file, &text)
            .map_err(|error| Failure::new(format!("cannot write `{}`", file.display())).because(&error))?;
        let began = Instant::now();
        nickel(&bench.arguments.nickel, &file, &bench.arguments.schemas).await?;
        report.add(&what, "ms", "nickel export", [milliseconds(began)]);
    }
    growth(bench, report).await
}

/// Validates configurations of more and more servers in a session.
async fn growth(bench: &Bench<'_>, report: &mut Report) -> Result<(), Failure> {
    let mut prov = Pipe::start(&bench.serve("prov", &[]), Era::Stateless).await?;
    for servers in RESOURCES {
        let params = json!({"name": "validate_config", "arguments": {"config": servers_of(servers)}});
        let began = Instant::now();
        holds(&prov.request("tools/call", &params).await?)?;
        report.add(
            &format!("validate {servers} servers"),
            "ms",
            "prov, in a session",
            [milliseconds(began)],
        );
    }
    prov.leave().await;
    Ok(())
}

fn holds(result: &Value) -> Result<(), Failure> {
    match result.pointer("/structuredContent/valid") {
        Some(Value::Bool(true)) => Ok(()),
        _ => Err(Failure::new(format!(
            "the generated configuration does not hold: {result}"
        ))),
    }
}

async fn nickel(program: &Path, file: &Path, schemas: &Path) -> Result<(), Failure> {
    let output = Command::new(program)
        .arg("export")
        .arg(file)
        .arg("--apply-contract")
        .arg(schemas.join("configuration.ncl"))
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| Failure::new(format!("cannot start `{}`", program.display())).because(&error))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "nickel refuses the configuration: {}",
            String::from_utf8_lossy(&output.stderr)
        ))),
    }
}

/// A configuration of about `lines` lines that holds.
fn configuration(lines: usize) -> String {
    const EACH: usize = 7;
    servers_of(lines.saturating_sub(6).div_ceil(EACH))
}

/// A configuration of `count` servers that holds.
fn servers_of(count: usize) -> String {
    let server = |number: usize| {
        format!(
            "    {{\n      name = \"web-{number}\",\n      plan = \"t3.medium\",\n      role = \"web\",\n      \
             spec = {{ cpu = 2, memory_gb = 4, disk_gb = 40 }},\n      tags = {{ Position = \"{number}\" }},\n    }},\n"
        )
    };
    let servers: String = (1..=count).map(server).collect();
    format!("{{\n  provider = 'aws,\n  region = \"us-east-1\",\n  servers = [\n{servers}  ],\n}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_have_about_the_wanted_length() {
        for lines in LINES {
            let made = configuration(lines).lines().count();
            assert!(made.abs_diff(lines) <= 7, "{made} instead of {lines}");
        }
    }
}
