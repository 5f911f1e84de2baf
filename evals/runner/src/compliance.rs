//! `runner compliance`: how long a check takes by the number of resources, and what checkov says of the same
//! configurations written in Terraform.

mod checkov;
mod comparison;
mod controls;
mod growth;

use std::path::PathBuf;

use clap::Args;

use crate::executables::Executables;
use crate::failure::Failure;

/// `runner compliance`.
#[derive(Debug, Args)]
pub(crate) struct ComplianceArguments {
    /// How often everything is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Folder of the executables [default: beside this one]
    #[arg(long, value_name = "DIR")]
    executables: Option<PathBuf>,

    /// The `checkov` to compare with, as `./dev bench` installs it; without it only growth is measured
    #[arg(long, value_name = "FILE")]
    checkov: Option<PathBuf>,

    /// Controls that both know, each with configurations in both languages
    #[arg(long, value_name = "DIR", default_value = "evals/runner/data/compliance")]
    controls: PathBuf,
}

/// Measures, compares, and gives the report; false if there is a difference that nobody has explained.
pub(crate) fn run(arguments: &ComplianceArguments) -> Result<(String, bool), Failure> {
    let executables = Executables::new(arguments.executables.as_deref(), &["prov"])?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("cannot start the runtime").because(&error))?;
    let mut text = growth::measure(arguments.rounds)?;
    text.push_str(&runtime.block_on(growth::calls(&executables, arguments.rounds))?);
    let Some(checkov) = &arguments.checkov else {
        return Ok((text, true));
    };
    let (compared, explained) =
        comparison::run(&executables, checkov, &arguments.controls, arguments.rounds)?;
    text.push_str(&compared);
    Ok((text, explained))
}

/// Smallest, median and p99 of some samples.
fn summary(samples: &mut [f64]) -> (f64, f64, f64) {
    samples.sort_by(f64::total_cmp);
    let last = samples.len().saturating_sub(1);
    let at = |part: usize| samples.get(last * part / 100).copied().unwrap_or_default();
    (at(0), at(50), at(99))
}
