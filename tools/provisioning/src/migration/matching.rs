//! What becomes what: by what the user says, by address, by kind and name, by likeness; what stays open is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::similar::{CLEAR, MARGIN, MAYBE, likeness};
use super::{Error, Inputs, Moved};
use crate::desired::Desired;
use crate::resource::{Address, Kind};

/// How two resources were found to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// The user says so.
    Told,
    /// They have one address.
    Address,
    /// They are of one kind, called alike and in the same place of the row or of the configuration.
    Name,
    /// They are much alike, in thousandths, and nothing else is.
    Likeness(u32),
}

impl Matched {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Address => "address",
            Self::Name => "name",
            Self::Likeness(_) => "likeness",
        }
    }
}

/// Something that the two configurations do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The resource of today.
    pub subject: Address,
    /// What it may become, the most alike first, with the likeness in thousandths.
    pub candidates: Vec<(Address, u32)>,
}

/// A resource before and after, and how the two were found.
pub(super) struct Pair<'a> {
    pub(super) from: Option<&'a Desired>,
    pub(super) to: Option<&'a Desired>,
    pub(super) matched: Option<Matched>,
}

/// Most pairs of a kind that are compared: beyond, likeness would take longer than anybody waits.
const COMPARED: usize = 250_000;
/// Most candidates that a question names.
const CANDIDATES: usize = 5;
/// Most addresses that an error names.
const NAMED: usize = 20;

/// What was found.
pub(super) struct Matching<'a> {
    /// Every resource once, in the order of addresses.
    pub(super) pairs: Vec<Pair<'a>>,
    /// What stays open.
    pub(super) questions: Vec<Question>,
    /// The kinds of which too many are left to compare.
    pub(super) unlooked: Vec<Kind>,
}

/// Matches both sides.
pub(super) fn matched<'a>(inputs: &Inputs<'a>) -> Result<Matching<'a>, Error> {
    let mut open = Open::of(inputs);
    open.told(&expanded(inputs))?;
    open.by_address();
    open.by_name();
    let (questions, unlooked) = open.by_likeness();
    Ok(Matching {
        pairs: open.closed(),
        questions,
        unlooked,
    })
}

/// The pairs with those of whole rows written out: `server.web` stands for every `server.web[…]`.
fn expanded(inputs: &Inputs<'_>) -> Vec<(usize, Moved)> {
    let addresses = |resources: &'_ [Desired]| -> BTreeSet<Address> {
        resources.iter().map(|one| one.address.clone()).collect()
    };
    let (current, target) = (
        addresses(&inputs.current.resources),
        addresses(&inputs.target.resources),
    );
    let mut all = Vec::new();
    for (place, moved) in inputs.moved.iter().enumerate() {
        let row = match (&moved.from, &moved.to) {
            (Some(from), Some(to)) if !current.contains(from) && !target.contains(to) => {
                row(&current, &target, from, to)
            }
            _ => Vec::new(),
        };
        if row.is_empty() {
            all.push((place, moved.clone()));
        }
        all.extend(row.into_iter().map(|moved| (place, moved)));
    }
    all
}

/// Each of the row `from` with the one in the same place of the row `to`.
fn row(current: &BTreeSet<Address>, target: &BTreeSet<Address>, from: &Address, to: &Address) -> Vec<Moved> {
    let same_row = |one: &&Address| one.kind == from.kind && one.name == from.name && one.index.is_some();
    let pair = |one: &Address| {
        let index = one.index;
        let to = Address { index, ..to.clone() };
        target.contains(&to).then(|| Moved {
            from: Some(one.clone()),
            to: Some(to),
        })
    };
    current
        .range(from..)
        .take_while(same_row)
        .filter_map(pair)
        .collect()
}

/// What is not matched yet, and what is.
struct Open<'a> {
    from: BTreeMap<&'a Address, &'a Desired>,
    to: BTreeMap<&'a Address, &'a Desired>,
    /// Those that the user says come from nothing or become nothing: no rule may match them.
    alone: Vec<Pair<'a>>,
    pairs: Vec<Pair<'a>>,
}

