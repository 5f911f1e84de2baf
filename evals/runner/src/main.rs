//! Measures the executables against their peers: both sides on the same machine, in the same run.

mod bench;
mod failure;
mod wire;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Measure the executables against their peers
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
}

fn main() -> ExitCode {
    let Command::Bench(arguments) = Cli::parse().command;
    match bench::run(&arguments).and_then(|text| say(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _closed = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> Result<(), Failure> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::new("cannot write to standard output").because(&error))
}
