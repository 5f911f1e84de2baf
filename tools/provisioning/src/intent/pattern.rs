//! Rules as patterns over items. An element is a class or a concept; `a|b` is either, `a?` may be left out, `!a` must
//! not follow, `a+` is one or more with commas or `and` between. Fillers between elements are passed over, and after a
//! number also a word that nobody knows, which is reported.
//!
//! | element | is |
//! |---|---|
//! | `number` `decimal` `cidr` `text` `pair` `provider` `region` `town` `plan` `word` | what [`What`] says |
//! | `amount` | a whole number, or one with its thousands apart |
//! | `name` | a word or a quoted text |
//! | `kind:flag` | any concept of the kind |
//! | `slot:cni` | any value of the slot |
//! | `unit:gb` | any unit counted in it |
//! | `node` | the concept of that name |

use std::collections::BTreeMap;

use super::classify::{Item, What};
use super::lexicon::{Concept, Kind, Slot};
use super::rule::Rule;

/// An element of a rule.
#[derive(Debug)]
pub(super) struct Element {
    either: Vec<Class>,
    optional: bool,
    absent: bool,
    several: bool,
}

#[derive(Debug)]
enum Class {
    Number,
    Amount,
    Decimal,
    Cidr,
    Text,
    Pair,
    Provider,
    Region,
    Town,
    Plan,
    Word,
    Name,
    Kind(Kind),
    Slot(String),
    Unit(String),
    Concept(String),
}

impl Element {
    /// Reads an element; what it names must be there.
    pub(super) fn read(
        written: &str,
        concepts: &[Concept],
        slots: &BTreeMap<String, Slot>,
    ) -> Result<Self, String> {
        let (absent, rest) = written
            .strip_prefix('!')
            .map_or((false, written), |rest| (true, rest));
        let (optional, rest) = rest.strip_suffix('?').map_or((false, rest), |rest| (true, rest));
        let (several, rest) = rest.strip_suffix('+').map_or((false, rest), |rest| (true, rest));
        let either = rest
            .split('|')
            .map(|class| Class::read(class, concepts, slots))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            either,
            optional,
            absent,
            several,
        })
    }

    /// Whether what it stands for is a value that must not be lost.
    pub(super) fn carries(&self) -> bool {
        let value = |class: &Class| {
            !matches!(
                class,
                Class::Unit(_) | Class::Concept(_) | Class::Kind(Kind::Noun | Kind::Negation)
            )
        };
        !self.absent && self.either.iter().any(value)
    }

    /// The items from `at` on that it stands for: one, or a list with commas or `and` between.
    fn from(&self, items: &[Item<'_>], at: usize) -> Vec<usize> {
        let mut taken = vec![at];
        let joins = |item: &Item<'_>| match &item.what {
            What::Mark => item.text == ",",
            What::Concept(concept) => concept.name == "and",
            _ => false,
        };
        if !self.several {
            return taken;
        }
        let mut last = at;
        loop {
            let between = items.iter().skip(last + 1).take(2);
            let between = between.take_while(|item| joins(item)).count();
            let next = last + 1 + between;
            let another = items.get(next).is_some_and(|item| self.is(item));
            if between == 0 || !another || !ends(items, next + 1) {
                return taken;
            }
            taken.push(next);
            last = next;
        }
    }

    fn is(&self, item: &Item<'_>) -> bool {
        self.either.iter().any(|class| class.is(item))
    }
}

impl Class {
    fn read(written: &str, concepts: &[Concept], slots: &BTreeMap<String, Slot>) -> Result<Self, String> {
        let class = match written {
            "number" => Self::Number,
            "amount" => Self::Amount,
            "decimal" => Self::Decimal,
            "cidr" => Self::Cidr,
            "text" => Self::Text,
            "pair" => Self::Pair,
            "provider" => Self::Provider,
            "region" => Self::Region,
            "town" => Self::Town,
            "plan" => Self::Plan,
            "word" => Self::Word,
            "name" => Self::Name,
            _ => match written.split_once(':') {
                Some(("kind", kind)) => Self::Kind(
                    toml::Value::from(kind)
                        .try_into()
                        .map_err(|_| format!("`{written}` is no kind"))?,
                ),
                Some(("slot", slot)) if slots.contains_key(slot) => Self::Slot(slot.to_owned()),
                Some(("unit", of)) if concepts.iter().any(|known| known.of.as_deref() == Some(of)) => {
                    Self::Unit(of.to_owned())
                }
                None if concepts.iter().any(|known| known.name == written) => {
                    Self::Concept(written.to_owned())
                }
                _ => return Err(format!("`{written}` is neither a class nor a concept")),
            },
        };
        Ok(class)
    }