impl<'a> Open<'a> {
    fn of(inputs: &Inputs<'a>) -> Self {
        let by_address = |resources: &'a [Desired]| resources.iter().map(|one| (&one.address, one)).collect();
        Self {
            from: by_address(&inputs.current.resources),
            to: by_address(&inputs.target.resources),
            alone: Vec::new(),
            pairs: Vec::new(),
        }
    }

    fn told(&mut self, moved: &[(usize, Moved)]) -> Result<(), Error> {
        let mut named: BTreeSet<(bool, &Address)> = BTreeSet::new();
        for (place, moved) in moved {
            let place = *place;
            if let (Some(from), Some(to)) = (&moved.from, &moved.to)
                && from.kind != to.kind
            {
                let (from, to) = (from.clone(), to.clone());
                return Err(Error::Kinds { place, from, to });
            }
            for (side, address) in [(false, &moved.from), (true, &moved.to)] {
                if let Some(address) = address
                    && !named.insert((side, address))
                {
                    let address = address.clone();
                    return Err(Error::Twice { place, address });
                }
            }
            let from = taken(&mut self.from, moved.from.as_ref(), place, "current")?;
            let to = taken(&mut self.to, moved.to.as_ref(), place, "target")?;
            match (from, to) {
                (None, None) => return Err(Error::Empty { place }),
                (Some(_), Some(_)) => self.pairs.push(Pair {
                    from,
                    to,
                    matched: Some(Matched::Told),
                }),
                (from, to) => self.alone.push(Pair {
                    from,
                    to,
                    matched: None,
                }),
            }
        }
        Ok(())
    }

    fn by_address(&mut self) {
        let same: Vec<&Address> = self
            .from
            .keys()
            .filter(|address| self.to.contains_key(**address))
            .copied()
            .collect();
        for address in same {
            self.pair(address, address, Matched::Address);
        }
    }

    /// The same name but for its spelling, and the same place in the row, where a plain address is the first. If there
    /// are several, the same place in the configuration decides.
    fn by_name(&mut self) {
        let from = by_spelling(&self.from);
        let to = by_spelling(&self.to);
        for (name, olds) in &from {
            let news = to.get(name).map(Vec::as_slice).unwrap_or_default();
            for old in olds {
                let same_path: Vec<&&Desired> = news.iter().filter(|new| new.path == old.path).collect();
                match (olds.as_slice(), news, same_path.as_slice()) {
                    ([_], [new], _) => self.pair(&old.address, &new.address, Matched::Name),
                    (_, _, [new]) => self.pair(&old.address, &new.address, Matched::Name),
                    _ => {}
                }
            }
        }
    }

    fn by_likeness(&mut self) -> (Vec<Question>, Vec<Kind>) {
        let (mut questions, mut unlooked) = (Vec::new(), Vec::new());
        for kind in Kind::ALL {
            let of_kind = |open: &BTreeMap<&'a Address, &'a Desired>| -> Vec<&'a Desired> {
                open.values()
                    .filter(|one| one.address.kind == kind)
                    .copied()
                    .collect()
            };
            let (olds, news) = (of_kind(&self.from), of_kind(&self.to));
            if olds.len().saturating_mul(news.len()) > COMPARED {
                unlooked.push(kind);
                continue;
            }
            let alike = Alike::of(&olds, &news);
            for (old, new, likeness) in alike.clear() {
                self.pair(old, new, Matched::Likeness(likeness));
            }
            questions.extend(self.asked(&alike));
        }
        (questions, unlooked)
    }

    /// What is alike and was not matched.
    fn asked(&self, alike: &Alike<'a>) -> Vec<Question> {
        let question = |(old, candidates): (&&'a Address, &Vec<(u32, &'a Address)>)| {
            let open = candidates.iter().filter(|(_, new)| self.to.contains_key(new));
            let candidates: Vec<(Address, u32)> = open
                .take(CANDIDATES)
                .map(|(likeness, new)| ((*new).clone(), *likeness))
                .collect();
            (self.from.contains_key(old) && !candidates.is_empty()).then(|| Question {
                subject: (*old).clone(),
                candidates,
            })
        };
        alike.from.iter().filter_map(question).collect()
    }

    fn pair(&mut self, from: &Address, to: &Address, matched: Matched) {
        // Both are still open, or a rule before this one has them.
        if !self.from.contains_key(from) || !self.to.contains_key(to) {
            return;
        }
        let (from, to) = (self.from.remove(from), self.to.remove(to));
        self.pairs.push(Pair {
            from,
            to,
            matched: Some(matched),
        });
    }

    /// Everything, what is left over on its own.
    fn closed(self) -> Vec<Pair<'a>> {
        let mut pairs = self.pairs;
        pairs.extend(self.alone);
        pairs.extend(self.from.into_values().map(|from| Pair {
            from: Some(from),
            to: None,
            matched: None,
        }));
        pairs.extend(self.to.into_values().map(|to| Pair {
            from: None,
            to: Some(to),
            matched: None,
        }));
        pairs.sort_by_key(|pair| {
            let address = pair.to.or(pair.from).map(|one| &one.address);
            (address, pair.to.is_some())
        });
        pairs
    }
}

