//! Decides what an import leads to: a shipped schema, a file of the workspace, or nothing.

use provisioning::workspace::{Error, Workspace};

use crate::Bounds;
use crate::bounds::bytes;
use crate::wire::{Answer, Schema, Target, Wanted};

const ALLOWED: &str = "import shipped schemas, such as `schemas/server.ncl`, and files of the workspace by a path \
                       relative to the importing file or to the workspace root";

/// Answers one import.
pub(crate) fn answer(
    wanted: &Wanted,
    schemas: &[Schema],
    workspace: &dyn Workspace,
    bounds: &Bounds,
) -> Answer {
    let path = match &wanted.target {
        Target::Package { .. } => return refused("packages are not available", ALLOWED),
        Target::File { path } => path,
    };
    let plain = match plain(path) {
        Ok(plain) => plain,
        Err(why) => return refused(why, ALLOWED),
    };
    let beside = match wanted.importer.rsplit_once('/') {
        Some((folder, _)) => vec![format!("{folder}/{plain}"), plain],
        None => vec![plain],
    };
    let mut absent = Vec::new();
    for candidate in beside {
        if candidate
            .strip_prefix("schemas/")
            .is_some_and(|name| schemas.iter().any(|schema| schema.path == name))
        {
            return Answer::Schema;
        }
        match workspace.read(&candidate) {
            Ok(text) if text.len() > bounds.source => {
                let limit = bytes(u64::try_from(bounds.source).unwrap_or(u64::MAX));
                return refused(&format!("`{candidate}` is larger than {limit}"), "split the file");
            }
            Ok(text) => {
                return Answer::Text {
                    path: candidate,
                    text,
                };
            }
            Err(Error::Absent { .. }) => absent.push(format!("`{candidate}`")),
            Err(error) => return refused(&error.to_string(), ALLOWED),
        }
    }
    let names = schemas.iter().map(|schema| format!("schemas/{}", schema.path));
    let near = names
        .map(|name| (strsim::jaro_winkler(&name, path), name))
        .filter(|(score, _)| *score > 0.85);
    let hint = match near.max_by(|left, right| left.0.total_cmp(&right.0)) {
        Some((_, name)) => format!("did you mean `{name}`? {ALLOWED}"),
        None => ALLOWED.to_owned(),
    };
    refused(
        &format!("the workspace has no {}", absent.join(" and no ")),
        &hint,
    )
}

fn refused(why: &str, hint: &str) -> Answer {
    Answer::Refused {
        why: why.to_owned(),
        hint: hint.to_owned(),
    }
}

/// The path without `.`, if nothing in it leads elsewhere.
fn plain(path: &str) -> Result<String, &'static str> {
    // First of all: a zero byte is what the worker's own folders are marked with.
    if path.contains(char::is_control) {
        return Err("the path holds a control character");
    }
    if path.starts_with('/') || path.starts_with('~') || path.contains('\\') || path.contains("://") {
        return Err("an absolute path leaves the workspace");
    }
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    if parts.contains(&"..") {
        return Err("a path with `..` may leave the workspace");
    }
    if parts.is_empty() {
        return Err("the path names no file");
    }
    Ok(parts.join("/"))
}
