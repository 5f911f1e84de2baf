//! Values we know to be secret, found in every encoding in which they could leave.
//!
//! A needle is compared unit by unit, and a unit of the text may be written as it is, percent-encoded, or
//! JSON-escaped, in any mixture; line breaks that some encoder put in are passed over. So one needle stands for
//! all those forms, whichever characters the encoder chose to escape.

use std::collections::BTreeMap;

/// Values shorter than this are not looked for: five bytes are met by chance all the time, and an answer full
/// of markers says more about a short secret than it hides.
pub(crate) const SHORTEST: usize = 6;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes of a line break and indentation that are passed over as one. This and the next keep hostile text from
/// costing more than linear time.
const LONGEST_BREAK: usize = 40;
/// Breaks or backslashes that may be passed over between two units: three levels of JSON in JSON.
const MOST_SKIPS: usize = 8;

/// How the bytes of a needle and of the text are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Byte for byte.
    Text,
    /// Both cases of a hexadecimal digit.
    Hex,
    /// Both alphabets of base64.
    Base64,
}

impl Form {
    fn same(self, got: u8, want: u8) -> bool {
        match self {
            Self::Text => got == want,
            Self::Hex => got.eq_ignore_ascii_case(&want),
            Self::Base64 => got == want || matches!((got, want), (b'-', b'+') | (b'_', b'/')),
        }
    }

    /// Every byte that is the same as `want`.
    fn spellings(self, want: u8) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |got| self.same(*got, want))
    }
}

/// One thing to look for.
struct Needle {
    bytes: Vec<u8>,
    form: Form,
    /// Whether the base64 character before the needle holds some bits of the value.
    before: bool,
    /// Whether the one after does.
    after: bool,
}

/// The needles of all known values, by the two bytes with which an occurrence can begin.
#[derive(Default)]
pub(crate) struct Known {
    needles: Vec<Needle>,
    by_start: BTreeMap<u16, Vec<usize>>,
}

impl Known {
    /// Looks for each of `values`, if it is long enough.
    pub(crate) fn new<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut known = Self::default();
        for value in values.filter(|value| value.len() >= SHORTEST && !crate::MARKER.contains(*value)) {
            known.add(value);
        }
        known
    }

    fn add(&mut self, value: &str) {
        let escaped = json_escaped(value);
        let mut texts = vec![
            value.to_owned(),
            escaped.clone(),
            json_escaped(&escaped),
            value.replace('%', "%25"),
        ];
        texts.sort_unstable();
        texts.dedup();
        for text in texts {
            self.push(Needle {
                bytes: text.into_bytes(),
                form: Form::Text,
                before: false,
                after: false,
            });
        }
        let hex = value
            .bytes()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| match digit {
                0..=9 => b'0' + digit,
                _ => b'a' + digit - 10,
            });
        self.push(Needle {
            bytes: hex.collect(),
            form: Form::Hex,
            before: false,
            after: false,
        });
        // A JSON document in base64 holds the escaped form of the value.
        let mut encoded = vec![value];
        if escaped != value {
            encoded.push(&escaped);
        }
        for text in encoded {
            for shift in 0..3 {
                self.push(base64_core(text.as_bytes(), shift));
            }
        }
    }

    fn push(&mut self, needle: Needle) {
        let index = self.needles.len();
        for start in starts(&needle) {
            self.by_start.entry(start).or_default().push(index);
        }
        self.needles.push(needle);
    }

    /// The pairs of bytes with which an occurrence can begin.
    pub(crate) fn starts(&self) -> impl Iterator<Item = u16> {
        self.by_start.keys().copied()
    }

    /// The longest occurrence at `at`, which begins with the pair `start`: where it begins and ends.
    pub(crate) fn find(&self, text: &[u8], at: usize, start: u16) -> Option<(usize, usize)> {
        let candidates = self.by_start.get(&start)?;
        let found = candidates
            .iter()
            .filter_map(|index| self.needles.get(*index)?.find(text, at));
        found.max_by_key(|(_, end)| *end)
    }
}

