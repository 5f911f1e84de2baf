//! What a description says, sorted: which resources it names, and which value belongs to which.
//!
//! A value belongs to the resource in whose part of the sentence it stands, if that resource has such a value; else to
//! the nearest before it that has, else to the next.

use std::collections::BTreeMap;

use super::classify::{Item, What};
use super::lexicon::{Kind, Lexicon};
use super::pattern::{Match, longest};
use super::rule::Filling;
use super::{Place, Reason, Refusal, Resource};

/// Every slot that is understood by [`build`](super::build); the lexicon says what they are called and who has them.
const KNOWN: [&str; 42] = [
    "absent",
    "autoscaling",
    "backup_days",
    "budget",
    "cidr",
    "cni",
    "control_plane_size",
    "control_planes",
    "count",
    "cpu",
    "currency",
    "database_service",
    "disk_gb",
    "encrypted",
    "engine",
    "environment",
    "high_availability",
    "load_balancers",
    "memory_gb",
    "name",
    "nat_gateways",
    "nodes",
    "open_port",
    "os",
    "os_version",
    "plan",
    "private_subnets",
    "provider",
    "public_ip",
    "public_subnets",
    "region",
    "replicas",
    "role",
    "scaling_max",
    "scaling_min",
    "service",
    "size",
    "some_gb",
    "tag",
    "town",
    "version",
    "workers",
];

/// Whether a slot of that name is understood.
pub(super) fn known(name: &str) -> Result<(), String> {
    if KNOWN.contains(&name) || name.starts_with("addon_") {
        Ok(())
    } else {
        Err(format!(
            "slot `{name}` is not understood; there are {}",
            KNOWN.join(", ")
        ))
    }
}

/// A value that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Text(String),
    Flag(bool),
}

/// A value, its slot, and the words.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) slot: String,
    pub(super) value: Value,
    pub(super) place: Place,
    pub(super) text: String,
    /// A word for more than one stands for the number.
    pub(super) vague: bool,
    /// It is what is not wanted.
    denied: bool,
    at: usize,
}

/// A resource that was named.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) resource: Resource,
    /// First item of the rule, and one past the last.
    start: usize,
    end: usize,
    counted: bool,
    /// The word, if it is one for more than one without a number.
    plural: Option<String>,
}

/// A resource and what was said of it.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) resource: Resource,
    pub(super) slots: Slots,
    /// The word, if more than one is asked for without a number.
    pub(super) plural: Option<String>,
}

/// What was said, by slot.
pub(super) type Slots = BTreeMap<String, Vec<Heard>>;

/// What the rules took, and what they did not.
pub(super) struct Hearing {
    pub(super) heads: Vec<Head>,
    pub(super) heard: Vec<Heard>,
    /// Items that no rule took and that mean something.
    pub(super) left: Vec<usize>,
    /// Where a part of the sentence may begin, and whether strongly.
    divisions: Vec<(usize, bool)>,
}

