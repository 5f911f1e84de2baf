//! A settings file: TOML, each value with its line.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};
use serde_json::Value;
use toml_edit::{Document, Item, TableLike};

use crate::leaf::Leaf;
use crate::resolve::nearest;
use crate::{Error, Origin, SourceFile, convert};

/// No settings file is larger, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// No more of a key is repeated, in characters: what is no settings file may hold anything.
const LONGEST_KEY: usize = 64;

/// A value that a file gives for a leaf.
pub(crate) struct Given {
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// What `file` gives. Nothing if it may be absent and is.
pub(crate) fn read(file: &SourceFile, leaves: &[Leaf]) -> Result<Vec<Given>, Error> {
    let path = &file.path;
    let text = match text(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !file.required => return Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::Absent {
                layer: file.layer.clone(),
                path: path.clone(),
            });
        }
        Err(source) => {
            return Err(Error::Unreadable {
                path: path.clone(),
                source,
            });
        }
    };
    let document = Document::parse(text.as_str()).map_err(|error| Error::Syntax {
        path: path.clone(),
        line: line(&text, error.span().map_or(0, |span| span.start)),
        reason: match file.sections {
            // The parser's sentence can quote the file, and this one need not be what it should be.
            Some(_) => "it is no settings file".to_owned(),
            None => error.message().trim().replace('\n', ", "),
        },
    })?;
    let mut reader = Reader {
        file,
        text: &text,
        leaves,
        given: Vec::new(),
    };
    reader.table(document.as_table(), "")?;
    Ok(reader.given)
}

fn text(file: &SourceFile) -> io::Result<String> {
    let opened = match file.sections {
        Some(_) => open_foreign(&file.path)?,
        None => File::open(&file.path)?,
    };
    let mut text = String::new();
    opened.take(FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {FILE_BYTES} bytes"),
        ));
    }
    Ok(text)
}

/// Opens a file that others may have put there: a link, also in the place of its folder, would make us read and
/// quote a file elsewhere, and a pipe would make us wait for ever.
fn open_foreign(path: &Path) -> io::Result<File> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
    let careful = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let folder = openat(CWD, folder, careful | OFlags::DIRECTORY, Mode::empty()).map_err(named)?;
    let file = File::from(openat(&folder, name, careful, Mode::empty()).map_err(named)?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file; put a plain file there"));
    }
    Ok(file)
}

/// What the system says of links, for people.
fn named(error: rustix::io::Errno) -> io::Error {
    use rustix::io::Errno;
    match error {
        Errno::LOOP | Errno::NOTDIR => {
            io::Error::other("it or its folder is a link; put the file itself there")
        }
        other => other.into(),
    }
}

/// `key` as an error names it.
fn shortened(key: &str) -> String {
    let short: String = key.chars().take(LONGEST_KEY).collect();
    let rest = if short.len() < key.len() { "…" } else { "" };
    format!("{short}{rest}")
}

struct Reader<'a> {
    file: &'a SourceFile,
    text: &'a str,
    leaves: &'a [Leaf],
    given: Vec<Given>,
}

impl Reader<'_> {
    fn table(&mut self, table: &dyn TableLike, section: &str) -> Result<(), Error> {
        for (name, item) in table.iter() {
            let key = if section.is_empty() {
                name.to_owned()
            } else {
                format!("{section}.{name}")
            };
            let origin = self.origin(table, name, item);
            if self.leaves.iter().any(|leaf| leaf.key == key) {
                self.allowed(&key, &origin)?;
                let value = convert::from_toml(item).ok_or_else(|| Error::WrongValue {
                    key: key.clone(),
                    origin: Box::new(origin.clone()),
                    expected: "a finite number".to_owned(),
                    given: "one that is infinite or no number".to_owned(),
                })?;
                self.given.push(Given { key, value, origin });
            } else if self.leaves.iter().any(|leaf| {
                leaf.key
                    .strip_prefix(&key)
                    .is_some_and(|rest| rest.starts_with('.'))
            }) {
                match item.as_table_like() {
                    Some(inner) => self.table(inner, &key)?,
                    None => {
                        // Of a file that others wrote only the key is repeated.
                        let given = convert::from_toml(item)
                            .filter(|_| self.file.sections.is_none())
                            .map_or_else(|| "another value".to_owned(), |value| convert::shown(&value));
                        return Err(Error::WrongValue {
                            key,
                            origin: origin.into(),
                            expected: "a table".to_owned(),
                            given,
                        });
                    }
                }
            } else {
                let nearest = nearest(&key, self.leaves.iter().map(|leaf| leaf.key.as_str()));
                return Err(Error::UnknownKey {
                    key: shortened(&key),
                    origin: origin.into(),
                    nearest,
                });
            }
        }
        Ok(())
    }

    /// Whether this file may set `key`.
    fn allowed(&self, key: &str, origin: &Origin) -> Result<(), Error> {
        let Some(sections) = &self.file.sections else {
            return Ok(());
        };
        let within = |section: &String| {
            key.strip_prefix(section)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if sections.iter().any(within) {
            return Ok(());
        }
        Err(Error::Restricted {
            key: shortened(key),
            origin: Box::new(origin.clone()),
            layer: self.file.layer.clone(),
            sections: sections.clone(),
        })
    }

    fn origin(&self, table: &dyn TableLike, name: &str, item: &Item) -> Origin {
        let span = table
            .key(name)
            .and_then(toml_edit::Key::span)
            .or_else(|| item.span());
        let line = line(self.text, span.map_or(0, |span| span.start));
        Origin::File {
            layer: self.file.layer.clone(),
            path: self.file.path.clone(),
            line,
        }
    }
}

/// The line on which byte `at` of `text` is, from 1.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
