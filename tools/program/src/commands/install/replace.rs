//! A client's file, read and replaced without being led elsewhere and without showing it to others.
//!
//! All is done through the opened folder: a link that somebody puts in its way afterwards changes nothing. What is
//! written is for the owner only until it has the mode of the file that it takes the place of.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use console::{Exit, Failure};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

/// Where a client's file is, or will be.
pub(super) struct Place {
    /// A folder that we believe in.
    root: PathBuf,
    /// The folders from there to the file; none may be a link.
    below: Vec<OsString>,
    name: OsString,
}

/// A client's file as it was found.
pub(super) struct Found {
    /// What is in it.
    pub(super) text: String,
    mode: u32,
}

impl Place {
    /// A file in a folder of other people's data: a link on the way from `root` to it is refused.
    pub(super) fn beneath(root: &Path, path: &Path) -> Result<Self, Failure> {
        let inside = path.strip_prefix(root).ok();
        let parts: Option<Vec<OsString>> = inside.and_then(|inside| {
            let part = |part: Component<'_>| match part {
                Component::Normal(name) => Some(name.to_owned()),
                _ => None,
            };
            inside.components().map(part).collect()
        });
        let mut below = parts.unwrap_or_default();
        let name = below.pop().ok_or_else(|| {
            Failure::new(
                Exit::InvalidArgument,
                format!("`{}` names no file in `{}`", path.display(), root.display()),
            )
            .hint("name a file, without `..`")
        })?;
        Ok(Self {
            root: root.to_owned(),
            below,
            name,
        })
    }

    /// A file of the user's own: where it is a link, as those who keep such files in a repository have it, the file
    /// that it leads to is meant.
    pub(super) fn of_user(path: &Path) -> Result<Self, Failure> {
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => path.to_owned(),
            Err(error) => {
                return Err(failed("follow", path, &error)
                    .hint("the link must lead to a file: mend it, or name the file with `--file`"));
            }
        };
        let root = real.parent().unwrap_or(Path::new("/")).to_owned();
        match real.file_name() {
            Some(name) => Ok(Self {
                root,
                below: Vec::new(),
                name: name.to_owned(),
            }),
            None => Err(Failure::new(
                Exit::InvalidArgument,
                format!("`{}` names no file", path.display()),
            )),
        }
    }

    fn path(&self) -> PathBuf {
        self.beside(&self.name)
    }

    fn beside(&self, name: &OsStr) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(&self.below);
        path.join(name)
    }

    /// The folder of the file; `make`: made if need be. None if it is absent.
    fn folder(&self, make: bool) -> Result<Option<OwnedFd>, Failure> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut path = self.root.clone();
        if make {
            std::fs::create_dir_all(&path).map_err(|error| failed("make the folder", &path, &error))?;
        }
        // The root itself may be a link: the user named it, or it was resolved.
        let mut folder = match openat(CWD, &path, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed("open", &path, &error.into())),
        };
        for name in &self.below {
            path.push(name);
            if make && let Err(error) = mkdirat(&folder, name, Mode::from_raw_mode(0o755)) {
                // That it is there is what we want; whether it is a folder, opening it will tell.
                if error != Errno::EXIST {
                    return Err(failed("make the folder", &path, &error.into()));
                }
            }
            folder = match openat(&folder, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(inner) => inner,
                Err(Errno::NOENT) => return Ok(None),
                Err(error) => return Err(self.refused(&folder, name, &path, error)),
            };
        }
        Ok(Some(folder))
    }

    /// Why `name` in `folder` could not be opened: most often because it is a link.
    fn refused(&self, folder: &OwnedFd, name: &OsStr, path: &Path, error: Errno) -> Failure {
        let linked = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|seen| FileType::from_raw_mode(seen.st_mode) == FileType::Symlink);
        if linked {
            Failure::new(
                Exit::InvalidConfiguration,
                format!("`{}` is a symbolic link and could lead anywhere", path.display()),
            )
            .hint("put the file itself there, or name the one it leads to with `--file`")
        } else {
            failed("open", path, &error.into())
        }
    }

    /// The file, if it is there.
    pub(super) fn read(&self, limit: u64) -> Result<Option<Found>, Failure> {
        let path = self.path();
        let Some(folder) = self.folder(false)? else {
            return Ok(None);
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&folder, &self.name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(self.refused(&folder, &self.name, &path, error)),
        };
        let metadata = file.metadata().map_err(|error| failed("read", &path, &error))?;
        if !metadata.is_file() {
            return Err(
                Failure::new(Exit::InvalidArgument, format!("`{}` is no file", path.display()))
                    .hint("name the client's file with `--file`"),
            );
        }
        let mut bytes = Vec::new();
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| failed("read", &path, &error))?;
        if bytes.len() as u64 > limit {
            return Err(Failure::new(
                Exit::LimitExceeded,
                format!("`{}` has more than {limit} bytes", path.display()),
            ));
        }
        let text = String::from_utf8(bytes).map_err(|_| {
            Failure::new(
                Exit::InvalidEncoding,
                format!("`{}` is not valid UTF-8", path.display()),
            )
            .hint("save it as UTF-8")
        })?;
        // Bits that give a program rights have no business on a configuration.
        let mode = metadata.permissions().mode() & 0o777;
        Ok(Some(Found { text, mode }))
    }

    /// Keeps what was found beside the file, with its mode, under a name that is not taken.
    pub(super) fn back_up(&self, found: &Found) -> Result<PathBuf, Failure> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map(|since| since.as_secs())
            .unwrap_or_default();
        let name = self.suffixed(&format!(".{now}-{}.bak", random()));
        let path = self.beside(&name);
        let folder = self.made_folder()?;
        create(&folder, &name, &found.text, Some(found.mode))
            .map_err(|error| failed("write", &path, &error))?;
        Ok(path)
    }

    /// Puts `text` in the place of the file, whole or not at all. What was `found` there gives the mode; a new file
    /// is the owner's only.
    pub(super) fn replace(&self, text: &str, found: Option<&Found>) -> Result<(), Failure> {
        let fresh = self.suffixed(&format!(".{}.new", random()));
        let folder = self.made_folder()?;
        let written = create(&folder, &fresh, text, found.map(|found| found.mode)).and_then(|()| {
            // A link that lies here by now is replaced, not followed.
            renameat(&folder, &fresh, &folder, &self.name).map_err(|error| {
                // That the half-done file stays behind changes nothing for the caller.
                let _left = unlinkat(&folder, &fresh, AtFlags::empty());
                error.into()
            })
        });
        written.map_err(|error| failed("write", &self.path(), &error))
    }

    fn made_folder(&self) -> Result<OwnedFd, Failure> {
        let gone = || {
            failed(
                "open the folder of",
                &self.path(),
                &io::ErrorKind::NotFound.into(),
            )
        };
        self.folder(true)?.ok_or_else(gone)
    }

    fn suffixed(&self, suffix: &str) -> OsString {
        let mut name = self.name.clone();
        name.push(suffix);
        name
    }
}

/// Writes a file that was not there before, synced, for its owner only until all is in it.
fn create(folder: &OwnedFd, name: &OsStr, text: &str, mode: Option<u32>) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?);
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| match mode {
            Some(mode) => file.set_permissions(Permissions::from_mode(mode)),
            None => Ok(()),
        })
        .and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        // As above: it is of no use to anybody.
        let _left = unlinkat(folder, name, AtFlags::empty());
    })
}

/// Part of a name that nobody can know before.
fn random() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("cannot {what} `{}`", path.display())).because(error)
}

#[cfg(test)]
#[path = "replace_tests.rs"]
mod tests;
