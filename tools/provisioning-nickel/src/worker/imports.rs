//! Finds what a parsed text imports. Nothing is opened here or anywhere else in the worker.
//!
//! An import that is not found is not checked, so two independent readings must agree: a walk over the tree, and the
//! lexer's `import` keywords. The walk is our own because the parser's (`TraverseAlloc`, 0.4) leaves out patterns of
//! `let`, rows of enumeration types and contracts of `include`. It names every kind of node and every field of it, so
//! that a new one does not compile until somebody has looked.

use std::io;
use std::ops::Range;

use nickel_lang_core::ast::pattern::{ArrayPattern, EnumPattern, FieldPattern, OrPattern};
use nickel_lang_core::ast::pattern::{Pattern, PatternData, RecordPattern};
use nickel_lang_core::ast::record::{FieldDef, FieldMetadata, FieldPathElem, Include, Record};
use nickel_lang_core::ast::typ::{EnumRowsF, RecordRowsF, Type, TypeF};
use nickel_lang_core::ast::{Annotation, Ast, Import, InputFormat, LetBinding, LetMetadata};
use nickel_lang_core::ast::{MatchBranch, Node, StringChunk};
use nickel_lang_core::files::FileId;
use nickel_lang_core::parser::lexer::{Lexer, NormalToken, Token};
use nickel_lang_core::position::{RawSpan, TermPos};

use crate::wire::{Answer, Target, Wanted};

/// How the worker asks the pool.
pub(super) type Ask<'a> = dyn FnMut(Vec<Wanted>) -> io::Result<Vec<Answer>> + 'a;

/// An import expression.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) target: Target,
    pub(super) format: InputFormat,
    pub(super) pos: TermPos,
}

/// The imports of one text.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// Those that can be checked, in the order of the text.
    pub(super) found: Vec<Found>,
    /// Places where the text imports something and the tree does not show what. Any of them refuses the text.
    pub(super) unseen: Vec<TermPos>,
}

/// Every import of `text`, which is the file `id` and was parsed to `ast`.
pub(super) fn of(ast: &Ast<'_>, id: FileId, text: &str) -> Imports {
    let mut found = find(ast);
    found.sort_by_key(|import| span(import.pos).map_or(usize::MAX, |span| span.start));
    let unseen = unseen(text, &found)
        .into_iter()
        .map(|range| TermPos::Original(RawSpan::from_range(id, range)))
        .collect();
    Imports { found, unseen }
}

/// The keywords that no import of the tree accounts for.
///
/// An import holds no expression, so the text of each holds its own keyword and no other; where that is not so, the
/// two readings have lost each other and every keyword counts as unseen.
fn unseen(text: &str, found: &[Found]) -> Vec<Range<usize>> {
    let keywords = match keywords(text) {
        Ok(keywords) => keywords,
        Err(place) => return vec![place],
    };
    let mut left = keywords.clone();
    for import in found {
        let Some(span) = span(import.pos) else {
            return keywords;
        };
        let own = keywords.iter().filter(|word| span.contains(&word.start));
        if own.count() != 1 {
            return if keywords.is_empty() { vec![span] } else { keywords };
        }
        left.retain(|word| !span.contains(&word.start));
    }
    left
}

/// Where the lexer sees `import`: not in strings, comments, names or tags. The place where it gives up otherwise.
fn keywords(text: &str) -> Result<Vec<Range<usize>>, Range<usize>> {
    let mut found = Vec::new();
    let mut reached = 0;
    for token in Lexer::new(text) {
        let Ok((start, token, end)) = token else {
            return Err(reached..reached);
        };
        reached = end;
        if token == Token::Normal(NormalToken::Import) {
            found.push(start..end);
        }
    }
    Ok(found)
}

fn span(pos: TermPos) -> Option<Range<usize>> {
    let span = pos.into_opt()?;
    Some(span.start.to_usize()..span.end.to_usize())
}

/// What is still to be looked into. On the heap, because texts nest as deep as they like.
enum Part<'a> {
    Expression(&'a Ast<'a>),
    Type(&'a Type<'a>),
    Pattern(&'a Pattern<'a>),
}

fn find<'a>(ast: &'a Ast<'a>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut parts = vec![Part::Expression(ast)];
    while let Some(part) = parts.pop() {
        match part {
            Part::Expression(ast) => {
                if let Node::Import(import) = &ast.node {
                    found.push(describe(import, ast.pos));
                }
                expression(&ast.node, &mut parts);
            }
            Part::Type(typ) => r#type(typ, &mut parts),
            Part::Pattern(part) => pattern(part, &mut parts),
        }
    }
    found
}

