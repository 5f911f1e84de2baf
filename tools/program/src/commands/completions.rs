//! `completions`.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;
use console::{Exit, Failure, Printer};

use crate::commands::printed;

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell to complete for
    #[arg(value_enum)]
    shell: ShellArgument,
}

/// A shell we write completions for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ShellArgument {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// Nushell
    Nushell,
}

impl CompletionsArguments {
    /// Prints the completion script of `command`.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn run(&self, mut command: Command, printer: &Printer) -> Result<Exit, Failure> {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        match self.shell {
            ShellArgument::Bash => clap_complete::generate(Shell::Bash, &mut command, name, &mut script),
            ShellArgument::Zsh => clap_complete::generate(Shell::Zsh, &mut command, name, &mut script),
            ShellArgument::Fish => clap_complete::generate(Shell::Fish, &mut command, name, &mut script),
            ShellArgument::Nushell => {
                clap_complete::generate(clap_complete_nushell::Nushell, &mut command, name, &mut script);
            }
        }
        printed(printer.data(&String::from_utf8_lossy(&script)))
    }
}
