//! `prov`: provisioning. Arguments → settings → telemetry → wiring → command → exit code.
//!
//! A library only so that tests can read what the executable declares; nothing depends on it.

pub mod cli;
pub mod commands;
pub mod config;
mod prompts;
mod site;
pub mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

use cli::Cli;
use console::Exit;

/// Runs the executable.
#[must_use]
pub fn main() -> ExitCode {
    // A worker is this same executable; it must start fast and touch nothing but its two pipes.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == wiring::WORKER)
    {
        return match provisioning_nickel::worker::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => Exit::Internal.into(),
        };
    }
    let cli = Cli::parse();
    program::run(&wiring::PROGRAM, &cli.global, |session| {
        commands::run(cli.command, session)
    })
}
