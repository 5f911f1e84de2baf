//! What is asked without changing anything.

use provisioning::resource::Address;
use provisioning::state::{Event, Lease, Recorded, Run, Step, order};
use tokio_postgres::Row;

use crate::fail::Fault;
use crate::link::Question;
use crate::row::{self, EVENT, LEASE, RESOURCE, RUN, STEP};
use crate::session::{Session, Values};

/// How many commits there were.
pub(crate) struct Serial;

impl Question for Serial {
    type Answer = u64;

    async fn ask(&self, session: &Session) -> Result<u64, Fault> {
        row::count(session.one("SELECT serial FROM store", &[]).await?.try_get(0)?)
    }
}

/// The name that marks resources of this workspace.
pub(crate) struct Workspace;

impl Question for Workspace {
    type Answer = String;

    async fn ask(&self, session: &Session) -> Result<String, Fault> {
        Ok(session
            .one("SELECT workspace FROM store", &[])
            .await?
            .try_get(0)?)
    }
}

/// The lease that is held, even if it ran out.
pub(crate) struct Held;

impl Question for Held {
    type Answer = Option<Lease>;

    async fn ask(&self, session: &Session) -> Result<Option<Lease>, Fault> {
        lease(session).await
    }
}

/// Every resource, in order.
pub(crate) struct Resources;

impl Question for Resources {
    type Answer = Vec<Recorded>;

    async fn ask(&self, session: &Session) -> Result<Vec<Recorded>, Fault> {
        resources(session).await
    }
}

/// The resource at an address that is not being replaced.
pub(crate) struct Resource<'a>(pub(crate) &'a Address);

impl Question for Resource<'_> {
    type Answer = Option<Recorded>;

    async fn ask(&self, session: &Session) -> Result<Option<Recorded>, Fault> {
        let query = format!(
            "SELECT {RESOURCE} FROM resource WHERE NOT replaced AND kind = $1 AND name = $2 \
             AND coalesce(place, -1) = coalesce($3::bigint, -1)"
        );
        let place = self.0.index.map(i64::from);
        first(
            session,
            &query,
            &[&self.0.kind.name(), &self.0.name, &place],
            row::recorded,
        )
        .await
    }
}

/// The runs, newest first, at most so many.
pub(crate) struct Runs(pub(crate) usize);

impl Question for Runs {
    type Answer = Vec<Run>;

    async fn ask(&self, session: &Session) -> Result<Vec<Run>, Fault> {
        let query = format!("SELECT {RUN} FROM run ORDER BY number DESC LIMIT $1");
        all(session, &query, &[&most(self.0)], row::run).await
    }
}

/// The run of an id.
pub(crate) struct RunOf<'a>(pub(crate) &'a str);

impl Question for RunOf<'_> {
    type Answer = Option<Run>;

    async fn ask(&self, session: &Session) -> Result<Option<Run>, Fault> {
        let query = format!("SELECT {RUN} FROM run WHERE id = $1");
        first(session, &query, &[&self.0], row::run).await
    }
}

/// The steps of a run, in the order in which they were first written.
pub(crate) struct Steps<'a>(pub(crate) &'a str);

impl Question for Steps<'_> {
    type Answer = Vec<Step>;

    async fn ask(&self, session: &Session) -> Result<Vec<Step>, Fault> {
        let query = format!("SELECT {STEP} FROM step WHERE run = $1 ORDER BY number");
        all(session, &query, &[&self.0], row::step).await
    }
}

/// The history, newest first.
pub(crate) struct Events<'a> {
    pub(crate) address: Option<&'a Address>,
    pub(crate) run: Option<&'a str>,
    pub(crate) limit: usize,
}

impl Question for Events<'_> {
    type Answer = Vec<Event>;

    async fn ask(&self, session: &Session) -> Result<Vec<Event>, Fault> {
        // Each condition is in the text only if it is asked for: otherwise no index would be used.
        let about = match self.address {
            Some(_) => {
                "about_name = $1 AND about_kind = $2 AND coalesce(about_place, -1) = coalesce($3::bigint, -1)"
            }
            None => "$1::text IS NULL AND $2::text IS NULL AND $3::bigint IS NULL",
        };
        let of_run = match self.run {
            Some(_) => "run = $4",
            None => "$4::text IS NULL",
        };
        let query =
            format!("SELECT {EVENT} FROM event WHERE {about} AND {of_run} ORDER BY sequence DESC LIMIT $5");
        let name = self.address.map(|address| &address.name);
        let kind = self.address.map(|address| address.kind.name());
        let place = self.address.and_then(|address| address.index).map(i64::from);
        let wanted: Values<'_> = &[&name, &kind, &place, &self.run, &most(self.limit)];
        all(session, &query, wanted, row::event).await
    }
}

/// The lease that is held, even if it ran out.
pub(crate) async fn lease(session: &Session) -> Result<Option<Lease>, Fault> {
    first(session, &format!("SELECT {LEASE} FROM lease"), &[], row::lease).await
}

/// Every resource, in order. The order is made here, so that no store's idea of letters matters.
pub(crate) async fn resources(session: &Session) -> Result<Vec<Recorded>, Fault> {
    let query = format!("SELECT {RESOURCE} FROM resource");
    let mut resources = all(session, &query, &[], row::recorded).await?;
    order(&mut resources);
    Ok(resources)
}

/// What each row that `query` finds says.
pub(crate) async fn all<T>(
    session: &Session,
    query: &str,
    wanted: Values<'_>,
    read: impl Fn(&Row) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    session.all(query, wanted).await?.iter().map(read).collect()
}

async fn first<T>(
    session: &Session,
    query: &str,
    wanted: Values<'_>,
    read: impl Fn(&Row) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    let row = session.first(query, wanted).await?;
    row.as_ref().map(read).transpose()
}

fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
