//! Reads text below a root directory and nowhere else.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use provisioning::workspace::{Error, Workspace, check};
#[cfg(target_os = "linux")]
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
#[cfg(target_os = "linux")]
use rustix::io::Errno;

/// The most that is read of a file.
const LIMIT: u64 = 4 << 20;

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
    fn open(&self, relative: &str) -> Result<File, Error> {
        self.open_resolved(relative)
    }

    #[cfg(target_os = "linux")]
    fn open(&self, relative: &str) -> Result<File, Error> {
        let root = File::open(&self.root).map_err(|error| unreadable(relative, &error))?;
        // Not to wait for a writer, should it be a pipe.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match openat2(&root, relative, flags, Mode::empty(), beneath) {
            Ok(file) => Ok(File::from(file)),
            Err(Errno::NOENT | Errno::NOTDIR) => Err(Error::Absent {
                path: relative.to_owned(),
            }),
            Err(Errno::XDEV) => Err(refused(relative, "a symbolic link in it leaves the workspace")),
            Err(Errno::LOOP) => Err(refused(relative, "its symbolic links lead nowhere")),
            // Kernels before 5.6, and sandboxes that do not know the call.
            Err(Errno::NOSYS | Errno::PERM) => self.open_resolved(relative),
            Err(error) => Err(unreadable(relative, &error.into())),
        }
    }

    /// Opens without the kernel's help: what the path resolves to must lie below the root.
    fn open_resolved(&self, relative: &str) -> Result<File, Error> {
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
        // Opening a pipe would wait for a writer.
        if !path.is_file() {
            return Err(refused(relative, "it is not a regular file"));
        }
        File::open(path).map_err(|error| unreadable(relative, &error))
    }
}

impl Workspace for WorkspaceFiles {
    fn read(&self, relative: &str) -> Result<String, Error> {
        check(relative)?;
        let file = self.open(relative)?;
        let about = file.metadata().map_err(|error| unreadable(relative, &error))?;
        if !about.is_file() {
            return Err(refused(relative, "it is not a regular file"));
        }
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
                matches!(files.open_resolved(path), Err(Error::Refused { .. })),
                "{path}"
            );
        }
        assert!(files.open_resolved("inner").is_ok());
        assert!(matches!(
            files.open_resolved("nothing"),
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
}
