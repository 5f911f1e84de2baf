//! Reads the part of Nickel that is plain data: records, arrays, strings, numbers, truth values, tags, comments.
//!
//! Rule packs and waivers are written in it. They compute nothing, so they need no evaluator, no worker and no
//! bounds, and a pack of a workspace cannot loop. Every value keeps its line. A file is valid Nickel, so editors and
//! formatters know it; what goes beyond data (functions, `let`, imports, interpolation) is refused by name.

use std::collections::BTreeMap;
use std::str::Chars;

use super::{Error, Fault};
use crate::{Node, Number, Span, Value};

/// How deeply values may nest: the reader recurses.
const DEPTH: usize = 32;

/// The one value that `text` is.
///
/// # Errors
/// With the line of what is not plain data.
pub fn read(file: &str, text: &str) -> Result<Node, Error> {
    let mut reader = Reader {
        file,
        rest: text.chars(),
        line: 1,
        column: 1,
    };
    let node = reader.value(0)?;
    reader.blank();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.fault("there is something after the end of the value")),
    }
}

struct Reader<'a> {
    file: &'a str,
    rest: Chars<'a>,
    line: u32,
    column: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(next)
    }

    fn skip(&mut self, characters: usize) {
        for _ in 0..characters {
            self.next();
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn starts_with(&self, text: &str) -> bool {
        self.rest.as_str().starts_with(text)
    }

    /// Skips white space and comments.
    fn blank(&mut self) {
        while let Some(next) = self.peek() {
            if next == '#' {
                while self.peek().is_some_and(|next| next != '\n') {
                    self.next();
                }
            } else if next.is_whitespace() {
                self.next();
            } else {
                break;
            }
        }
    }

    fn span(&self) -> Span {
        Span {
            file: self.file.to_owned(),
            line: self.line,
            column: self.column,
        }
    }

    fn fault(&self, message: impl Into<String>) -> Error {
        Fault::at(&self.span(), message).into()
    }

    fn value(&mut self, depth: usize) -> Result<Node, Error> {
        if depth > DEPTH {
            return Err(self.fault(format!("values nest more than {DEPTH} deep")));
        }
        self.blank();
        let span = self.span();
        let value = match self.peek() {
            Some('{') => self.record(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Value::Text(self.string()?),
            Some('m') if self.starts_with("m%\"") => Value::Text(self.lines()?),
            Some('\'') => self.tag()?,
            Some(next) if next.is_ascii_digit() || next == '-' => self.number()?,
            Some(next) if starts_word(next) => self.word()?,
            Some(next) => return Err(self.fault(format!("a value cannot begin with `{next}`"))),
            None => return Err(self.fault("there is no value")),
        };
        Ok(Node {
            value,
            span: Some(span),
        })
    }

    fn record(&mut self, depth: usize) -> Result<Value, Error> {
        self.next();
        let mut fields = BTreeMap::new();
        loop {
            self.blank();
            if self.take('}') {
                return Ok(Value::Record(fields));
            }
            let name = match self.peek() {
                Some('"') => self.string()?,
                Some(next) if starts_word(next) => self.identifier(),
                _ => return Err(self.fault("here must be a field's name or `}`")),
            };
            self.blank();
            if self.peek() != Some('=') {
                return Err(self.fault(format!(
                    "after the field `{name}` must come `=`: a file of data has no contracts and no nested names"
                )));
            }
            self.next();
            let value = self.value(depth + 1)?;
            if fields.contains_key(&name) {
                return Err(self.fault(format!("the field `{name}` is there twice")));
            }
            fields.insert(name, value);
            self.separator('}')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Error> {
        self.next();
        let mut items = Vec::new();
        loop {
            self.blank();
            if self.take(']') {
                return Ok(Value::List(items));
            }
            items.push(self.value(depth + 1)?);
            self.separator(']')?;
        }
    }

    /// A comma, or `end` to come.
    fn separator(&mut self, end: char) -> Result<(), Error> {
        self.blank();
        if self.take(',') || self.peek() == Some(end) {
            Ok(())
        } else {
            Err(self.fault(format!(
                "here must be `,` or `{end}`: a file of data computes nothing"
            )))
        }
    }

    fn string(&mut self) -> Result<String, Error> {
        self.next();
        let mut text = String::new();
        loop {
            if self.starts_with("%{") {
                return Err(
                    self.fault("a file of data has no interpolation: write `\\%{` for the characters")
                );
            }
            match self.next() {
                None => return Err(self.fault("the string has no end")),
                Some('"') => return Ok(text),
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(plain @ ('"' | '\\' | '%' | '\'')) => text.push(plain),
                    _ => return Err(self.fault("the string holds an escape that is not known")),
                },
                Some(plain) => text.push(plain),
            }
        }
    }

    /// A string of several lines, `m%"…"%`, without the indentation that its lines share.
    fn lines(&mut self) -> Result<String, Error> {
        self.skip(3);
        let mut text = String::new();
        while !self.starts_with("\"%") {
            if self.starts_with("%{") {
                return Err(self.fault("a file of data has no interpolation"));
            }
            match self.next() {
                Some(next) => text.push(next),
                None => return Err(self.fault("the string has no end")),
            }
        }
        self.skip(2);
        let text = text.strip_prefix('\n').unwrap_or(&text);
        let indent = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.chars().take_while(|c| *c == ' ').count())
            .min()
            .unwrap_or(0);
        let lines: Vec<String> = text
            .lines()
            .map(|line| line.chars().skip(indent).collect())
            .collect();
        Ok(lines.join("\n").trim_end().to_owned())
    }

    fn tag(&mut self) -> Result<Value, Error> {
        self.next();
        match self.peek() {
            Some('"') => Ok(Value::Text(self.string()?)),
            Some(next) if starts_word(next) => Ok(Value::Text(self.identifier())),
            _ => Err(self.fault("after `'` must come a word")),
        }
    }

    fn number(&mut self) -> Result<Value, Error> {
        let mut text = String::new();
        while let Some(next) = self
            .peek()
            .filter(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | 'e' | 'E'))
        {
            text.push(next);
            self.next();
        }
        if let Ok(number) = text.parse::<i64>() {
            return Ok(Value::Number(Number::Integer(number)));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Number(Number::Real(number))),
            _ => Err(self.fault(format!("`{text}` is not a number"))),
        }
    }

    fn word(&mut self) -> Result<Value, Error> {
        match self.identifier().as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            word => Err(self.fault(format!(
                "`{word}` is no value: a file of data has no names, no functions and no imports"
            ))),
        }
    }

    fn identifier(&mut self) -> String {
        let mut word = String::new();
        while let Some(next) = self
            .peek()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        {
            word.push(next);
            self.next();
        }
        word
    }
}

