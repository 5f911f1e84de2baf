//! The head: which record is the last.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::str::FromStr;

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::error::Error;

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
            .mode(0o600);
        let file = options.open(&path).map_err(Error::on("open", &path))?;
        Ok(Self { file, path })
    }

    /// Opens the head file at `path` only to look at it.
    pub(crate) fn look(path: PathBuf) -> Result<Self, Error> {
        let file = File::open(&path).map_err(Error::on("open", &path))?;
        Ok(Self { file, path })
    }

    /// Waits until no other process appends, and keeps the others out until the lock is dropped.
    pub(crate) fn lock(&self) -> Result<Lock<'_>, Error> {
        self.acquire(FlockOperation::LockExclusive)
    }

    /// Waits until nobody appends.
    pub(crate) fn lock_shared(&self) -> Result<Lock<'_>, Error> {
        self.acquire(FlockOperation::LockShared)
    }

    fn acquire(&self, operation: FlockOperation) -> Result<Lock<'_>, Error> {
        rustix::io::retry_on_intr(|| flock(&self.file, operation)).map_err(Error::on("lock", &self.path))?;
        Ok(Lock(&self.file))
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

/// The lock, while held.
pub(crate) struct Lock<'a>(&'a File);

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // Nothing can be done if this fails; closing the file gives the lock up as well.
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}
