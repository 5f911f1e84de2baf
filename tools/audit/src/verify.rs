//! Whether a log is whole: every file from the first record to the last, in constant memory.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::entry::{self, LONGEST_LINE};
use crate::error::Error;
use crate::files;
use crate::head::{Head, HeadFile};

/// So many findings are reported; the first says where to look, and a rewritten file has one for every line.
const MOST_FINDINGS: usize = 100;
/// So many open intents are remembered.
const MOST_OPEN: usize = 100_000;

/// A log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records it has.
    pub records: u64,
    /// How many files.
    pub files: usize,
    /// The last record: keep it elsewhere as the anchor of a later check.
    pub head: Head,
    /// Calls whose outcome is not recorded: still running, or ended by a crash. At most 100 000.
    pub open_intents: Vec<OpenIntent>,
    /// Damage that was recorded when it was found, by record number. At most 100.
    pub recovered: Vec<(u64, String)>,
}

/// A call whose outcome is not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIntent {
    /// The number of the intent's record.
    pub seq: u64,
    /// When it was recorded.
    pub time: String,
    /// Id of the call.
    pub call_id: String,
    /// Wire name of the tool.
    pub tool: String,
}

/// Something that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In which file.
    pub file: PathBuf,
    /// On which line, from 1; the line after the last if something is missing from the end.
    pub line: u64,
    /// What.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// Why a log was not verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// It could not be read to its end.
    #[error("the audit log could not be verified")]
    Unreadable(#[from] Error),
    /// It is not whole. The first finding is the first in the log; at most 100 are given.
    #[error("the audit log is not whole: {} {}", .0.len(), if .0.len() == 1 { "finding" } else { "findings" })]
    Changed(Vec<Finding>),
}

/// Verifies the log at `path`, against `expected` as well if that was kept elsewhere.
///
/// It may be written to meanwhile; records that come after the start are not looked at.
///
/// # Errors
/// [`Unverified::Changed`] with what is wrong, or [`Unverified::Unreadable`].
pub fn verify(path: &Path, expected: Option<&Head>) -> Result<Verified, Unverified> {
    let Snapshot { files, head } = snapshot(path)?;
    let mut walk = Walk::default();
    let head_path = files::beside(path, ".head");
    match head {
        Some(head) => walk.anchors.push(("the head file", head)),
        None => walk.find(
            &head_path,
            1,
            "there is no readable head file, so records cut from the end are not noticed",
        ),
    }
    walk.anchors
        .extend(expected.map(|head| ("the expected head", head.clone())));
    let count = files.len();
    for (path, file, length) in files {
        walk.file(&path, file.take(length))
            .map_err(Error::on("read", &path))?;
        walk.place = (path, walk.place.1);
    }
    walk.finish(count)
}

struct Snapshot {
    files: Vec<(PathBuf, File, u64)>,
    head: Option<Head>,
}

