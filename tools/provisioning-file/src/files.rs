//! Reads text below a root directory and nowhere else.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use provisioning::workspace::{Error, Workspace, check};
use rustix::fs::Dir;
#[cfg(target_os = "linux")]
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
#[cfg(target_os = "linux")]
use rustix::io::Errno;

/// The most that is read of a file.
const LIMIT: u64 = 4 << 20;

/// The most entries of a folder that are looked at, whatever they are.
const ENTRIES: usize = 1024;

/// The files below a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceFiles {
    root: PathBuf,
}

impl WorkspaceFiles {
    /// The files below `root`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The root directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Only Linux can be asked to stay below a folder.
    #[cfg(not(target_os = "linux"))]
    fn open(&self, relative: &str, kind: Kind) -> Result<File, Error> {
        self.open_resolved(relative, kind)
    }

    #[cfg(target_os = "linux")]
    fn open(&self, relative: &str, kind: Kind) -> Result<File, Error> {
        let root = File::open(&self.root).map_err(|error| unreadable(relative, &error))?;
        // Not to wait for a writer, should it be a pipe.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let flags = match kind {
            Kind::Regular => flags,
            Kind::Folder => flags | OFlags::DIRECTORY,
        };
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match openat2(&root, relative, flags, Mode::empty(), beneath) {
            Ok(file) => Ok(File::from(file)),
            Err(Errno::NOENT | Errno::NOTDIR) => Err(Error::Absent {
                path: relative.to_owned(),
            }),
            Err(Errno::XDEV) => Err(refused(relative, "a symbolic link in it leaves the workspace")),
            Err(Errno::LOOP) => Err(refused(relative, "its symbolic links lead nowhere")),
            // Kernels before 5.6, and sandboxes that do not know the call.
            Err(Errno::NOSYS | Errno::PERM) => self.open_resolved(relative, kind),
            Err(error) => Err(unreadable(relative, &error.into())),
        }
    }

    /// Opens without the kernel's help: what the path resolves to must lie below the root.
    fn open_resolved(&self, relative: &str, kind: Kind) -> Result<File, Error> {
        let resolve = |path: &Path| {
            path.canonicalize().map_err(|error| match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::Absent {
                    path: relative.to_owned(),
                },
                _ => unreadable(relative, &error),
            })
        };
        let path = resolve(&self.root.join(relative))?;
        if !path.starts_with(resolve(&self.root)?) {
            return Err(refused(relative, "a symbolic link in it leaves the workspace"));
        }
        match kind {
            // Opening a pipe would wait for a writer.
            Kind::Regular if !path.is_file() => return Err(refused(relative, "it is not a regular file")),
            Kind::Folder if !path.is_dir() => {
                return Err(Error::Absent {
                    path: relative.to_owned(),
                });
            }
            Kind::Regular | Kind::Folder => {}
        }
        File::open(path).map_err(|error| unreadable(relative, &error))
    }

    /// Opens a regular file below the root.
    pub(crate) fn regular(&self, relative: &str) -> Result<(File, Metadata), Error> {
        check(relative)?;
        let file = self.open(relative, Kind::Regular)?;
        let about = file.metadata().map_err(|error| unreadable(relative, &error))?;
        if !about.is_file() {
            return Err(refused(relative, "it is not a regular file"));
        }
        Ok((file, about))
    }

    /// The names in a folder below the root that are not folders, as far as `keep` wants them. `None` if there are
    /// more than `most` of those, or so many others that to go through them all is work that somebody made.
    pub(crate) fn names(
        &self,
        relative: &str,
        most: usize,
        keep: impl Fn(&str) -> bool,
    ) -> Result<Option<Vec<String>>, Error> {
        check(relative)?;
        let folder = self.open(relative, Kind::Folder)?;
        let entries = Dir::read_from(&folder).map_err(|error| unreadable(relative, &error.into()))?;
        let mut names = Vec::new();
        for (seen, entry) in entries.enumerate() {
            if seen >= ENTRIES {
                return Ok(None);
            }
            let entry = entry.map_err(|error| unreadable(relative, &error.into()))?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            if entry.file_type().is_dir() || !keep(name) {
                continue;
            }
            if names.len() >= most {
                return Ok(None);
            }
            names.push(name.to_owned());
        }
        names.sort_unstable();
        Ok(Some(names))
    }
}

/// What is to be opened.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Regular,
    Folder,
}

