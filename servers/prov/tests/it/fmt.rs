//! `prov fmt` from outside: what is written, what is only told, and what is left alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;

use crate::run::{Ran, World};

const LOOSE: &str = "# who\n{a=1, # why\nb = [1,\n2]}\n";

#[test]
fn a_file_is_laid_out_once_and_keeps_its_mode_and_comments() {
    let world = World::new();
    let path = world.file("a.ncl", LOOSE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let checked = world.prov(["fmt", "--check", "a.ncl"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (3, "a.ncl\n"));
    let shown = world.prov(["fmt", "--diff", "a.ncl"]);
    assert!(
        shown.code == 0 && shown.stdout.contains("\n-{a=1, # why\n"),
        "{shown:?}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), LOOSE);
    assert_eq!(world.prov(["fmt", "a.ncl"]).code, 0);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("# who") && text.contains("# why"), "{text}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(world.prov(["fmt", "--check", "a.ncl"]).code, 0);
    assert_eq!(world.workspace().read_dir().unwrap().count(), 1);
}

#[test]
fn one_file_that_does_not_parse_does_not_stop_the_others() {
    let world = World::new();
    world.file("bad.ncl", "{\n  a = 1\n  b = 2,\n}\n");
    let good = world.file("good.ncl", LOOSE);
    let ran = world.prov(["fmt", "bad.ncl", "good.ncl"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("bad.ncl:3:5"), "{ran:?}");
    assert_ne!(fs::read_to_string(good).unwrap(), LOOSE);
}

#[test]
fn standard_input_comes_back_on_standard_output() {
    let world = World::new();
    for arguments in [&["fmt"][..], &["fmt", "-"][..]] {
        let file = world.file("in.ncl", LOOSE);
        let mut command = world.command();
        command.args(arguments).stdin(fs::File::open(file).unwrap());
        let ran = command.stdout(Stdio::piped()).output().map(Ran::from).unwrap();
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.starts_with("# who\n{\n"), "{ran:?}");
    }
}

#[test]
fn a_link_out_of_the_workspace_is_not_followed() {
    let world = World::new();
    let outside = world.home().join("outside.ncl");
    fs::write(&outside, LOOSE).unwrap();
    symlink(&outside, world.workspace().join("link.ncl")).unwrap();
    let ran = world.prov(["fmt", "link.ncl"]);
    assert_eq!(ran.code, 11, "{ran:?}");
    assert_eq!(fs::read_to_string(&outside).unwrap(), LOOSE);
    // A link within is followed, and stays a link.
    let inside = world.file("inside.ncl", LOOSE);
    let link = world.workspace().join("near.ncl");
    symlink("inside.ncl", &link).unwrap();
    assert_eq!(world.prov(["fmt", "near.ncl"]).code, 0);
    assert!(link.is_symlink());
    assert_ne!(fs::read_to_string(inside).unwrap(), LOOSE);
}

#[test]
fn a_secret_is_not_lost_in_the_file() {
    let world = World::new();
    let text = "{ a=\"AKIAIOSFODNN7EXAMPLE\"}\n";
    let path = world.file("secret.ncl", text);
    let ran = world.prov(["fmt", "secret.ncl"]);
    assert_eq!(ran.code, 11, "{ran:?}");
    assert!(ran.stderr.contains("secret_ref"), "{ran:?}");
    assert_eq!(fs::read_to_string(path).unwrap(), text);
}

#[test]
fn a_configuration_is_validated_under_config_too() {
    let world = World::new();
    world.file("a.ncl", "{ servers = [] }");
    let ran = world.prov(["config", "validate", "a.ncl"]);
    assert_eq!((ran.code, ran.stdout.trim()), (0, "the configuration holds"));
    assert_eq!(world.prov(["config", "get", "audit.path"]).code, 0);
    assert_eq!(world.prov(["gen", "a server on AWS"]).code, 0);
}
