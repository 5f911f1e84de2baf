//! Words that nobody knows: what they are nearly, and what may have been meant.

use strsim::osa_distance;

use super::item::{Item, Live, Reading};
use super::lexicon::Lexicon;
use super::{Field, How, NotUnderstood, Reason, Vocabulary};

/// The most suggestions that are made.
const MOST: usize = 8;

/// What `key` is nearly: one value of the inventory, or several that are as near.
///
/// The first letter is hardly ever a slip, and digits never: `us-east-9` is another region than `us-east-1`, not a misspelling of it.
pub(super) fn nearly(key: &str, live: &Live, fits: &dyn Fn(&Field) -> bool) -> Vec<Reading> {
    let length = key.chars().count();
    let allowed = match length {
        0..=3 => return Vec::new(),
        4..=7 => 1,
        _ => 2,
    };
    let mut best = allowed;
    let mut found: Vec<Reading> = Vec::new();
    for (known, readings) in live {
        if known.chars().count().abs_diff(length) > best
            || digits(known) != digits(key)
            || known.chars().next() != key.chars().next()
        {
            continue;
        }
        let distance = osa_distance(key, known);
        if distance > best {
            continue;
        }
        if distance < best {
            found.clear();
            best = distance;
        }
        let fitting = readings.iter().filter(|(field, _)| fits(field));
        found.extend(fitting.map(|(field, value)| Reading {
            field: field.clone(),
            value: value.clone(),
            how: How::Fuzzy,
        }));
    }
    found.sort_by(|a, b| (&a.field, &a.value).cmp(&(&b.field, &b.value)));
    found
}

fn digits(key: &str) -> Vec<char> {
    key.chars().filter(char::is_ascii_digit).collect()
}

/// The report of a word that is no value of `field`, with those that are.
pub(super) fn no_value(
    item: &Item<'_>,
    field: &Field,
    vocabulary: &Vocabulary,
    lexicon: &Lexicon,
) -> NotUnderstood {
    let mut known: Vec<String> = vocabulary.of(field).to_vec();
    for value in lexicon.values(field) {
        if !known.iter().any(|have| have == value) {
            known.push(value.to_owned());
        }
    }
    // The nearest come first; the order says nothing else.
    known.sort_by_key(|value| osa_distance(&item.key, value));
    known.truncate(MOST);
    NotUnderstood {
        place: item.place,
        text: item.text.clone(),
        reason: Reason::UnknownValue(field.to_string()),
        suggestions: known,
    }
}

/// The report of a word that nobody knows.
pub(super) fn unknown(
    item: &Item<'_>,
    live: &Live,
    vocabulary: &Vocabulary,
    lexicon: &Lexicon,
) -> NotUnderstood {
    if region(&item.key) {
        return no_value(item, &Field::Region, vocabulary, lexicon);
    }
    let mut near: Vec<(usize, &Field, &String)> = live
        .iter()
        .map(|(known, readings)| (osa_distance(&item.key, known), readings))
        .filter(|(distance, _)| *distance <= 2 && *distance * 3 < item.key.chars().count().max(4))
        .flat_map(|(distance, readings)| {
            readings
                .iter()
                .map(move |(field, value)| (distance, field, value))
        })
        .collect();
    near.sort();
    NotUnderstood {
        place: item.place,
        text: item.text.clone(),
        reason: match near.first() {
            Some((_, field, _)) => Reason::UnknownValue(field.to_string()),
            None => Reason::UnknownWord,
        },
        suggestions: near
            .into_iter()
            .take(MOST)
            .map(|(_, _, value)| value.clone())
            .collect(),
    }
}

/// Whether `key` has the form of a region, such as `us-east-9` or `fi-hel9`.
fn region(key: &str) -> bool {
    let parts: Vec<&str> = key.split('-').collect();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [area, side, number] => {
            area.len() == 2
                && letters(area)
                && letters(side)
                && number.len() == 1
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        [area, town] => {
            let name = town.trim_end_matches(|c: char| c.is_ascii_digit());
            area.len() == 2 && letters(area) && letters(name) && name.len() < town.len()
        }
        _ => false,
    }
}
