//! What no store can keep, refused by all of them alike, and the order that all of them give.
//!
//! A value that one store keeps and another loses would show only after a move: so whatever does not come back exactly as it
//! was from every store is not recorded at all.

use jiff::Timestamp;

use super::{Change, Claim, Error, Note, Recorded, Run, Step};
use crate::resource::{Address, Attributes, Value};

/// How deep lists and records may be in each other: what is written must be readable again.
const DEPTH: usize = 64;

/// How many bytes an id, a name or a token may have: stores look things up by them, and PostgreSQL has no index of longer ones.
const KEY: usize = 1024;

/// Whether everything in `changes`, made at `at`, can be recorded in the store at `place`.
///
/// # Errors
/// A text with a NUL character, an id or a name of more than a kilobyte, a number that is not finite, values too deep in each other, or a time that does not fit
/// into 64 bits of nanoseconds.
pub fn fit(place: &str, at: Timestamp, changes: &[Change]) -> Result<(), Error> {
    time(at)
        .and_then(|()| changes.iter().try_for_each(change))
        .map_err(|problem| refused(place, &problem))
}

/// Whether `claim`, made at `now`, can be recorded in the store at `place`.
///
/// # Errors
/// As for [`fit`].
pub fn fit_claim(place: &str, claim: &Claim, now: Timestamp) -> Result<(), Error> {
    texts(&[&claim.owner, &claim.host, &claim.reason])
        .and_then(|()| time(claim.expires))
        .and_then(|()| time(now))
        .map_err(|problem| refused(place, &problem))
}

/// Puts `resources` into the order of [`super::State::resources`].
pub fn order(resources: &mut [Recorded]) {
    resources.sort_by(|left, right| {
        let (ours, theirs) = (
            (&left.address, left.replaced, &left.id),
            (&right.address, right.replaced, &right.id),
        );
        ours.cmp(&theirs)
    });
}

pub(super) fn refused(place: &str, problem: &str) -> Error {
    Error::Broken {
        place: place.to_owned(),
        problem: format!("{problem} cannot be recorded"),
    }
}

pub(super) fn change(change: &Change) -> Result<(), String> {
    match change {
        Change::Put(resource) => recorded(resource),
        Change::Remove(id) => key(id),
        Change::Run(one) => run(one),
        Change::Step(one) => step(one),
        Change::Spend { token, expires } => key(token).and_then(|()| time(*expires)),
        Change::Note(one) => note(one),
    }
}

pub(super) fn recorded(resource: &Recorded) -> Result<(), String> {
    key(&resource.id)?;
    texts(&[&resource.provider, &resource.config_hash])?;
    let maybe = [&resource.region, &resource.provider_id, &resource.origin];
    maybe.into_iter().flatten().try_for_each(|one| text(one))?;
    address(&resource.address)?;
    resource.depends_on.iter().try_for_each(address)?;
    attributes(&resource.attributes, 0)?;
    attributes(&resource.computed, 0)?;
    time(resource.created)?;
    time(resource.updated)
}

pub(super) fn run(run: &Run) -> Result<(), String> {
    key(&run.id)?;
    texts(&[&run.name, &run.definition, &run.plan_hash, &run.owner])?;
    run.message.iter().try_for_each(|one| text(one))?;
    time(run.started)?;
    run.finished.into_iter().try_for_each(time)
}

pub(super) fn step(step: &Step) -> Result<(), String> {
    key(&step.run)?;
    key(&step.name)?;
    let maybe = [&step.effect, &step.error];
    maybe.into_iter().flatten().try_for_each(|one| text(one))?;
    time(step.started)?;
    step.finished.into_iter().try_for_each(time)
}

pub(super) fn note(note: &Note) -> Result<(), String> {
    texts(&[&note.kind, &note.detail])?;
    note.run.iter().try_for_each(|one| key(one))?;
    note.address.iter().try_for_each(address)
}

fn address(address: &Address) -> Result<(), String> {
    key(&address.name)
}

fn attributes(fields: &Attributes, depth: usize) -> Result<(), String> {
    fields.iter().try_for_each(|(name, field)| {
        text(name)?;
        value(field, depth)
    })
}

fn value(value: &Value, depth: usize) -> Result<(), String> {
    if depth > DEPTH {
        return Err(format!("values more than {DEPTH} deep in each other"));
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) => Ok(()),
        Value::Real(number) if !number.is_finite() => Err(format!("the number {number}")),
        Value::Real(_) => Ok(()),
        Value::Text(one) => text(one),
        Value::List(items) => items
            .iter()
            .try_for_each(|item| self::value(item, depth.saturating_add(1))),
        Value::Record(fields) => attributes(fields, depth.saturating_add(1)),
    }
}

fn texts(all: &[&String]) -> Result<(), String> {
    all.iter().try_for_each(|one| text(one))
}

pub(super) fn key(key: &str) -> Result<(), String> {
    match key.len() > KEY {
        true => Err(format!(
            "an id or a name of {} bytes, more than {KEY},",
            key.len()
        )),
        false => text(key),
    }
}

pub(super) fn text(text: &str) -> Result<(), String> {
    match text.contains('\0') {
        true => Err(format!("a text with a NUL character ({text:?})")),
        false => Ok(()),
    }
}

pub(super) fn time(time: Timestamp) -> Result<(), String> {
    match i64::try_from(time.as_nanosecond()) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("the time {time}")),
    }
}
