//! What a description cannot say although its words are known: found before any rule applies, so that no rule takes a
//! part of it and leaves the rest to mean something else.
//!
//! Each of these was once read as its nearest neighbour: who may reach a port as the block of the network, `-3` as 3,
//! `without a, b and c` as without a. What is marked here is reported, with what to say instead.

use super::classify::{Item, What};
use super::lexicon::Kind;

const SOURCE: &str = "who may reach an open port cannot be said here; leave it out and add `cidrs` to the rule that is written";
const DENIED: &str = "it may be meant as not wanted too; say `without` again before it, or `with`";
const EACH: &str = "a budget is for everything together, by the month; say the sum";
const COUNT: &str = "how many there are in all must be said by a number, as in `3 volumes`";
const AGAIN: &str =
    "it may name what was named before, or one more; name it once, as in `a PostgreSQL database`";
const INSIDE: &str = "what runs on it is not a part of it here; ask for nodes or workers of a cluster, or join both with `and`";

/// Marks the items that cannot be said.
pub(super) fn guard(items: &mut [Item<'_>]) {
    let marks: Vec<(usize, &'static str)> = (0..items.len())
        .filter_map(|at| Some((at, unsaid(items, at)?)))
        .collect();
    for (at, why) in marks {
        if let Some(item) = items.get_mut(at) {
            item.what = What::Unsaid(why);
        }
    }
}

fn unsaid(items: &[Item<'_>], at: usize) -> Option<&'static str> {
    let item = items.get(at)?;
    let before = items.get(..at)?;
    match &item.what {
        What::Cidr if is_source(before) => Some(SOURCE),
        What::Concept(_) if is_share(items, at) => Some(EACH),
        What::Concept(_) if is_handed_out(items, at) => Some(COUNT),
        What::Concept(concept) if concept.kind == Kind::Flag && is_denied(before) => Some(DENIED),
        What::Concept(concept) => {
            let engine = concept.slot.as_deref() == Some("engine");
            let runs = engine || concept.slot.as_deref() == Some("cache_engine");
            let resource = (concept.kind == Kind::Resource).then_some(concept.name.as_str());
            match (owner(before)?, resource) {
                (("database", Tie::Having), None) if engine && !has_engine(before) => Some(AGAIN),
                (("cluster", Tie::Having), Some("cluster")) => Some(AGAIN),
                (("server", Tie::Running), _)
                    if runs || matches!(resource, Some("cluster" | "database" | "cache")) =>
                {
                    Some(INSIDE)
                }
                // `a cluster of 3 web servers` is as open as without a role, and is left to be said otherwise.
                (("cluster", _), Some("server")) => Some(INSIDE),
                _ => None,
            }
        }
        _ => None,
    }
}

fn named(item: &Item<'_>, names: &[&str]) -> bool {
    matches!(&item.what, What::Concept(concept) if names.contains(&concept.name.as_str()))
}

fn kind(item: &Item<'_>) -> Option<Kind> {
    match &item.what {
        What::Concept(concept) => Some(concept.kind),
        _ => None,
    }
}

fn divides(item: &Item<'_>) -> bool {
    matches!(item.what, What::Mark) || kind(item) == Some(Kind::Separator)
}

/// Whether an address block after `before` is where traffic comes from: right behind a port, or behind a `to` or `from`
/// of one.
fn is_source(before: &[Item<'_>]) -> bool {
    let ports = before.iter().any(|item| named(item, &["port", "open"]));
    let mut back = before.iter().rev().filter(|item| {
        let aside = [Kind::Filler, Kind::Joint, Kind::Separator];
        named(item, &["to"])
            || !(matches!(item.what, What::Cidr) || kind(item).is_some_and(|kind| aside.contains(&kind)))
    });
    let last = back.next();
    let of_port = |item: &Item<'_>| {
        named(item, &["port", "open", "to", "between", "except"]) || matches!(item.what, What::Number(_))
    };
    ports && last.is_some_and(of_port)
}

/// Whether the item at `at` is an `each` that hands out something which is counted by itself: `3 servers with a 100 GB
/// volume each`, `each with a database`.
fn is_handed_out(items: &[Item<'_>], at: usize) -> bool {
    let counted = |item: &Item<'_>| named(item, &["database", "cache", "bucket", "volume", "load_balancer"]);
    let head = |item: &&Item<'_>| kind(item) == Some(Kind::Resource) || counted(item);
    let each = items.get(at).is_some_and(|item| named(item, &["each"]));
    let mut before = items
        .get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|item| !divides(item));
    let mut after = items.iter().skip(at + 1).take_while(|item| !divides(item));
    each && (before.find(head).is_some_and(counted) || after.find(head).is_some_and(counted))
}

/// Whether the item at `at` says that a sum of money is for one of several: `each` right before or behind it, or a
/// resource right behind it, as in `100 EUR a server`.
fn is_share(items: &[Item<'_>], at: usize) -> bool {
    let money = |item: &Item<'_>| matches!(&item.what, What::Concept(concept) if concept.kind == Kind::Unit && concept.of.as_deref() == Some("money"));
    let each = items.get(at).is_some_and(|item| named(item, &["each"]));
    let resource = items.get(at).and_then(kind) == Some(Kind::Resource);
    let aside = |item: &&Item<'_>| {
        kind(item) == Some(Kind::Filler)
            || named(item, &["month", "at_most", "budget", "for"])
            || matches!(item.what, What::Number(_) | What::Grouped(_))
            || super::token::normalise(&item.text) == "por"
    };
    let before = items.get(..at).unwrap_or_default().iter().rev();
    let after = items.iter().skip(at + 1);
    // `100 EUR, a server` has a comma between, and `100 EUR server` nothing.
    let tied = before.clone().next().is_some_and(|item| !money(item));
    let counted = before
        .clone()
        .take_while(aside)
        .any(|item| matches!(item.what, What::Number(_)));
    let behind = before.clone().find(|item| !aside(item)).is_some_and(money);
    let ahead = after.clone().find(|item| !aside(item)).is_some_and(money);
    (each && (behind || ahead)) || (resource && tied && behind && !counted)
}

/// Whether a flag after `before` stands in a list behind a negation that is not its own. Two that are joined by a word
/// are both denied, by a rule; longer lists and lists with commas are anybody's guess.
fn is_denied(before: &[Item<'_>]) -> bool {
    let mut flags = 0_usize;
    let mut commas = false;
    let mut back = before
        .iter()
        .rev()
        .filter(|item| kind(item) != Some(Kind::Filler))
        .peekable();
    // Its own negation, or nothing that makes it a part of a list.
    if !back
        .peek()
        .is_some_and(|item| divides(item) || named(item, &["or", "nor"]))
    {
        return false;
    }
    for item in back {
        match kind(item) {
            Some(Kind::Negation) => return flags > 1 || (flags == 1 && commas),
            Some(Kind::Flag) => flags += 1,
            _ if divides(item) => commas |= matches!(item.what, What::Mark),
            _ if named(item, &["or", "nor"]) => {}
            _ => return false,
        }
    }
    false
}

/// How what follows hangs on a resource.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// By a word such as `with` or `using`.
    Having,
    /// By `running`: as what is carried out on it.
    Running,
    /// By nothing, or by a word that only places it.
    Loose,
}

/// The resource before the end of `before` that no mark and no `and` divides from it, and how it is tied to it.
fn owner<'a>(before: &[Item<'a>]) -> Option<(&'a str, Tie)> {
    let tie = before
        .iter()
        .rev()
        .find(|item| kind(item) != Some(Kind::Filler))?;
    let word = super::token::normalise(&tie.text);
    let tie = match word.as_str() {
        "running" | "hosting" | "corriendo" | "ejecutando" => Tie::Running,
        _ if kind(tie) == Some(Kind::Joint) => Tie::Having,
        _ => Tie::Loose,
    };
    let part = before.iter().rev().take_while(|item| !divides(item));
    let owner = part.filter_map(|item| match &item.what {
        What::Concept(concept) if concept.kind == Kind::Resource => Some(concept.name.as_str()),
        _ => None,
    });
    let owner = owner.into_iter().next()?;
    // Running on it, or having it: for a cluster and a database both mean the thing itself.
    let tie = match (owner, tie) {
        ("cluster" | "database", Tie::Running) => Tie::Having,
        (_, tie) => tie,
    };
    Some((owner, tie))
}

/// Whether the part of the sentence names an engine already.
fn has_engine(before: &[Item<'_>]) -> bool {
    let mut part = before.iter().rev().take_while(|item| !divides(item));
    part.any(|item| matches!(&item.what, What::Concept(concept) if concept.slot.as_deref() == Some("engine")))
}