fn taken<'a>(
    open: &mut BTreeMap<&'a Address, &'a Desired>,
    address: Option<&Address>,
    place: usize,
    side: &'static str,
) -> Result<Option<&'a Desired>, Error> {
    let Some(address) = address else { return Ok(None) };
    match open.remove(address) {
        Some(found) => Ok(Some(found)),
        None => Err(Error::Absent {
            place,
            address: address.clone(),
            side,
            valid: open
                .keys()
                .filter(|known| known.kind == address.kind)
                .take(NAMED)
                .map(ToString::to_string)
                .collect(),
        }),
    }
}

/// By kind, letters and digits of the name, and place in the row.
fn by_spelling<'a>(
    open: &BTreeMap<&'a Address, &'a Desired>,
) -> BTreeMap<(Kind, String, u32), Vec<&'a Desired>> {
    let mut found: BTreeMap<(Kind, String, u32), Vec<&'a Desired>> = BTreeMap::new();
    for (address, one) in open {
        let letters: String = address.name.chars().filter(|c| c.is_alphanumeric()).collect();
        let key = (
            address.kind,
            letters.to_lowercase(),
            address.index.unwrap_or_default(),
        );
        found.entry(key).or_default().push(one);
    }
    found
}

/// Who is like whom among those of a kind that are left, the most alike first.
struct Alike<'a> {
    from: BTreeMap<&'a Address, Vec<(u32, &'a Address)>>,
    to: BTreeMap<&'a Address, Vec<(u32, &'a Address)>>,
}

impl<'a> Alike<'a> {
    fn of(olds: &[&'a Desired], news: &[&'a Desired]) -> Self {
        let mut alike = Self {
            from: BTreeMap::new(),
            to: BTreeMap::new(),
        };
        for old in olds {
            for new in news {
                let likeness = likeness(old, new);
                if likeness >= MAYBE {
                    let (old, new) = (&old.address, &new.address);
                    alike.from.entry(old).or_default().push((likeness, new));
                    alike.to.entry(new).or_default().push((likeness, old));
                }
            }
        }
        for list in alike.from.values_mut().chain(alike.to.values_mut()) {
            list.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(right.1)));
        }
        alike
    }

    /// Those that are much alike, and far less like anything else.
    fn clear(&self) -> Vec<(&'a Address, &'a Address, u32)> {
        let best = |list: &[(u32, &'a Address)]| match list {
            [(likeness, one)] if *likeness >= CLEAR => Some((*one, *likeness)),
            [(likeness, one), (second, _), ..]
                if *likeness >= CLEAR && likeness.saturating_sub(*second) >= MARGIN =>
            {
                Some((*one, *likeness))
            }
            _ => None,
        };
        let pair = |(old, list): (&&'a Address, &Vec<(u32, &'a Address)>)| {
            let (new, likeness) = best(list)?;
            let (back, _) = best(self.to.get(new)?)?;
            (back == *old).then_some((*old, new, likeness))
        };
        self.from.iter().filter_map(pair).collect()
    }
}
