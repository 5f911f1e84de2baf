//! The two streams.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use crate::{Exit, Failure};

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: exactly the tool's structured output.
    Json,
    /// For documents.
    Markdown,
}

/// Prints data to standard output and talk to standard error.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    format: Format,
    quiet: bool,
}

impl Printer {
    /// A printer of `format`; `quiet` keeps it from talking, errors excepted.
    #[must_use]
    pub fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet }
    }

    /// How data is printed.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Prints a line of data. The error is a reader that left, which is no failure of ours.
    pub fn data(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// Prints a value as pretty JSON.
    ///
    /// # Errors
    /// If nobody reads.
    pub fn json(&self, value: &Value) -> io::Result<()> {
        self.data(&serde_json::to_string_pretty(value)?)
    }

    /// Prints rows as a table, or as a Markdown table.
    ///
    /// # Errors
    /// If nobody reads.
    pub fn table(&self, header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        match self.format {
            Format::Markdown => self.data(&markdown(header, rows)),
            Format::Table | Format::Json => self.data(&plain(header, rows)),
        }
    }

    /// Says something to the person, unless quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            talk(text);
        }
    }

    /// Prints a failure, in the format asked for, and gives its exit code.
    #[must_use]
    pub fn fail(&self, failure: &Failure) -> Exit {
        match self.format {
            Format::Json => talk(&failure.to_json().to_string()),
            Format::Table | Format::Markdown => talk(&failure.to_text()),
        }
        failure.exit()
    }
}

fn talk(text: &str) {
    let mut err = io::stderr().lock();
    // Nobody listens: there is nowhere left to say so.
    let _gone = writeln!(err, "{text}");
}

fn plain(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(header.iter().copied());
    table.add_rows(rows.iter().cloned());
    table.to_string()
}

fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", header.join(" | "), " --- |".repeat(header.len()));
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| cell.replace('|', "\\|").replace('\n', " "))
            .collect();
        let _infallible = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}
