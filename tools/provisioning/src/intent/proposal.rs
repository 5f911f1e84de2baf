//! What a language model makes of a description: the same intent, held to the same rules, with the words for each value.
//!
//! A model is not trusted. Each value quotes the words that it was made of; a quotation that is not in the description
//! is refused, a value without one is an assumption, and a word that no quotation claims is reported as not understood,
//! exactly as the grammar of [`understand`](fn@super::understand) reports it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::classify::{What, items};
use super::lexicon::Kind;
use super::understand::{bounded, guard_ports};
use super::{
    Assumption, Catalogue, Intent, Lexicon, NotUnderstood, Origin, Place, Reason, Refusal, Request,
    Understood,
};

/// Asks somebody, such as a language model, what a description means.
///
/// The answer is the text of a JSON object as [`Proposal`] has it; whoever calls reads it, because this crate knows no
/// wire format, and hands it to [`proposed`].
pub trait Propose: Send + Sync {
    /// The proposal for `description`, as JSON text.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    fn propose<'a>(
        &'a self,
        description: &'a str,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>>;
}

/// An intent, and the words for its values.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// What is asked for.
    pub intent: Intent,
    /// Words of the description for values of the intent.
    pub evidence: Vec<Evidence>,
}

/// Words for a value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The value's path in the intent, such as `clusters.0.cni`.
    pub path: String,
    /// The words, exactly as the description has them.
    pub text: String,
}

/// What `proposal` understood of `request`: the counterpart of [`understand`](fn@super::understand) for what a model
/// answered.
///
/// # Errors
/// A [`Refusal`] if a quotation is not in the description, or the intent breaks a rule.
pub fn proposed(
    request: &Request<'_>,
    proposal: &Proposal,
    lexicon: &Lexicon,
    catalogue: &Catalogue,
) -> Result<Understood, Refusal> {
    bounded(request.text)?;
    let values = values(&proposal.intent);
    let mut claims = Claims::new(request.text);
    let mut origins = BTreeMap::new();
    for evidence in &proposal.evidence {
        let refuse = |rule: &'static str| Refusal::Evidence {
            path: shown(&evidence.path),
            text: shown(&evidence.text),
            rule,
        };
        if !values.keys().any(|path| within(path, &evidence.path)) {
            return Err(refuse("the proposed intent has no such value"));
        }
        let place = claims
            .claim(&evidence.text)
            .ok_or_else(|| refuse("the description does not have these words"))?;
        let text = evidence.text.clone();
        origins
            .entry(evidence.path.clone())
            .or_insert(Origin::Said { place, text });
    }
    let mut assumptions = Vec::new();
    for (path, value) in &values {
        if !origins.keys().any(|quoted| within(path, quoted)) {
            origins.insert(path.clone(), Origin::Assumed);
            assumptions.push(Assumption {
                path: path.clone(),
                value: value.clone(),
                why: "the proposal quotes no words for it".to_owned(),
            });
        }
    }
    let not_understood = claims.unclaimed(lexicon, catalogue);
    let mut intent = proposal.intent.clone();
    guard_ports(&mut intent);
    let problems = intent.check(catalogue);
    if !problems.is_empty() {
        return Err(Refusal::Invalid { problems });
    }
    let whole = not_understood.is_empty() || request.partial;
    Ok(Understood {
        intent: whole.then_some(intent),
        origins,
        assumptions,
        not_understood,
    })
}

/// Whether the value at `path` is the one at `quoted` or a part of it.
fn within(path: &str, quoted: &str) -> bool {
    path.strip_prefix(quoted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Text that is not ours, short and without what a reader would not see.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// Every value of `intent` by its path.
fn values(intent: &Intent) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if let Ok(tree) = toml::Value::try_from(intent) {
        walk(&tree, String::new(), &mut found);
    }
    // What is left empty is not a value.
    found.retain(|_, value| !value.is_empty());
    found
}

fn walk(tree: &toml::Value, path: String, found: &mut BTreeMap<String, String>) {
    let below = |part: &str| match path.as_str() {
        "" => part.to_owned(),
        path => format!("{path}.{part}"),
    };
    match tree {
        toml::Value::Table(table) => {
            for (key, value) in table {
                walk(value, below(key), found);
            }
        }
        toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => {
            for (at, value) in list.iter().enumerate() {
                walk(value, below(&at.to_string()), found);
            }
        }
        toml::Value::Array(list) => {
            let each: Vec<String> = list.iter().map(plain).collect();
            found.insert(path, each.join(", "));
        }
        value => {
            found.insert(path, plain(value));
        }
    }
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Which characters of a description are claimed.
struct Claims<'t> {
    text: &'t str,
    characters: Vec<char>,
    claimed: Vec<bool>,
}

impl<'t> Claims<'t> {
    fn new(text: &'t str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        Self {
            text,
            claimed: vec![false; characters.len()],
            characters,
        }
    }

    /// Claims `words`, where nobody has claimed them yet if there is such a place.
    fn claim(&mut self, words: &str) -> Option<Place> {
        let wanted: Vec<char> = words.trim().chars().collect();
        let last = self.characters.len().checked_sub(wanted.len())?;
        let mut found = None;
        for start in 0..=last {
            let place = Place {
                start,
                end: start + wanted.len(),
            };
            if wanted.is_empty() || !self.stands(&wanted, place) {
                continue;
            }
            let free = self.span(place).is_some_and(|span| !span.contains(&true));
            if free || found.is_none() {
                found = Some(place);
            }
            if free {
                break;
            }
        }
        let place = found?;
        self.claimed.get_mut(place.start..place.end)?.fill(true);
        Some(place)
    }

    /// Whether `wanted` stands at `place` as whole words: `3` is not in `30`.
    fn stands(&self, wanted: &[char], place: Place) -> bool {
        let here = self.characters.get(place.start..place.end) == Some(wanted);
        let joined = |outer: Option<&char>, inner: Option<&char>| {
            outer.is_some_and(|c| c.is_alphanumeric()) && inner.is_some_and(|c| c.is_alphanumeric())
        };
        let before = place.start.checked_sub(1).and_then(|at| self.characters.get(at));
        here && !joined(before, wanted.first()) && !joined(self.characters.get(place.end), wanted.last())
    }

    fn span(&self, place: Place) -> Option<&[bool]> {
        self.claimed.get(place.start..place.end)
    }

    /// Words that mean something and that nobody claims.
    fn unclaimed(&self, lexicon: &Lexicon, catalogue: &Catalogue) -> Vec<NotUnderstood> {
        let items = items(self.text, lexicon, catalogue);
        let left = items.into_iter().filter(|item| {
            let nothing = match &item.what {
                What::Mark => true,
                What::Concept(concept) => {
                    matches!(concept.kind, Kind::Filler | Kind::Separator | Kind::Joint)
                }
                _ => false,
            };
            !nothing && self.span(item.place).is_none_or(|span| span.contains(&false))
        });
        left.map(|item| NotUnderstood {
            reason: match item.what {
                What::Word | What::Text | What::Pair | What::Strange(_) => Reason::UnknownWord,
                What::Unsaid(why) => Reason::Unsaid(why),
                _ => Reason::OutOfPlace,
            },
            text: item.text,
            place: item.place,
            suggestions: Vec::new(),
        })
        .collect()
    }
}
