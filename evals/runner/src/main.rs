//! Measures the executables against their peers, both sides on the same machine in the same run, and scores their
//! answers against cases.

mod bench;
mod compliance;
mod executables;
mod failure;
mod fleet;
mod questions;
mod score;
mod wire;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use failure::Failure;

/// Measure and score the executables
#[derive(Debug, Parser)]
#[command(name = "runner", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Measure start, calls, memory and validation
    Bench(bench::BenchArguments),
    /// Measure checks against controls, and compare them with checkov
    Compliance(compliance::ComplianceArguments),
    /// Measure questions about fleets of growing size
    Questions(questions::QuestionsArguments),
    /// Score answers against cases that say what they must be
    Score(score::ScoreArguments),
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables
    Markdown,
    /// One JSON object
    Json,
}

/// Exit code 1 says that something regressed, 2 that it could not be measured.
fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Bench(arguments) => bench::run(&arguments).map(|text| (text, true)),
        Command::Compliance(arguments) => compliance::run(&arguments),
        Command::Questions(arguments) => questions::run(&arguments).map(|text| (text, true)),
        Command::Score(arguments) => score::run(&arguments),
    };
    match done.and_then(|(text, holds)| say(&text).map(|()| holds)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            let _closed = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::from(2)
        }
    }
}

fn say(text: &str) -> Result<(), Failure> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::new("cannot write to standard output").because(&error))
}
