//! `mcp install`: enters this server into a client's configuration file.
//!
//! What is in the file stays; the file is backed up first; the new text is written beside it and moved into place.
//! `clients` says where each client keeps its file, `merge` how an entry gets into it.

mod clients;
mod merge;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use console::{Exit, Failure};

use crate::commands::printed;
use crate::config::Config;
use crate::session::Session;

pub use clients::Client;
pub use merge::{Entry, merge};

/// Largest client configuration we touch, in bytes.
const FILE_BYTES: u64 = 8 << 20;

/// `mcp install`.
#[derive(Debug, Args)]
pub struct InstallArguments {
    /// The client to enter this server for
    #[arg(long, value_enum)]
    client: Client,

    /// Show the resulting file, write nothing
    #[arg(long)]
    print: bool,

    /// The client's file, if it is not where the client usually keeps it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// The name to enter the server under [default: the executable's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Merges the entry into the client's file.
pub(crate) fn run<C: Config>(
    arguments: &InstallArguments,
    session: &Session<'_, C>,
) -> Result<Exit, Failure> {
    let path = match &arguments.file {
        Some(path) => path.clone(),
        None => arguments
            .client
            .file(session.workspace(), session.environment())?,
    };
    let before = match path.try_exists() {
        Ok(true) => Some(crate::files::read_text(&path, FILE_BYTES)?),
        _ => None,
    };
    let entry = entry(arguments, session)?;
    let after = merge(arguments.client, before.as_deref(), &entry).map_err(|reason| {
        Failure::new(
            Exit::InvalidConfiguration,
            format!("cannot add to `{}`: {reason}", path.display()),
        )
        .hint("mend the file, or use `--print` and copy the entry by hand")
    })?;
    if arguments.print {
        session.printer().say(&format!("{} would hold:", path.display()));
        return printed(session.printer().data(&after));
    }
    if before.as_deref() == Some(after.as_str()) {
        return printed(session.printer().data(&format!(
            "{} already starts `{}`",
            path.display(),
            entry.name
        )));
    }
    let backup = match &before {
        Some(text) => Some(back_up(&path, text)?),
        None => None,
    };
    write(&path, &after)?;
    let kept = backup
        .map(|backup| format!("; what was there is in {}", backup.display()))
        .unwrap_or_default();
    printed(session.printer().data(&format!(
        "{} now starts `{}`{kept}\nrestart {} to use it",
        path.display(),
        entry.name,
        arguments.client.title()
    )))
}

fn entry<C: Config>(arguments: &InstallArguments, session: &Session<'_, C>) -> Result<Entry, Failure> {
    // Clients start servers with a short PATH, so the command is absolute; so is the workspace.
    let command = session.executable()?;
    let workspace = std::path::absolute(session.workspace()).map_err(|error| {
        Failure::new(Exit::Internal, "the workspace has no absolute path").because(&error)
    })?;
    let text = |path: &Path| {
        path.to_str().map(str::to_owned).ok_or_else(|| {
            Failure::new(
                Exit::InvalidEncoding,
                format!("the path `{}` is not valid UTF-8", path.display()),
            )
        })
    };
    Ok(Entry {
        name: arguments
            .name
            .clone()
            .unwrap_or_else(|| session.about().name.to_owned()),
        command: text(&command)?,
        arguments: vec![
            "--workspace".to_owned(),
            text(&workspace)?,
            "mcp".to_owned(),
            "serve".to_owned(),
        ],
    })
}

/// Keeps the old text beside the file, under a name that is not taken.
fn back_up(path: &Path, text: &str) -> Result<PathBuf, Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs())
        .unwrap_or_default();
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{now}.bak"));
    let backup = path.with_file_name(name);
    write(&backup, text)?;
    Ok(backup)
}

/// Writes the whole file or nothing: beside it, synced, then moved.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |what: &str, error: &std::io::Error| {
        Failure::new(Exit::Unavailable, format!("cannot {what} `{}`", path.display())).because(error)
    };
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| failed("make the folder of", &error))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let fresh = path.with_file_name(name);
    let result = (|| {
        std::fs::write(&fresh, text)?;
        if let Ok(metadata) = std::fs::metadata(path) {
            std::fs::set_permissions(&fresh, metadata.permissions())?;
        }
        std::fs::File::open(&fresh)?.sync_all()?;
        std::fs::rename(&fresh, path)
    })();
    result.map_err(|error| {
        // The half-written file must not stay behind; that it cannot be removed changes nothing for the caller.
        let _left = std::fs::remove_file(&fresh);
        failed("write", &error)
    })
}
