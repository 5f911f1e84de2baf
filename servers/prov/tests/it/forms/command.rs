//! `prov wizard` where nobody sits.

use serde_json::Value;

use super::{SHIPPED, catalogue, form};
use crate::run::World;

#[test]
fn without_a_terminal_everything_missing_is_said_at_once() {
    let world = World::new();
    let ran = world.prov(["wizard", "cluster", "--answer", "autoscaling=yes"]);
    assert_eq!(ran.code, 12, "{ran:?}");
    for part in [
        "`provider` is missing",
        "upcloud",
        "`min_workers` is missing",
        "`max_workers` is missing",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
    assert_eq!(ran.stdout, "");
}

#[test]
fn answers_come_from_files_of_each_format_and_from_arguments() {
    let world = World::new();
    world.file(
        "a.toml",
        "provider = \"upcloud\"\nworkers = 4\naddons = [\"prometheus\"]\n",
    );
    world.file(
        "a.json",
        r#"{"provider": "upcloud", "workers": 4, "addons": ["prometheus"]}"#,
    );
    world.file("a.yaml", "provider: upcloud\nworkers: 4\naddons: [prometheus]\n");
    let runs =
        ["a.toml", "a.json", "a.yaml"].map(|file| world.prov(["wizard", "cluster", "--answers", file]));
    for ran in &runs {
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.stdout, runs[0].stdout);
    }
    assert!(
        runs[0].stdout.contains("# from answer \"workers\""),
        "{}",
        runs[0].stdout
    );
    let ran = world.prov([
        "wizard",
        "cluster",
        "--answers",
        "a.toml",
        "--answer",
        "workers=7",
        "--answer",
        "addons=",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let output: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(output["intent"]["clusters"][0]["workers"], 7);
    assert!(
        output["understood"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["answer"] == "workers")
    );
}

#[test]
fn files_and_answers_are_written_and_read_again() {
    let world = World::new();
    let first = [
        "wizard",
        "server",
        "--answer",
        "provider=hetzner",
        "--answer",
        "open_ports=80,443",
        "--output",
        "one",
        "--save-answers",
        "kept.yaml",
    ];
    let ran = world.prov(first);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.prov(["validate", "one/main.ncl"]).code, 0);
    let ran = world.prov([
        "wizard",
        "server",
        "--answers",
        "kept.yaml",
        "--output",
        "two",
        "--save-answers",
        "kept.toml",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let text =
        |folder: &str| std::fs::read_to_string(world.workspace().join(folder).join("servers.ncl")).unwrap();
    assert_eq!(text("one"), text("two"));
    assert_eq!(world.prov(["wizard", "server", "--answers", "kept.toml"]).code, 0);
    let again = world.prov([
        "wizard",
        "server",
        "--answers",
        "kept.toml",
        "--save-answers",
        "kept.toml",
    ]);
    assert_eq!(again.code, 11, "{again:?}");
}

#[test]
fn a_secret_in_clear_is_refused_not_repeated_and_not_kept() {
    let world = World::new();
    let ran = world.prov([
        "wizard",
        "database",
        "--answer",
        "provider=aws",
        "--answer",
        "password=hunter2",
        "--save-answers",
        "kept.json",
    ]);
    assert_eq!(ran.code, 11, "{ran:?}");
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    assert!(!world.workspace().join("kept.json").exists());
    let log = std::fs::read_to_string(world.audit_log()).unwrap();
    assert!(!log.contains("hunter2"));
}

#[test]
fn what_is_wrong_with_files_and_forms_is_said() {
    let world = World::new();
    world.file("bad.json", "{\"password\": \"hunter2\"\n,}");
    world.file("bad.toml", "provider = \"aws\"\npassword = hunter2\n");
    world.file(".prov/forms/broken.toml", "id = \"broken\"\ntitle = \"x\"\n");
    for (arguments, code, part) in [
        (vec!["wizard", "clutser"], 13, "did you mean `cluster`?"),
        (vec!["wizard", "cluster", "--answers", "bad.json"], 11, "line 2"),
        (vec!["wizard", "cluster", "--answers", "bad.toml"], 11, "line 2"),
        (
            vec!["wizard", "cluster", "--answers", "none.toml"],
            16,
            "none.toml",
        ),
        (vec!["wizard", "cluster", "--answers", "a.txt"], 2, ".toml"),
        (vec!["wizard", "cluster", "--answer", "workers"], 2, "no `=`"),
        (vec!["wizard", "broken"], 33, "missing field"),
        (
            vec![
                "wizard",
                "cluster",
                "--answer",
                "provider=aws",
                "--answer",
                "region=us-east-9",
            ],
            13,
            "did you mean `us-east-",
        ),
        (
            vec![
                "wizard",
                "cluster",
                "--answer",
                "provider=aws",
                "--answer",
                "workers=many",
            ],
            11,
            "must be a whole number",
        ),
    ] {
        world.file("a.txt", "");
        let output = world.command().args(&arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(
            said.contains(part) && !said.contains("hunter2"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn a_form_of_the_workspace_replaces_the_shipped_one() {
    let world = World::new();
    world.file(
        ".prov/forms/network.toml",
        "id = \"network\"\ntitle = \"Ours\"\ndescription = \"Ours.\"\nversion = 2\n[[group]]\ntitle = \"All\"\n\
         [[group.field]]\nkey = \"cidr\"\ntype = \"cidr\"\nlabel = \"Block\"\nsets = \"network.cidr\"\n\
         fixed = { provider = \"local\", region = \"local\" }\n",
    );
    let ran = world.prov(["wizard", "network", "--answer", "cidr=10.9.0.0/16"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("vpc_cidr = \"10.9.0.0/16\""), "{ran:?}");
}

/// What a schema says of answers is what the form says, as far as a schema can.
#[tokio::test]
async fn schemas_of_forms_agree_with_forms() {
    use provisioning_tools::{ProvisioningDocuments, Shelf};
    use toolcall::{DocumentBody, Documents as _};
    let catalogue = catalogue();
    let documents = ProvisioningDocuments::new(std::sync::Arc::new(Shelf::new(std::sync::Arc::new(
        provisioning::Embedded,
    ))));
    for name in SHIPPED {
        let read = documents
            .read(Box::leak(format!("form-schema://{name}").into_boxed_str()))
            .await
            .unwrap();
        let DocumentBody::Text(text) = read.body else {
            panic!("a schema is text")
        };
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        let validator = jsonschema::validator_for(&schema).unwrap();
        let form = form(name, &catalogue);
        for (answers, good) in [
            (r#"{"provider": "upcloud"}"#, true),
            (r#"{"provider": "upcloud", "region": "de-fra1"}"#, true),
            (r#"{"provider": "gcp", "region": "europe-west1"}"#, true),
            (r#"{"provider": "gcp", "region": "anywhere-1"}"#, false),
            (r#"{"provider": "ibm"}"#, false),
            (r#"{"provider": "upcloud", "region": "us-east-1"}"#, false),
            (r#"{"provider": "upcloud", "colour": "red"}"#, false),
            (r#"{"provider": 3}"#, false),
            ("{}", false),
        ] {
            let value: Value = serde_json::from_str(answers).unwrap();
            let by_form = form
                .check(&serde_json::from_str(answers).unwrap(), &catalogue)
                .is_ok();
            assert_eq!(
                (validator.is_valid(&value), by_form),
                (good, good),
                "{name} {answers}"
            );
        }
    }
    let read = documents.read("form-schema://cluster").await.unwrap();
    let DocumentBody::Text(text) = read.body else {
        panic!("a schema is text")
    };
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    for (answers, good) in [
        (r#"{"provider": "aws", "autoscaling": true}"#, false),
        (r#"{"provider": "aws", "min_workers": 1}"#, false),
        (
            r#"{"provider": "aws", "autoscaling": true, "min_workers": 1, "max_workers": 5}"#,
            true,
        ),
        (r#"{"provider": "aws", "control_planes": 4}"#, false),
        (r#"{"provider": "aws", "worker_size": "huge"}"#, false),
    ] {
        assert_eq!(
            validator.is_valid(&serde_json::from_str(answers).unwrap()),
            good,
            "{answers}"
        );
    }
}