    fn is(&self, item: &Item<'_>) -> bool {
        match (self, &item.what) {
            (Self::Number, What::Number(_))
            | (Self::Amount, What::Number(_) | What::Grouped(_))
            | (Self::Decimal, What::Decimal)
            | (Self::Cidr, What::Cidr)
            | (Self::Text, What::Text)
            | (Self::Pair, What::Pair)
            | (Self::Provider, What::Provider(_))
            | (Self::Region, What::Region(_))
            | (Self::Town, What::Town(_))
            | (Self::Plan, What::Plan(_))
            | (Self::Word, What::Word)
            // Somebody may call a server `prod-db1`, which looks like a region.
            | (Self::Name, What::Word | What::Text | What::Strange(_)) => true,
            (Self::Kind(kind), What::Concept(concept)) => concept.kind == *kind,
            (Self::Slot(slot), What::Concept(concept)) => {
                concept.kind == Kind::Choice && concept.slot.as_ref() == Some(slot)
            }
            (Self::Unit(of), What::Concept(concept)) => {
                concept.kind == Kind::Unit && concept.of.as_ref() == Some(of)
            }
            (Self::Concept(name), What::Concept(concept)) => concept.name == *name,
            _ => false,
        }
    }
}

/// A rule that holds at a place.
pub(super) struct Match<'r> {
    pub(super) rule: &'r Rule,
    /// The items of each element; none for what was left out.
    pub(super) found: Vec<Vec<usize>>,
    /// One past the last item.
    pub(super) end: usize,
}

/// The rule that takes most items at `at`; of several the first.
pub(super) fn longest<'r>(rules: &'r [Rule], items: &[Item<'_>], at: usize) -> Option<Match<'r>> {
    let mut best: Option<Match<'r>> = None;
    for rule in rules {
        let mut found = Vec::with_capacity(rule.elements.len());
        if let Some(end) = holds(&rule.elements, items, at, at, &mut found)
            && end > at
            && best.as_ref().is_none_or(|best| end > best.end)
        {
            best = Some(Match { rule, found, end });
        }
    }
    best
}

/// Whether `elements` hold from `at`; the answer is where they end. `end` is one past the last item taken so far.
fn holds(
    elements: &[Element],
    items: &[Item<'_>],
    at: usize,
    end: usize,
    found: &mut Vec<Vec<usize>>,
) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else {
        return Some(end);
    };
    // Fillers are passed over between elements, never before the first.
    let first = found.iter().all(Vec::is_empty);
    let is = |at: &usize| items.get(*at).is_some_and(|item| element.is(item));
    let after = if first { at } else { passed(items, at) };
    let next = [at, after].into_iter().find(is);
    let depth = found.len();
    if element.absent {
        if next.is_some() {
            return None;
        }
        found.push(Vec::new());
        return holds(rest, items, at, end, found).or_else(|| {
            found.truncate(depth);
            None
        });
    }
    if let Some(next) = next {
        let taken = element.from(items, next);
        let after = taken.last().map_or(next, |last| last + 1);
        found.push(taken);
        if let Some(end) = holds(rest, items, after, after, found) {
            return Some(end);
        }
        found.truncate(depth);
    }
    if element.optional {
        found.push(Vec::new());
        if let Some(end) = holds(rest, items, at, end, found) {
            return Some(end);
        }
        found.truncate(depth);
    }
    None
}

/// Where an element may stand that is looked for at `at`: behind fillers, and behind a word that nobody knows if a
/// number stands before it. `3 shiny servers` are 3 servers, and `shiny` is reported.
fn passed(items: &[Item<'_>], at: usize) -> usize {
    let filler =
        |item: &&Item<'_>| matches!(&item.what, What::Concept(concept) if concept.kind == Kind::Filler);
    let after = at + items.iter().skip(at).take(3).take_while(filler).count();
    let counted = at
        .checked_sub(1)
        .and_then(|before| items.get(before))
        .is_some_and(|item| matches!(item.what, What::Number(_)));
    let unknown = |at: usize| items.get(at).is_some_and(|item| matches!(item.what, What::Word));
    if counted && unknown(after) {
        after + 1
    } else {
        after
    }
}

/// Whether nothing that a number could belong to stands at `at`: it is the last of a list, not the first of what
/// follows, as in `ports 80, 443 and 3 servers`.
fn ends(items: &[Item<'_>], at: usize) -> bool {
    match items.get(at).map(|item| &item.what) {
        None | Some(What::Mark | What::Provider(_) | What::Region(_) | What::Town(_)) => true,
        Some(What::Concept(concept)) => {
            matches!(concept.kind, Kind::Separator | Kind::Joint | Kind::Negation) || concept.name == "open"
        }
        Some(_) => false,
    }
}