impl Needle {
    fn find(&self, text: &[u8], at: usize) -> Option<(usize, usize)> {
        let mut end = self.end(text, at)?;
        let is_base64 = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte))
        };
        let before = at
            .checked_sub(1)
            .filter(|before| self.before && is_base64(text.get(*before)));
        if self.after && is_base64(text.get(end)) {
            end += 1;
        }
        Some((before.unwrap_or(at), end))
    }

    /// Where an occurrence that begins at `at` ends.
    fn end(&self, text: &[u8], mut at: usize) -> Option<usize> {
        let first = at;
        let mut rest = self.bytes.as_slice();
        let mut skips = 0;
        while let Some((want, tail)) = rest.split_first() {
            let got = *text.get(at)?;
            // A backslash that is wanted may still be written `\u005c`.
            let spelled =
                got == b'\\' && text.get(at + 1) == Some(&b'u') && hex_byte(text, at + 4) == Some(*want);
            if self.form.same(got, *want) && !spelled {
                (at, rest, skips) = (at + 1, tail, 0);
                continue;
            }
            if skips > MOST_SKIPS {
                return None;
            }
            skips += 1;
            match got {
                b'%' if self.form.same(hex_byte(text, at + 1)?, *want) => {
                    (at, rest, skips) = (at + 3, tail, 0)
                }
                b'+' if self.form == Form::Text && *want == b' ' => (at, rest, skips) = (at + 1, tail, 0),
                b'\n' | b'\r' if at > first => at = after_break(text, at),
                b'\\' => match escape(text, at)? {
                    Escaped::Byte(byte) if self.form.same(byte, *want) => {
                        (at, rest, skips) = (at + 2, tail, 0)
                    }
                    Escaped::Byte(b'\n' | b'\r') if at > first => at = after_break(text, at + 2),
                    // One more level of JSON in JSON.
                    Escaped::Byte(b'\\') => at += 1,
                    Escaped::Character(character, length) => {
                        let mut buffer = [0; 4];
                        let bytes = character.encode_utf8(&mut buffer).as_bytes();
                        (at, rest, skips) = (at + length, rest.strip_prefix(bytes)?, 0);
                    }
                    Escaped::Byte(_) => return None,
                },
                _ => return None,
            }
        }
        Some(at)
    }
}

/// What a backslash in the text stands for.
enum Escaped {
    Byte(u8),
    /// A `\u` escape, and its length with a second one for a surrogate pair.
    Character(char, usize),
}

fn escape(text: &[u8], at: usize) -> Option<Escaped> {
    Some(match text.get(at + 1)? {
        b'n' => Escaped::Byte(b'\n'),
        b'r' => Escaped::Byte(b'\r'),
        b't' => Escaped::Byte(b'\t'),
        b'b' => Escaped::Byte(8),
        b'f' => Escaped::Byte(12),
        b'u' => {
            let unit = |at| Some(u16::from_be_bytes([hex_byte(text, at)?, hex_byte(text, at + 2)?]));
            let high = unit(at + 2)?;
            let mut units = vec![high];
            if (0xd800..0xdc00).contains(&high) {
                units.push(unit(at + 8)?);
            }
            let character = char::decode_utf16(units.iter().copied()).next()?.ok()?;
            Escaped::Character(character, 6 * units.len())
        }
        other => Escaped::Byte(*other),
    })
}

/// The byte whose two hexadecimal digits stand at `at`.
fn hex_byte(text: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
}

/// Past the line break at `at` and the indentation after it.
fn after_break(text: &[u8], at: usize) -> usize {
    let blanks = text
        .iter()
        .skip(at)
        .take(LONGEST_BREAK)
        .take_while(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t'));
    at + blanks.count()
}

/// Every pair of bytes with which an occurrence of `needle` can begin.
fn starts(needle: &Needle) -> Vec<u16> {
    let (Some(first), Some(second)) = (needle.bytes.first(), needle.bytes.get(1)) else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for one in needle.form.spellings(*first) {
        pairs.extend(needle.form.spellings(*second).map(|two| (one, two)));
        pairs.extend(b"%\\\n\r".iter().map(|two| (one, *two)));
        if *second == b' ' {
            pairs.push((one, b'+'));
        }
        // The first byte itself percent-encoded.
        let digit = char::from_digit(u32::from(one >> 4), 16).unwrap_or('0');
        pairs.push((b'%', digit as u8));
        pairs.push((b'%', digit.to_ascii_uppercase() as u8));
    }
    if *first == b' ' {
        pairs.extend(
            needle
                .form
                .spellings(*second)
                .chain(*b"%\\+\n\r")
                .map(|two| (b'+', two)),
        );
    }
    pairs.extend([(b'\\', b'u'), (b'\\', b'/'), (b'\\', b'\\')]);
    let mut starts: Vec<u16> = pairs
        .into_iter()
        .map(|(one, two)| u16::from_be_bytes([one, two]))
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// `value` as it stands between the quotes of a JSON string.
fn json_escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(&quoted)
        .to_owned()
}

/// The base64 characters that `value` alone determines when `shift` bytes stand before it in a group.
fn base64_core(value: &[u8], shift: usize) -> Needle {
    let bits = (shift + value.len()) * 8;
    let character = |index: usize| {
        let sextet = (0..6).fold(0_usize, |sextet, bit| {
            let at = index * 6 + bit;
            let byte = (at / 8)
                .checked_sub(shift)
                .and_then(|byte| value.get(byte))
                .copied()
                .unwrap_or(0);
            sextet << 1 | usize::from(byte >> (7 - at % 8) & 1)
        });
        BASE64.get(sextet).copied().unwrap_or(b'A')
    };
    Needle {
        bytes: ((shift * 8).div_ceil(6)..bits / 6).map(character).collect(),
        form: Form::Base64,
        before: shift != 0,
        after: !bits.is_multiple_of(6),
    }
}
