//! One text for one value: RFC 8785 (JSON Canonicalization Scheme), and the SHA-256 of it (FIPS 180-4).
//!
//! Hashes of plans and resources are taken of this text, so that they do not depend on who wrote the value or how.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::resource::{Attributes, Value};

/// The canonical text of `value`.
#[must_use]
pub fn text(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// The SHA-256 of the canonical text of `value`, as 64 hexadecimal digits.
#[must_use]
pub fn hash(value: &Value) -> String {
    let digest = Sha256::digest(text(value).as_bytes());
    digest.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The hash of attributes.
#[must_use]
pub fn hash_of(attributes: &Attributes) -> String {
    hash(&Value::Record(attributes.clone()))
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Integer(number) => out.push_str(&number.to_string()),
        Value::Real(number) => real(*number, out),
        Value::Text(text) => quoted(text, out),
        Value::List(items) => list('[', ']', items, out, write),
        Value::Record(fields) => {
            // RFC 8785, section 3.2.3: names in the order of their UTF-16 code units.
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by(|left, right| left.0.encode_utf16().cmp(right.0.encode_utf16()));
            list('{', '}', &fields, out, |(name, value), out| {
                quoted(name, out);
                out.push(':');
                write(value, out);
            });
        }
    }
}

fn list<T>(open: char, close: char, items: &[T], out: &mut String, one: impl Fn(&T, &mut String)) {
    out.push(open);
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        one(item, out);
    }
    out.push(close);
}

/// RFC 8785, section 3.2.2.3: a number as ECMAScript writes it. JSON has no infinity and no NaN; null stands for them.
fn real(number: f64, out: &mut String) {
    let size = number.abs();
    if !number.is_finite() {
        out.push_str("null");
    } else if number == 0.0 {
        out.push('0');
    } else if (1e-6..1e21).contains(&size) {
        out.push_str(&number.to_string());
    } else {
        let text = format!("{number:e}");
        match text.split_once("e-") {
            Some(_) => out.push_str(&text),
            None => out.push_str(&text.replacen('e', "e+", 1)),
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if u32::from(control) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of RFC 8785, appendix B, and texts of section 3.2.2.2.
    #[test]
    fn texts_are_those_of_the_specification() {
        let cases = [
            (Value::Real(0.0), "0"),
            (Value::Real(-0.0), "0"),
            (Value::Real(5e-324), "5e-324"),
            (
                Value::Real(1.797_693_134_862_315_7e308),
                "1.7976931348623157e+308",
            ),
            (Value::Real(9_007_199_254_740_992.0), "9007199254740992"),
            (
                Value::Real(295_147_905_179_352_830_000.0),
                "295147905179352830000",
            ),
            (Value::Real(1e21), "1e+21"),
            (Value::Real(0.000_001), "0.000001"),
            (Value::Real(1e-7), "1e-7"),
            (Value::Real(333_333_333.333_333_3), "333333333.3333333"),
            (
                Value::from("\u{20ac}$\u{f}\nA'B\"\\\\\"/"),
                "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"",
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn names_are_sorted_by_code_units() {
        let names = ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}"];
        let record = names
            .iter()
            .map(|name| ((*name).to_owned(), Value::Null))
            .collect();
        let sorted = "{\"\\r\":null,\"1\":null,\"\u{80}\":null,\"\u{f6}\":null,\"\u{20ac}\":null,\"\u{1f600}\":null,\"\u{fb33}\":null}";
        assert_eq!(text(&Value::Record(record)), sorted);
        assert_eq!(
            hash(&Value::Record(Attributes::new())),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }
}