/// Every file as it is now: opened under the lock, so no rotation or record comes between.
fn snapshot(path: &Path) -> Result<Snapshot, Error> {
    let head_file = match HeadFile::look(files::beside(path, ".head")) {
        Ok(head_file) => Some(head_file),
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let lock = head_file.as_ref().map(HeadFile::lock_shared).transpose()?;
    let mut paths = files::full_files(path)?;
    if path.exists() || paths.is_empty() {
        paths.push(path.to_owned());
    }
    let mut files = Vec::new();
    for path in paths {
        let file = File::open(&path).map_err(Error::on("open", &path))?;
        let length = file.metadata().map_err(Error::on("look at", &path))?.len();
        files.push((path, file, length));
    }
    let head = head_file.as_ref().and_then(HeadFile::read);
    drop(lock);
    Ok(Snapshot { files, head })
}

#[derive(Default)]
struct Walk {
    records: u64,
    last: Option<Head>,
    open: BTreeMap<String, OpenIntent>,
    recovered: Vec<(u64, String)>,
    findings: Vec<Finding>,
    /// What records must have which hash, and who says so. Those that were met are taken out.
    anchors: Vec<(&'static str, Head)>,
    /// Where we are.
    place: (PathBuf, u64),
}

impl Walk {
    fn find(&mut self, file: &Path, line: u64, what: impl Into<String>) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding {
                file: file.to_owned(),
                line,
                what: what.into(),
            });
        }
    }

    fn file(&mut self, path: &Path, file: impl Read) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(64 << 10, file);
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            line.clear();
            if reader
                .by_ref()
                .take(LONGEST_LINE as u64)
                .read_until(b'\n', &mut line)?
                == 0
            {
                break;
            }
            number += 1;
            match line.split_last() {
                Some((b'\n', record)) => self.line(path, number, record),
                _ if line.len() == LONGEST_LINE => {
                    self.find(path, number, "not a record: the line is too long");
                    reader.skip_until(b'\n')?;
                }
                _ => self.find(
                    path,
                    number,
                    "ends in the middle of a record; the next start of a server sets it aside",
                ),
            }
        }
        self.place.1 = number + 1;
        Ok(())
    }

    fn line(&mut self, path: &Path, number: u64, line: &[u8]) {
        let (record, right) = match entry::Read::parse(line) {
            Ok(parsed) => parsed,
            Err(what) => return self.find(path, number, what),
        };
        let seq = record.seq;
        if !right {
            self.find(
                path,
                number,
                format!("record {seq} was changed: its hash does not fit what it says"),
            );
        }
        if let Some(what) = self.wrong_place(&record) {
            self.find(path, number, what);
        }
        let mut wrong = Vec::new();
        self.anchors.retain(|(who, head)| {
            if head.seq == seq && head.hash != record.hash {
                wrong.push(format!("record {seq} was replaced: {who} knows another hash"));
            }
            head.seq != seq
        });
        wrong.into_iter().for_each(|what| self.find(path, number, what));
        self.records += 1;
        self.last = Some(record.head());
        self.note(record);
    }

    /// Why `record` cannot stand here, if it cannot.
    fn wrong_place(&self, record: &entry::Read) -> Option<String> {
        let (seq, genesis) = (record.seq, Head::genesis());
        let last = self.last.as_ref().unwrap_or(&genesis);
        if seq > last.seq + 1 {
            Some(format!(
                "records {} to {} are missing before this one",
                last.seq + 1,
                seq - 1
            ))
        } else if seq <= last.seq {
            Some(format!(
                "record {seq} stands after record {}: moved or inserted",
                last.seq
            ))
        } else if record.prev != last.hash {
            Some(format!(
                "record {seq} does not follow the one before it: one of the two was replaced"
            ))
        } else {
            None
        }
    }

    fn note(&mut self, record: entry::Read) {
        match (record.kind.as_str(), record.call_id) {
            ("intent", Some(call_id)) if self.open.len() < MOST_OPEN => {
                let tool = record.tool.unwrap_or_default();
                self.open.insert(
                    call_id.clone(),
                    OpenIntent {
                        seq: record.seq,
                        time: record.time,
                        call_id,
                        tool,
                    },
                );
            }
            ("outcome", Some(call_id)) => {
                self.open.remove(&call_id);
            }
            ("recovered", _) if self.recovered.len() < MOST_FINDINGS => {
                self.recovered
                    .push((record.seq, record.reason.unwrap_or_default()));
            }
            _ => {}
        }
    }

    fn finish(mut self, files: usize) -> Result<Verified, Unverified> {
        let head = self.last.take().unwrap_or_else(Head::genesis);
        let (file, line) = self.place.clone();
        for (who, anchor) in std::mem::take(&mut self.anchors) {
            if anchor.seq > head.seq {
                let first = head.seq + 1;
                self.find(
                    &file,
                    line,
                    format!(
                        "records {first} to {} are missing from the end, says {who}",
                        anchor.seq
                    ),
                );
            } else if anchor.seq > 0 {
                self.find(
                    &file,
                    line,
                    format!("record {} is missing, says {who}", anchor.seq),
                );
            }
        }
        if !self.findings.is_empty() {
            return Err(Unverified::Changed(self.findings));
        }
        let mut open_intents: Vec<OpenIntent> = self.open.into_values().collect();
        open_intents.sort_unstable_by_key(|intent| intent.seq);
        Ok(Verified {
            records: self.records,
            files,
            head,
            open_intents,
            recovered: self.recovered,
        })
    }
}
