//! Finds what a parsed text imports. Nothing is opened here or anywhere else in the worker.

use std::io;

use nickel_lang_core::ast::{Ast, Import, InputFormat, Node};
use nickel_lang_core::position::TermPos;
use nickel_lang_core::traverse::TraverseAlloc;

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

/// Every import below `ast`, those in annotations and types included.
pub(super) fn find(ast: &Ast<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let _: Option<()> = ast.find_map(|part: &Ast<'_>| {
        if let Node::Import(import) = &part.node {
            found.push(describe(import, part.pos));
        }
        None
    });
    found
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
