//! The scrubber: one pass over a text, looking for what is known and for what looks secret.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::known::Known;
use crate::{MARKER, Redacted, pattern};

/// Takes secrets out of text: the values it was told, in every encoding, and whatever has the shape of a key.
///
/// Values of fewer than six bytes are not looked for, because they are met by chance; neither are values that
/// are part of [`MARKER`].
pub struct Scrubber {
    known: Known,
    /// One bit for each pair of bytes with which a secret can begin.
    starts: Box<[u64; 1024]>,
    /// Whether a known value could be written as a JSON number.
    numeric: bool,
}

impl Default for Scrubber {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubber").finish_non_exhaustive()
    }
}

impl Scrubber {
    /// Looks for `known` values as well as for patterns.
    #[must_use]
    pub fn new(known: Vec<Redacted<String>>) -> Self {
        let numeric = known.iter().any(|value| value.expose().parse::<f64>().is_ok());
        let known = Known::new(known.iter().map(|value| value.expose().as_str()));
        let mut starts = Box::new([0; 1024]);
        for start in known.starts().chain(pattern::starts()) {
            if let Some(word) = starts.get_mut(usize::from(start >> 6)) {
                *word |= 1 << (start & 63);
            }
        }
        Self {
            known,
            starts,
            numeric,
        }
    }

    /// `text` with [`MARKER`] where a secret was; borrowed if there was none.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let bytes = text.as_bytes();
        let mut seen = pattern::Seen::default();
        let mut found = Found {
            text,
            scrubbed: String::new(),
            copied: 0,
            secret: None,
        };
        for (at, pair) in bytes.windows(2).enumerate() {
            let &[one, two] = pair else { continue };
            let start = u16::from_be_bytes([one, two]);
            let word = self.starts.get(usize::from(start >> 6)).copied().unwrap_or(0);
            if word >> (start & 63) & 1 == 0 {
                continue;
            }
            if let Some((begin, end)) = self.known.find(bytes, at, start) {
                found.add(begin, end);
            }
            // Inside what is already known to be one, a pattern could only make the same text longer.
            let fresh = found.secret.is_some_and(|(_, end)| end == at);
            if let Some(end) = pattern::find(bytes, at, fresh, &mut seen) {
                found.add(at, end);
            }
        }
        found.finish()
    }

    /// `value` with every string and every key scrubbed, and every number that is a known value.
    #[must_use]
    pub fn value(&self, mut value: Value) -> Value {
        self.scrub(&mut value);
        value
    }

    fn scrub(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(scrubbed) = self.text(text) {
                    *text = scrubbed;
                }
            }
            Value::Number(number) if self.numeric => {
                if let Cow::Owned(scrubbed) = self.text(&number.to_string()) {
                    *value = Value::String(scrubbed);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.scrub(item)),
            Value::Object(fields) => {
                fields.values_mut().for_each(|field| self.scrub(field));
                if fields.keys().any(|key| matches!(self.text(key), Cow::Owned(_))) {
                    *fields = self.scrubbed_keys(std::mem::take(fields));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// `fields` under scrubbed keys, in their order; keys that become the same are numbered.
    fn scrubbed_keys(&self, fields: Map<String, Value>) -> Map<String, Value> {
        let mut scrubbed = Map::with_capacity(fields.len());
        for (key, field) in fields {
            let plain = self.text(&key).into_owned();
            let mut unique = plain.clone();
            let mut count = 1;
            while scrubbed.contains_key(&unique) {
                count += 1;
                unique = format!("{plain} {count}");
            }
            scrubbed.insert(unique, field);
        }
        scrubbed
    }
}

/// The secrets found so far; those that touch are one.
struct Found<'a> {
    text: &'a str,
    scrubbed: String,
    copied: usize,
    secret: Option<(usize, usize)>,
}

impl<'a> Found<'a> {
    fn add(&mut self, begin: usize, end: usize) {
        match &mut self.secret {
            Some((first, last)) if begin <= *last => (*first, *last) = (begin.min(*first), end.max(*last)),
            _ => {
                self.close();
                self.secret = Some((begin.max(self.copied), end));
            }
        }
    }

    fn close(&mut self) {
        if let Some((begin, end)) = self.secret.take() {
            self.scrubbed
                .push_str(self.text.get(self.copied..begin).unwrap_or_default());
            self.scrubbed.push_str(MARKER);
            self.copied = end;
        }
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.copied == 0 && self.secret.is_none() {
            return Cow::Borrowed(self.text);
        }
        self.close();
        self.scrubbed
            .push_str(self.text.get(self.copied..).unwrap_or_default());
        Cow::Owned(self.scrubbed)
    }
}

#[cfg(test)]
#[path = "scrub_tests.rs"]
mod tests;
