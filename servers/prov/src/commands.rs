//! One file per command that only `prov` has; the common ones come from `program`.

mod check;
mod estimate;
mod explain;
mod findings;
mod fmt;
mod generate;
mod input;
mod migrate;
mod store;
mod validate;
mod wizard;

use clap::CommandFactory as _;
use console::{Exit, Failure};
use program::Session;

use crate::cli::{Cli, Command, ProvConfigCommand, ProvMcpCommand};
use crate::config::ProvConfig;

/// Runs `command`.
pub fn run(command: Command, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    match command {
        Command::Mcp(ProvMcpCommand::Common(command)) => command.run(session),
        Command::Validate(arguments)
        | Command::Mcp(ProvMcpCommand::Validate(arguments))
        | Command::Config(ProvConfigCommand::Validate(arguments)) => validate::run(&arguments, session),
        Command::Estimate(arguments) | Command::Mcp(ProvMcpCommand::Estimate(arguments)) => {
            estimate::run(&arguments, session)
        }
        Command::Check(arguments) | Command::Mcp(ProvMcpCommand::Check(arguments)) => {
            check::run(&arguments, session)
        }
        Command::Migrate(arguments) | Command::Mcp(ProvMcpCommand::Migrate(arguments)) => {
            migrate::run(&arguments, session)
        }
        Command::Generate(arguments) | Command::Mcp(ProvMcpCommand::Generate(arguments)) => {
            generate::run(&arguments, session)
        }
        Command::Wizard(arguments) => wizard::run(&arguments, session),
        Command::Explain(arguments) => explain::run(&arguments, session),
        Command::Fmt(arguments) => fmt::run(&arguments, session),
        Command::Audit(command) => command.run(session),
        Command::Config(ProvConfigCommand::Common(command)) => command.run(session),
        Command::Completions(arguments) => arguments.run(Cli::command(), session.printer()),
    }
}
