//! What is recorded of a workspace, in a schema of a PostgreSQL database: the store of a team.
//!
//! Whoever changes something first locks the store's one row, so changes come one after the other, and checks the epoch under
//! that lock. A commit whose reply is lost is looked up, not guessed at. Needs sessions of its own: a pooler in front of the
//! database must pool sessions, not transactions.
//!
//! INVARIANT: the clock is not read here. Whether a lease ran out is judged by the time that a caller gives.

mod archive;
mod commit;
mod fail;
mod lease;
mod link;
mod migrate;
mod open;
mod read;
mod row;
mod session;

use jiff::Timestamp;
use provisioning::resource::Address;
use provisioning::state::{
    Archive, Call, Change, Claim, Error, Event, Lease, Recorded, Run, State, Step, Whole, fit, fit_claim,
};

use crate::archive::{Everything, Fill};
use crate::commit::{Cancel, Commit};
use crate::fail::{Fault, explain};
use crate::lease::{Extend, Release, Take, Taking};
use crate::link::{Link, Question, Work};
use crate::open::{Access, Target};

pub use crate::open::Options;

/// A store in a database.
pub struct PostgresState {
    place: String,
    /// Nothing if it was opened for reading only.
    writer: Option<Link>,
    reader: Link,
}

impl PostgresState {
    /// Opens the store that `options` name, and makes it if it is not there.
    ///
    /// # Errors
    /// [`Error::Newer`] if a newer version wrote it, and it is left as it is; [`Error::Damaged`], [`Error::Full`] and
    /// [`Error::Broken`] if the server is not reached or refuses.
    pub async fn open(options: &Options) -> Result<Self, Error> {
        let target = Target::new(options)?;
        let place = target.place.clone();
        let writer = link(&target, Access::Write);
        let writer = writer.await.map_err(|fault| explain(&place, fault))?;
        let reader = link(&target, Access::Read);
        let reader = reader.await.map_err(|fault| explain(&place, fault))?;
        Ok(Self {
            place,
            writer: Some(writer),
            reader,
        })
    }

    /// Opens the store that `options` name for reading: whatever would change it fails.
    ///
    /// # Errors
    /// As for [`Self::open`], and if there is no store.
    pub async fn open_read_only(options: &Options) -> Result<Self, Error> {
        let target = Target::new(options)?;
        let place = target.place.clone();
        let reader = link(&target, Access::Read);
        let reader = reader.await.map_err(|fault| explain(&place, fault))?;
        Ok(Self {
            place,
            writer: None,
            reader,
        })
    }

    /// Makes `work` in a transaction of its own.
    async fn write<W: Work>(&self, work: W) -> Result<W::Answer, Error> {
        let Some(writer) = &self.writer else {
            return Err(Error::Broken {
                place: self.place.clone(),
                problem: "it was opened for reading only".to_owned(),
            });
        };
        let done = writer.write(&work).await;
        done.map_err(|fault| explain(&self.place, fault))
    }

    async fn read<Q: Question>(&self, question: Q) -> Result<Q::Answer, Error> {
        let answer = self.reader.ask(&question).await;
        answer.map_err(|fault| explain(&self.place, fault))
    }

    async fn take(&self, claim: &Claim, now: Timestamp, taking: Taking) -> Result<Lease, Error> {
        fit_claim(&self.place, claim, now)?;
        self.write(Take { claim, now, taking }).await
    }
}

async fn link(target: &Target, access: Access) -> Result<Link, Fault> {
    let session = target.connect(access).await?;
    migrate::run(target, &session, access).await?;
    Ok(Link::new(target.clone(), access, session))
}

/// PostgreSQL has no text with a NUL character, and refuses the question: what cannot be there is not asked for.
fn possible(text: &str) -> bool {
    !text.contains('\0')
}

impl State for PostgresState {
    fn place(&self) -> &str {
        &self.place
    }

    fn serial(&self) -> Call<'_, u64> {
        Box::pin(self.read(read::Serial))
    }

    fn workspace(&self) -> Call<'_, String> {
        Box::pin(self.read(read::Workspace))
    }

    fn resources(&self) -> Call<'_, Vec<Recorded>> {
        Box::pin(self.read(read::Resources))
    }

    fn resource<'a>(&'a self, address: &'a Address) -> Call<'a, Option<Recorded>> {
        Box::pin(async move {
            match possible(&address.name) {
                true => self.read(read::Resource(address)).await,
                false => Ok(None),
            }
        })
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
            self.write(Extend { epoch, expires }).await
        })
    }

    fn release(&self, epoch: u64) -> Call<'_, ()> {
        Box::pin(self.write(Release { epoch }))
    }

    fn lease(&self) -> Call<'_, Option<Lease>> {
        Box::pin(self.read(read::Held))
    }

    fn commit(&self, epoch: u64, at: Timestamp, changes: Vec<Change>) -> Call<'_, u64> {
        Box::pin(async move {
            fit(&self.place, at, &changes)?;
            self.write(Commit { epoch, at, changes }).await
        })
    }

    fn runs(&self, limit: usize) -> Call<'_, Vec<Run>> {
        Box::pin(self.read(read::Runs(limit)))
    }

    fn run<'a>(&'a self, id: &'a str) -> Call<'a, Option<Run>> {
        Box::pin(async move {
            match possible(id) {
                true => self.read(read::RunOf(id)).await,
                false => Ok(None),
            }
        })
    }

    fn steps<'a>(&'a self, run: &'a str) -> Call<'a, Vec<Step>> {
        Box::pin(async move {
            match possible(run) {
                true => self.read(read::Steps(run)).await,
                false => Ok(Vec::new()),
            }
        })
    }

    fn cancel<'a>(&'a self, run: &'a str, at: Timestamp) -> Call<'a, ()> {
        Box::pin(async move {
            fit(&self.place, at, &[])?;
            match possible(run) {
                true => self.write(Cancel { run, at }).await,
                false => Err(Error::NoRun(run.to_owned())),
            }
        })
    }

    fn events<'a>(
        &'a self,
        address: Option<&'a Address>,
        run: Option<&'a str>,
        limit: usize,
    ) -> Call<'a, Vec<Event>> {
        Box::pin(async move {
            let names = address.map(|address| address.name.as_str());
            match names.into_iter().chain(run).all(possible) {
                true => self.read(read::Events { address, run, limit }).await,
                false => Ok(Vec::new()),
            }
        })
    }
}

impl Archive for PostgresState {
    fn whole(&self) -> Call<'_, Whole> {
        Box::pin(self.read(Everything))
    }

    fn fill(&self, whole: Whole) -> Call<'_, ()> {
        Box::pin(async move {
            whole.fit(&self.place)?;
            let place = &self.place;
            self.write(Fill { place, whole }).await
        })
    }
}