/// Every field that is defined anywhere in `ast`.
pub(super) fn fields<'a>(ast: &'a Ast<'a>) -> Vec<&'a FieldDef<'a>> {
    let mut found = Vec::new();
    let mut parts = vec![Part::Expression(ast)];
    while let Some(part) = parts.pop() {
        match part {
            Part::Expression(ast) => {
                if let Node::Record(record) = &ast.node {
                    found.extend(record.field_defs);
                }
                expression(&ast.node, &mut parts);
            }
            Part::Type(typ) => r#type(typ, &mut parts),
            Part::Pattern(part) => pattern(part, &mut parts),
        }
    }
    found
}

fn expression<'a>(node: &'a Node<'a>, parts: &mut Vec<Part<'a>>) {
    match node {
        Node::Null
        | Node::Bool(_)
        | Node::Number(_)
        | Node::String(_)
        | Node::Var(_)
        | Node::Import(_)
        | Node::ParseError(_) => {}
        Node::StringChunks(chunks) => {
            for chunk in *chunks {
                match chunk {
                    StringChunk::Literal(_) => {}
                    StringChunk::Expr(part, _) => parts.push(Part::Expression(part)),
                }
            }
        }
        Node::Fun { args, body } => {
            parts.extend(args.iter().map(Part::Pattern));
            parts.push(Part::Expression(body));
        }
        Node::Let {
            bindings,
            body,
            rec: _,
        } => {
            for LetBinding {
                pattern,
                metadata:
                    LetMetadata {
                        doc: _,
                        annotation: an,
                    },
                value,
            } in *bindings
            {
                parts.push(Part::Pattern(pattern));
                annotation(an, parts);
                parts.push(Part::Expression(value));
            }
            parts.push(Part::Expression(body));
        }
        Node::App { head, args } => {
            parts.push(Part::Expression(head));
            parts.extend(args.iter().map(Part::Expression));
        }
        Node::EnumVariant { tag: _, arg } => parts.extend(arg.iter().map(|arg| Part::Expression(arg))),
        Node::Record(record) => self::record(record, parts),
        Node::IfThenElse {
            cond,
            then_branch,
            else_branch,
        } => parts.extend([cond, then_branch, else_branch].map(|part| Part::Expression(part))),
        Node::Match(data) => {
            for MatchBranch { pattern, guard, body } in data.branches {
                parts.push(Part::Pattern(pattern));
                parts.extend(guard.iter().map(Part::Expression));
                parts.push(Part::Expression(body));
            }
        }
        Node::Array(items) => parts.extend(items.iter().map(Part::Expression)),
        Node::PrimOpApp { op: _, args } => parts.extend(args.iter().map(Part::Expression)),
        Node::Annotated { annot, inner } => {
            annotation(annot, parts);
            parts.push(Part::Expression(inner));
        }
        Node::Type(typ) => parts.push(Part::Type(typ)),
    }
}

fn record<'a>(record: &'a Record<'a>, parts: &mut Vec<Part<'a>>) {
    let Record {
        includes,
        field_defs,
        open: _,
    } = record;
    for Include {
        ident: _,
        metadata: about,
    } in *includes
    {
        metadata(about, parts);
    }
    for FieldDef {
        path,
        metadata: about,
        value,
        pos: _,
    } in *field_defs
    {
        for step in *path {
            match step {
                FieldPathElem::Ident(_) => {}
                FieldPathElem::Expr(name) => parts.push(Part::Expression(name)),
            }
        }
        metadata(about, parts);
        parts.extend(value.iter().map(Part::Expression));
    }
}

fn metadata<'a>(metadata: &'a FieldMetadata<'a>, parts: &mut Vec<Part<'a>>) {
    let FieldMetadata {
        doc: _,
        annotation: an,
        opt: _,
        not_exported: _,
        priority: _,
    } = metadata;
    annotation(an, parts);
}

fn annotation<'a>(annotation: &'a Annotation<'a>, parts: &mut Vec<Part<'a>>) {
    let Annotation { typ, contracts } = annotation;
    parts.extend(typ.iter().chain(contracts.iter()).map(Part::Type));
}

fn r#type<'a>(typ: &'a Type<'a>, parts: &mut Vec<Part<'a>>) {
    match &typ.typ {
        TypeF::Dyn
        | TypeF::Number
        | TypeF::Bool
        | TypeF::String
        | TypeF::Symbol
        | TypeF::ForeignId
        | TypeF::Var(_)
        | TypeF::Wildcard(_) => {}
        TypeF::Contract(contract) => parts.push(Part::Expression(contract)),
        TypeF::Arrow(from, to) => parts.extend([from, to].map(|part| Part::Type(part))),
        TypeF::Forall {
            var: _,
            var_kind: _,
            body,
        } => parts.push(Part::Type(body)),
        TypeF::Enum(rows) => {
            let mut rows = rows;
            while let EnumRowsF::Extend { row, tail } = &rows.0 {
                parts.extend(row.typ.iter().map(|part| Part::Type(part)));
                rows = tail;
            }
        }
        TypeF::Record(rows) => {
            let mut rows = rows;
            while let RecordRowsF::Extend { row, tail } = &rows.0 {
                parts.push(Part::Type(row.typ));
                rows = tail;
            }
        }
        TypeF::Dict {
            type_fields,
            flavour: _,
        } => parts.push(Part::Type(type_fields)),
        TypeF::Array(item) => parts.push(Part::Type(item)),
    }
}

