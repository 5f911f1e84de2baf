//! The commands that every executable answers, one file each.

pub mod audit;
pub mod call;
pub mod completions;
pub mod config;
pub mod doctor;
pub mod install;
pub mod serve;
pub mod tools;

use clap::Subcommand;
use console::{Exit, Failure};

use crate::config::Config;
use crate::session::Session;

pub use audit::AuditCommand;
pub use completions::CompletionsArguments;
pub use config::ConfigCommand;

/// Serve and use the tools.
#[derive(Debug, Subcommand)]
pub enum McpCommand {
    /// Serve MCP: on standard input and output, or over HTTP
    Serve(serve::ServeArguments),
    /// List the tools that are offered
    Tools(tools::ToolsArguments),
    /// Call a tool through the gate, as a client would
    Call(call::CallArguments),
    /// Check that everything a server needs is in order
    Doctor,
    /// Enter this server into a client's configuration
    Install(install::InstallArguments),
}

impl McpCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever kept it from succeeding, with its exit code.
    pub fn run<C: Config>(self, session: &Session<'_, C>) -> Result<Exit, Failure> {
        match self {
            Self::Serve(arguments) => serve::run(&arguments, session),
            Self::Tools(arguments) => tools::run(&arguments, session),
            Self::Call(arguments) => call::run(&arguments, session),
            Self::Doctor => doctor::run(session),
            Self::Install(arguments) => install::run(&arguments, session),
        }
    }
}

/// A reader of our output that left is no failure: `prov … | head` is fine.
///
/// # Errors
/// If standard output cannot be written for another reason.
pub fn printed(result: std::io::Result<()>) -> Result<Exit, Failure> {
    match result {
        Ok(()) => Ok(Exit::Ok),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Ok),
        Err(error) => Err(Failure::new(Exit::Internal, "cannot write to standard output").because(&error)),
    }
}
