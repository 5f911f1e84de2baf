//! Waivers: who accepts that a rule fails for a resource, why, and until when.
//!
//! A waiver never makes a rule pass: the result is shown as waived, with its reason. One that has expired does
//! nothing but raise an alarm, and so does one that is about nothing.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reading::Reading;
use super::{Error, Fault, notation};
use crate::{Node, Number, Span, Value};

/// Files of a workspace that may hold waivers.
pub const FILES: [&str; 2] = [".prov/waivers.ncl", ".prov/waivers.toml"];

/// Most waivers in a file: with more of them nobody knows what is accepted.
const MOST: usize = 10_000;

/// Somebody's acceptance of a failing rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule.
    pub rule: String,
    /// The resource: its address such as `server.web-1`, or its path such as `servers[0]`.
    pub address: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// The file it is written in.
    pub file: String,
    /// Its line, if known.
    pub line: Option<u32>,
}

impl Waiver {
    /// Where it is written, in words.
    pub(super) fn place(&self) -> String {
        match self.line {
            Some(line) => format!("in `{}` line {line}", self.file),
            None => format!("in `{}`", self.file),
        }
    }

    /// Whether it holds no longer.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        today > self.expires
    }
}

/// The waivers in the text of `file`: Nickel data, or TOML if the name says so.
///
/// # Errors
/// With every line that is wrong: a waiver that cannot be read must not be passed over.
pub fn read(file: &str, text: &str) -> Result<Vec<Waiver>, Error> {
    let root = if file.ends_with(".toml") {
        from_toml(file, text)?
    } else {
        notation::read(file, text)?
    };
    let mut reading = Reading::new(file);
    reading.known(&root, &["waivers"]);
    let mut waivers = Vec::new();
    let nodes = reading.list(&root, "waivers", true);
    if let Some(node) = nodes.get(MOST) {
        reading.hinted(
            node,
            format!("there are {} waivers, and a file may have {MOST}", nodes.len()),
            Some("remove those that have expired, or mend what they waive".to_owned()),
        );
        return reading.done(waivers);
    }
    for node in nodes {
        reading.known(node, &["rule", "address", "reason", "owner", "expires"]);
        let rule = reading.text(node, "rule");
        let address = reading.text(node, "address");
        let reason = reading.text(node, "reason");
        let owner = reading.text(node, "owner");
        let expires = reading
            .text(node, "expires")
            .and_then(|text| match text.parse::<Date>() {
                Ok(date) => Some(date),
                Err(_) => {
                    reading.fault(
                        node.get("expires").unwrap_or(node),
                        format!("`expires` is `{text}`, which is no day such as `2027-01-31`"),
                    );
                    None
                }
            });
        if let (Some(rule), Some(address), Some(reason), Some(owner), Some(expires)) =
            (rule, address, reason, owner, expires)
        {
            waivers.push(Waiver {
                rule,
                address,
                reason,
                owner,
                expires,
                file: file.to_owned(),
                line: node.span.as_ref().map(|span| span.line),
            });
        }
    }
    reading.done(waivers)
}

fn from_toml(file: &str, text: &str) -> Result<Node, Error> {
    let lines = Lines::of(text);
    let place = |offset: usize| lines.place(file, offset);
    let table = DeTable::parse(text).map_err(|error| match error.span() {
        Some(span) => Fault::at(&place(span.start), error.message()),
        None => Fault {
            file: file.to_owned(),
            line: None,
            column: None,
            message: error.message().to_owned(),
            hint: None,
        },
    })?;
    let start = table.span().start;
    Ok(node(DeValue::Table(table.into_inner()), start, &place))
}

/// Where lines and characters of a text begin, so that a place is found without reading what is before it: every value
/// of a file has one, and the file may be one line.
struct Lines<'a> {
    bytes: &'a [u8],
    /// Where each line starts.
    starts: Vec<usize>,
    /// How many characters begin before each block of bytes.
    before: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Bytes from one count of characters to the next.
    const BLOCK: usize = 256;

    fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = text.match_indices('\n').map(|(offset, _)| offset + 1);
        let counts = bytes.chunks(Self::BLOCK).scan(0, |sum, block| {
            *sum += characters(block);
            Some(*sum)
        });
        Self {
            bytes,
            starts: std::iter::once(0).chain(ends).collect(),
            before: std::iter::once(0).chain(counts).collect(),
        }
    }

    /// Line and column of the byte at `offset`.
    fn place(&self, file: &str, offset: usize) -> Span {
        let offset = offset.min(self.bytes.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let column = self.characters(offset).saturating_sub(self.characters(start)) + 1;
        let counted = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Span {
            file: file.to_owned(),
            line: counted(line),
            column: counted(column),
        }
    }

    /// How many characters begin before `offset`.
    fn characters(&self, offset: usize) -> usize {
        let block = offset / Self::BLOCK;
        let rest = self.bytes.get(block * Self::BLOCK..offset).unwrap_or_default();
        self.before.get(block).copied().unwrap_or_default() + characters(rest)
    }
}

