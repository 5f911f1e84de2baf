//! The file: who may read it, what is no store, what is damaged, what is newer.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use provisioning::state::{Archive, Error, State};
use provisioning_sqlite::SqliteState;
use rusqlite::Connection;
use statekit::samples::{at, claim, held, note, put, run, server};

use crate::{open, place};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn refusal(path: &Path) -> Error {
    SqliteState::open(path).err().unwrap()
}

#[tokio::test]
async fn nobody_else_may_read_it() {
    let (_folder, path) = place();
    let store = open(&path);
    held(&store, "anna").await;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap().path();
        assert_eq!(mode(&entry), 0o600, "{}", entry.display());
    }
}

#[tokio::test]
async fn it_is_the_same_workspace_when_opened_again() {
    let (_folder, path) = place();
    let name = open(&path).workspace().await.unwrap();
    assert_eq!(name.len(), 36);
    assert_eq!(open(&path).workspace().await.unwrap(), name);
    let (_other, path) = place();
    assert_ne!(open(&path).workspace().await.unwrap(), name);
}

#[tokio::test]
async fn a_newer_format_is_left_as_it_is() {
    let (_folder, path) = place();
    drop(open(&path));
    newer(&path);
    let before = fs::read(&path).unwrap();
    let refused = refusal(&path);
    assert_eq!(
        refused.to_string(),
        format!("{} has format 99, and this version reads up to 1", path.display())
    );
    assert!(matches!(
        SqliteState::open_read_only(&path).err().unwrap(),
        Error::Newer {
            found: 99,
            known: 1,
            ..
        }
    ));
    assert_eq!(fs::read(&path).unwrap(), before);
    let left: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !left.iter().any(|name| name.to_string_lossy().contains("format-")),
        "{left:?}"
    );
}

/// Says that a newer version wrote the file, with no log beside it.
fn newer(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
}

#[test]
fn what_is_no_store_is_not_touched() {
    let (folder, path) = place();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(
        &path,
        "not a database, but long enough to have a head ".repeat(20),
    )
    .unwrap();
    let refused = refusal(&path);
    assert!(matches!(&refused, Error::Damaged { .. }), "{refused}");
    let other = folder.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let before = fs::read(&other).unwrap();
    let refused = refusal(&other);
    assert!(
        refused
            .to_string()
            .ends_with("is damaged: it is a database of another program"),
        "{refused}"
    );
    assert_eq!(fs::read(&other).unwrap(), before);
    let refused = refusal(folder.path());
    assert!(
        refused.to_string().ends_with("it is not a regular file"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_link_is_not_followed() {
    let (folder, path) = place();
    drop(open(&path));
    let link = folder.path().join("link.db");
    symlink(&path, &link).unwrap();
    assert!(refusal(&link).to_string().ends_with("it is not a regular file"));
    // A folder that is a link is the user's own business.
    let elsewhere = folder.path().join("elsewhere");
    symlink(path.parent().unwrap(), &elsewhere).unwrap();
    let name = open(&path).workspace().await.unwrap();
    assert_eq!(open(&elsewhere.join("state.db")).workspace().await.unwrap(), name);
}

#[tokio::test]
async fn damage_is_told_when_it_is_opened() {
    let (_folder, path) = place();
    fill(&path).await;
    let whole = fs::read(&path).unwrap();
    // A page in the middle, the tail cut off, and a page of letters.
    let page = 4096;
    for damage in 0..3 {
        let mut bytes = whole.clone();
        match damage {
            0 => bytes[page * 3..page * 20].fill(0),
            1 => bytes.truncate(page * 5),
            _ => bytes[page * 2..page * 10].fill(b'x'),
        }
        fs::write(&path, bytes).unwrap();
        let refused = refusal(&path);
        assert!(matches!(&refused, Error::Damaged { .. }), "{damage}: {refused}");
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(open(&path).serial().await.unwrap(), 1);
}

/// Some pages of resources, with no log beside them.
async fn fill(path: &Path) {
    let store = open(path);
    let epoch = held(&store, "anna").await.epoch;
    let changes = (0..300)
        .map(|number| put(&server(&format!("id-{number}"), &format!("web-{number}"))))
        .collect();
    store.commit(epoch, at(1), changes).await.unwrap();
    drop(store);
    Connection::open(path)
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    for log in ["state.db-wal", "state.db-shm"] {
        let _absent = fs::remove_file(path.with_file_name(log));
    }
}

#[tokio::test]
async fn a_value_that_nobody_writes_is_damage() {
    let (_folder, path) = place();
    let store = open(&path);
    let epoch = held(&store, "anna").await.epoch;
    let run = provisioning::state::Change::Run(Box::new(run("r1")));
    let changes = vec![put(&server("id-1", "web")), run];
    store.commit(epoch, at(1), changes).await.unwrap();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("UPDATE resource SET attributes = '{'; UPDATE run SET status = 'bored'")
        .unwrap();
    let of_resource = store.resources().await.unwrap_err();
    assert!(
        of_resource.to_string().contains("is damaged: attributes: "),
        "{of_resource}"
    );
    let of_run = store.run("r1").await.unwrap_err();
    assert!(
        of_run
            .to_string()
            .ends_with("is damaged: `bored` is not known here"),
        "{of_run}"
    );
}

#[test]
fn the_history_is_only_added_to() {
    let (_folder, path) = place();
    drop(open(&path));
    let connection = Connection::open(&path).unwrap();
    connection
        .execute(
            "INSERT INTO event VALUES (1, 0, 0, NULL, NULL, NULL, NULL, 'a', 'b')",
            [],
        )
        .unwrap();
    for order in ["DELETE FROM event", "UPDATE event SET kind = 'c'"] {
        let refused = connection.execute(order, []).unwrap_err();
        assert!(
            refused.to_string().contains("the history is only added to"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let (_folder, path) = place();
    assert!(matches!(
        SqliteState::open_read_only(&path).err().unwrap(),
        Error::Broken { .. }
    ));
    assert!(!path.exists());
    let store = open(&path);
    let reader = SqliteState::open_read_only(&path).unwrap();
    held(&store, "anna").await;
    assert_eq!(reader.lease().await.unwrap().unwrap().epoch, 1);
    let before = reader.whole().await.unwrap();
    let refused = reader.commit(1, at(1), vec![note("x")]).await.unwrap_err();
    assert!(
        refused.to_string().ends_with("it was opened for reading only"),
        "{refused}"
    );
    assert!(reader.steal(&claim("bert", 9), at(1), true).await.is_err());
    assert!(reader.fill(before.clone()).await.is_err());
    assert_eq!(store.whole().await.unwrap(), before);
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    drop(store);
    assert_eq!(reader.serial().await.unwrap(), 0);
}
