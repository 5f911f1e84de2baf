//! What is recorded of a workspace, in one SQLite file: the store of one machine.
//!
//! Every commit is on the disk when it is acknowledged. Several processes may use one file, each through its own
//! [`SqliteState`]; the lease says who of them changes something. Readers do not wait for writers. Not for a network disk:
//! SQLite's log needs memory that all processes share. A process that is stopped in the very middle of a commit keeps others
//! from writing until it goes on or ends.
//!
//! INVARIANT: the clock is not read here. Whether a lease ran out is judged by the time that a caller gives.

mod archive;
mod commit;
mod fail;
mod lease;
mod migrate;
mod open;
pub mod query;
mod read;
mod row;
mod worker;

use std::path::Path;

use jiff::Timestamp;
use provisioning::resource::Address;
use provisioning::state::{
    Archive, Call, Change, Claim, Error, Event, Lease, Recorded, Run, State, Step, Whole, fit, fit_claim,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::fail::{Fault, explain};
use crate::lease::Taking;
use crate::worker::Worker;

/// A store in a file.
#[derive(Debug)]
pub struct SqliteState {
    place: String,
    /// Nothing if the file was opened for reading only.
    writer: Option<Worker>,
    reader: Worker,
}

impl SqliteState {
    /// Opens the store at `path`, and makes it if it is not there.
    ///
    /// It waits for the disk: call it where that is no harm.
    ///
    /// # Errors
    /// [`Error::Newer`] if a newer version wrote the file, which is left as it is; [`Error::Damaged`] if it is no store, or a
    /// broken one; [`Error::Full`] and [`Error::Broken`] if the system refuses.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let place = fail::place(path);
        let opened = || -> Result<Self, Fault> {
            let writer = Worker::start(open::writer(path)?)?;
            let reader = Worker::start(open::reader(path)?)?;
            Ok(Self {
                place: place.clone(),
                writer: Some(writer),
                reader,
            })
        };
        opened().map_err(|fault| explain(&place, fault))
    }

    /// Opens the store at `path` for reading: whatever would change it fails.
    ///
    /// # Errors
    /// As for [`Self::open`], and if there is no store.
    pub fn open_read_only(path: &Path) -> Result<Self, Error> {
        let place = fail::place(path);
        let opened = || -> Result<Self, Fault> {
            let reader = Worker::start(open::reader(path)?)?;
            Ok(Self {
                place: place.clone(),
                writer: None,
                reader,
            })
        };
        opened().map_err(|fault| explain(&place, fault))
    }

    /// Does `work` in a transaction of its own, and acknowledges it when it is on the disk.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let Some(writer) = &self.writer else {
            return Err(Error::Broken {
                place: self.place.clone(),
                problem: "it was opened for reading only".to_owned(),
            });
        };
        let done = writer.run(move |connection| {
            // The right to write is taken first: nobody else changes what the work looks at.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        });
        done.await.map_err(|fault| explain(&self.place, fault))
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let done = self.reader.run(work);
        done.await.map_err(|fault| explain(&self.place, fault))
    }

    async fn take(&self, claim: &Claim, now: Timestamp, taking: Taking) -> Result<Lease, Error> {
        fit_claim(&self.place, claim, now)?;
        let claim = claim.clone();
        self.write(move |transaction| lease::take(transaction, &claim, now, taking))
            .await
    }
}

impl State for SqliteState {
    fn place(&self) -> &str {
        &self.place
    }

