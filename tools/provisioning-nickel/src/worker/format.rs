//! Formats a text as `nickel format` does, by the same libraries: every comment stays.

use nickel_lang_core::ast::InputFormat;
use nickel_lang_core::parser::lexer::{Lexer, MultiStringToken, NormalToken, Token};
use topiary_core::{Language, Operation, TopiaryQuery, formatter_str};

use super::session::{Session, Stop, without_mark};
use super::syntax;
use crate::bounds::bytes;
use crate::wire::{Finding, Outcome, Response, WireBound};

/// The formatter's rules, compiled.
pub(super) struct Formatter {
    language: Language,
}

impl Formatter {
    /// Compiles the rules, which takes some ten milliseconds.
    fn new() -> Result<Self, String> {
        let grammar = tree_sitter_nickel::LANGUAGE.into();
        let query =
            TopiaryQuery::new(&grammar, topiary_queries::nickel()).map_err(|error| error.to_string())?;
        Ok(Self {
            language: Language {
                name: "nickel".to_owned(),
                query,
                grammar,
                indent: None,
            },
        })
    }

    fn format(&self, text: &str) -> Result<String, String> {
        let mut out = Vec::new();
        let operation = Operation::Format {
            skip_idempotence: true,
            tolerate_parsing_errors: false,
        };
        formatter_str(text, &mut out, &self.language, operation).map_err(|error| error.to_string())?;
        String::from_utf8(out).map_err(|error| error.to_string())
    }
}

impl Session {
    /// Formats `text`, or says where it does not parse.
    pub(super) fn format(&mut self, name: &str, text: String) -> Result<Response, Stop> {
        let text = without_mark(text);
        let findings = self.unformattable(name, &text);
        if !findings.is_empty() {
            return Ok(refused(findings));
        }
        if self.formatter.is_none() {
            match Formatter::new() {
                Ok(formatter) => self.formatter = Some(formatter),
                Err(why) => return Ok(Response::Broken { why }),
            }
        }
        let formatted = self.formatter.as_ref().map(|formatter| formatter.format(&text));
        match formatted {
            Some(Ok(formatted)) if formatted.len() > self.bounds().output => {
                let limit = bytes(u64::try_from(self.bounds().output).unwrap_or(u64::MAX));
                Err(Stop::Bounded(
                    WireBound::Size,
                    format!("a result of more than {limit}"),
                ))
            }
            // The formatter has a grammar of its own. Where that differs from the interpreter's, the text stays.
            Some(Ok(formatted)) if says_the_same(&text, &formatted) => {
                Ok(Response::Formatted { text: formatted })
            }
            Some(Ok(_)) => Ok(refused(vec![unknown(name, "the result would not say the same")])),
            Some(Err(why)) => Ok(refused(vec![unknown(name, first_line(&why))])),
            None => Ok(refused(Vec::new())),
        }
    }

    /// Why `text` cannot be formatted, as the interpreter sees it: it explains itself better than the formatter does.
    fn unformattable(&mut self, name: &str, text: &str) -> Vec<Finding> {
        if syntax::is_blank(text) {
            return vec![syntax::blank(name)];
        }
        self.alone(|session, root| {
            let main = session.add_user(root, name, InputFormat::Nickel, text.to_owned());
            match session.parse(main) {
                Ok(_) => Vec::new(),
                Err(errors) => session.syntax(&errors),
            }
        })
    }
}

fn refused(findings: Vec<Finding>) -> Response {
    Response::Done(Outcome {
        findings,
        ..Outcome::default()
    })
}

fn unknown(name: &str, why: &str) -> Finding {
    Finding {
        code: "format".to_owned(),
        message: "the formatter does not know how to lay this text out, so it stays as it is".to_owned(),
        file: Some(name.to_owned()),
        reason: Some(why.to_owned()),
        hint: Some("format it by hand, and leave out parts to see which one it is".to_owned()),
        ..Finding::default()
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Whether two texts are the same to the interpreter and to people. A comma before a closing bracket and the indentation
/// of a string of several lines say nothing; comments do.
fn says_the_same(one: &str, other: &str) -> bool {
    match (tokens(one), tokens(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The tokens of a text and its comments, which stand between them.
fn tokens(text: &str) -> Option<(Vec<String>, Vec<String>)> {
    let mut tokens: Vec<String> = Vec::new();
    let mut comments: Vec<String> = Vec::new();
    let mut comma = None;
    let mut end = 0;
    for token in Lexer::new(text) {
        let (start, token, next) = token.ok()?;
        comments.extend(remarks(text.get(end..start).unwrap_or_default()));
        end = next;
        if let Some(comma) = comma.take()
            && !closes(&token)
        {
            tokens.push(comma);
        }
        match &token {
            Token::Normal(NormalToken::Comma) => comma = Some(format!("{token:?}")),
            Token::MultiStr(MultiStringToken::Literal(text)) => {
                tokens.push(unindented(text));
            }
            token => tokens.push(format!("{token:?}")),
        }
    }
    comments.extend(remarks(text.get(end..).unwrap_or_default()));
    Some((tokens, comments))
}

/// The comments in what stands between two tokens.
fn remarks(between: &str) -> impl Iterator<Item = String> {
    let comment = |line: &str| Some(line.split_once('#')?.1.trim().to_owned());
    between
        .lines()
        .filter_map(comment)
        .collect::<Vec<_>>()
        .into_iter()
}

/// A part of a string of several lines, without what its lines begin with.
fn unindented(text: &str) -> String {
    let lines = text.split('\n').enumerate();
    let line = |(at, line): (usize, &str)| match at {
        0 => line.to_owned(),
        _ => line.trim_start().to_owned(),
    };
    lines.map(line).collect::<Vec<_>>().join("\n")
}

fn closes(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Normal(NormalToken::RBrace | NormalToken::RBracket | NormalToken::EnumClose)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_says_nothing_and_everything_else_does() {
        assert!(says_the_same("{ # why\na=1}", "{\n  # why\n  a = 1,\n}\n"));
        assert!(says_the_same("[1,2,]", "[ 1, 2 ]"));
        assert!(says_the_same(
            "{ a = m%\"\n  a b\n\"% }",
            "{\n  a = m%\"\n    a b\n  \"% }"
        ));
        assert!(says_the_same(
            "# why\n{ a = \"# no\" }",
            "# why\n{ a = \"# no\" }"
        ));
        for (one, other) in [
            ("{ a = 1 }", "{ a = 2 }"),
            ("\"a b\"", "\"ab\""),
            ("[1, 2]", "[1 2]"),
            ("{ a }", "{ a"),
            ("{ a = 1 } # why", "{ a = 1 }"),
            ("{ a = 1 } # why", "{ a = 1 } # whynot"),
            ("{ a = m%\"\n  a b\n\"% }", "{ a = m%\"\n  ab\n\"% }"),
            ("a", "\""),
        ] {
            assert!(!says_the_same(one, other), "{one} {other}");
        }
    }
}