fn pattern<'a>(pattern: &'a Pattern<'a>, parts: &mut Vec<Part<'a>>) {
    match &pattern.data {
        // A constant is a literal; it holds no expression.
        PatternData::Wildcard | PatternData::Any(_) | PatternData::Constant(_) => {}
        PatternData::Record(record) => {
            let RecordPattern {
                patterns,
                tail: _,
                pos: _,
            } = record;
            for FieldPattern {
                matched_id: _,
                annotation: an,
                default,
                pattern,
                pos: _,
            } in *patterns
            {
                annotation(an, parts);
                parts.extend(default.iter().map(Part::Expression));
                parts.push(Part::Pattern(pattern));
            }
        }
        PatternData::Array(array) => {
            let ArrayPattern {
                patterns,
                tail: _,
                pos: _,
            } = array;
            parts.extend(patterns.iter().map(Part::Pattern));
        }
        PatternData::Enum(variant) => {
            let EnumPattern {
                tag: _,
                pattern,
                pos: _,
            } = variant;
            parts.extend(pattern.iter().map(Part::Pattern));
        }
        PatternData::Or(or) => {
            let OrPattern { patterns, pos: _ } = or;
            parts.extend(patterns.iter().map(Part::Pattern));
        }
    }
}

fn describe(import: &Import<'_>, pos: TermPos) -> Found {
    match import {
        Import::Path { path, format } => Found {
            target: Target::File {
                path: path.to_string_lossy().into_owned(),
            },
            format: *format,
            pos,
        },
        Import::Package { id } => Found {
            target: Target::Package {
                name: id.label().to_owned(),
            },
            format: InputFormat::Nickel,
            pos,
        },
    }
}

#[cfg(test)]
mod tests {
    use nickel_lang_core::ast::AstAlloc;
    use nickel_lang_core::files::Files;
    use nickel_lang_core::parser::{ErrorTolerantParser, grammar::TermParser};

    use super::*;

    /// How many imports of `text` are found, and how many unseen. With `blind`, as if the walk had found none.
    fn counts(text: &str, blind: bool) -> (usize, usize) {
        let id = Files::empty().add("a.ncl", text);
        let alloc = AstAlloc::new();
        let ast = TermParser::new()
            .parse_strict(&alloc, id, Lexer::new(text))
            .unwrap();
        if blind {
            return (0, unseen(text, &[]).len());
        }
        let imports = of(&ast, id, text);
        (imports.found.len(), imports.unseen.len())
    }

    #[test]
    fn what_the_walk_does_not_find_is_unseen() {
        for (text, expected) in [
            ("import \"a\"", 1),
            ("[import \"a\", import \"b\" as 'Text, import c]", 3),
            ("\"%{import \"a\"}\"", 1),
            ("m%%\"%{import \"a\"} %%{import \"b\"}\"%%", 1),
        ] {
            assert_eq!(counts(text, true), (0, expected), "{text}");
            assert_eq!(counts(text, false), (expected, 0), "{text}");
        }
    }

    #[test]
    fn the_word_alone_is_no_import() {
        for text in [
            "{ \"import\" = 1 }.\"import\"",
            "# import \"a\"\n{ a = 'import, b = \"import \\\"a\\\"\" }",
            "let important = m%\"import \"a\"\"% in let _import = important in _import",
            "{ imports = 1, import-x = 2 }",
        ] {
            assert_eq!(counts(text, false), (0, 0), "{text}");
        }
    }

    #[test]
    fn a_text_that_the_lexer_gives_up_on_is_unseen() {
        assert_eq!(unseen("{ a = \"\\q\" }", &[]).len(), 1);
    }

    #[test]
    fn a_found_import_accounts_for_its_own_keyword_only() {
        let text = "[import \"a\", import \"b\"]";
        let id = Files::empty().add("a.ncl", text);
        let at = |pos| Found {
            target: Target::Package { name: String::new() },
            format: InputFormat::Nickel,
            pos,
        };
        let pos = |range| TermPos::Original(RawSpan::from_range(id, range));
        let left = unseen(text, &[at(pos(1..11))]);
        assert_eq!((left.len(), left.first()), (1, Some(&(13..19))));
        assert_eq!(unseen(text, &[at(pos(0..24))]).len(), 2);
        assert_eq!(unseen(text, &[at(pos(1..11)), at(TermPos::None)]).len(), 2);
        assert_eq!(unseen("1", &[at(pos(0..1))]).len(), 1);
    }
}
