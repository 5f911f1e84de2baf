//! What a description says, sorted: which value belongs to which resource.
//!
//! A value belongs to the resource in whose part of the sentence it stands, if that resource has such a value; else to
//! the nearest before it that has, else to the next.

use super::frame::{Frame, Head, Heard, Hearing, Slots, Value};
use super::lexicon::{Lexicon, Slot};
use super::{Reason, Refusal, Resource};

impl Hearing {
    /// Joins heads that name one thing twice: `cluster` and `Kubernetes` in `Kubernetes 1.30 cluster`.
    fn joined(&self) -> Vec<Head> {
        let mut joined: Vec<Head> = Vec::new();
        for head in &self.heads {
            let near = joined.last().is_some_and(|last: &Head| {
                let divided = self
                    .divisions
                    .iter()
                    .any(|(at, _)| (last.end..head.start).contains(at));
                last.resource == head.resource && !divided && !head.counted
            });
            match joined.last_mut().filter(|_| near) {
                Some(last) => {
                    last.end = head.end;
                    last.plural = last
                        .plural
                        .take()
                        .or_else(|| head.plural.clone().filter(|_| !last.counted));
                }
                None => joined.push(head.clone()),
            }
        }
        joined
    }

    /// Sorts what was said by what it belongs to. What belongs to nothing is in the second part of the answer.
    pub(super) fn frames(&self, lexicon: &Lexicon, given: Option<Resource>) -> Result<Sorted, Refusal> {
        let heads = self.joined();
        let mut sorted = Sorted::default();
        let mut frames: Vec<(usize, Frame)> = heads
            .iter()
            .enumerate()
            .map(|(at, head)| (self.boundary(&heads, at, head), Frame::of(head)))
            .collect();
        if frames.is_empty() {
            frames.extend(
                given
                    .or_else(|| self.implied(lexicon))
                    .map(|resource| (0, Frame::new(resource))),
            );
        }
        // What is wanted first, so that what is not wanted can be held against it.
        let (denied, wanted): (Vec<&Heard>, Vec<&Heard>) = self.heard.iter().partition(|heard| heard.denied);
        for heard in wanted.into_iter().chain(denied) {
            let Some(slot) = lexicon.slots.get(&heard.slot) else {
                continue;
            };
            if slot.global() {
                self.settle(&mut sorted.global, heard, lexicon, &mut sorted.strays)?;
                continue;
            }
            let own = frames
                .iter()
                .rposition(|(from, _)| *from <= heard.at)
                .unwrap_or(0);
            let fits = |at: &usize| {
                frames
                    .get(*at)
                    .is_some_and(|(_, frame)| slot.fits(frame.resource))
            };
            let owner = (0..=own)
                .rev()
                .find(fits)
                .or_else(|| (own..frames.len()).find(fits));
            match owner.and_then(|at| frames.get_mut(at)) {
                Some((_, frame)) => self.settle(&mut frame.slots, heard, lexicon, &mut sorted.strays)?,
                // What is not there anyway has none of it.
                None if heard.denied || heard.value == Value::Number(0) => {}
                None => sorted.strays.push(Stray::of_nothing(heard, slot)),
            }
        }
        sorted.frames = unite(frames.into_iter().map(|(_, frame)| frame), lexicon)?;
        sorted.hold_absent();
        Ok(sorted)
    }

    /// Fills a slot with what is wanted, or holds what is not wanted against it.
    fn settle(
        &self,
        slots: &mut Slots,
        heard: &Heard,
        lexicon: &Lexicon,
        strays: &mut Vec<Stray>,
    ) -> Result<(), Refusal> {
        if heard.denied {
            return match slots.get(&heard.slot).and_then(|said| said.first()) {
                Some(said) if said.value == heard.value => Err(contradiction(said, heard, lexicon)),
                // Something else is wanted: this says it once more.
                Some(_) => Ok(()),
                None => {
                    strays.push(Stray::new(heard, Reason::Unsaid(DENIED)));
                    Ok(())
                }
            };
        }
        let global = lexicon.slots.get(&heard.slot).is_some_and(Slot::global);
        match put(slots, heard, lexicon) {
            // In another part of the sentence it may be of another one, which was not named.
            Err(Refusal::Contradiction { .. }) if !global && self.divided(slots, heard) => {
                strays.push(Stray::new(heard, Reason::Unsaid(ANOTHER)));
                Ok(())
            }
            put => put,
        }
    }

    /// Whether a mark or an `and` stands between `heard` and what the slot was filled with first, and more than that:
    /// `Cilium and Calico` are two of one thing, `3 workers and one with 5 workers` may be one each of two.
    fn divided(&self, slots: &Slots, heard: &Heard) -> bool {
        let Some(first) = slots.get(&heard.slot).and_then(|said| said.first()) else {
            return false;
        };
        let between = first.at + 1..heard.at;
        let more = self.heard.iter().map(|other| other.at);
        let mut more = more
            .chain(self.left.iter().copied())
            .chain(self.heads.iter().map(|head| head.start));
        self.divisions
            .iter()
            .any(|(at, strong)| *strong && between.contains(at))
            && more.any(|at| between.contains(&at))
    }

