//! The folder that files are generated into, and what it remembers of the last time.
//!
//! `.prov-gen/state.json` holds the answers, the version of the templates and the texts as they were generated: the base of
//! the next merge. It is never edited by hand, and a checksum tells if it was.
//!
//! INVARIANT: what is to be written is whole in `.prov-gen/next.json`, and on the disk, before any file changes. A run that
//! is killed after that is carried on by the next one; a run that is killed before it has changed nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use console::{Exit, Failure};
use provisioning::{AssetKind, Assets as _, Embedded};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::commands::store;

/// Where the memory is kept.
const MEMORY: &str = ".prov-gen";
const STATE: &str = "state.json";
const NEXT: &str = "next.json";
/// Largest memory that is read, in bytes.
const MEMORY_BYTES: u64 = 16 << 20;

/// A folder, and what was generated into it last.
pub(super) struct Folder {
    path: PathBuf,
    last: Option<Body>,
    force: bool,
}

/// What is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// The description and the other arguments.
    pub(super) answers: Map<String, Value>,
    /// Which templates made the texts.
    pub(super) templates: String,
    /// The texts as they were generated.
    pub(super) base: BTreeMap<String, String>,
    /// Files whose conflicts lie beside them.
    pub(super) rejected: Vec<String>,
}

/// A file to write, or to remove if there is no text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Put {
    /// Its name in the folder.
    pub(super) name: String,
    /// Checksum of what it replaces.
    pub(super) before: Option<String>,
    /// What it becomes.
    pub(super) text: Option<String>,
}

/// What is being written.
#[derive(Debug, Serialize, Deserialize)]
struct Next {
    puts: Vec<Put>,
    body: Body,
}

/// Something with the checksum of its JSON text.
#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    checksum: String,
    content: T,
}

impl Body {
    /// Every file that it names.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.base.keys().chain(&self.rejected).map(String::as_str)
    }
}

impl Folder {
    /// Looks at the folder, and ends what a killed run began. With `force` nothing of the last time matters.
    pub(super) fn open(path: &Path, force: bool) -> Result<Self, Failure> {
        let mut folder = Self {
            path: path.to_owned(),
            last: None,
            force,
        };
        let memory = folder.path.join(MEMORY);
        if memory.is_symlink() {
            return Err(damaged(&memory, "is a link"));
        }
        if path.is_symlink() {
            return Err(Failure::new(
                Exit::InvalidArgument,
                format!("`{}` is a link to a folder", path.display()),
            )
            .hint("name the folder that it leads to"));
        }
        if force || !memory.is_dir() {
            return Ok(folder);
        }
        let path = memory.join(NEXT);
        if let Some(next) = read::<Next>(&path)? {
            // The memory comes with the folder, and the folder may be somebody else's: nothing outside it is named.
            let names = next.puts.iter().map(|put| put.name.as_str());
            inside(&path, names.chain(next.body.names()))?;
            folder.apply(&next)?;
        }
        let path = memory.join(STATE);
        folder.last = read::<Body>(&path)?;
        if let Some(last) = &folder.last {
            inside(&path, last.names())?;
        }
        // The memory is made with its first content, so that an empty one had a run that was killed before it wrote.
        let empty = fs::read_dir(&memory).is_ok_and(|mut entries| entries.next().is_none());
        match folder.last {
            None if !empty => Err(damaged(&memory.join(STATE), "is missing")),
            _ => Ok(folder),
        }
    }

    /// What was generated last, if the new text is to be merged into it.
    pub(super) fn last(&self) -> Option<&Body> {
        self.last.as_ref()
    }

