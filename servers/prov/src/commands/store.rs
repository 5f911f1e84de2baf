//! Writing texts so that a file is the old one or the new one, and never half of one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf, absolute};

use console::{Exit, Failure};
use serde_json::Value;
use toolcall::REDACTION_MARKER;

/// Where the text of `path` is written: the file itself, or what a link of `workspace` leads to. A link that leads out of
/// the workspace is not followed.
pub(super) fn place(path: &Path, workspace: &Path) -> Result<PathBuf, Failure> {
    let fail = |error: io::Error| unwritable(path, &error);
    let real = path.canonicalize().map_err(fail)?;
    let root = workspace.canonicalize().map_err(fail)?;
    let named = absolute(path).map_err(fail)?;
    let meant = named.starts_with(absolute(workspace).map_err(fail)?) || named.starts_with(&root);
    if (meant || path.is_symlink()) && !real.starts_with(&root) {
        return Err(Failure::new(
            Exit::InvalidArgument,
            format!("`{}` is a link that leads out of the workspace", path.display()),
        )
        .hint("name the file that it leads to"));
    }
    Ok(real)
}

/// Puts `text` in the place of the file at `path`, which keeps its mode; a link there gives way to a file.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let fail = |error: &io::Error| unwritable(path, error);
    // A bare name has an empty parent, which is no folder.
    let named = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = named.unwrap_or(Path::new("."));
    let mode = match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => there.permissions(),
        // As the process makes files: the system takes off what its mask says.
        _ => fs::Permissions::from_mode(0o666),
    };
    let kept = path.is_file() && !path.is_symlink();
    // Beside it, because a file moves in one step only within its file system.
    let mut fresh = tempfile::Builder::new()
        .prefix(".prov-")
        .permissions(mode.clone())
        .tempfile_in(folder)
        .map_err(|error| fail(&error))?;
    fresh
        .write_all(text.as_bytes())
        // Said again for a file that is there, whose mode no mask changes.
        .and_then(|()| {
            if kept {
                fresh.as_file().set_permissions(mode)
            } else {
                Ok(())
            }
        })
        .and_then(|()| fresh.as_file().sync_all())
        .map_err(|error| fail(&error))?;
    fresh.persist(path).map_err(|error| fail(&error.error))?;
    synced(folder).map_err(|error| fail(&error))
}

/// Makes what was moved in `folder` last.
pub(super) fn synced(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Refuses an answer that lost a secret on its way through the gate: what is written would have lost it too.
pub(super) fn whole(answer: &Value, what: &str) -> Result<(), Failure> {
    if answer.to_string().contains(REDACTION_MARKER) {
        return Err(Failure::new(
            Exit::InvalidArgument,
            format!(
                "{what} holds what looks like a secret, which does not come back, so nothing was written"
            ),
        )
        .hint("keep the secret elsewhere and name it by a `secret_ref`; `schema://secret_ref` says how"));
    }
    Ok(())
}

/// A file that the system does not let us write.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("cannot write `{}`", path.display()))
        .because(error)
        .hint("check that the folder is there and may be written to")
}
