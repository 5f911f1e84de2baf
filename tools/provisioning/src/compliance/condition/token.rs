//! A condition's text, cut into words and signs.

use super::Broken;

/// A word or a sign, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) offset: usize,
    pub(super) kind: Kind,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A word with its dots, such as `networking.public_ip`.
    Word(String),
    /// A quoted text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A sign, such as `==` or `(`.
    Sign(&'static str),
}

/// Signs, longer ones first.
const SIGNS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","];

/// The tokens of `text`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Broken> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut offset = 0;
    loop {
        let blank = rest.chars().take_while(|c| c.is_whitespace()).count();
        rest = rest.trim_start();
        offset += blank;
        let Some(first) = rest.chars().next() else {
            return Ok(tokens);
        };
        let (kind, length, after) = one(rest, first).map_err(|message| Broken {
            offset,
            message,
            hint: None,
        })?;
        tokens.push(Token { offset, kind });
        offset += length;
        rest = after;
    }
}

/// The token that `rest` begins with, its length in characters, and what comes after.
fn one(rest: &str, first: char) -> Result<(Kind, usize, &str), String> {
    if let Some(quoted) = rest.strip_prefix('\'') {
        let (text, after) = quoted
            .split_once('\'')
            .ok_or("the text has no end: close it with `'`")?;
        return Ok((Kind::Text(text.to_owned()), text.chars().count() + 2, after));
    }
    if first.is_ascii_digit() || first == '-' {
        let (text, after) = split(rest, |c| c.is_ascii_digit() || c == '-');
        let number = text
            .parse()
            .map_err(|_| format!("`{text}` is not a whole number"))?;
        return Ok((Kind::Number(number), text.len(), after));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let (word, after) = split(rest, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
        });
        return Ok((Kind::Word(word.to_owned()), word.len(), after));
    }
    for sign in SIGNS {
        if let Some(after) = rest.strip_prefix(sign) {
            return Ok((Kind::Sign(sign), sign.len(), after));
        }
    }
    Err(match first {
        '=' => "two values are compared with `==`".to_owned(),
        other => format!("`{other}` means nothing here"),
    })
}

/// `text` before and after the first character that is not `wanted`.
fn split(text: &str, wanted: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !wanted(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}
