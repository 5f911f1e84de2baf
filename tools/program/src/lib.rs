//! What every executable has in common: arguments → settings → telemetry → wiring → command → exit code.
//!
//! An executable is a [`Program`] (its name, its configuration, its wiring) and the commands it adds to the ones
//! here. There is one way to start a server and one way to call a tool, so the four executables cannot drift
//! apart. Besides the executables themselves this is the only crate that knows clap.

pub mod commands;
pub mod config;
mod files;
mod global;
mod identify;
pub mod reference;
mod resolve;
mod session;
mod user;

use std::process::ExitCode;

pub use commands::{AuditCommand, CompletionsArguments, ConfigCommand, McpCommand, printed};
pub use config::{Common, Config};
pub use files::{read_standard_input, read_text};
pub use global::Global;
pub use session::{Program, Session, Trial, Wired, Wiring};

use console::{Exit, Failure, Printer};

/// Runs `command` with everything that `global` and the settings say, and ends the process with its exit code.
pub fn run<C: Config>(
    program: &Program<C>,
    global: &Global,
    command: impl FnOnce(&Session<'_, C>) -> Result<Exit, Failure>,
) -> ExitCode {
    let printer = global.printer();
    let outcome = Session::open(program, global).and_then(|session| command(&session));
    finish(&printer, outcome)
}

/// The exit code of `outcome`, the failure printed.
pub fn finish(printer: &Printer, outcome: Result<Exit, Failure>) -> ExitCode {
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => printer.fail(&failure).into(),
    }
}
