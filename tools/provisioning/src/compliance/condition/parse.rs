//! From tokens to a condition: a descent over `or`, `and`, `not`, comparisons and the named questions.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::token::{Kind, Token, tokens};
use super::{Broken, Comparison, Condition, Field, Literal, Operand, Origin};

/// How deeply parts may nest: the reader recurses.
const DEPTH: usize = 32;
/// How deeply `any` and `all` may nest: each goes through its list once for every element of the one around it.
const NESTED: usize = 3;
/// Longest condition, in bytes: looking ahead copies what is left, so a longer one would take its square.
const LENGTH: usize = 4_000;

/// The named questions; `count` and `first` are values.
const NAMES: [&str; 14] = [
    "all",
    "allows",
    "any",
    "contains",
    "count",
    "empty",
    "exists",
    "first",
    "older",
    "open",
    "private",
    "spans",
    "starts_with",
    "wider",
];

/// The condition that `text` writes.
pub(super) fn condition(text: &str) -> Result<Condition, Broken> {
    if text.len() > LENGTH {
        return Err(Broken {
            offset: 0,
            message: format!("the condition is longer than {LENGTH} bytes, or nests too deep to be read"),
            hint: Some("make two rules of it".to_owned()),
        });
    }
    let mut parser = Parser {
        tokens: tokens(text)?.into_iter().peekable(),
        end: text.chars().count(),
        nested: 0,
    };
    let condition = parser.or(0)?;
    match parser.tokens.peek() {
        None => Ok(condition),
        Some(_) => Err(parser.broken("there is something after the end of the condition")),
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    end: usize,
    /// How many `any` and `all` are around.
    nested: usize,
}

impl Parser {
    fn offset(&mut self) -> usize {
        self.tokens.peek().map_or(self.end, |token| token.offset)
    }

    fn broken(&mut self, message: impl Into<String>) -> Broken {
        Broken {
            offset: self.offset(),
            message: message.into(),
            hint: None,
        }
    }

    /// Takes the sign, or the word, `wanted`.
    fn take(&mut self, wanted: &str) -> bool {
        let found = self.tokens.peek().is_some_and(|token| match &token.kind {
            Kind::Sign(sign) => *sign == wanted,
            Kind::Word(word) => word == wanted,
            _ => false,
        });
        if found {
            self.tokens.next();
        }
        found
    }

    fn need(&mut self, sign: &str) -> Result<(), Broken> {
        if self.take(sign) {
            Ok(())
        } else {
            Err(self.broken(format!("here must be `{sign}`")))
        }
    }

    fn or(&mut self, depth: usize) -> Result<Condition, Broken> {
        let first = self.and(depth)?;
        let mut parts = vec![first];
        while self.take("or") {
            parts.push(self.and(depth)?);
        }
        Ok(joined(parts, Condition::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Condition, Broken> {
        let first = self.not(depth)?;
        let mut parts = vec![first];
        while self.take("and") {
            parts.push(self.not(depth)?);
        }
        Ok(joined(parts, Condition::And))
    }

    fn not(&mut self, depth: usize) -> Result<Condition, Broken> {
        if depth > DEPTH {
            return Err(self.broken(format!("the condition nests more than {DEPTH} deep")));
        }
        if self.take("not") {
            return Ok(Condition::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.take("(") {
            let inside = self.or(depth + 1)?;
            self.need(")")?;
            return Ok(inside);
        }
        self.question(depth)
    }

    /// A named question, or a value that is compared or is itself true or false.
    fn question(&mut self, depth: usize) -> Result<Condition, Broken> {
        let offset = self.offset();
        let name = match self.tokens.peek() {
            Some(Token {
                kind: Kind::Word(word),
                ..
            }) => word.clone(),
            Some(_) => String::new(),
            None => return Err(self.broken("the condition ends where something must follow")),
        };
        if matches!(name.as_str(), "count" | "first") || !self.is_call() {
            let left = self.operand()?;
            return self.compared(left);
        }
        self.tokens.next();
        self.need("(")?;
        let question = self.named(&name, offset, depth)?;
        self.need(")")?;
        Ok(question)
    }

    /// Whether a word with a bracket comes next.
    fn is_call(&self) -> bool {
        let mut ahead = self.tokens.clone();
        matches!(ahead.next().map(|token| token.kind), Some(Kind::Word(word)) if !is_joint(&word))
            && matches!(ahead.next().map(|token| token.kind), Some(Kind::Sign("(")))
    }

    fn named(&mut self, name: &str, offset: usize, depth: usize) -> Result<Condition, Broken> {
        match name {
            "exists" => Ok(Condition::Exists(self.field()?)),
            "empty" => Ok(Condition::Empty(self.field()?)),
            "open" => Ok(Condition::Open(self.field()?)),
            "private" => Ok(Condition::Private(self.field()?)),
            "any" | "all" => {
                if self.nested >= NESTED {
                    return Err(Broken {
                        offset,
                        message: format!("`any` and `all` nest more than {NESTED} deep here"),
                        hint: Some("look through fewer lists within each other".to_owned()),
                    });
                }
                let list = self.field()?;
                self.need(",")?;
                self.nested += 1;
                let each = Box::new(self.or(depth + 1)?);
                self.nested -= 1;
                Ok(match name {
                    "any" => Condition::Any(list, each),
                    _ => Condition::All(list, each),
                })
            }
            "wider" => {
                let field = self.field()?;
                self.need(",")?;
                Ok(Condition::Wider(field, self.small("a prefix length")?))
            }
            "spans" => Ok(Condition::Spans(self.small("a number of ports")?)),
            "allows" => self.ports(),
            "starts_with" => {
                let field = self.field()?;
                self.need(",")?;
                Ok(Condition::StartsWith(field, self.text()?))
            }
            "contains" => {
                let field = self.field()?;
                self.need(",")?;
                Ok(Condition::Contains(field, self.operand()?))
            }
            "older" => {
                let field = self.field()?;
                self.need(",")?;
                let offset = self.offset();
                let text = self.text()?;
                let version = version(&text).ok_or_else(|| Broken {
                    offset,
                    message: format!("`{text}` is not a version such as `1.29`"),
                    hint: None,
                })?;
                Ok(Condition::Older(field, version))
            }
            unknown => Err(Broken {
                offset,
                message: format!("there is no question `{unknown}`"),
                hint: Some(match super::super::nearest(unknown, NAMES) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are {}", NAMES.join(", ")),
                }),
            }),
        }
    }

    fn ports(&mut self) -> Result<Condition, Broken> {
        let mut ports = Vec::new();
        loop {
            let offset = self.offset();
            let port = match self.tokens.next().map(|token| token.kind) {
                Some(Kind::Number(number)) => u16::try_from(number).ok().filter(|port| *port > 0),
                _ => None,
            };
            ports.push(port.ok_or_else(|| Broken {
                offset,
                message: "here must be a port from 1 to 65535".to_owned(),
                hint: None,
            })?);
            if !self.take(",") {
                return Ok(Condition::Allows(ports));
            }
        }
    }

    /// What comes after the value `left`: a comparison, a list, or nothing.
    fn compared(&mut self, left: Operand) -> Result<Condition, Broken> {
        for (sign, comparison) in [
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::More),
        ] {
            if self.take(sign) {
                return Ok(Condition::Compare(left, comparison, self.operand()?));
            }
        }
        if !self.take("in") {
            return Ok(Condition::Holds(left));
        }
        self.need("[")?;
        let mut list = Vec::new();
        while !self.take("]") {
            list.push(self.literal()?);
            if !self.take(",") {
                self.need("]")?;
                break;
            }
        }
        Ok(Condition::In(left, list))
    }

    fn operand(&mut self) -> Result<Operand, Broken> {
        let word = match self.tokens.peek().map(|token| &token.kind) {
            Some(Kind::Word(word)) => word.clone(),
            Some(_) => return Ok(Operand::Literal(self.literal()?)),
            None => return Err(self.broken("the condition ends where a value must follow")),
        };
        match word.as_str() {
            "true" | "false" => Ok(Operand::Literal(self.literal()?)),
            "count" if self.is_call() => {
                self.tokens.next();
                self.need("(")?;
                let field = self.field()?;
                self.need(")")?;
                Ok(Operand::Count(field))
            }
            "first" if self.is_call() => {
                self.tokens.next();
                self.need("(")?;
                let mut fields = vec![self.field()?];
                while self.take(",") {
                    fields.push(self.field()?);
                }
                self.need(")")?;
                Ok(Operand::First(fields))
            }
            _ => Ok(Operand::Field(self.field()?)),
        }
    }

    fn literal(&mut self) -> Result<Literal, Broken> {
        let offset = self.offset();
        match self.tokens.next().map(|token| token.kind) {
            Some(Kind::Text(text)) => Ok(Literal::Text(text)),
            Some(Kind::Number(number)) => Ok(Literal::Number(number)),
            Some(Kind::Word(word)) if word == "true" => Ok(Literal::Bool(true)),
            Some(Kind::Word(word)) if word == "false" => Ok(Literal::Bool(false)),
            _ => Err(Broken {
                offset,
                message: "here must be a value".to_owned(),
                hint: Some("write `'text'`, a number, `true` or `false`".to_owned()),
            }),
        }
    }

    fn text(&mut self) -> Result<String, Broken> {
        match self.literal()? {
            Literal::Text(text) => Ok(text),
            _ => Err(self.broken("before this must be a text in `'`")),
        }
    }

    fn small(&mut self, what: &str) -> Result<u32, Broken> {
        let offset = self.offset();
        let number = match self.tokens.next().map(|token| token.kind) {
            Some(Kind::Number(number)) => u32::try_from(number).ok(),
            _ => None,
        };
        number.ok_or_else(|| Broken {
            offset,
            message: format!("here must be {what}, a whole number"),
            hint: None,
        })
    }

    fn field(&mut self) -> Result<Field, Broken> {
        let offset = self.offset();
        let word = match self.tokens.next().map(|token| token.kind) {
            Some(Kind::Word(word)) if !is_joint(&word) => word,
            _ => {
                return Err(Broken {
                    offset,
                    message: "here must be the name of a field".to_owned(),
                    hint: None,
                });
            }
        };
        let mut names: Vec<String> = word.split('.').map(str::to_owned).collect();
        if names.iter().any(String::is_empty) {
            return Err(Broken {
                offset,
                message: format!("`{word}` has an empty part"),
                hint: None,
            });
        }
        let origin = match names.first().map(String::as_str) {
            Some("config") => Origin::Configuration,
            Some("resource") => Origin::Resource,
            Some("this") => Origin::Element,
            _ => {
                return Ok(Field {
                    origin: Origin::Element,
                    names,
                });
            }
        };
        names.remove(0);
        Ok(Field { origin, names })
    }
}

fn is_joint(word: &str) -> bool {
    matches!(word, "and" | "or" | "not" | "in" | "true" | "false")
}

fn joined(mut parts: Vec<Condition>, join: impl FnOnce(Vec<Condition>) -> Condition) -> Condition {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// The numbers of a version such as `1.29` or `v1.30.2`.
pub(crate) fn version(text: &str) -> Option<Vec<u64>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    text.split('.').map(|part| part.parse().ok()).collect()
}
