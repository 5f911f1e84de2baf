//! The options that every command takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use console::{Format, Printer};

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Folder that configurations are read from, and nothing outside it [default: the current folder]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub workspace: Option<PathBuf>,

    /// Settings file to read instead of the user's own
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config_file: Option<PathBuf>,

    /// Set one setting, such as `audit.path=/var/log/prov/audit.jsonl`; wins over files and environment
    #[arg(
        long = "set",
        global = true,
        value_name = "KEY=VALUE",
        help_heading = "Global options"
    )]
    pub set: Vec<String>,

    /// How to print data
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "table",
        help_heading = "Global options"
    )]
    pub format: FormatArgument,

    /// Print data and errors only
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// What to log to standard error, such as `info` or `mcp=debug`
    #[arg(long, global = true, value_name = "FILTER", help_heading = "Global options")]
    pub log: Option<String>,

    /// Call as the subject of the bearer token in this file instead of as the local user
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub token_file: Option<PathBuf>,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArgument {
    /// For people
    Table,
    /// For programs: the tool's structured output
    Json,
    /// For documents
    Markdown,
}

impl From<FormatArgument> for Format {
    fn from(format: FormatArgument) -> Self {
        match format {
            FormatArgument::Table => Self::Table,
            FormatArgument::Json => Self::Json,
            FormatArgument::Markdown => Self::Markdown,
        }
    }
}

impl Global {
    /// The printer that these options ask for.
    #[must_use]
    pub fn printer(&self) -> Printer {
        Printer::new(self.format.into(), self.quiet)
    }
}
