//! From positions in sources to file, line and column as people count them.

use std::collections::HashMap;

use nickel_lang_core::cache::CacheHub;
use nickel_lang_core::files::FileId;
use nickel_lang_core::position::{RawSpan, TermPos};

/// Names of the files that answers may mention, and where their lines start.
#[derive(Debug, Default)]
pub(super) struct Places {
    names: HashMap<FileId, Named>,
    lines: HashMap<FileId, Vec<usize>>,
}

#[derive(Debug)]
struct Named {
    name: String,
    user: bool,
}

/// File, line, column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Places {
    /// Remembers a file of the user's workspace.
    pub(super) fn user(&mut self, id: FileId, name: &str) {
        self.names.insert(
            id,
            Named {
                name: name.to_owned(),
                user: true,
            },
        );
    }

    /// Remembers a shipped schema.
    pub(super) fn schema(&mut self, id: FileId, name: &str) {
        self.names.insert(
            id,
            Named {
                name: name.to_owned(),
                user: false,
            },
        );
    }

    /// Forgets the user's files.
    pub(super) fn forget_user(&mut self) {
        self.lines
            .retain(|id, _| self.names.get(id).is_some_and(|named| !named.user));
        self.names.retain(|_, named| !named.user);
    }

    /// The name of a file, if answers may mention it.
    pub(super) fn name(&self, id: FileId) -> Option<&str> {
        self.names.get(&id).map(|named| named.name.as_str())
    }

    /// Whether a position lies in a file that the user wrote.
    pub(super) fn is_user(&self, pos: TermPos) -> bool {
        pos.into_opt()
            .and_then(|span| self.names.get(&span.src_id))
            .is_some_and(|named| named.user)
    }

    /// Whether a position lies in a schema.
    pub(super) fn is_schema(&self, pos: TermPos) -> bool {
        pos.into_opt()
            .and_then(|span| self.names.get(&span.src_id))
            .is_some_and(|named| !named.user)
    }

    /// The place of a position; `None` for the standard library and for what evaluation made.
    pub(super) fn of(&mut self, hub: &CacheHub, pos: TermPos) -> Option<Place> {
        self.at(hub, pos.into_opt()?)
    }

    fn at(&mut self, hub: &CacheHub, span: RawSpan) -> Option<Place> {
        let file = self.names.get(&span.src_id)?.name.clone();
        let source = hub.sources.source(span.src_id);
        let starts = self
            .lines
            .entry(span.src_id)
            .or_insert_with(|| line_starts(source));
        let offset = span.start.to_usize().min(source.len());
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let column = source
            .get(start..offset)
            .map_or(0, |before| before.chars().count());
        Some(Place {
            file,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
        })
    }
}

fn line_starts(source: &str) -> Vec<usize> {
    let ends = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0)
        .chain(ends.map(|(offset, _)| offset.saturating_add(1)))
        .collect()
}

/// The text at a position, if it is known.
pub(super) fn text(hub: &CacheHub, pos: TermPos) -> Option<&str> {
    let span = pos.into_opt()?;
    hub.sources
        .source(span.src_id)
        .get(span.start.to_usize()..span.end.to_usize())
}
