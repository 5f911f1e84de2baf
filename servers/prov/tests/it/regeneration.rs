//! Generating again where files were edited: what is merged, what a person has to decide, and what a killed run leaves.

use std::fs;
use std::time::Duration;

use crate::run::{Ran, World};

const THREE: &str = "3 web servers on AWS with 4 GB RAM";
const FIVE: &str = "5 web servers on AWS with 4 GB RAM";

fn generate(world: &World, wish: &str) -> Ran {
    world.prov(["generate", wish, "--output", "infra"])
}

fn read(world: &World, name: &str) -> String {
    fs::read_to_string(world.workspace().join("infra").join(name)).unwrap()
}

/// Replaces `from`, which has to be there.
fn edit(world: &World, name: &str, from: &str, to: &str) {
    let text = read(world, name);
    assert!(text.contains(from), "{text}");
    world.file(&format!("infra/{name}"), text.replace(from, to));
}

#[test]
fn edits_and_new_words_both_stay() {
    let world = World::new();
    assert_eq!(generate(&world, THREE).code, 0);
    edit(
        &world,
        "servers.ncl",
        "memory_gb = 4,",
        "memory_gb = 8, # measured",
    );
    let ran = generate(&world, FIVE);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("the configuration holds"), "{ran:?}");
    let text = read(&world, "servers.ncl");
    assert!(
        text.contains("count = 5,") && text.contains("memory_gb = 8, # measured"),
        "{text}"
    );
    // The next merge starts from here.
    assert_eq!(generate(&world, THREE).code, 0);
    assert!(read(&world, "servers.ncl").contains("count = 3,"));
}

#[test]
fn a_conflict_is_left_to_a_person_until_it_is_settled() {
    let world = World::new();
    assert_eq!(generate(&world, THREE).code, 0);
    edit(&world, "servers.ncl", "count = 3,", "count = 4,");
    let edited = read(&world, "servers.ncl");
    for _ in 0..2 {
        let ran = generate(&world, FIVE);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(
            ran.stderr.contains("conflict: `servers.ncl` from line"),
            "{ran:?}"
        );
        assert_eq!(read(&world, "servers.ncl"), edited);
        let beside = read(&world, "servers.ncl.rej");
        assert!(
            beside.contains("count = 4,") && beside.contains("count = 5,"),
            "{beside}"
        );
    }
    let generated = world.prov(["generate", FIVE, "--output", "fresh"]);
    assert_eq!(generated.code, 0, "{generated:?}");
    let fresh = fs::read_to_string(world.workspace().join("fresh/servers.ncl")).unwrap();
    world.file("infra/servers.ncl", fresh);
    assert_eq!(generate(&world, FIVE).code, 0);
    assert!(!world.workspace().join("infra/servers.ncl.rej").exists());
}

#[test]
fn both_sides_can_go_into_the_file() {
    let world = World::new();
    assert_eq!(generate(&world, THREE).code, 0);
    edit(&world, "servers.ncl", "count = 3,", "count = 4,");
    let ran = world.prov(["generate", FIVE, "--output", "infra", "--conflict", "inline"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let text = read(&world, "servers.ncl");
    for part in [
        "<<<<<<< edited\n",
        "count = 4,",
        "=======\n",
        "count = 5,",
        ">>>>>>> generated\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // The result is validated, and says so.
    assert!(ran.stdout.contains("servers.ncl"), "{ran:?}");
}

#[test]
fn a_file_that_was_removed_stays_removed_until_it_would_change() {
    let world = World::new();
    assert_eq!(generate(&world, THREE).code, 0);
    let path = world.workspace().join("infra/servers.ncl");
    fs::remove_file(&path).unwrap();
    edit(&world, "main.ncl", "  servers = import \"servers.ncl\",\n", "");
    assert_eq!(generate(&world, THREE).code, 0);
    assert!(!path.exists());
    let ran = generate(&world, FIVE);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("the file was removed"), "{ran:?}");
    assert!(!path.exists());
}

#[test]
fn a_memory_that_was_touched_is_told() {
    let world = World::new();
    assert_eq!(generate(&world, THREE).code, 0);
    edit(&world, ".prov-gen/state.json", "count = 3,", "count = 2,");
    let ran = generate(&world, FIVE);
    assert_eq!(ran.code, 11, "{ran:?}");
    assert!(
        ran.stderr.contains("changed by hand") && ran.stderr.contains("--force"),
        "{ran:?}"
    );
    fs::remove_file(world.workspace().join("infra/.prov-gen/state.json")).unwrap();
    world.file("infra/.prov-gen/other", "");
    let ran = generate(&world, FIVE);
    assert!(ran.code == 11 && ran.stderr.contains("is missing"), "{ran:?}");
    assert!(read(&world, "servers.ncl").contains("count = 3,"));
    let forced = world.prov(["generate", FIVE, "--output", "infra", "--force"]);
    assert_eq!(forced.code, 0, "{forced:?}");
    assert_eq!(generate(&world, THREE).code, 0);
}

#[test]
fn a_secret_in_an_edit_is_not_lost() {
    let world = World::new();
    assert_eq!(generate(&world, THREE).code, 0);
    edit(
        &world,
        "servers.ncl",
        "count = 3,",
        "count = 3, # AKIAIOSFODNN7EXAMPLE",
    );
    let before = read(&world, "servers.ncl");
    let ran = generate(&world, &format!("{THREE} and a Postgres database"));
    assert_eq!(ran.code, 11, "{ran:?}");
    assert_eq!(read(&world, "servers.ncl"), before);
}

#[test]
fn a_killed_run_leaves_what_the_next_one_ends() {
    let world = World::new();
    assert_eq!(generate(&world, THREE).code, 0);
    for (round, wait) in (0..8).map(|round| (round, 40 * (round + 1))) {
        let wish = if round % 2 == 0 { FIVE } else { THREE };
        let mut command = world.command();
        let mut child = command
            .args(["-q", "generate", wish, "--output", "infra"])
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let ran = generate(&world, wish);
        assert_eq!(ran.code, 0, "after {wait} ms: {ran:?}");
        let count = if wish == FIVE { "count = 5," } else { "count = 3," };
        assert!(read(&world, "servers.ncl").contains(count));
        assert!(!world.workspace().join("infra/.prov-gen/next.json").exists());
    }
}
