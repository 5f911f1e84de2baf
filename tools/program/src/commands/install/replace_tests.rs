//! Traps in a workspace, links of the user's own, and modes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use super::*;
use std::fs;
use std::os::unix::fs::symlink;

const LIMIT: u64 = 1 << 20;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The names in `folder`, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn refusal<T>(result: Result<T, Failure>) -> String {
    match result {
        Err(failure) => format!("{failure:?}"),
        Ok(_) => panic!("it was not refused"),
    }
}

#[test]
fn a_link_in_a_workspace_is_refused_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, secret) = (folder.path().join("w"), folder.path().join("secret"));
    fs::create_dir_all(&workspace).unwrap();
    fs::create_dir_all(&secret).unwrap();
    fs::write(secret.join("mcp.json"), "{\"password\": 1}").unwrap();
    symlink(secret.join("mcp.json"), workspace.join(".mcp.json")).unwrap();
    symlink(&secret, workspace.join(".cursor")).unwrap();
    symlink(secret.join("not-there"), workspace.join(".vscode")).unwrap();
    for file in [".mcp.json", ".cursor/mcp.json", ".vscode/mcp.json"] {
        let place = Place::beneath(&workspace, &workspace.join(file)).unwrap();
        if file != ".vscode/mcp.json" {
            let said = refusal(place.read(LIMIT));
            assert!(said.contains("symbolic link"), "{said}");
        }
        if file != ".mcp.json" {
            let said = refusal(place.replace("{}", None));
            assert!(
                said.contains("symbolic link") || said.contains("cannot"),
                "{said}"
            );
        }
    }
    assert_eq!(names(&secret), ["mcp.json"]);
    assert_eq!(names(&workspace), [".cursor", ".mcp.json", ".vscode"]);
    for outside in ["../x.json", "a/../../x.json", ""] {
        assert!(
            Place::beneath(&workspace, &workspace.join(outside)).is_err(),
            "{outside}"
        );
    }
}

#[test]
fn nothing_is_written_through_names_that_were_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, victim) = (folder.path().join("w"), folder.path().join("victim"));
    fs::create_dir(&workspace).unwrap();
    fs::write(&victim, "precious").unwrap();
    symlink(
        &victim,
        workspace.join(format!("mcp.json.{}.new", std::process::id())),
    )
    .unwrap();
    let place = Place::beneath(&workspace, &workspace.join("mcp.json")).unwrap();
    place.replace("{}", None).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(fs::read_to_string(workspace.join("mcp.json")).unwrap(), "{}");
    // A name that is taken is never written to.
    symlink(&victim, workspace.join("taken")).unwrap();
    let opened = place.made_folder().unwrap();
    assert!(create(&opened, OsStr::new("taken"), "x", None).is_err());
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

#[test]
fn backup_and_file_have_the_mode_of_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mcp.json");
    for wanted in [0o600, 0o640, 0o644] {
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(wanted)).unwrap();
        let place = Place::beneath(folder.path(), &path).unwrap();
        let found = place.read(LIMIT).unwrap().unwrap();
        let backup = place.back_up(&found).unwrap();
        place.replace("new", Some(&found)).unwrap();
        assert_eq!((mode(&path), mode(&backup)), (wanted, wanted));
        assert_eq!(fs::read_to_string(&backup).unwrap(), "old");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }
    // A backup for each, and nothing half done.
    assert_eq!(names(folder.path()).len(), 4);
    let fresh = Place::beneath(folder.path(), &folder.path().join("a/b/new.json")).unwrap();
    assert!(fresh.read(LIMIT).unwrap().is_none());
    fresh.replace("{}", None).unwrap();
    assert_eq!(mode(&folder.path().join("a/b/new.json")), 0o600);
}

#[test]
fn a_link_of_the_users_own_survives() {
    let folder = tempfile::tempdir().unwrap();
    let (home, dotfiles) = (folder.path().join("home"), folder.path().join("dotfiles"));
    fs::create_dir(&home).unwrap();
    fs::create_dir(&dotfiles).unwrap();
    let (link, target) = (home.join("config.toml"), dotfiles.join("codex.toml"));
    fs::write(&target, "old").unwrap();
    symlink(&target, &link).unwrap();
    let place = Place::of_user(&link).unwrap();
    let found = place.read(LIMIT).unwrap().unwrap();
    let backup = place.back_up(&found).unwrap();
    place.replace("new", Some(&found)).unwrap();
    assert!(link.is_symlink() && !target.is_symlink());
    assert_eq!(fs::read_to_string(&link).unwrap(), "new");
    assert_eq!(
        backup.parent().unwrap().canonicalize().unwrap(),
        dotfiles.canonicalize().unwrap()
    );
    // One that leads nowhere is the user's to mend.
    fs::remove_file(&target).unwrap();
    let said = refusal(Place::of_user(&link));
    assert!(said.contains("must lead to a file"), "{said}");
}
