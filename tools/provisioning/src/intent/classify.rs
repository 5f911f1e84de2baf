//! From tokens to items: the longest phrase that the lexicon or the catalogue knows, or a word that nobody knows.

use super::lexicon::{self, Concept, Kind, LONGEST, Lexicon};
use super::token::{Shape, Token, tokens};
use super::{Block, Catalogue, Place};

/// A phrase of a description and what it is.
pub(super) struct Item<'a> {
    pub(super) what: What<'a>,
    pub(super) place: Place,
    /// As written.
    pub(super) text: String,
    /// Whether it is a word for more than one.
    pub(super) plural: bool,
}

/// What a phrase is.
pub(super) enum What<'a> {
    /// A whole number.
    Number(u64),
    /// A whole number with its thousands apart: an amount, never a version.
    Grouped(u64),
    /// A number with a dot: a version, never an amount.
    Decimal,
    /// An address block.
    Cidr,
    /// Text in quotes.
    Text,
    /// `name=value`.
    Pair,
    /// A name of a provider.
    Provider(String),
    /// A region by its own name.
    Region(String),
    /// A place where a provider has a region.
    Town(String),
    /// A plan, by the provider's name for it.
    Plan(String),
    /// What looks like a region or a plan, and is none.
    Strange(&'static str),
    /// A phrase of the lexicon.
    Concept(&'a Concept),
    /// A mark such as a comma.
    Mark,
    /// A word that nobody knows.
    Word,
    /// What cannot be said in a description, and what to do instead.
    Unsaid(&'static str),
}

/// The items of `text`.
pub(super) fn items<'a>(text: &str, lexicon: &'a Lexicon, catalogue: &Catalogue) -> Vec<Item<'a>> {
    let whole = |key: &str| {
        lexicon.whole(key)
            || Block::read(key).is_ok()
            || key.contains('/')
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'/'))
            || catalogue.with_region(key).next().is_some()
            || catalogue.plan(key).is_some()
            || strange(key).is_some()
            || label(key)
    };
    let tokens = tokens(text, &whole);
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (what, length) = match token.shape {
            Shape::Word => phrase(&tokens, at, lexicon).unwrap_or_else(|| (single(token, catalogue), 1)),
            Shape::Quoted => (What::Text, 1),
            Shape::Pair => (What::Pair, 1),
            Shape::Mark => (What::Mark, 1),
        };
        let last = tokens.get(at + length - 1).unwrap_or(token);
        let place = Place {
            start: token.place.start,
            end: last.place.end,
        };
        let text = if length == 1 {
            token.text.clone()
        } else {
            let written = text.chars().skip(place.start).take(place.end - place.start);
            written.collect()
        };
        let plural = matches!(what, What::Concept(_)) && lexicon.plural(&lexicon::key(&text));
        items.push(Item {
            what,
            place,
            text,
            plural,
        });
        at += length;
    }
    items
}

/// The longest phrase of the lexicon that begins at `at`, and how many tokens it has.
fn phrase<'a>(tokens: &[Token], at: usize, lexicon: &'a Lexicon) -> Option<(What<'a>, usize)> {
    let words = tokens.iter().skip(at).take(LONGEST);
    let words: Vec<&str> = words
        .take_while(|token| token.shape == Shape::Word)
        .map(|token| token.key.as_str())
        .collect();
    (1..=words.len()).rev().find_map(|length| {
        let phrase = words.get(..length)?.join(" ");
        if let Some(concept) = lexicon.concept(&phrase) {
            let what = match (concept.kind, concept.number) {
                (Kind::Number, Some(number)) => What::Number(number),
                (Kind::Provider, _) => What::Provider(concept.name.clone()),
                _ => What::Concept(concept),
            };
            return Some((what, length));
        }
        let town = lexicon.place(&phrase)?;
        Some((What::Town(town.to_owned()), length))
    })
}

