//! `prov explain` from outside, on what `prov generate` wrote.

use crate::run::World;

#[test]
fn a_generated_value_says_which_words_gave_it() {
    let world = World::new();
    let wish = "3 web servers on AWS with 4 GB RAM";
    assert_eq!(world.prov(["generate", wish, "--output", "infra"]).code, 0);
    let ran = world.prov(["explain", "infra/main.ncl", "servers[0].spec.memory_gb"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in [
        "is `4`, set at infra/servers.ncl:",
        "why: from \"4 GB RAM\"",
        "over: builtin:schemas/server.ncl:",
        "contract: lib.Positive (builtin:schemas/server.ncl:",
        "meaning: Memory in GB: 1 or more.",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let ran = world.prov(["explain", "infra/main.ncl", "servers[0].spec.disk_gb"]);
    assert!(
        ran.stdout
            .contains("is `50`, the default of builtin:schemas/server.ncl:"),
        "{ran:?}"
    );
}

#[test]
fn a_path_that_is_not_there_names_those_that_are() {
    let world = World::new();
    world.file("a.ncl", "{ servers = [{ name = \"a\", provider = 'local }] }");
    let ran = world.prov(["explain", "a.ncl", "servers[0].spec.cpus"]);
    assert_eq!(ran.code, 13, "{ran:?}");
    for part in ["has no field `cpus`", "`cpu`", "memory_gb"] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
    assert_eq!(world.prov(["explain", "a.ncl", "servers["]).code, 11);
    world.file("bad.ncl", "{ a = ");
    let ran = world.prov(["explain", "bad.ncl", "a"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("bad.ncl:1:"), "{ran:?}");
}
