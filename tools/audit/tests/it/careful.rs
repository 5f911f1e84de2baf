//! What the log refuses to be written to, and how long it waits.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use audit::Log;
use rustix::fs::{FlockOperation, flock};
use toolcall::Effect;

use crate::{intend, open, verified};

/// Why the log at `path` cannot be opened, with every cause.
fn refused(path: &Path) -> String {
    let error = Log::open(path, audit::now).err().unwrap();
    format!("{error}: {}", error.source)
}

#[test]
fn a_file_that_is_no_log_is_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    for text in ["my notes\nof many years\n", "{\"seq\":1}\n", "no line end"] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let said = refused(&path);
        assert!(
            said.contains("it is no audit log") && said.contains("set `audit.path`"),
            "{said}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(
            fs::read_dir(directory.path()).unwrap().count(),
            1,
            "something was made beside it"
        );
    }
}

#[test]
fn links_in_the_place_of_the_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let victim = directory.path().join("victim");
    for name in ["audit.jsonl", "audit.jsonl.head"] {
        let folder = directory.path().join(format!("of-{name}"));
        fs::create_dir(&folder).unwrap();
        symlink(&victim, folder.join(name)).unwrap();
        let said = refused(&folder.join("audit.jsonl"));
        // A link that leads nowhere yet would have made the file there.
        assert!(said.contains("is a symbolic link"), "{said}");
        assert!(!victim.exists());
        fs::write(&victim, "").unwrap();
        fs::set_permissions(&victim, Permissions::from_mode(0o644)).unwrap();
        let said = refused(&folder.join("audit.jsonl"));
        assert!(said.contains("is a symbolic link"), "{said}");
        assert_eq!(fs::read(&victim).unwrap(), b"");
        fs::remove_file(&victim).unwrap();
    }
}

#[test]
fn a_folder_that_others_can_write_to_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    fs::create_dir(&state).unwrap();
    for mode in [0o777, 0o770, 0o1777] {
        fs::set_permissions(&state, Permissions::from_mode(mode)).unwrap();
        let said = refused(&state.join("audit.jsonl"));
        assert!(
            said.contains("can write to it") && said.contains("`chmod go-w` it"),
            "{said}"
        );
    }
    // Nor is anything made below one.
    fs::set_permissions(&state, Permissions::from_mode(0o777)).unwrap();
    let said = refused(&state.join("audit/audit.jsonl"));
    assert!(said.contains("everybody can write to it"), "{said}");
    assert!(!state.join("audit").exists());
    fs::set_permissions(&state, Permissions::from_mode(0o700)).unwrap();
    drop(open(&state.join("audit/audit.jsonl")));
}

#[test]
fn a_lock_that_is_held_is_waited_for_two_seconds_and_its_holder_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let log = open(&path);
    let held = File::open(directory.path().join("audit.jsonl.head")).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let started = Instant::now();
    // Those behind the one that waits do not add up.
    std::thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let log = &log;
            scope.spawn(move || {
                let error = intend(log, name, Effect::Read).unwrap_err();
                let cause = error.source.downcast::<audit::Error>().unwrap();
                let said = cause.source.to_string();
                assert!(
                    said.contains("hold") && said.contains("for more than 2 s"),
                    "{said}"
                );
                if cfg!(target_os = "linux") {
                    assert!(
                        said.contains(&std::process::id().to_string()) || said.contains("another process"),
                        "{said}"
                    );
                }
            });
        }
    });
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(1900) && took < Duration::from_secs(4),
        "{took:?}"
    );
    flock(&held, FlockOperation::Unlock).unwrap();
    intend(&log, "free again", Effect::Read).unwrap();
    assert_eq!(verified(&path).records, 1);
}
