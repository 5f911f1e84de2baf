//! One file per command that only `prov` has; the common ones come from `program`.

mod apply;
mod change;
mod check;
mod destroy;
mod estimate;
mod explain;
mod findings;
mod fmt;
mod generate;
mod input;
mod migrate;
mod plan;
mod query;
mod shown;
mod state;
mod store;
mod validate;
mod wizard;
mod workflow;

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
        Command::Plan(arguments) | Command::Mcp(ProvMcpCommand::Plan(arguments)) => {
            plan::run(&arguments, session)
        }
        Command::Apply(arguments) => apply::run(&arguments, session),
        Command::Destroy(arguments) => destroy::run(&arguments, session),
        Command::State(command) => state::run(&command, session),
        Command::Workflow(command) => workflow::run(&command, session),
        Command::Query(arguments) | Command::Mcp(ProvMcpCommand::Query(arguments)) => {
            query::run(&arguments, session)
        }
        Command::Wizard(arguments) => wizard::run(&arguments, session),
        Command::Explain(arguments) => explain::run(&arguments, session),
        Command::Fmt(arguments) => fmt::run(&arguments, session),
        Command::Audit(command) => command.run(session),
        Command::Config(ProvConfigCommand::Common(command)) => command.run(session),
        Command::Completions(arguments) => arguments.run(Cli::command(), session.printer()),
    }
}
