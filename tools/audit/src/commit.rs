//! Group commit: while one thread syncs, others write, and the next sync covers them all.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Which records are on disk.
#[derive(Default)]
pub(crate) struct Commit {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The last record that is on disk.
    synced: u64,
    /// Whether a thread is syncing.
    running: bool,
    /// Why a sync failed. Then nothing more can be trusted: the kernel reports a lost page only once.
    failed: Option<io::ErrorKind>,
}

impl Commit {
    /// Returns once record `seq` is on disk. `latest` gives the file now written to and its last record.
    pub(crate) fn wait(&self, seq: u64, latest: impl Fn() -> (Arc<File>, u64)) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(kind) = state.failed {
                return Err(io::Error::new(
                    kind,
                    "an earlier sync failed; restart once the disk is well",
                ));
            }
            if state.synced >= seq {
                return Ok(());
            }
            if state.running {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.running = true;
            drop(state);
            let (file, covered) = latest();
            let synced = rustix::io::retry_on_intr(|| rustix::fs::fdatasync(&file));
            state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.running = false;
            match synced {
                Ok(()) => state.synced = state.synced.max(covered),
                Err(error) => state.failed = Some(io::Error::from(error).kind()),
            }
            self.changed.notify_all();
        }
    }

    /// Whether a sync failed before.
    pub(crate) fn check(&self) -> io::Result<()> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.failed {
            Some(kind) => Err(io::Error::new(
                kind,
                "an earlier sync failed; restart once the disk is well",
            )),
            None => Ok(()),
        }
    }
}
