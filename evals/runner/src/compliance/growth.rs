//! How long a check takes for 10 to 10 000 resources: the rules alone, and calls to the executable, in which the
//! evaluation of Nickel dominates.

use std::hint::black_box;
use std::time::Instant;

use provisioning::Embedded;
use provisioning::compliance::{Rules, check, data};
use serde_json::{Value, json};

use super::summary;
use crate::executables::Executables;
use crate::failure::Failure;
use crate::wire::{Era, Pipe};

/// How many resources the configurations have.
const RESOURCES: [usize; 4] = [10, 100, 1_000, 10_000];
/// How many a call has.
const CALLED: usize = 500;
/// Resources in a group of [`configuration`].
const GROUP: usize = 10;

/// The rules alone, on configurations that are there already.
pub(super) fn measure(rounds: u32) -> Result<String, Failure> {
    let rules = rules()?;
    let today = jiff::civil::date(2026, 11, 24);
    let mut text = String::from(
        "## Check by number of resources\n\nEvery rule, without evaluation.\n\n\
         | resources | results | min | median | p99 | unit | µs per resource |\n|--:|--:|--:|--:|--:|---|--:|\n",
    );
    for resources in RESOURCES.into_iter().chain([CALLED]) {
        let node = data("main.ncl", &configuration(resources))
            .map_err(|error| Failure::new("the generated configuration cannot be read").because(&error))?;
        let mut results = 0;
        let mut samples = Vec::new();
        // Small ones are measured more often: one run is over before the clock has moved much.
        let times = (10_000 / resources).clamp(2, 50);
        for _ in 0..usize::try_from(rounds).unwrap_or(1).saturating_mul(times) {
            let began = Instant::now();
            let report = check(black_box(&node), &rules, &[], None, today);
            samples.push(began.elapsed().as_secs_f64() * 1000.0);
            results = black_box(report).findings.len();
        }
        let (min, median, p99) = summary(&mut samples);
        #[expect(clippy::cast_precision_loss, reason = "at most 10 000")]
        let each = median * 1000.0 / resources as f64;
        text.push_str(&format!(
            "| {resources} | {results} | {min:.3} | {median:.3} | {p99:.3} | ms | {each:.1} |\n"
        ));
    }
    let mut samples = Vec::new();
    for _ in 0..rounds.saturating_mul(10) {
        let began = Instant::now();
        black_box(self::rules()?);
        samples.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let (min, median, p99) = summary(&mut samples);
    text.push_str(&format!(
        "\nReading the {} rules: min {min:.3}, median {median:.3}, p99 {p99:.3} ms.\n\n",
        rules.list.len()
    ));
    Ok(text)
}

/// Calls in a session: validation alone is the evaluation; the difference is the check and its answer.
pub(super) async fn calls(executables: &Executables, rounds: u32) -> Result<String, Failure> {
    let config = configuration(CALLED);
    let mut pipe = Pipe::start(&executables.serve("prov", &[]), Era::Stateless).await?;
    let mut text = format!(
        "## A call with {CALLED} resources\n\nIn a session, evaluation of Nickel included.\n\n\
         | call | min | median | p99 | unit |\n|---|--:|--:|--:|---|\n"
    );
    for tool in ["validate_config", "check_compliance"] {
        let params = json!({"name": tool, "arguments": {"config": config}});
        let mut samples = Vec::new();
        for round in 0..=rounds {
            let began = Instant::now();
            let result = pipe.request("tools/call", &params).await?;
            if result.get("isError").and_then(Value::as_bool) == Some(true) {
                return Err(Failure::new(format!(
                    "`{tool}` refuses the generated configuration: {result}"
                )));
            }
            // The first call starts the worker.
            if round > 0 {
                samples.push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
        let (min, median, p99) = summary(&mut samples);
        text.push_str(&format!(
            "| `{tool}` | {min:.1} | {median:.1} | {p99:.1} | ms |\n"
        ));
    }
    pipe.leave().await;
    text.push('\n');
    Ok(text)
}

fn rules() -> Result<Rules, Failure> {
    Rules::load(&Embedded).map_err(|error| Failure::new("the shipped rules cannot be read").because(&error))
}

/// A configuration of `resources` resources in groups of ten: what a service of its own has.
fn configuration(resources: usize) -> String {
    let groups = resources.div_ceil(GROUP);
    let each = |item: &dyn Fn(usize) -> String| (0..groups).map(item).collect::<String>();
    let servers = each(&|n| {
        (0..3)
            .map(|member| {
                format!(
                    "    {{ name = \"web-{n}-{member}\", plan = \"t3.medium\", role = \"web\", spec = {{ cpu = 2, memory_gb = 4, disk_gb = 40, \
                     disk_encrypted = true }}, networking = {{ public_ip = {}, security_groups = [\"front-{n}\"] }} }},\n",
                    member == 0
                )
            })
            .collect()
    });
    let security_groups = each(&|n| {
        format!(
            "      {{ name = \"front-{n}\", ingress = [{{ protocol = 'tcp, from_port = 443, to_port = 443, cidrs = [\"0.0.0.0/0\"] }}, \
             {{ protocol = 'tcp, from_port = 22, to_port = 22, cidrs = [\"10.0.0.0/8\"], description = \"operators\" }}] }},\n      \
             {{ name = \"back-{n}\", ingress = [{{ protocol = 'tcp, from_port = 5432, to_port = 5432, cidrs = [\"10.0.0.0/8\"] }}] }},\n"
        )
    });
    let volumes = each(&|n| {
        format!(
            "    {{ name = \"data-{n}-a\", size_gb = 100 }},\n    {{ name = \"data-{n}-b\", size_gb = 100, encrypted = false }},\n"
        )
    });
    let databases = each(&|n| {
        format!(
            "    {{ name = \"shop-{n}\", version = \"16\", security_groups = [\"back-{n}\"], replicas = 1 }},\n"
        )
    });
    let buckets = each(&|n| format!("    {{ name = \"files-of-shop-{n}\", versioning = true }},\n"));
    let backups = each(&|n| {
        format!(
            "    {{ name = \"nightly-{n}\", volumes = [\"data-{n}-a\", \"data-{n}-b\"], retention_days = 30 }},\n"
        )
    });
    format!(
        "{{\n  provider = 'aws,\n  region = \"eu-central-1\",\n  environment = \"production\",\n  servers = [\n{servers}  ],\n  \
         networking = {{\n    security_groups = [\n{security_groups}    ],\n  }},\n  volumes = [\n{volumes}  ],\n  \
         databases = [\n{databases}  ],\n  object_storage = [\n{buckets}  ],\n  backups = [\n{backups}  ],\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_has_the_wanted_number_of_resources() {
        for resources in [10, 100] {
            let text = configuration(resources);
            assert_eq!(text.matches("{ name = ").count(), resources);
            assert!(data("main.ncl", &text).is_ok());
        }
    }
}
