//! The log: appending under a lock that all processes share.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use toolcall::{Effect, Intent, Outcome, Record, RecordError, Refusal};

use crate::commit::Commit;
use crate::entry::Entry;
use crate::error::Error;
use crate::flood::{Admission, Flood};
use crate::head::{Head, HeadFile, LONGEST_WAIT};
use crate::{files, recover};

/// Calls that change something and have not ended; more are not remembered, and their outcomes reach the disk
/// with the next intent.
const MOST_CHANGES: usize = 65_536;

/// The time by the system's clock, for [`Log::open`].
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// How a log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// A file is full at this size, and a new one is begun.
    pub rotate_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rotate_bytes: 64 << 20,
        }
    }
}

/// An audit log. Any number of them, in any number of processes, may write to the same path.
pub struct Log {
    path: PathBuf,
    options: Options,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    head: HeadFile,
    state: Mutex<State>,
    commit: Commit,
    flood: Flood,
}

/// What this process knows of the file.
struct State {
    file: Arc<File>,
    /// Which file it is, and how long it was after our last look.
    inode: u64,
    length: u64,
    last: Head,
    /// Counts our own writes, for the group commit.
    ticket: u64,
    /// Ids of running calls that can change something: their outcomes are synced.
    changes: HashSet<String>,
}

