//! `runner bench`: start, calls and memory against a FastMCP server that does the same, and validation against
//! the `nickel` command line with the same contracts.
//!
//! Every round measures every subject once, one after the other, so that a busy machine is busy for all of them.

mod forms;
mod generation;
mod memory;
pub(crate) mod report;
mod servers;
mod validation;

use std::path::PathBuf;

use clap::Args;

use crate::Format;
use crate::executables::Executables;
use crate::failure::Failure;

/// `runner bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// How often everything is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// How many calls are made in a round
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    calls: u32,

    /// Folder of the executables [default: beside this one]
    #[arg(long, value_name = "DIR")]
    executables: Option<PathBuf>,

    /// Python with FastMCP, as `./dev setup` installs it
    #[arg(long, env = "PEERS_PYTHON", value_name = "FILE")]
    python: PathBuf,

    /// The FastMCP server to measure against
    #[arg(
        long,
        value_name = "FILE",
        default_value = "evals/peers/clients/fastmcp_server.py"
    )]
    fastmcp_server: PathBuf,

    /// The `nickel` command line to measure against
    #[arg(long, value_name = "FILE")]
    nickel: PathBuf,

    /// The schemas that `prov` applies, for the `nickel` command line to apply too
    #[arg(long, value_name = "DIR", default_value = "tools/provisioning/schemas")]
    schemas: PathBuf,

    /// How to print the figures
    #[arg(long, value_enum, default_value = "markdown")]
    format: Format,
}

/// Measures and gives the report.
pub(crate) fn run(arguments: &BenchArguments) -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("cannot start the runtime").because(&error))?;
    let report = runtime.block_on(measure(arguments))?;
    match arguments.format {
        Format::Markdown => Ok(report.markdown()),
        Format::Json => report.json(),
    }
}

async fn measure(arguments: &BenchArguments) -> Result<report::Report, Failure> {
    let bench = Bench::new(arguments)?;
    let mut report = report::Report::new(arguments.rounds, arguments.calls);
    for _ in 0..arguments.rounds {
        servers::round(&bench, &mut report).await?;
        validation::round(&bench, &mut report).await?;
        generation::round(&bench, &mut report).await?;
        forms::round(&mut report)?;
    }
    Ok(report)
}

/// What is measured, and where the files are.
struct Bench<'a> {
    arguments: &'a BenchArguments,
    executables: Executables,
}

impl<'a> Bench<'a> {
    fn new(arguments: &'a BenchArguments) -> Result<Self, Failure> {
        let executables = Executables::new(arguments.executables.as_deref(), &["prov", "fixture"])?;
        for needed in [&arguments.python, &arguments.nickel] {
            if !needed.exists() {
                return Err(Failure::new(format!(
                    "`{}` is not there; `./dev bench` makes it",
                    needed.display()
                )));
            }
        }
        Ok(Self {
            arguments,
            executables,
        })
    }

    /// The command that makes one of our executables serve.
    fn serve(&self, name: &str, options: &[&str]) -> Vec<String> {
        self.executables.serve(name, options)
    }

    /// The command that makes the FastMCP server serve.
    fn fastmcp(&self, options: &[&str]) -> Vec<String> {
        [&self.arguments.python, &self.arguments.fastmcp_server]
            .into_iter()
            .map(|path| path.display().to_string())
            .chain(options.iter().map(|option| (*option).to_owned()))
            .collect()
    }
}
