//! The head: which record is the last.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;

/// So long a lock is waited for. Whoever writes holds it for a moment; a process that was stopped, for ever.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The first pause between two tries, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_micros(50), Duration::from_millis(2));

/// Every head file has this many bytes, so that it is overwritten in place by one call.
const HEAD_BYTES: usize = 128;

/// The last record of a log: keep it out of reach of whoever can write the log, and verify against it later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the record; 0 before the first.
    pub seq: u64,
    /// Its hash, in hex; zeros before the first.
    pub hash: String,
}

impl Head {
    /// Before the first record.
    #[must_use]
    pub fn genesis() -> Self {
        Self {
            seq: 0,
            hash: "0".repeat(64),
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = String;

    /// Reads `<seq>:<hash>`, as it is displayed.
    fn from_str(text: &str) -> Result<Self, String> {
        let head = text.split_once(':').and_then(|(seq, hash)| {
            let valid = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            valid.then_some(Self {
                seq: seq.parse().ok()?,
                hash: hash.to_ascii_lowercase(),
            })
        });
        head.ok_or_else(|| {
            format!("`{text}` is no head; give `<seq>:<64 hex digits>`, as `audit verify` prints it")
        })
    }
}

/// The head file, which is also the lock of the log: it is never renamed.
pub(crate) struct HeadFile {
    file: File,
    path: PathBuf,
}

impl HeadFile {
    /// Opens the head file at `path`, creating it if need be.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(files::carefully());
        let file = options
            .open(&path)
            .map_err(files::no_link)
            .map_err(Error::on("open", &path))?;
        let metadata = file.metadata().map_err(Error::on("look at", &path))?;
        files::own_file(&metadata).map_err(Error::on("use", &path))?;
        Ok(Self { file, path })
    }

    /// Opens the head file at `path` only to look at it.
    pub(crate) fn look(path: PathBuf) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .custom_flags(files::carefully())
            .open(&path)
            .map_err(files::no_link)
            .map_err(Error::on("open", &path))?;
        Ok(Self { file, path })
    }

    /// Waits until no other process appends, at most until `deadline`, and keeps the others out until the lock is
    /// dropped. It is tried at least once.
    pub(crate) fn lock(&self, deadline: Instant) -> Result<Lock<'_>, Error> {
        self.acquire(FlockOperation::NonBlockingLockExclusive, deadline)
    }

    /// Waits until nobody appends.
    pub(crate) fn lock_shared(&self) -> Result<Lock<'_>, Error> {
        self.acquire(
            FlockOperation::NonBlockingLockShared,
            Instant::now() + LONGEST_WAIT,
        )
    }

    fn acquire(&self, operation: FlockOperation, deadline: Instant) -> Result<Lock<'_>, Error> {
        let (mut pause, longest) = PAUSES;
        loop {
            match rustix::io::retry_on_intr(|| flock(&self.file, operation)) {
                Ok(()) => return Ok(Lock(&self.file)),
                Err(rustix::io::Errno::WOULDBLOCK) => {}
                Err(error) => return Err(Error::on("lock", &self.path)(error)),
            }
            if Instant::now() >= deadline {
                return Err(Error::on("lock", &self.path)(self.held()));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(longest);
        }
    }

    /// Says who may hold the lock.
    fn held(&self) -> io::Error {
        let who = self
            .file
            .metadata()
            .ok()
            .and_then(|metadata| holder(metadata.ino()));
        let who = who.map_or_else(
            || "another process holds it".to_owned(),
            |process| format!("process {process} may hold it"),
        );
        io::Error::new(
            io::ErrorKind::TimedOut,
            format!(
                "{who} for more than {} s; let that process go on or end it, or set another `audit.path`",
                LONGEST_WAIT.as_secs()
            ),
        )
    }

    /// The head as written, if it can be read.
    pub(crate) fn read(&self) -> Option<Head> {
        let mut bytes = [0; HEAD_BYTES];
        let length = self.file.read_at(&mut bytes, 0).ok()?;
        serde_json::from_slice(bytes.get(..length)?).ok()
    }

    /// Overwrites the head.
    pub(crate) fn write(&self, head: &Head) -> Result<(), Error> {
        let text = format!("{{\"seq\":{},\"hash\":\"{}\"}}", head.seq, head.hash);
        let padded = format!("{text:<width$}\n", width = HEAD_BYTES - 1);
        self.file
            .write_all_at(padded.as_bytes(), 0)
            .map_err(Error::on("write", &self.path))
    }
}

/// Whether a head is written at `path`, which only a log of ours has beside it.
pub(crate) fn is_head(path: &Path) -> bool {
    HeadFile::look(path.to_owned())
        .ok()
        .is_some_and(|file| file.read().is_some())
}

/// The process that the system lists as holding a lock on file number `inode`. Only Linux lists them, and a number
/// can be that of a file on another disk, so this is a hint.
fn holder(inode: u64) -> Option<u32> {
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        // `1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF`
        let mut fields = line
            .split_whitespace()
            .skip_while(|field| *field != "FLOCK")
            .skip(3);
        let process = fields.next()?.parse().ok()?;
        let file = fields.next()?.rsplit(':').next()?;
        (file.parse() == Ok(inode)).then_some(process)
    })
}

/// The lock, while held.
pub(crate) struct Lock<'a>(&'a File);

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // Nothing can be done if this fails; closing the file gives the lock up as well.
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}