/// How many characters begin in `bytes` of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count()
}

fn node(value: DeValue<'_>, offset: usize, place: &impl Fn(usize) -> Span) -> Node {
    let inner = |value: Spanned<DeValue<'_>>| {
        let offset = value.span().start;
        node(value.into_inner(), offset, place)
    };
    let value = match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Number(Number::Integer(number)),
            Err(_) => Value::Null,
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Value::Number(Number::Real(number)),
            Err(_) => Value::Null,
        },
        DeValue::Boolean(value) => Value::Bool(value),
        // A bare date is written as one would write it.
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(items) => Value::List(items.into_iter().map(inner).collect()),
        DeValue::Table(table) => Value::Record(
            table
                .into_iter()
                .map(|(name, value)| (name.into_inner().into_owned(), inner(value)))
                .collect(),
        ),
    };
    Node {
        value,
        span: Some(place(offset)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "{ waivers = [{ rule = \"PROV-NET-001\", address = \"security_group.web\",\n \
        reason = \"bastion\", owner = \"ops@example.org\", expires = \"2027-01-31\" }] }";

    #[test]
    fn a_waiver_ends_after_its_last_day() {
        let waivers = read(FILES[0], GOOD).unwrap();
        assert!(!waivers[0].is_expired("2027-01-31".parse().unwrap()));
        assert!(waivers[0].is_expired("2027-02-01".parse().unwrap()));
    }

    #[test]
    fn toml_says_the_same() {
        let text = "[[waivers]]\nrule = \"PROV-NET-001\"\naddress = \"security_group.web\"\nreason = \"bastion\"\n\
            owner = \"ops@example.org\"\nexpires = 2027-01-31\n";
        let mut waivers = read(FILES[1], text).unwrap();
        let expected = read(FILES[0], GOOD).unwrap();
        waivers[0].file.clone_from(&expected[0].file);
        assert_eq!(waivers[0].line, Some(1));
        assert_eq!(waivers, expected);
    }

    #[test]
    fn every_mistake_is_named() {
        for (text, part) in [
            ("{ waivers = [{ rule = \"X\" }] }", "`address` is missing"),
            (&GOOD.replace("2027-01-31", "soon"), "no day"),
            (&GOOD.replace("owner", "onwer"), "did you mean `owner`?"),
            ("{ waiver = [] }", "did you mean `waivers`?"),
        ] {
            let error = read(FILES[0], text).unwrap_err();
            let all: String = error.faults().iter().map(|fault| fault.to_string()).collect();
            assert!(all.contains(part), "{text}: {all}");
        }
        assert!(read(FILES[1], "x = [").is_err());
        let text = "[[waivers]]\nrule = \"PROV-NET-001\"\naddress = \"é\"\nreason = 7\nowner = \"o\"\nexpires = 2027-02-30\n";
        let all = read(FILES[1], text).unwrap_err().to_string();
        assert!(all.contains("`.prov/waivers.toml` line 6"), "{all}");
        let text = text.replace("02-30", "02-03T10:00:00Z");
        let error = read(FILES[1], &text).unwrap_err();
        let all: Vec<String> = error.faults().iter().map(|fault| fault.to_string()).collect();
        assert!(all[0].contains("line 4 column 10: `reason`"), "{all:?}");
        assert!(all[1].contains("line 6 column 11: `expires`"), "{all:?}");
    }

    /// The bound leaves room for unoptimised code on a busy machine; the square of this takes minutes.
    #[test]
    fn a_large_file_is_read_at_once() {
        let one = "{ rule = \"PROV-NET-001\", address = \"é\", reason = \"bastion\", owner = \"o\", expires = 2027-01-31 }";
        for separator in [",", ",\n"] {
            let text = |many: usize| format!("waivers = [\n{}\n]\n", vec![one; many].join(separator));
            let started = std::time::Instant::now();
            let waivers = read(FILES[1], &text(MOST)).unwrap();
            assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
            assert_eq!(waivers.len(), MOST);
            let last = if separator == "," { 2 } else { 10_001 };
            assert_eq!(waivers[MOST - 1].line, Some(last));

            let error = read(FILES[1], &text(MOST + 1)).unwrap_err().to_string();
            assert!(error.contains("there are 10001 waivers"), "{error}");
            assert!(error.contains("`.prov/waivers.toml` line"), "{error}");
        }
    }

    #[test]
    fn places_are_those_of_reading_from_the_start() {
        let text = format!("é\nab\n\n{}漢字\nend\n", "öx".repeat(500));
        let lines = Lines::of(&text);
        for offset in (0..=text.len()).filter(|offset| text.is_char_boundary(*offset)) {
            let before = text.get(..offset).unwrap();
            let line = before.rsplit('\n').next().unwrap();
            let expected = (before.matches('\n').count() + 1, line.chars().count() + 1);
            let place = lines.place("x", offset);
            assert_eq!((place.line as usize, place.column as usize), expected, "{offset}");
        }
    }
}