impl Log {
    /// Opens the log at `path`, creating it and its directory if need be; damage is set aside and recorded.
    ///
    /// # Errors
    /// If a file cannot be created, read, written or locked, if others can write to its directory, or if there is
    /// something else at `path`.
    pub fn open(path: &Path, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Result<Self, Error> {
        Self::open_with(path, clock, Options::default())
    }

    /// [`Log::open`], kept as `options` say.
    ///
    /// # Errors
    /// As for [`Log::open`].
    pub fn open_with(
        path: &Path,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        options: Options,
    ) -> Result<Self, Error> {
        files::make_directory(path)?;
        files::refuse_other_content(path)?;
        let head = HeadFile::open(files::beside(path, ".head"))?;
        let file = Arc::new(files::open_append(path)?);
        // Length and inode match no file, so the first look reads the end of it.
        let state = State {
            file,
            inode: 0,
            length: u64::MAX,
            last: Head::genesis(),
            ticket: 0,
            changes: HashSet::new(),
        };
        let log = Self {
            path: path.to_owned(),
            options,
            clock: Box::new(clock),
            head,
            state: Mutex::new(state),
            commit: Commit::default(),
            flood: Flood::default(),
        };
        let mut state = log.state();
        let lock = log.head.lock(Instant::now() + LONGEST_WAIT)?;
        log.refresh(&mut state)?;
        drop(lock);
        drop(state);
        files::sync_directory(path)?;
        Ok(log)
    }

    /// Where it is written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked while writing left at worst a file that the next look repairs.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes `entry`; returns our number for it.
    fn append(&self, entry: Entry<'_>, note: impl FnOnce(&mut HashSet<String>) -> bool) -> Result<(), Error> {
        self.commit.check().map_err(Error::on("sync", &self.path))?;
        // Set before we wait for the other threads, so that those behind one that waited in vain do not wait again.
        let deadline = Instant::now() + LONGEST_WAIT;
        let mut state = self.state();
        let lock = self.head.lock(deadline)?;
        self.refresh(&mut state)?;
        if state.length >= self.options.rotate_bytes {
            self.rotate(&mut state)?;
        }
        self.write_counts(&mut state, false)?;
        self.write(&mut state, entry)?;
        drop(lock);
        let (ticket, durable) = (state.ticket, note(&mut state.changes));
        drop(state);
        if !durable {
            return Ok(());
        }
        let latest = || {
            let state = self.state();
            (Arc::clone(&state.file), state.ticket)
        };
        self.commit
            .wait(ticket, latest)
            .map_err(Error::on("sync", &self.path))
    }

    /// Writes how many refusals of past seconds were only counted; `all`: of this second, too. The lock must be held.
    fn write_counts(&self, state: &mut State, all: bool) -> Result<(), Error> {
        if !(all || self.flood.is_due((self.clock)())) {
            return Ok(());
        }
        let mut counts = self.flood.take(all).into_iter();
        while let Some(counted) = counts.next() {
            if let Err(error) = self.write(state, Entry::repeated(&counted)) {
                self.flood.put_back(std::iter::once(counted).chain(counts));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes the counts that no record was written after.
    fn close(&self) -> Result<(), Error> {
        let counts = self.flood.take(true);
        if counts.is_empty() {
            return Ok(());
        }
        self.flood.put_back(counts);
        let mut state = self.state();
        let _lock = self.head.lock(Instant::now() + LONGEST_WAIT)?;
        self.refresh(&mut state)?;
        self.write_counts(&mut state, true)
    }

    /// Writes one record after the last, whole or not at all. The lock must be held.
    fn write(&self, state: &mut State, entry: Entry<'_>) -> Result<(), Error> {
        let sealed = entry.seal(&state.last, (self.clock)());
        let (line, head) = sealed.map_err(Error::on("write a record for", &self.path))?;
        if let Err(error) = (&*state.file).write_all(&line) {
            // Part of the line may be there. If it cannot be taken back, the next look sets it aside.
            let _ = state.file.set_len(state.length);
            return Err(Error::on("write", &self.path)(error));
        }
        state.length += line.len() as u64;
        state.last = head;
        state.ticket += 1;
        self.head.write(&state.last)
    }

    /// Learns what others have written since our last look, and repairs what a crash left. The lock must be held.
    fn refresh(&self, state: &mut State) -> Result<(), Error> {
        match std::fs::metadata(&self.path) {
            Ok(seen) if seen.ino() == state.inode && seen.len() == state.length => return Ok(()),
            Ok(seen) if seen.ino() == state.inode => {}
            Ok(_) => state.file = Arc::new(files::open_append(&self.path)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                state.file = Arc::new(files::open_append(&self.path)?);
                files::sync_directory(&self.path)?;
            }
            Err(error) => return Err(Error::on("look at", &self.path)(error)),
        }
        let remembered = (state.ticket > 0).then_some(&state.last);
        let found = recover::look(
            &self.path,
            &state.file,
            self.head.read(),
            remembered,
            (self.clock)(),
        )?;
        let metadata = state.file.metadata().map_err(Error::on("look at", &self.path))?;
        (state.inode, state.length, state.last) = (metadata.ino(), metadata.len(), found.last);
        for note in &found.notes {
            tracing::warn!(log = %self.path.display(), "the audit log was damaged: {note}");
            self.write(state, Entry::recovered(note))?;
        }
        if !found.notes.is_empty() {
            state.file.sync_data().map_err(Error::on("sync", &self.path))?;
        }
        self.head.write(&state.last)
    }

    /// Begins a new file. Whatever anybody wrote to the old one is on disk before it gets its other name.
    fn rotate(&self, state: &mut State) -> Result<(), Error> {
        let full = files::full(&self.path, state.last.seq);
        if full.exists() {
            // Only after records were lost can a number come twice; the next record has another.
            return Ok(());
        }
        state.file.sync_data().map_err(Error::on("sync", &self.path))?;
        std::fs::rename(&self.path, &full).map_err(Error::on("rename", &self.path))?;
        let file = files::open_append(&self.path)?;
        files::sync_directory(&self.path)?;
        let metadata = file.metadata().map_err(Error::on("look at", &self.path))?;
        (state.file, state.inode, state.length) = (Arc::new(file), metadata.ino(), metadata.len());
        Ok(())
    }
}

impl Record for Log {
    fn intent(&self, intent: &Intent<'_>) -> Result<(), RecordError> {
        let note = |changes: &mut HashSet<String>| {
            if intent.effect != Effect::Read && changes.len() < MOST_CHANGES {
                changes.insert(intent.call_id.to_owned());
            }
            true
        };
        self.append(Entry::intent(intent), note).map_err(record_error)
    }

    fn outcome(&self, outcome: &Outcome<'_>) -> Result<(), RecordError> {
        // What a change came to must survive a power cut; of a read only that it was made matters.
        self.append(Entry::outcome(outcome), |changes| changes.remove(outcome.call_id))
            .map_err(record_error)
    }

    fn refusal(&self, refusal: &Refusal<'_>) -> Result<(), RecordError> {
        let admission = match refusal.caller {
            Some(_) => Admission::Record,
            None => self.flood.admit(refusal.code, &self.clock),
        };
        let entry = match admission {
            Admission::Record => Entry::refusal(refusal),
            Admission::RecordAsLast => Entry::last_refusal(refusal),
            Admission::Counted => return Ok(()),
        };
        self.append(entry, |_| false).map_err(record_error)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(log = %self.path.display(), %error, "the number of refusals could not be recorded");
        }
    }
}

fn record_error(error: Error) -> RecordError {
    RecordError {
        target: format!("`{}`", error.path.display()),
        source: Box::new(error),
    }
}
