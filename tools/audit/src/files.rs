//! The files of a log and their names.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::entry::{self, LONGEST_LINE};
use crate::error::Error;
use crate::trust::{self, trusted};

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

/// Makes the directory of the log at `path`, for its owner only. One that is there must be safe from others.
pub(crate) fn make_directory(path: &Path) -> Result<(), Error> {
    let directory = directory(path);
    let there = directory
        .ancestors()
        .find(|ancestor| ancestor.symlink_metadata().is_ok());
    if let Some(there) = there.filter(|there| *there != directory) {
        // Nothing is made in a place that somebody else can take away.
        trust::above(there)?;
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(directory)
        .map_err(Error::on("create the directory", directory))?;
    trusted(directory)
}

/// What every file of the log is opened with: a link in its place is refused, and a pipe does not make us wait.
pub(crate) fn carefully() -> i32 {
    // The bits are those of `open(2)`, which takes an `int`.
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

/// Opens the file at `path` for appending, for its owner only.
pub(crate) fn open_append(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    let file = options
        .custom_flags(carefully())
        .open(path)
        .map_err(no_link)
        .map_err(Error::on("open", path))?;
    let metadata = file.metadata().map_err(Error::on("look at", path))?;
    own_file(&metadata).map_err(Error::on("use", path))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))
            .map_err(Error::on("restrict", path))?;
    }
    Ok(file)
}

/// Refuses a file that is not ours or no file.
pub(crate) fn own_file(metadata: &std::fs::Metadata) -> io::Result<()> {
    if !metadata.is_file() {
        return Err(io::Error::other(
            "it is no regular file; set `audit.path` to a file of its own",
        ));
    }
    if metadata.uid() != trust::us() {
        return Err(io::Error::other(format!(
            "it belongs to user {}, not to user {}; move it away, or set `audit.path` to a file of your own",
            metadata.uid(),
            trust::us(),
        )));
    }
    Ok(())
}

/// What the system says of a link, for people.
pub(crate) fn no_link(error: io::Error) -> io::Error {
    match rustix::io::Errno::from_io_error(&error) {
        Some(rustix::io::Errno::LOOP) => io::Error::other(
            "it is a symbolic link, which would lead the log elsewhere; remove it, or set `audit.path` to where it leads",
        ),
        _ => error,
    }
}

/// Refuses what somebody named by mistake: a file that has content, begins with no record and has no head beside it.
///
/// A log of ours whose beginning was damaged has its head, and goes on; another file would be taken apart.
pub(crate) fn refuse_other_content(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    let file = match options.read(true).custom_flags(carefully()).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::on("open", path)(no_link(error))),
    };
    let metadata = file.metadata().map_err(Error::on("look at", path))?;
    own_file(&metadata).map_err(Error::on("use", path))?;
    if metadata.len() == 0 || crate::head::is_head(&beside(path, ".head")) {
        return Ok(());
    }
    let mut line = Vec::new();
    BufReader::new(file)
        .take(LONGEST_LINE as u64)
        .read_until(b'\n', &mut line)
        .map_err(Error::on("read", path))?;
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    entry::Read::parse(line)
        .map(|_| ())
        .map_err(|_| {
            io::Error::other(
                "it is no audit log: its first line is no record; set `audit.path` to a file that is not there yet",
            )
        })
        .map_err(Error::on("append to", path))
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
            .custom_flags(carefully())
            .open(&candidate)
        {
            Ok(file) => return Ok((file, candidate)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(Error::on("create", &candidate)(error)),
        }
    }
}