    fn serial(&self) -> Call<'_, u64> {
        Box::pin(self.read(|connection| read::serial(connection)))
    }

    fn workspace(&self) -> Call<'_, String> {
        Box::pin(self.read(|connection| read::workspace(connection)))
    }

    fn resources(&self) -> Call<'_, Vec<Recorded>> {
        Box::pin(self.read(|connection| read::resources(connection)))
    }

    fn resource<'a>(&'a self, address: &'a Address) -> Call<'a, Option<Recorded>> {
        let address = address.clone();
        Box::pin(self.read(move |connection| read::resource(connection, &address)))
    }

    fn acquire<'a>(&'a self, claim: &'a Claim, now: Timestamp) -> Call<'a, Lease> {
        Box::pin(self.take(claim, now, Taking::Free))
    }

    fn steal<'a>(&'a self, claim: &'a Claim, now: Timestamp, force: bool) -> Call<'a, Lease> {
        let taking = if force { Taking::Forced } else { Taking::RanOut };
        Box::pin(self.take(claim, now, taking))
    }

    fn extend(&self, epoch: u64, expires: Timestamp) -> Call<'_, ()> {
        Box::pin(async move {
            fit(&self.place, expires, &[])?;
            self.write(move |transaction| lease::extend(transaction, epoch, expires))
                .await
        })
    }

    fn release(&self, epoch: u64) -> Call<'_, ()> {
        Box::pin(self.write(move |transaction| lease::release(transaction, epoch)))
    }

    fn lease(&self) -> Call<'_, Option<Lease>> {
        Box::pin(self.read(|connection| read::lease(connection)))
    }

    fn commit(&self, epoch: u64, at: Timestamp, changes: Vec<Change>) -> Call<'_, u64> {
        Box::pin(async move {
            fit(&self.place, at, &changes)?;
            self.write(move |transaction| commit::commit(transaction, epoch, at, &changes))
                .await
        })
    }

    fn runs(&self, limit: usize) -> Call<'_, Vec<Run>> {
        Box::pin(self.read(move |connection| read::runs(connection, limit)))
    }

    fn run<'a>(&'a self, id: &'a str) -> Call<'a, Option<Run>> {
        let id = id.to_owned();
        Box::pin(self.read(move |connection| read::run(connection, &id)))
    }

    fn steps<'a>(&'a self, run: &'a str) -> Call<'a, Vec<Step>> {
        let run = run.to_owned();
        Box::pin(self.read(move |connection| read::steps(connection, &run)))
    }

    fn cancel<'a>(&'a self, run: &'a str, at: Timestamp) -> Call<'a, ()> {
        let run = run.to_owned();
        Box::pin(async move {
            fit(&self.place, at, &[])?;
            self.write(move |transaction| commit::cancel(transaction, &run, at))
                .await
        })
    }

    fn events<'a>(
        &'a self,
        address: Option<&'a Address>,
        run: Option<&'a str>,
        limit: usize,
    ) -> Call<'a, Vec<Event>> {
        let (address, run) = (address.cloned(), run.map(str::to_owned));
        Box::pin(
            self.read(move |connection| read::events(connection, address.as_ref(), run.as_deref(), limit)),
        )
    }
}

impl Archive for SqliteState {
    fn whole(&self) -> Call<'_, Whole> {
        Box::pin(self.read(archive::whole))
    }

    fn fill(&self, whole: Whole) -> Call<'_, ()> {
        Box::pin(async move {
            whole.fit(&self.place)?;
            let place = self.place.clone();
            self.write(move |transaction| archive::fill(transaction, &place, &whole))
                .await
        })
    }
}

#[cfg(test)]
mod tests {
    use statekit::samples::{at, held, note, put, server};

    use super::*;

    #[tokio::test]
    async fn a_full_disk_is_told_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteState::open(&folder.path().join("state.db")).unwrap();
        let epoch = held(&store, "anna").await.epoch;
        let writer = store.writer.as_ref().unwrap();
        let pages = async |most: i64| {
            writer
                .run(move |connection| Ok(connection.pragma_update(None, "max_page_count", most)?))
                .await
                .unwrap();
        };
        pages(40).await;
        let before = store.whole().await.unwrap();
        let mut large = server("id-1", "web");
        large.origin = Some("x".repeat(500_000));
        let refused = store.commit(epoch, at(1), vec![put(&large)]).await;
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        assert_eq!(store.whole().await.unwrap(), before);
        pages(4000).await;
        assert_eq!(store.commit(epoch, at(1), vec![note("room")]).await, Ok(1));
    }
}
