//! `mcp install`: enters this server into a client's configuration file.
//!
//! What is in the file stays; the file is backed up first; the new text is written beside it and moved into place.
//! `clients` says where each client keeps its file, `merge` how an entry gets into it, `replace` how the file is
//! read and written without being led elsewhere.

mod clients;
mod merge;
mod replace;

use std::path::{Path, PathBuf};

use clap::Args;
use console::{Exit, Failure};

use crate::commands::printed;
use crate::config::Config;
use crate::session::Session;

pub use clients::Client;
pub use merge::{Entry, merge};
use replace::Place;

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
    let place = place(arguments, &path, session.workspace())?;
    let found = place.read(FILE_BYTES)?;
    let before = found.as_ref().map(|found| found.text.as_str());
    let entry = entry(arguments, session)?;
    let after = merge(arguments.client, before, &entry);
    if arguments.print {
        return print(arguments.client, &path, &entry, after, session);
    }
    let after = after.map_err(|reason| {
        Failure::new(
            Exit::InvalidConfiguration,
            format!("cannot add to `{}`: {reason}", path.display()),
        )
        .hint("mend the file, or use `--print` and copy the entry by hand")
    })?;
    if before == Some(after.as_str()) {
        return printed(session.printer().data(&format!(
            "{} already starts `{}`",
            path.display(),
            entry.name
        )));
    }
    let backup = found.as_ref().map(|found| place.back_up(found)).transpose()?;
    place.replace(&after, found.as_ref())?;
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

/// Shows the file as it would be, or the entry alone where the file cannot be merged, for copying by hand.
fn print<C: Config>(
    client: Client,
    path: &Path,
    entry: &Entry,
    after: Result<String, String>,
    session: &Session<'_, C>,
) -> Result<Exit, Failure> {
    let text = match after {
        Ok(text) => {
            session.printer().say(&format!("{} would hold:", path.display()));
            text
        }
        Err(reason) => {
            session.printer().say(&format!(
                "{} cannot be merged: {reason}; the entry alone:",
                path.display()
            ));
            merge(client, None, entry).map_err(|reason| Failure::new(Exit::Internal, reason))?
        }
    };
    printed(session.printer().data(&text))
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
    let mut words = vec!["--workspace".to_owned(), text(&workspace)?];
    // Whoever installs with settings means the server to have them.
    let (config_file, set) = session.started_with();
    if let Some(file) = config_file {
        let file = std::path::absolute(file).map_err(|error| {
            Failure::new(Exit::Internal, "the settings file has no absolute path").because(&error)
        })?;
        words.extend(["--config-file".to_owned(), text(&file)?]);
    }
    words.extend(
        set.iter()
            .flat_map(|setting| ["--set".to_owned(), setting.clone()]),
    );
    words.extend(["mcp".to_owned(), "serve".to_owned()]);
    Ok(Entry {
        name: arguments
            .name
            .clone()
            .unwrap_or_else(|| session.about().name.to_owned()),
        command: text(&command)?,
        arguments: words,
    })
}

/// Where the file is written. One in the workspace can be a trap that others laid; one elsewhere is the user's.
fn place(arguments: &InstallArguments, path: &Path, workspace: &Path) -> Result<Place, Failure> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|error| {
            Failure::new(
                Exit::InvalidArgument,
                format!("the path `{}` has no absolute form", path.display()),
            )
            .because(&error)
        })
    };
    let (path, workspace) = (absolute(path)?, absolute(workspace)?);
    let shared = match arguments.file {
        Some(_) => path.starts_with(&workspace),
        None => arguments.client.in_workspace(),
    };
    if shared {
        Place::beneath(&workspace, &path)
    } else {
        Place::of_user(&path)
    }
}
