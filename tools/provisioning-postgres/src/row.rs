//! Rows, and what they say.

use jiff::Timestamp;
use provisioning::resource::{Address, Attributes, Kind};
use provisioning::state::{Claim, Event, Lease, Note, Phase, Recorded, Run, RunStatus, Step, StepStatus};
use tokio_postgres::Row;

use crate::fail::Fault;

/// The columns of [`lease`].
pub(crate) const LEASE: &str = "epoch, owner, host, pid, reason, acquired, expires";

/// The columns of [`recorded`].
pub(crate) const RESOURCE: &str = "id, kind, name, place, replaced, provider, region, provider_id, phase, attributes, \
     computed, depends_on, protected, config_hash, origin, created, updated";

/// The columns of [`run`].
pub(crate) const RUN: &str =
    "id, name, definition, plan_hash, owner, status, cancelled, started, finished, message";

/// The columns of [`step`].
pub(crate) const STEP: &str = "run, name, status, attempt, effect, error, started, finished";

/// The columns of [`event`].
pub(crate) const EVENT: &str = "sequence, at, serial, about_kind, about_name, about_place, run, kind, detail";

/// What a row of [`LEASE`] says.
pub(crate) fn lease(row: &Row) -> Result<Lease, Fault> {
    Ok(Lease {
        epoch: count(row.try_get("epoch")?)?,
        acquired: time(row.try_get("acquired")?)?,
        claim: Claim {
            owner: row.try_get("owner")?,
            host: row.try_get("host")?,
            pid: small(row.try_get("pid")?)?,
            reason: row.try_get("reason")?,
            expires: time(row.try_get("expires")?)?,
        },
    })
}

/// What a row of [`RESOURCE`] says.
pub(crate) fn recorded(row: &Row) -> Result<Recorded, Fault> {
    Ok(Recorded {
        id: row.try_get("id")?,
        address: Address {
            kind: kind(&row.try_get::<_, String>("kind")?)?,
            name: row.try_get("name")?,
            index: row.try_get::<_, Option<i64>>("place")?.map(small).transpose()?,
        },
        replaced: row.try_get("replaced")?,
        provider: row.try_get("provider")?,
        region: row.try_get("region")?,
        provider_id: row.try_get("provider_id")?,
        phase: named(&row.try_get::<_, String>("phase")?, Phase::named)?,
        attributes: attributes(&row.try_get::<_, String>("attributes")?)?,
        computed: attributes(&row.try_get::<_, String>("computed")?)?,
        depends_on: addresses(&row.try_get::<_, String>("depends_on")?)?,
        protected: row.try_get("protected")?,
        config_hash: row.try_get("config_hash")?,
        origin: row.try_get("origin")?,
        created: time(row.try_get("created")?)?,
        updated: time(row.try_get("updated")?)?,
    })
}

/// What a row of [`RUN`] says.
pub(crate) fn run(row: &Row) -> Result<Run, Fault> {
    Ok(Run {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        definition: row.try_get("definition")?,
        plan_hash: row.try_get("plan_hash")?,
        owner: row.try_get("owner")?,
        status: named(&row.try_get::<_, String>("status")?, RunStatus::named)?,
        cancelled: row.try_get("cancelled")?,
        started: time(row.try_get("started")?)?,
        finished: row.try_get::<_, Option<i64>>("finished")?.map(time).transpose()?,
        message: row.try_get("message")?,
    })
}

/// What a row of [`STEP`] says.
pub(crate) fn step(row: &Row) -> Result<Step, Fault> {
    Ok(Step {
        run: row.try_get("run")?,
        name: row.try_get("name")?,
        status: named(&row.try_get::<_, String>("status")?, StepStatus::named)?,
        attempt: small(row.try_get("attempt")?)?,
        effect: row.try_get("effect")?,
        error: row.try_get("error")?,
        started: time(row.try_get("started")?)?,
        finished: row.try_get::<_, Option<i64>>("finished")?.map(time).transpose()?,
    })
}

/// What a row of [`EVENT`] says.
pub(crate) fn event(row: &Row) -> Result<Event, Fault> {
    let about = match row.try_get::<_, Option<String>>("about_kind")? {
        None => None,
        Some(known) => Some(Address {
            kind: kind(&known)?,
            name: row.try_get("about_name")?,
            index: row
                .try_get::<_, Option<i64>>("about_place")?
                .map(small)
                .transpose()?,
        }),
    };
    Ok(Event {
        sequence: count(row.try_get("sequence")?)?,
        at: time(row.try_get("at")?)?,
        serial: count(row.try_get("serial")?)?,
        note: Note {
            address: about,
            run: row.try_get("run")?,
            kind: row.try_get("kind")?,
            detail: row.try_get("detail")?,
        },
    })
}

/// A moment as it is written: nanoseconds since 1970. [`provisioning::state::fit`] has seen to it that they fit.
pub(crate) fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX)
}

/// The moment of `nanoseconds`.
pub(crate) fn time(nanoseconds: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).map_err(|error| Fault::Odd(error.to_string()))
}

/// A count as it is written.
pub(crate) fn number(count: u64) -> Result<i64, Fault> {
    i64::try_from(count).map_err(|_| Fault::Odd(format!("{count} is no possible count")))
}

/// The count that `number` is.
pub(crate) fn count(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(|_| Fault::Odd(format!("{number} is no possible count")))
}

/// Attributes as they are written.
pub(crate) fn attributes_text(attributes: &Attributes) -> Result<String, Fault> {
    serde_json::to_string(attributes).map_err(|error| Fault::Odd(error.to_string()))
}

/// Addresses as they are written: kind, name and place of each.
pub(crate) fn addresses_text(addresses: &[Address]) -> Result<String, Fault> {
    let parts: Vec<(&str, &str, Option<u32>)> = addresses
        .iter()
        .map(|address| (address.kind.name(), address.name.as_str(), address.index))
        .collect();
    serde_json::to_string(&parts).map_err(|error| Fault::Odd(error.to_string()))
}

fn attributes(text: &str) -> Result<Attributes, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Odd(format!("attributes: {error}")))
}

fn addresses(text: &str) -> Result<Vec<Address>, Fault> {
    let parts: Vec<(String, String, Option<u32>)> =
        serde_json::from_str(text).map_err(|error| Fault::Odd(format!("dependencies: {error}")))?;
    parts
        .into_iter()
        .map(|(known, name, index)| {
            Ok(Address {
                kind: kind(&known)?,
                name,
                index,
            })
        })
        .collect()
}

fn kind(name: &str) -> Result<Kind, Fault> {
    named(name, |name| name.parse().ok())
}

fn named<T>(name: &str, known: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
    known(name).ok_or_else(|| Fault::Odd(format!("`{name}` is not known here")))
}

fn small(number: i64) -> Result<u32, Fault> {
    u32::try_from(number).map_err(|_| Fault::Odd(format!("{number} does not fit")))
}
