//! Whether a folder is safe from others: who can rename its files can put another log in place of ours.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Error;

const STICKY: u32 = 0o1000;

/// The user that we act as, by number.
pub(crate) fn us() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Refuses `directory` if it is not ours or others can write to it, and what [`above`] refuses of those around it.
pub(crate) fn trusted(directory: &Path) -> Result<(), Error> {
    let metadata = directory
        .metadata()
        .map_err(Error::on("look at the directory", directory))?;
    ours(&metadata, us()).map_err(Error::on("keep the audit log in", directory))?;
    above(directory)
}

/// Refuses a way to `directory` on which another user can exchange a folder or a link.
pub(crate) fn above(directory: &Path) -> Result<(), Error> {
    let absolute = std::path::absolute(directory).map_err(Error::on("find the directory", directory))?;
    let real = absolute
        .canonicalize()
        .map_err(Error::on("find the directory", directory))?;
    // The way as it is written has the links, the real one the folders.
    for path in absolute.ancestors().chain(real.ancestors()) {
        let metadata = path
            .symlink_metadata()
            .map_err(Error::on("look at the directory", path))?;
        on_the_way(&metadata, us()).map_err(Error::on("keep the audit log below", path))?;
    }
    Ok(())
}

/// Whether the folder of the log itself is ours alone.
fn ours(metadata: &Metadata, us: u32) -> io::Result<()> {
    if metadata.uid() != us {
        return Err(foreign(metadata.uid(), us));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(io::Error::other(format!(
            "others can write to it (mode {:o}); `chmod go-w` it, or set `audit.path` to a file in a folder of your own",
            metadata.mode() & 0o7777
        )));
    }
    Ok(())
}

/// Whether a folder or link on the way is out of others' reach. That of the system's administrator is, and so is what
/// lies in a sticky folder such as `/tmp` if it is ours. Groups are left to whoever made the folder: many systems
/// give each user one.
fn on_the_way(metadata: &Metadata, us: u32) -> io::Result<()> {
    if metadata.uid() != us && metadata.uid() != 0 {
        return Err(foreign(metadata.uid(), us));
    }
    if metadata.is_dir() && metadata.mode() & 0o002 != 0 && metadata.mode() & STICKY == 0 {
        return Err(io::Error::other(format!(
            "everybody can write to it (mode {:o}); `chmod o-w` it, or set `audit.path` to a file in a folder of your own",
            metadata.mode() & 0o7777
        )));
    }
    Ok(())
}

fn foreign(owner: u32, us: u32) -> io::Error {
    io::Error::other(format!(
        "it belongs to user {owner}, not to user {us}; set `audit.path` to a file in a folder of your own"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails loudly")]

    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_of_another_user_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = folder.path().metadata().unwrap();
        assert!(ours(&metadata, us()).is_ok());
        let said = ours(&metadata, us() + 1).unwrap_err().to_string();
        assert!(said.contains("belongs to user"), "{said}");
        assert_eq!(on_the_way(&metadata, us() + 1).is_ok(), us() == 0);
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, directly, above) in [
            (0o700, true, true),
            (0o755, true, true),
            (0o775, false, true),
            (0o777, false, false),
            (0o1777, false, true),
        ] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            let metadata = folder.path().metadata().unwrap();
            assert_eq!(ours(&metadata, us()).is_ok(), directly, "{mode:o}");
            assert_eq!(on_the_way(&metadata, us()).is_ok(), above, "{mode:o}");
        }
    }
}
