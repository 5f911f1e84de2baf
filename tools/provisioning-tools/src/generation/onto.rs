//! What was generated before and edited since, and what comes of both.

use provisioning::generate::{self, Before, Generated, Merged, Reason, TextFile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toolcall::{ErrorKind, ToolError};

/// Most files that can be merged onto; no description leads to more than five.
const FILES: usize = 16;
/// Most lines of one text: comparing takes a time that grows with the product of two texts' changes.
const LINES: usize = 2_000;
/// Most bytes of all texts together.
const BYTES: usize = 1 << 20;

/// A file that was generated before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Onto {
    /// Its name, such as `servers.ncl`.
    name: String,
    /// What was generated last; left out if nothing was.
    #[serde(default)]
    base: Option<String>,
    /// What it is now; left out if it was removed.
    #[serde(default)]
    edited: Option<String>,
}

/// A file after the merge.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct File {
    /// Its name.
    name: String,
    /// Its text, with the edited lines in every conflict; absent if there is to be no such file.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Its text with both sides of each conflict between markers; absent without conflicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    marked: Option<String>,
}

/// Lines that were edited and are generated otherwise than before.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Conflict {
    /// The file.
    file: String,
    /// The line of the edited file where it begins, from 1.
    line: usize,
    /// What happened.
    reason: &'static str,
    /// The edited lines.
    edited: String,
    /// The generated lines.
    generated: String,
}

/// The files to merge onto, if every name is plain and no text is too long.
pub(super) fn before(onto: Vec<Onto>) -> Result<Vec<Before>, ToolError> {
    let too_much = |what: String| {
        Err(ToolError::new(ErrorKind::LimitExceeded, what)
            .field("onto")
            .hint("merge fewer or shorter files, and keep what is large in files that are not generated"))
    };
    if onto.len() > FILES {
        return too_much(format!("`onto` has {} files; {FILES} can be merged", onto.len()));
    }
    let texts = || onto.iter().flat_map(|file| [&file.base, &file.edited]).flatten();
    if texts().map(String::len).sum::<usize>() > BYTES {
        return too_much(format!("the texts of `onto` have more than {BYTES} bytes"));
    }
    if texts().any(|text| text.lines().count() > LINES) {
        return too_much(format!("a text of `onto` has more than {LINES} lines"));
    }
    for (at, file) in onto.iter().enumerate() {
        if !super::is_plain(&file.name) {
            return Err(super::misnamed(
                "onto.name",
                &file.name,
                "is not a plain name that ends in `.ncl`",
            ));
        }
        if onto.iter().take(at).any(|other| other.name == file.name) {
            return Err(super::misnamed("onto.name", &file.name, "is there twice"));
        }
    }
    let files = onto.into_iter().map(|file| Before {
        name: file.name,
        base: file.base,
        edited: file.edited,
    });
    Ok(files.collect())
}

/// The merged files as they would be read: the first of `generated` first, what it imports in its place.
pub(super) fn joined(merged: &[Merged], generated: &Generated) -> Generated {
    let first = generated.files.first().map(|file| file.name.as_str());
    let mut files: Vec<TextFile> = merged
        .iter()
        .filter_map(|file| {
            Some(TextFile {
                name: file.name.clone(),
                text: file.text.clone()?,
            })
        })
        .collect();
    files.sort_by_key(|file| Some(file.name.as_str()) != first);
    let whole = generate::whole(&files);
    Generated { files, whole }
}

/// The merged files and their conflicts on the wire.
pub(super) fn answered(merged: Vec<Merged>) -> (Vec<File>, Vec<Conflict>) {
    let (mut files, mut conflicts) = (Vec::new(), Vec::new());
    for file in merged {
        for conflict in file.conflicts {
            conflicts.push(Conflict {
                file: file.name.clone(),
                line: conflict.line,
                reason: reason(conflict.reason),
                edited: conflict.edited,
                generated: conflict.generated,
            });
        }
        files.push(File {
            name: file.name,
            text: file.text,
            marked: file.marked,
        });
    }
    (files, conflicts)
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::BothChanged => "the same lines were edited and are generated otherwise than before",
        Reason::BothAdded => "a file of this name is there that was not generated",
        Reason::Removed => "the file was removed and is generated otherwise than before",
        Reason::NotGenerated => "the file was edited and is not generated any more",
    }
}