    /// Where the part of the sentence begins that is about `head`.
    fn boundary(&self, heads: &[Head], at: usize, head: &Head) -> usize {
        let Some(before) = at.checked_sub(1).and_then(|before| heads.get(before)) else {
            return 0;
        };
        let between = |strong: bool| {
            self.divisions
                .iter()
                .rev()
                .find(|(at, is)| *is == strong && (before.end..head.start).contains(at))
                .map(|(at, _)| *at)
        };
        between(true).or_else(|| between(false)).unwrap_or(head.start)
    }

    /// The one resource that has all that was said, if nobody named any.
    fn implied(&self, lexicon: &Lexicon) -> Option<Resource> {
        let slots: Vec<_> = self
            .heard
            .iter()
            .filter_map(|heard| lexicon.slots.get(&heard.slot))
            .filter(|slot| !slot.global())
            .collect();
        let mut fitting = Resource::ALL
            .into_iter()
            .filter(|resource| !slots.is_empty() && slots.iter().all(|slot| slot.fits(*resource)));
        let only = fitting.next()?;
        fitting.next().is_none().then_some(only)
    }
}

impl Frame {
    fn new(resource: Resource) -> Self {
        Self {
            resource,
            slots: Slots::new(),
            plural: None,
        }
    }

    fn of(head: &Head) -> Self {
        Self {
            plural: head.plural.clone(),
            ..Self::new(head.resource)
        }
    }
}

const DENIED: &str = "it says what is not wanted; say what is wanted instead";
const ANOTHER: &str = "it may be of another one that is not named; name each with its own values, as in `a cluster with 3 workers and \
                       a cluster with 5 workers`";

/// What was said, by what it belongs to.
#[derive(Default)]
pub(super) struct Sorted {
    pub(super) frames: Vec<Frame>,
    pub(super) global: Slots,
    /// What belongs to nothing.
    pub(super) strays: Vec<Stray>,
}

/// What was said and belongs to nothing, and why.
pub(super) struct Stray {
    pub(super) heard: Heard,
    pub(super) reason: Reason,
}

impl Stray {
    fn new(heard: &Heard, reason: Reason) -> Self {
        Self {
            heard: heard.clone(),
            reason,
        }
    }

    /// A value of `slot`, which nothing in the description has.
    fn of_nothing(heard: &Heard, slot: &Slot) -> Self {
        let having = Resource::ALL.into_iter().filter(|resource| slot.fits(*resource));
        Self::new(heard, Reason::NotOf(having.map(Resource::name).collect()))
    }
}

impl Sorted {
    /// What is not wanted must not be asked for; what nobody asks for is not there.
    fn hold_absent(&mut self) {
        for heard in self.global.remove("absent").unwrap_or_default() {
            let asked = self
                .frames
                .iter()
                .any(|frame| Value::Text(frame.resource.name().to_owned()) == heard.value);
            if asked {
                self.strays.push(Stray::new(&heard, Reason::Unsaid(WANTED)));
            }
        }
    }
}

const WANTED: &str = "one is asked for and one is not wanted; say only one of both";

/// One frame for all of the network, and one for all of the monitoring.
fn unite(frames: impl Iterator<Item = Frame>, lexicon: &Lexicon) -> Result<Vec<Frame>, Refusal> {
    let mut united: Vec<Frame> = Vec::new();
    for frame in frames {
        let known = united
            .iter_mut()
            .find(|other| other.resource == frame.resource && frame.resource.single());
        match known {
            Some(known) => {
                for heard in frame.slots.values().flatten() {
                    put(&mut known.slots, heard, lexicon)?;
                }
            }
            None => united.push(frame),
        }
    }
    Ok(united)
}

/// Fills a slot. The same thing said twice is said once; two different things contradict each other.
fn put(slots: &mut Slots, heard: &Heard, lexicon: &Lexicon) -> Result<(), Refusal> {
    let many = lexicon.slots.get(&heard.slot).is_some_and(|slot| slot.many);
    let said = slots.entry(heard.slot.clone()).or_default();
    if said.iter().any(|other| other.value == heard.value) {
        return Ok(());
    }
    match said.first().filter(|_| !many) {
        Some(first) => Err(contradiction(first, heard, lexicon)),
        None => {
            said.push(heard.clone());
            Ok(())
        }
    }
}

fn contradiction(first: &Heard, second: &Heard, lexicon: &Lexicon) -> Refusal {
    Refusal::Contradiction {
        what: lexicon.title(&second.slot).to_owned(),
        first: first.text.clone(),
        second: second.text.clone(),
        place: Some(second.place),
    }
}
