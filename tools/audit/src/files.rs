//! The files of a log and their names.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// `path` with `suffix` after its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The directory of the log at `path`.
pub(crate) fn directory(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes the directory of the log at `path`, for its owner only. One that is there is left as it is.
pub(crate) fn make_directory(path: &Path) -> Result<(), Error> {
    let directory = directory(path);
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(directory)
        .map_err(Error::on("create the directory", directory))
}

/// Opens the file at `path` for appending, for its owner only.
pub(crate) fn open_append(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    let file = options.open(path).map_err(Error::on("open", path))?;
    let metadata = file.metadata().map_err(Error::on("look at", path))?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))
            .map_err(Error::on("restrict", path))?;
    }
    Ok(file)
}

/// Makes names in the directory of the log at `path` durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), Error> {
    let directory = directory(path);
    File::open(directory)
        .and_then(|file| file.sync_all())
        .map_err(Error::on("sync the directory", directory))
}

/// The name of a full file whose last record is number `last`; names sort as the numbers do.
pub(crate) fn full(path: &Path, last: u64) -> PathBuf {
    beside(path, &format!(".{last:020}"))
}

/// The full files of the log at `path`, oldest first.
pub(crate) fn full_files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let directory = directory(path);
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let mut found = Vec::new();
    let entries = std::fs::read_dir(directory).map_err(Error::on("list the directory", directory))?;
    for entry in entries {
        let entry = entry.map_err(Error::on("list the directory", directory))?;
        let candidate = entry.file_name();
        let suffix = candidate
            .as_encoded_bytes()
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(b"."));
        if suffix.is_some_and(|digits| digits.len() == 20 && digits.iter().all(u8::is_ascii_digit)) {
            found.push(entry.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Creates a file beside the log at `path` whose name begins with `suffix` and was not there before.
pub(crate) fn create_beside(path: &Path, suffix: &str) -> Result<(File, PathBuf), Error> {
    let mut attempt = 0_u32;
    loop {
        let number = if attempt == 0 {
            String::new()
        } else {
            format!("-{attempt}")
        };
        let candidate = beside(path, &format!("{suffix}{number}"));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&candidate)
        {
            Ok(file) => return Ok((file, candidate)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(Error::on("create", &candidate)(error)),
        }
    }
}