    /// The text of the file `name` now, if there is one.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let path = self.path.join(name);
        match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Ok(metadata) if metadata.is_symlink() => Err(Failure::new(
                Exit::InvalidArgument,
                format!("`{}` is a link, which a merge would replace", path.display()),
            )
            .hint("put the file itself there, or `--force` to write over the link")),
            _ => program::read_text(&path, MEMORY_BYTES).map(Some),
        }
    }

    /// The change of the file `name` to `text`. A file that is there and was not generated is not written over.
    pub(super) fn put(&self, name: &str, text: Option<String>) -> Result<Put, Failure> {
        let path = self.path.join(name);
        let conflict = |last: &Body| {
            let of = name.strip_suffix(".rej");
            of.is_some_and(|of| last.rejected.iter().any(|rejected| rejected == of))
        };
        let known = |last: &Body| last.base.contains_key(name) || conflict(last);
        if path.symlink_metadata().is_ok() && !self.force && !self.last.as_ref().is_some_and(known) {
            return Err(Failure::new(
                Exit::InvalidArgument,
                format!("`{}` is there already", path.display()),
            )
            .hint("give another folder, or `--force` to write over it"));
        }
        Ok(Put {
            name: name.to_owned(),
            before: checksum_of(&path),
            text,
        })
    }

    /// Writes all of `puts`, or nothing, and remembers `body`. Gives what was done to which path.
    pub(super) fn write(&self, puts: Vec<Put>, body: Body) -> Result<Vec<String>, Failure> {
        let next = self.commit(puts, body)?;
        self.apply(&next)?;
        let changed = next
            .puts
            .iter()
            .filter(|put| !is_done(put, put.before.as_deref()));
        Ok(changed
            .map(|put| {
                let done = if put.text.is_some() { "wrote" } else { "removed" };
                format!("{done} `{}`", self.path.join(&put.name).display())
            })
            .collect())
    }

    /// From here on the change will be made, by this run or by the next.
    fn commit(&self, puts: Vec<Put>, body: Body) -> Result<Next, Failure> {
        let memory = self.path.join(MEMORY);
        fs::create_dir_all(&memory).map_err(|error| store::unwritable(&memory, &error))?;
        let next = Next { puts, body };
        seal(&memory.join(NEXT), &next)?;
        Ok(next)
    }

    /// Makes the change. Doing it again changes nothing.
    fn apply(&self, next: &Next) -> Result<(), Failure> {
        for put in &next.puts {
            self.change(put)?;
        }
        let memory = self.path.join(MEMORY);
        seal(&memory.join(STATE), &next.body)?;
        let path = memory.join(NEXT);
        fs::remove_file(&path)
            .and_then(|()| store::synced(&memory))
            .map_err(|error| store::unwritable(&path, &error))
    }

    fn change(&self, put: &Put) -> Result<(), Failure> {
        let path = self.path.join(&put.name);
        let now = checksum_of(&path);
        if is_done(put, now.as_deref()) && !path.is_symlink() {
            return Ok(());
        }
        if now != put.before {
            return Err(Failure::new(
                Exit::InvalidArgument,
                format!(
                    "`{}` was edited before an interrupted run had ended",
                    path.display()
                ),
            )
            .hint("keep a copy of it, then `--force` to write over it"));
        }
        match &put.text {
            Some(text) => store::replace(&path, text),
            None => fs::remove_file(&path)
                .and_then(|()| store::synced(&self.path))
                .map_err(|error| store::unwritable(&path, &error)),
        }
    }
}

/// The version of the templates: they are the shipped ones, so a hash of them says it.
pub(super) fn templates() -> String {
    let mut hash = Sha256::new();
    for asset in Embedded.list(AssetKind::Template) {
        hash.update(asset.path.as_bytes());
        hash.update([0]);
        hash.update(asset.text.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize())
}

fn is_done(put: &Put, now: Option<&str>) -> bool {
    put.text.as_deref().map(checksum).as_deref() == now
}

/// Refuses names that are not those of generated files in the folder itself.
fn inside<'a>(memory: &Path, mut names: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let plain = |name: &str| {
        let name = name.strip_suffix(".rej").unwrap_or(name);
        let stem = name.strip_suffix(".ncl").unwrap_or_default();
        let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !stem.is_empty() && !stem.starts_with('.') && stem.chars().all(known)
    };
    match names.find(|name| !plain(name)) {
        None => Ok(()),
        Some(_) => Err(damaged(memory, "names a file outside of the folder")),
    }
}

/// The checksum of a file; of a link, nothing that a file could have. Nothing if it cannot be read, or is too large to
/// be one of ours.
fn checksum_of(path: &Path) -> Option<String> {
    let about = fs::symlink_metadata(path).ok()?;
    if !about.is_file() {
        return Some("not a file".to_owned());
    }
    if about.len() > MEMORY_BYTES {
        return Some("too large".to_owned());
    }
    fs::read(path).ok().map(|bytes| hex(&Sha256::digest(bytes)))
}

fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn seal<T: Serialize>(path: &Path, content: &T) -> Result<(), Failure> {
    let fail = |error: serde_json::Error| {
        Failure::new(Exit::Internal, format!("cannot write `{}`", path.display())).because(&error)
    };
    let checksum = checksum(&serde_json::to_string(content).map_err(fail)?);
    let text = serde_json::to_string_pretty(&Sealed { checksum, content }).map_err(fail)?;
    store::replace(path, &text)
}

/// What `path` holds, if it is there and nobody changed it.
fn read<T: Serialize + for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    let text = program::read_text(path, MEMORY_BYTES)?;
    let sealed: Sealed<T> =
        serde_json::from_str(&text).map_err(|error| damaged(path, "is damaged").because(&error))?;
    match serde_json::to_string(&sealed.content) {
        Ok(text) if checksum(&text) == sealed.checksum => Ok(Some(sealed.content)),
        _ => Err(damaged(path, "was changed by hand")),
    }
}

fn damaged(path: &Path, how: &str) -> Failure {
    Failure::new(
        Exit::InvalidArgument,
        format!("`{}` {how}, so there is nothing to merge with", path.display()),
    )
    .hint("restore it from version control, or `--force` to write over the files and lose edits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Body {
        Body {
            answers: Map::new(),
            templates: templates(),
            base: ["a.ncl", "b.ncl"]
                .map(|name| (name.to_owned(), text.to_owned()))
                .into(),
            rejected: Vec::new(),
        }
    }

    fn puts(folder: &Folder, text: &str) -> Vec<Put> {
        ["a.ncl", "b.ncl"]
            .map(|name| folder.put(name, Some(text.to_owned())).unwrap())
            .to_vec()
    }

    #[test]
    fn a_run_that_is_killed_at_any_step_is_carried_on_or_never_was() {
        for steps in 0..=2 {
            let place = tempfile::tempdir().unwrap();
            let folder = Folder::open(place.path(), false).unwrap();
            folder.write(puts(&folder, "old"), body("old")).unwrap();
            let folder = Folder::open(place.path(), false).unwrap();
            let next = folder.commit(puts(&folder, "new"), body("new")).unwrap();
            for put in next.puts.iter().take(steps) {
                folder.change(put).unwrap();
            }
            // Killed here.
            let folder = Folder::open(place.path(), false).unwrap();
            for name in ["a.ncl", "b.ncl"] {
                assert_eq!(folder.text(name).unwrap().as_deref(), Some("new"), "{steps}");
            }
            assert_eq!(folder.last().unwrap().base, body("new").base);
            assert!(!place.path().join(MEMORY).join(NEXT).exists());
        }
    }

    #[test]
    fn what_was_edited_in_between_is_not_written_over() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path(), false).unwrap();
        folder.commit(puts(&folder, "new"), body("new")).unwrap();
        fs::write(place.path().join("b.ncl"), "mine").unwrap();
        let failure = Folder::open(place.path(), false).err().unwrap();
        assert!(failure.to_text().contains("b.ncl"), "{}", failure.to_text());
        assert_eq!(fs::read_to_string(place.path().join("b.ncl")).unwrap(), "mine");
        assert!(Folder::open(place.path(), true).is_ok());
    }

    #[test]
    fn a_memory_that_names_other_places_is_refused_before_anything_is_written() {
        for name in [
            "../outside.ncl",
            "/etc/outside.ncl",
            "a/b.ncl",
            ".ncl",
            "authorized_keys",
        ] {
            let place = tempfile::tempdir().unwrap();
            let target = place.path().join("folder");
            let memory = target.join(MEMORY);
            fs::create_dir_all(&memory).unwrap();
            let put = Put {
                name: name.to_owned(),
                before: None,
                text: Some("mine".to_owned()),
            };
            let next = Next {
                puts: vec![put],
                body: body("x"),
            };
            seal(&memory.join(NEXT), &next).unwrap();
            let failure = Folder::open(&target, false).err().unwrap();
            assert!(failure.to_text().contains("outside of the folder"), "{name}");
            assert!(!place.path().join("outside.ncl").exists());
        }
    }
}