fn starts_word(next: char) -> bool {
    next.is_ascii_alphabetic() || next == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read("pack.ncl", text).unwrap_err().to_string()
    }

    #[test]
    fn data_is_read_with_its_lines() {
        let node = read(
            "pack.ncl",
            "# about\n{\n  a = 'tag, \"b c\" = [1, -2.5, true, null],\n  d = \"\\\"x\\\"\",\n}\n",
        )
        .unwrap();
        assert_eq!(node.at("a").unwrap().text(), Some("tag"));
        assert_eq!(node.at("d").unwrap().text(), Some("\"x\""));
        let list = node.get("b c").unwrap();
        assert_eq!(list.items().len(), 4);
        let span = list.span.clone().unwrap();
        assert_eq!((span.line, span.column), (3, 21));
    }

    #[test]
    fn a_string_of_several_lines_loses_its_indentation() {
        let node = read("x", "m%\"\n    a\n      b\n  \"%").unwrap();
        assert_eq!(node.text(), Some("a\n  b"));
    }

    #[test]
    fn what_computes_is_refused_by_name() {
        assert!(refused("let x = 1 in x").contains("`let` is no value"));
        assert!(refused("{ a = \"%{b}\" }").contains("interpolation"));
        assert!(refused("{ a | Number = 1 }").contains("contracts"));
        assert!(refused("{ a = 1 + 2 }").contains("computes nothing"));
        assert!(refused("{ a = 1,\n a = 2 }").contains("`pack.ncl` line 2"));
        assert!(refused("{ a = \"x").contains("no end"));
        assert!(refused("").contains("no value"));
        assert!(refused(&"[".repeat(100_000)).contains("deep"));
    }
}