/// The text of a file that [`WorkspaceFiles::regular`] opened.
pub(crate) fn text(file: File, relative: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    // One more than the limit, because the file may grow while it is read.
    let read = file.take(LIMIT.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(relative, &error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LIMIT) {
        return Err(Error::TooLarge {
            path: relative.to_owned(),
            limit: LIMIT,
        });
    }
    String::from_utf8(bytes).map_err(|error| Error::NotUtf8 {
        path: relative.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })
}

impl Workspace for WorkspaceFiles {
    fn read(&self, relative: &str) -> Result<String, Error> {
        let (file, _) = self.regular(relative)?;
        text(file, relative)
    }
}

fn refused(path: &str, why: &str) -> Error {
    Error::Refused {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

fn unreadable(path: &str, error: &io::Error) -> Error {
    Error::Unreadable {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn workspace() -> (tempfile::TempDir, WorkspaceFiles) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(folder.path().join("secret"), "secret").unwrap();
        fs::write(root.join("sub/inside.ncl"), "1").unwrap();
        symlink("sub/inside.ncl", root.join("inner")).unwrap();
        symlink("../secret", root.join("outer")).unwrap();
        symlink(folder.path(), root.join("folder")).unwrap();
        symlink("/etc/passwd", root.join("absolute")).unwrap();
        symlink("circle", root.join("circle")).unwrap();
        (folder, WorkspaceFiles::new(root))
    }

    #[test]
    fn what_lies_below_the_root_is_read() {
        let (_folder, files) = workspace();
        assert_eq!(files.read("sub/inside.ncl").as_deref(), Ok("1"));
        assert_eq!(files.read("inner").as_deref(), Ok("1"));
    }

    #[test]
    fn what_leads_out_is_refused() {
        let (_folder, files) = workspace();
        for path in [
            "/etc/passwd",
            "../secret",
            "sub/../../secret",
            "outer",
            "folder/secret",
            "absolute",
            "circle",
        ] {
            assert!(
                matches!(files.read(path), Err(Error::Refused { .. })),
                "{path}: {:?}",
                files.read(path)
            );
        }
    }

    #[test]
    fn what_leads_out_is_refused_without_the_kernels_help() {
        let (_folder, files) = workspace();
        for path in ["outer", "folder/secret", "absolute", "sub"] {
            assert!(
                matches!(
                    files.open_resolved(path, Kind::Regular),
                    Err(Error::Refused { .. })
                ),
                "{path}"
            );
        }
        assert!(files.open_resolved("inner", Kind::Regular).is_ok());
        assert!(matches!(
            files.open_resolved("nothing", Kind::Regular),
            Err(Error::Absent { .. })
        ));
    }

    #[test]
    fn what_is_not_a_text_file_says_so() {
        let (_folder, files) = workspace();
        fs::write(files.root().join("bytes"), b"ab\xff").unwrap();
        fs::write(files.root().join("large"), vec![b' '; 4 * 1024 * 1024 + 1]).unwrap();
        assert!(matches!(
            files.read("bytes"),
            Err(Error::NotUtf8 { offset: 2, .. })
        ));
        assert!(matches!(files.read("large"), Err(Error::TooLarge { .. })));
        assert!(matches!(files.read("sub"), Err(Error::Refused { .. })));
        assert!(matches!(files.read("nothing"), Err(Error::Absent { .. })));
        assert!(matches!(
            files.read("sub/inside.ncl/deeper"),
            Err(Error::Absent { .. })
        ));
    }

    #[test]
    fn no_folder_outside_is_listed() {
        let (_folder, files) = workspace();
        let all = |name: &str| files.names(name, 10, |_| true);
        assert_eq!(all("sub"), Ok(Some(vec!["inside.ncl".to_owned()])));
        assert!(
            matches!(all("folder"), Err(Error::Refused { .. })),
            "{:?}",
            all("folder")
        );
        assert!(matches!(all("../root"), Err(Error::Refused { .. })));
        assert!(matches!(all("nothing"), Err(Error::Absent { .. })));
        assert!(matches!(all("inner"), Err(Error::Absent { .. })));
        assert_eq!(files.names("sub", 0, |_| true), Ok(None));
        let without_help = files.open_resolved("folder", Kind::Folder);
        assert!(matches!(without_help, Err(Error::Refused { .. })));
        assert!(files.open_resolved("sub", Kind::Folder).is_ok());
    }
}
