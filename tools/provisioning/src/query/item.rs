//! A question as phrases of the lexicon, values of the inventory, numbers, dates and what is left.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::Offset;

use super::lexicon::{Kind, LONGEST, Lexicon, Word};
use super::{Field, How, Vocabulary};
use crate::intent::{Place, Shape, Token, normalise, tokens};

/// A piece of a question.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) what: What<'a>,
    pub(super) place: Place,
    /// As written; the inside, if it was quoted.
    pub(super) text: String,
    pub(super) key: String,
}

/// What a piece is.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    /// A phrase of the lexicon.
    Word(&'a Word),
    /// A value that the inventory holds.
    Value,
    Number(f64),
    /// A day: its first second, and that of the next.
    Day(i64, i64),
    Text,
    Pair,
    Mark,
    Unknown,
}

/// The values of the inventory by what they are called.
pub(super) type Live = HashMap<String, Vec<(Field, String)>>;

/// What a word may be a value of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub(super) field: Field,
    pub(super) value: String,
    pub(super) how: How,
}

/// `vocabulary` by what its values are called.
pub(super) fn live(vocabulary: &Vocabulary) -> Live {
    let mut live = Live::new();
    for (field, values) in &vocabulary.values {
        for value in values {
            let readings = live.entry(normalise(value)).or_default();
            readings.push((field.clone(), value.clone()));
        }
    }
    live
}

/// The pieces of `text`.
pub(super) fn items<'a>(text: &str, lexicon: &'a Lexicon, live: &Live) -> Vec<Item<'a>> {
    let whole = |key: &str| lexicon.word(key).is_some() || live.contains_key(key) || one_piece(key);
    let tokens: Vec<Token> = tokens(text, &whole).into_iter().flat_map(signs).collect();
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (what, length) = match token.shape {
            Shape::Word => phrase(&tokens, at, lexicon).unwrap_or_else(|| (single(token, live), 1)),
            Shape::Quoted => (What::Text, 1),
            Shape::Pair => (What::Pair, 1),
            Shape::Mark => (What::Mark, 1),
        };
        let last = tokens.get(at + length - 1).unwrap_or(token);
        let place = Place {
            start: token.place.start,
            end: last.place.end,
        };
        let words = tokens.iter().skip(at).take(length);
        let keys: Vec<&str> = words.map(|token| token.key.as_str()).collect();
        items.push(Item {
            what,
            place,
            text: match length {
                1 => token.text.clone(),
                _ => written(text, place),
            },
            key: keys.join(" "),
        });
        at += length;
    }
    items
}

/// The characters of `text` at `place`.
pub(super) fn written(text: &str, place: Place) -> String {
    let length = place.end.saturating_sub(place.start);
    text.chars().skip(place.start).take(length).collect()
}

/// Whether `key` stays one piece: a name, a date, an address; but not a number with its unit.
fn one_piece(key: &str) -> bool {
    let head = key.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
    let unit = head.trim_start_matches('-');
    let measured = head.len() < key.len() && unit.chars().all(char::is_alphabetic);
    let money = key.starts_with(['€', '$']) || key.ends_with(['€', '$']);
    let joined = key.contains(['<', '>', '/', '\'', '’', '&', '+']) && !key.contains("10.");
    !measured && !money && !joined && !head.is_empty()
        || head.is_empty() && key.matches('.').count() > 1
        || Date::strptime("%Y-%m-%d", key).is_ok()
}

/// A token apart at its signs: `cpu>4` is three.
fn signs(token: Token) -> Vec<Token> {
    let sign = |c: char| matches!(c, '<' | '>');
    if token.shape != Shape::Word || !token.text.contains(sign) {
        return vec![token];
    }
    let mut parts: Vec<Token> = Vec::new();
    for (at, character) in token.text.chars().enumerate() {
        let place = token.place.start + at;
        let kind = |token: &Token| token.text.starts_with(sign);
        match parts.last_mut() {
            Some(last) if kind(last) == (sign(character) || character == '=') => {
                last.text.push(character);
                last.place.end = place + 1;
            }
            _ => parts.push(Token {
                text: character.to_string(),
                key: String::new(),
                place: Place {
                    start: place,
                    end: place + 1,
                },
                shape: Shape::Word,
            }),
        }
    }
    for part in &mut parts {
        part.key = normalise(&part.text);
    }
    parts
}

/// The longest phrase of the lexicon that begins at `at`, and how many tokens it has.
fn phrase<'a>(tokens: &[Token], at: usize, lexicon: &'a Lexicon) -> Option<(What<'a>, usize)> {
    let words: Vec<&str> = tokens
        .iter()
        .skip(at)
        .take(LONGEST)
        .take_while(|token| token.shape == Shape::Word)
        .map(|token| token.key.as_str())
        .collect();
    (1..=words.len()).rev().find_map(|length| {
        let word = lexicon.word(&words.get(..length)?.join(" "))?;
        // `or more than` begins another comparison.
        let than = tokens
            .get(at + length)
            .is_some_and(|next| matches!(next.key.as_str(), "than" | "de" | "que"));
        if word.kind == Kind::AfterNumber && than {
            return None;
        }
        let what = match word.kind {
            Kind::Number => What::Number(word.number),
            _ => What::Word(word),
        };
        Some((what, length))
    })
}

fn single<'a>(token: &Token, live: &Live) -> What<'a> {
    let key = token.key.as_str();
    if let Ok(day) = Date::strptime("%Y-%m-%d", key) {
        return day_of(day).map_or(What::Unknown, |(start, end)| What::Day(start, end));
    }
    if let Some(number) = number(key) {
        return What::Number(number);
    }
    match live.contains_key(key) {
        true => What::Value,
        false => What::Unknown,
    }
}

/// The first second of `day`, and of the next, in UTC.
pub(super) fn day_of(day: Date) -> Option<(i64, i64)> {
    let start = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_second();
    Some((start, start + 86_400))
}

/// The number that `key` is: `16`, `16.5`, `1,000`.
fn number(key: &str) -> Option<f64> {
    let digits = key
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    if !digits || !key.starts_with(|c: char| c.is_ascii_digit()) || key.len() > 15 {
        return None;
    }
    let mut groups = key.split(',').skip(1);
    match key.contains(',') && groups.all(|group| group.split('.').next().is_some_and(|g| g.len() == 3)) {
        true => key.replace(',', "").parse().ok(),
        // A comma that divides no thousands is a decimal one.
        false => key.replace(',', ".").parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embedded;

    #[test]
    fn questions_fall_into_pieces() {
        let lexicon = Lexicon::load(&Embedded).unwrap();
        let keys = |text: &str| -> Vec<String> {
            let items = items(text, &lexicon, &Live::new());
            items.into_iter().map(|item| item.key).collect()
        };
        assert_eq!(
            keys("16GB in us-east-1, cpu>=4 $50 2026-11-01"),
            [
                "16",
                "gb",
                "in",
                "us-east-1",
                ",",
                "cpu>=4",
                "$",
                "50",
                "2026-11-01"
            ]
        );
        assert_eq!(
            keys("cpu>4 más de 3 vCPU"),
            ["cpu", ">", "4", "mas de", "3", "vcpu"]
        );
        assert_eq!(
            keys("t3.medium 10.0.0.4 web-1"),
            ["t3.medium", "10.0.0.4", "web-1"]
        );
        assert_eq!(number("1,000"), Some(1000.0));
    }
}
