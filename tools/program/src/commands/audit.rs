//! `audit`.

use std::path::{Path, PathBuf};

use audit::{Finding, Head, Unverified, Verified};
use clap::Subcommand;
use console::{Exit, Failure, Format};
use serde_json::json;

use crate::commands::printed;
use crate::config::Config;
use crate::session::Session;

/// Look after the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no record was changed, removed, reordered or cut off
    Verify {
        /// The log file [default: the one in use]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,

        /// The last record as an earlier check printed it, noted down elsewhere
        #[arg(long, value_name = "SEQ:SHA256")]
        head: Option<String>,
    },
    /// Print where the log is
    Path,
}

impl AuditCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// If the log is absent or broken.
    pub fn run<C: Config>(self, session: &Session<'_, C>) -> Result<Exit, Failure> {
        match self {
            Self::Path => printed(
                session
                    .printer()
                    .data(&session.audit_path().display().to_string()),
            ),
            Self::Verify { file, head } => {
                let path = file.unwrap_or_else(|| session.audit_path());
                verify(&path, head.as_deref(), session)
            }
        }
    }
}

fn verify<C: Config>(path: &Path, head: Option<&str>, session: &Session<'_, C>) -> Result<Exit, Failure> {
    if !path.exists() {
        return Err(Failure::new(
            Exit::NotFound,
            format!("there is no audit log at `{}`", path.display()),
        )
        .hint("name the file, or make a call first"));
    }
    let head = match head {
        Some(text) => Some(
            text.parse::<Head>()
                .map_err(|reason| Failure::new(Exit::InvalidArgument, reason))?,
        ),
        None => None,
    };
    match audit::verify(path, head.as_ref()) {
        Ok(verified) => sound(&verified, session),
        Err(Unverified::Changed(findings)) => broken(&findings, session),
        Err(Unverified::Unreadable(error)) => Err(Failure::new(
            Exit::Unavailable,
            format!("cannot read the audit log at `{}`", path.display()),
        )
        .because(&error)),
    }
}

fn sound<C: Config>(verified: &Verified, session: &Session<'_, C>) -> Result<Exit, Failure> {
    let printer = session.printer();
    let open: Vec<_> = verified
        .open_intents
        .iter()
        .map(|intent| json!({"seq": intent.seq, "time": intent.time, "call_id": intent.call_id, "tool": intent.tool}))
        .collect();
    if printer.format() == Format::Json {
        let value = json!({
            "sound": true, "records": verified.records, "files": verified.files,
            "head": verified.head.to_string(), "open_intents": open, "recovered": verified.recovered,
        });
        return printed(printer.json(&value));
    }
    let files = match verified.files {
        1 => "1 file".to_owned(),
        files => format!("{files} files"),
    };
    let mut lines = vec![
        format!("sound: {} records in {files}", verified.records),
        format!("head: {}", verified.head),
        format!("intents without an outcome: {}", open.len()),
    ];
    // A recovery is a loss that was found and written down: the chain is whole again, the lost records are not.
    lines.extend(
        verified
            .recovered
            .iter()
            .map(|(seq, what)| format!("loss recorded at {seq}: {what}")),
    );
    printed(printer.data(&lines.join("\n")))
}

fn broken<C: Config>(findings: &[Finding], session: &Session<'_, C>) -> Result<Exit, Failure> {
    let printer = session.printer();
    if printer.format() == Format::Json {
        let all: Vec<_> = findings
            .iter()
            .map(|finding| json!({"file": finding.file, "line": finding.line, "what": finding.what}))
            .collect();
        printed(printer.json(&json!({ "sound": false, "findings": all })))?;
    } else {
        let rows: Vec<Vec<String>> = findings
            .iter()
            .map(|finding| {
                vec![
                    finding.file.display().to_string(),
                    finding.line.to_string(),
                    finding.what.clone(),
                ]
            })
            .collect();
        printed(printer.table(&["file", "line", "what"], &rows))?;
    }
    let count = findings.len();
    let places = if count == 1 {
        "1 place".to_owned()
    } else {
        format!("{count} places")
    };
    Err(
        Failure::new(Exit::AuditBroken, format!("the audit log is broken in {places}"))
            .hint("keep the file as it is, and compare it with a backup"),
    )
}
