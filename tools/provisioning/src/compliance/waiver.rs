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
    for node in reading.list(&root, "waivers", true) {
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

/// Longest file of waivers in TOML, in bytes.
const TOML_BYTES: usize = 128 << 10;

fn from_toml(file: &str, text: &str) -> Result<Node, Error> {
    // Each value is told with its place, which takes time for each line before it.
    if text.len() > TOML_BYTES {
        return Err(Fault {
            file: file.to_owned(),
            line: None,
            column: None,
            message: format!(
                "it is longer than the {} KiB that waivers may be",
                TOML_BYTES >> 10
            ),
            hint: Some("remove waivers that have expired, or write them in Nickel".to_owned()),
        }
        .into());
    }
    let place = |offset: usize| place(file, text, offset);
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

/// Line and column of the byte at `offset`.
fn place(file: &str, text: &str, offset: usize) -> Span {
    let before = text.get(..offset).unwrap_or(text);
    let (lines, line) = match before.rsplit_once('\n') {
        Some((lines, line)) => (lines.matches('\n').count() + 1, line),
        None => (0, before),
    };
    let counted = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
    Span {
        file: file.to_owned(),
        line: counted(lines),
        column: counted(line.chars().count()),
    }
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
}