fn single<'a>(token: &Token, catalogue: &Catalogue) -> What<'a> {
    let key = token.key.as_str();
    if key.bytes().all(|byte| byte.is_ascii_digit()) {
        // Longer than any number that is meant: no item, so that it is reported.
        return key.parse().map_or(What::Word, What::Number);
    }
    if let Some(amount) = grouped(key) {
        return What::Grouped(amount);
    }
    if key.split('.').count() <= 3
        && key
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    {
        return What::Decimal;
    }
    if key.starts_with(['-', '+']) || key.ends_with('+') {
        return What::Unsaid("there is no such number of anything; write it without a sign");
    }
    if key.contains('/') && key.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) {
        return What::Cidr;
    }
    if catalogue.with_region(key).next().is_some() {
        return What::Region(key.to_owned());
    }
    if let Some((_, plan)) = catalogue.plan(key) {
        return What::Plan(plan.sku.clone());
    }
    strange(key).map_or(What::Word, What::Strange)
}

/// The number that `1,000` and `1.000.000` are: groups of three digits, all with the same mark between.
fn grouped(key: &str) -> Option<u64> {
    let mark = if key.contains(',') { ',' } else { '.' };
    let (first, rest) = key.split_once(mark)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let leads = (1..=3).contains(&first.len()) && !first.starts_with('0') && digits(first);
    let holds = leads && rest.split(mark).all(|group| group.len() == 3 && digits(group));
    holds.then(|| key.replace(mark, "").parse().ok()).flatten()
}

/// Whether `key` has the form of a region, such as `us-east-9`, or of a plan, such as `t9.medium`.
fn strange(key: &str) -> Option<&'static str> {
    let parts: Vec<&str> = key.split('-').collect();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let numbered = |part: &str| {
        let head = part.trim_end_matches(|last: char| last.is_ascii_digit());
        letters(head) && head.len() < part.len()
    };
    let digits = |part: &str| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit());
    let region = match parts.as_slice() {
        // fi-hel9, europe-west1
        [area, town] => letters(area) && (2..=12).contains(&area.len()) && numbered(town),
        // us-east-9
        [area, side, number] => letters(area) && area.len() == 2 && letters(side) && digits(number),
        _ => false,
    };
    if region {
        return Some("region");
    }
    // Google's e2-medium and n2-standard-4, Azure's Standard_D2s_v5.
    let google = match parts.as_slice() {
        [family, size] => machine(family) && matches!(*size, "micro" | "small" | "medium"),
        [family, shape, number] => {
            machine(family)
                && (shape.starts_with("standard") || shape.starts_with("high"))
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    };
    let azure = key
        .strip_prefix("standard_")
        .is_some_and(|size| size.bytes().any(|byte| byte.is_ascii_digit()));
    if google || azure {
        return Some("plan");
    }
    let (family, size) = key.split_once('.')?;
    let sizes = ["nano", "micro", "small", "medium", "large", "xlarge", "metal"];
    let sized = sizes.iter().any(|word| size.ends_with(word));
    (sized
        && family.bytes().any(|byte| byte.is_ascii_digit())
        && family.bytes().any(|byte| byte.is_ascii_lowercase()))
    .then_some("plan")
}

/// Whether `family` is one of machines, such as `n2` or `c3d`.
fn machine(family: &str) -> bool {
    (2..=4).contains(&family.len())
        && family
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase())
        && family.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether `key` is a name such as `web-1`: a hyphen, and a digit at its end. It is not split, so that it can be named.
fn label(key: &str) -> bool {
    let last = key.bytes().last().is_some_and(|byte| byte.is_ascii_digit());
    let first = key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let plain = key
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    last && first && plain && key.contains('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_region_or_a_plan() {
        for region in ["us-east-9", "fi-hel9", "europe-west1"] {
            assert_eq!(strange(region), Some("region"), "{region}");
        }
        for plan in ["t9.medium", "e2-medium", "n2-standard-4", "standard_d2s_v5"] {
            assert_eq!(strange(plan), Some("plan"), "{plan}");
        }
        for neither in ["web-1", "3-node", "k8s", "multi-az", "1.30"] {
            assert_eq!(strange(neither), None, "{neither}");
        }
    }
}
