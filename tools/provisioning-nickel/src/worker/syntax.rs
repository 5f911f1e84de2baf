//! Texts that do not parse: every error, with what was probably meant.

use nickel_lang_core::cache::CacheHub;
use nickel_lang_core::error::{IntoDiagnostics, ParseError, ParseErrors};
use nickel_lang_core::position::{RawSpan, TermPos};

use super::explain;
use super::place::{self, Places};
use crate::wire::Finding;

/// Whether there is nothing but comments and white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .all(|line| line.is_empty() || line.starts_with('#'))
}

/// The finding for a text without content.
pub(super) fn blank(name: &str) -> Finding {
    Finding {
        code: "empty".to_owned(),
        message: "the configuration is empty".to_owned(),
        file: Some(name.to_owned()),
        line: Some(1),
        column: Some(1),
        hint: Some(
            "write a record, such as `{ servers = [{ name = \"web-1\", provider = 'local }] }`".to_owned(),
        ),
        ..Finding::default()
    }
}

/// One finding for each error.
pub(super) fn explain(hub: &CacheHub, places: &mut Places, errors: &ParseErrors) -> Vec<Finding> {
    errors
        .errors
        .iter()
        .map(|error| one(hub, places, error))
        .collect()
}

fn one(hub: &CacheHub, places: &mut Places, error: &ParseError) -> Finding {
    let (message, span, hint) = match error {
        ParseError::UnexpectedToken(span, expected) => unexpected(hub, *span, expected),
        ParseError::UnexpectedEOF(file, _) => {
            let end = hub.sources.files().source_span(*file);
            unexpected(
                hub,
                RawSpan {
                    start: end.end,
                    ..end
                },
                &[],
            )
        }
        ParseError::ExtraToken(span) => ("there is more after the end".to_owned(), Some(*span), None),
        ParseError::UnmatchedCloseBrace(span) => (
            "a `}` without its `{`".to_owned(),
            Some(*span),
            Some("remove it, or open the record".to_owned()),
        ),
        _ => {
            let diagnostic = error
                .clone()
                .into_diagnostics(&mut hub.sources.files().clone())
                .into_iter()
                .next();
            return diagnostic.map_or_else(Finding::default, |diagnostic| {
                let mut finding = explain::from_diagnostic(hub, places, "syntax", diagnostic);
                finding.hint = typed(error).or(finding.hint);
                finding
            });
        }
    };
    let finding = Finding {
        code: "syntax".to_owned(),
        message,
        hint,
        ..Finding::default()
    };
    match span {
        Some(span) => explain::at(hub, places, TermPos::Original(span), finding),
        None => finding,
    }
}

/// The mistake that people make who know JSON or YAML: `cpu: 2`.
fn typed(error: &ParseError) -> Option<String> {
    match error {
        ParseError::TypedFieldWithoutDefinition { .. } | ParseError::InvalidContract(_) => {
            Some("a field takes its value with `=`, as in `cpu = 2`; `:` and `|` announce a type".to_owned())
        }
        _ => None,
    }
}

fn unexpected(
    hub: &CacheHub,
    span: RawSpan,
    expected: &[String],
) -> (String, Option<RawSpan>, Option<String>) {
    let token = place::text(hub, TermPos::Original(span)).unwrap_or_default();
    let source = hub.sources.source(span.src_id);
    let before = source.get(..span.start.to_usize()).unwrap_or_default().trim_end();
    let message = if token.is_empty() {
        "the text ends too early".to_owned()
    } else {
        format!("unexpected `{}`", explain::shorten(token))
    };
    let comma = expected.iter().any(|token| token.trim_matches('"') == ",");
    let hint = if token.is_empty() {
        Some("close every `{`, `[`, `(` and `\"`".to_owned())
    } else if token == ":" {
        Some("a field takes its value with `=`, as in `cpu = 2`".to_owned())
    } else if token == "==" || (token == "=" && before.ends_with('=')) {
        Some("one `=` gives a field its value".to_owned())
    } else if token == "=" {
        Some("put a comma between the fields of a record".to_owned())
    } else if comma && !before.ends_with(',') {
        Some("put a comma before it, after the value that ends there".to_owned())
    } else {
        None
    };
    (message, Some(span), hint)
}