/// Applies the rules from the first item to the last.
pub(super) fn hear(items: &[Item<'_>], lexicon: &Lexicon) -> Hearing {
    let mut hearing = Hearing {
        heads: Vec::new(),
        heard: Vec::new(),
        left: Vec::new(),
        divisions: Vec::new(),
    };
    let mut at = 0;
    while let Some(item) = items.get(at) {
        if let Some(found) = longest(&lexicon.rules, items, at) {
            hearing.take(&found, items, at);
            at = found.end;
            continue;
        }
        match &item.what {
            What::Mark => hearing.divisions.push((at, true)),
            What::Concept(concept) if concept.kind == Kind::Separator => hearing.divisions.push((at, true)),
            What::Concept(concept) if concept.kind == Kind::Joint => hearing.divisions.push((at, false)),
            What::Concept(concept) if concept.kind == Kind::Filler => {}
            _ => hearing.left.push(at),
        }
        at += 1;
    }
    hearing
}

impl Hearing {
    fn take(&mut self, found: &Match<'_>, items: &[Item<'_>], start: usize) {
        let (Some(first), Some(last)) = (items.get(start), items.get(found.end - 1)) else {
            return;
        };
        let place = Place {
            start: first.place.start,
            end: last.place.end,
        };
        let text = words(items, start, found.end);
        let element = |at: &str| {
            let at: usize = at.parse().ok()?;
            items.get(*found.found.get(at.checked_sub(1)?)?.first()?)
        };
        let taken = || items.get(start..found.end).unwrap_or_default().iter();
        let plural = taken().find(|item| item.plural);
        let mut counted = false;
        for (slot, filling) in &found.rule.set {
            let slot = match slot.strip_prefix('@') {
                None => slot.clone(),
                Some(at) => match element(at).map(|item| &item.what) {
                    Some(What::Concept(concept)) => concept.slot.clone().unwrap_or_default(),
                    Some(What::Provider(_)) => "provider".to_owned(),
                    Some(What::Region(_)) => "region".to_owned(),
                    Some(What::Town(_)) => "town".to_owned(),
                    _ => continue,
                },
            };
            for value in values(filling, found, items) {
                counted |= slot == "count";
                self.heard.push(Heard {
                    slot: slot.clone(),
                    value,
                    place,
                    text: text.clone(),
                    vague: plural.is_some() && matches!(filling, Filling::Number(number) if *number > 0),
                    denied: matches!(filling, Filling::Not(_)),
                    at: start,
                });
            }
        }
        // What a rule passed over without taking it is no filler alone.
        let unknown = (start..found.end)
            .filter(|at| items.get(*at).is_some_and(|item| matches!(item.what, What::Word)))
            .filter(|at| !found.found.iter().flatten().any(|taken| taken == at));
        self.left.extend(unknown);
        let opened = found
            .rule
            .open
            .as_deref()
            .and_then(|open| match open.strip_prefix('$') {
                Some(at) => match element(at).map(|item| &item.what) {
                    Some(What::Concept(concept)) => Resource::named(&concept.name),
                    _ => None,
                },
                None => Resource::named(open),
            });
        if let Some(resource) = opened {
            self.heads.push(Head {
                resource,
                start,
                end: found.end,
                counted,
                plural: plural
                    .filter(|_| !counted && is_resource(plural))
                    .map(|item| item.text.clone()),
            });
        }
    }

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
                None if heard.value == Value::Number(0) => {}
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
        let global = lexicon
            .slots
            .get(&heard.slot)
            .is_some_and(super::lexicon::Slot::global);
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
    fn of_nothing(heard: &Heard, slot: &super::lexicon::Slot) -> Self {
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

/// One frame for all of the network.
fn unite(frames: impl Iterator<Item = Frame>, lexicon: &Lexicon) -> Result<Vec<Frame>, Refusal> {
    let mut united: Vec<Frame> = Vec::new();
    for frame in frames {
        let known = united
            .iter_mut()
            .find(|other| other.resource == Resource::Network && frame.resource == Resource::Network);
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

fn is_resource(item: Option<&Item<'_>>) -> bool {
    item.is_some_and(|item| matches!(&item.what, What::Concept(concept) if concept.kind == Kind::Resource))
}

/// What `filling` fills a slot with: one value, or one for each item of a list.
fn values(filling: &Filling, found: &Match<'_>, items: &[Item<'_>]) -> Vec<Value> {
    match filling {
        Filling::Number(number) => vec![Value::Number(*number)],
        Filling::Flag(flag) => vec![Value::Flag(*flag)],
        Filling::Text(text) => vec![Value::Text(text.clone())],
        Filling::Item(at) | Filling::Not(at) => {
            let taken = at.checked_sub(1).and_then(|at| found.found.get(at));
            let taken = taken.into_iter().flatten().filter_map(|at| items.get(*at));
            taken.map(|item| value(item, scale(found, items))).collect()
        }
    }
}

/// How many of the unit counted in a rule's unit word is, such as 1024 for terabytes.
fn scale(found: &Match<'_>, items: &[Item<'_>]) -> u64 {
    let units = found.found.iter().flatten().filter_map(|at| items.get(*at));
    let mut factors = units.filter_map(|item| match &item.what {
        What::Concept(concept) if concept.kind == Kind::Unit => concept.number,
        _ => None,
    });
    factors.next().unwrap_or(1)
}

fn value(item: &Item<'_>, scale: u64) -> Value {
    match &item.what {
        What::Number(number) | What::Grouped(number) => Value::Number(number.saturating_mul(scale)),
        What::Provider(name) | What::Region(name) | What::Town(name) => Value::Text(name.clone()),
        What::Plan(sku) => Value::Text(sku.clone()),
        What::Concept(concept) => Value::Text(concept.value.clone().unwrap_or_else(|| concept.name.clone())),
        _ => Value::Text(item.text.clone()),
    }
}

fn words(items: &[Item<'_>], start: usize, end: usize) -> String {
    let words: Vec<&str> = items
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .map(|item| item.text.as_str())
        .collect();
    words.join(" ")
}
