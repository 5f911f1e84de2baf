//! What a crash or somebody's hand left at the end of a log, and how writing goes on.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::entry::{self, LONGEST_LINE};
use crate::error::Error;
use crate::files;
use crate::head::Head;

/// So much of the end of a file is searched for the last record.
const WINDOW: u64 = 2 * LONGEST_LINE as u64;

/// How writing goes on.
pub(crate) struct Found {
    /// The record to follow.
    pub(crate) last: Head,
    /// What was wrong; each becomes a record.
    pub(crate) notes: Vec<String>,
}

/// Looks at the end of `file`, the log at `path`; bytes that are no record are set aside and cut off.
///
/// `head` is what the head file says, `remembered` what this process wrote last.
pub(crate) fn look(
    path: &Path,
    file: &File,
    head: Option<Head>,
    remembered: Option<&Head>,
    time: jiff::Timestamp,
) -> Result<Found, Error> {
    let mut notes = Vec::new();
    let length = file.metadata().map_err(Error::on("look at", path))?.len();
    let (mut last, end) = last_record(file, length).map_err(Error::on("read", path))?;
    if end < length {
        notes.push(set_aside(path, file, end, length, time)?);
    }
    if last.is_none() {
        last = last_of_full_files(path)?;
    }
    let no_head = head.is_none();
    let expected = head
        .into_iter()
        .chain(remembered.cloned())
        .max_by_key(|head| head.seq);
    let last = match (last, expected) {
        (None, None) => Head::genesis(),
        (None, Some(expected)) => {
            if expected.seq > 0 {
                notes.push(format!(
                    "every record up to number {} is gone; its hash was {}",
                    expected.seq, expected.hash
                ));
            }
            expected
        }
        (Some(last), Some(expected)) => {
            if expected.seq > last.seq {
                let first = last.seq + 1;
                notes.push(format!(
                    "records {first} to {} are gone from the end: cut off, or lost before they were synced; the last had the hash {}",
                    expected.seq, expected.hash
                ));
            } else if expected.seq == last.seq && expected.hash != last.hash {
                notes.push(format!(
                    "record {} was replaced; its hash was {}",
                    last.seq, expected.hash
                ));
            }
            last
        }
        (Some(last), None) => last,
    };
    if no_head && last.seq > 0 {
        notes.push(format!(
            "there was no head file, so records after number {} may be gone",
            last.seq
        ));
    }
    Ok(Found { last, notes })
}

/// The last whole record of `file`, and where its line ends.
fn last_record(file: &File, length: u64) -> io::Result<(Option<Head>, u64)> {
    let from = length.saturating_sub(WINDOW);
    // A line is far shorter than the window, so most often a small piece of the end is enough.
    for piece in [8 << 10, WINDOW] {
        let start = length.saturating_sub(piece).max(from);
        let mut bytes = vec![0; usize::try_from(length - start).unwrap_or_default()];
        file.read_exact_at(&mut bytes, start)?;
        let mut rest = bytes.as_slice();
        while let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') {
            let (before, _) = rest.split_at(end);
            let begin = before
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |at| at + 1);
            let line = before.get(begin..).unwrap_or_default();
            if let Ok((record, true)) = entry::Read::parse(line) {
                return Ok((Some(record.head()), start + end as u64 + 1));
            }
            rest = before;
        }
    }
    Ok((None, 0))
}

/// The last record of the newest full file that has one.
fn last_of_full_files(path: &Path) -> Result<Option<Head>, Error> {
    for full in files::full_files(path)?.iter().rev() {
        let file = File::open(full).map_err(Error::on("open", full))?;
        let length = file.metadata().map_err(Error::on("look at", full))?.len();
        if let (Some(head), _) = last_record(&file, length).map_err(Error::on("read", full))? {
            return Ok(Some(head));
        }
    }
    Ok(None)
}

/// Moves the bytes from `end` on into a file of their own; says so.
fn set_aside(
    path: &Path,
    file: &File,
    end: u64,
    length: u64,
    time: jiff::Timestamp,
) -> Result<String, Error> {
    let (mut torn, torn_path) = files::create_beside(path, &format!(".torn-{}", time.as_microsecond()))?;
    let mut from = file;
    from.seek(SeekFrom::Start(end))
        .and_then(|_| io::copy(&mut from.take(length - end), &mut torn))
        .and_then(|_| torn.flush())
        .and_then(|()| torn.sync_all())
        .map_err(Error::on("write", &torn_path))?;
    // Only once the copy and its name are on disk may the bytes go.
    files::sync_directory(path)?;
    file.set_len(end)
        .and_then(|()| file.sync_all())
        .map_err(Error::on("shorten", path))?;
    let name = torn_path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(format!(
        "{} bytes at the end were no record and are now in `{name}`",
        length - end
    ))
}
