//! Commands, their exit codes, and the line each leaves in the audit log.

use serde_json::{Value, json};

use crate::run::{Ran, World, example};

/// The last record of the log and its code, or its verdict.
fn last_code(world: &World) -> String {
    let records = world.records();
    let last = records.last().unwrap();
    let text = |key: &str| last.get(key).and_then(Value::as_str).map(str::to_owned);
    text("code").or_else(|| text("verdict")).unwrap()
}

#[test]
fn a_good_configuration_is_validated_and_priced() {
    let world = World::new();
    world.file("web.ncl", example("web-on-aws.ncl"));
    let validated = world.prov(["validate", "web.ncl"]);
    assert_eq!(
        (validated.code, validated.stdout.as_str()),
        (0, "the configuration holds\n"),
        "{validated:?}"
    );
    let priced = world.prov(["mcp", "estimate", "web.ncl", "--format", "json"]);
    assert_eq!(priced.code, 0, "{priced:?}");
    let output: Value = serde_json::from_str(&priced.stdout).unwrap();
    assert_eq!(
        output["totals"][0],
        json!({"currency": "USD", "monthly": "160.52"})
    );
    assert_eq!(world.records().len(), 4);
    assert_eq!(world.prov(["audit", "verify"]).code, 0);
}

#[test]
fn a_broken_configuration_is_explained_and_exits_3() {
    let world = World::new();
    world.file("broken.ncl", example("broken.ncl"));
    let ran = world.prov(["mcp", "validate", "broken.ncl"]);
    assert_eq!(ran.code, 3);
    for part in [
        "broken.ncl:10:50",
        "servers[0].spec.disk_gb",
        "did you mean `public_ip`?",
        "3 errors",
    ] {
        assert!(ran.stdout.contains(part), "{part} not in {}", ran.stdout);
    }
}

#[test]
fn what_cannot_be_priced_shows_its_findings() {
    let world = World::new();
    world.file("broken.ncl", example("broken.ncl"));
    world.file("web.ncl", example("web-on-aws.ncl"));
    world.file("one.ncl", "{ environment = 5 }");
    let validated = world.prov(["validate", "broken.ncl"]);
    let priced = world.prov(["estimate", "broken.ncl"]);
    assert_eq!(
        (priced.code, &priced.stdout),
        (3, &validated.stdout),
        "{priced:?}"
    );
    assert!(
        priced
            .stderr
            .contains("`broken.ncl` does not hold, so it cannot be priced (3 errors)"),
        "{priced:?}"
    );
    let codes: Vec<Value> = world
        .records()
        .iter()
        .filter_map(|record| record.get("verdict").cloned())
        .filter(|verdict| verdict != "ok")
        .collect();
    assert_eq!(codes, [json!("invalid_configuration")]);
    let compared = world.prov(["estimate", "web.ncl", "--compare-with", "one.ncl"]);
    assert_eq!(compared.code, 3, "{compared:?}");
    assert!(compared.stdout.contains("one.ncl:1:"), "{compared:?}");
    assert!(
        compared
            .stderr
            .contains("`one.ncl` does not hold, so it cannot be priced (1 error)"),
        "{compared:?}"
    );
    let json = world.prov(["estimate", "broken.ncl", "--format", "json", "--quiet"]);
    assert_eq!((json.code, json.stdout.as_str()), (3, ""), "{json:?}");
    let error: Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!(
        error["error"]["details"]["errors"].as_array().map(Vec::len),
        Some(3),
        "{error:#}"
    );
    // What holds and still has no price is said as it is.
    world.file("bare.ncl", "{ networking = { load_balancers = 1 } }");
    let bare = world.prov(["estimate", "bare.ncl"]);
    assert_eq!((bare.code, bare.stdout.as_str()), (3, ""), "{bare:?}");
    assert!(
        bare.stderr
            .contains("next: set `provider` at the top of the configuration"),
        "{bare:?}"
    );
}

#[test]
fn inputs_are_called_what_the_user_calls_them() {
    let world = World::new();
    world.file("web.ncl", example("web-on-aws.ncl"));
    let outside = world.home().join("outside.ncl");
    std::fs::write(&outside, "{ environment = 5 }").unwrap();
    let ran = world.prov(["validate", "../outside.ncl"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("  --> ../outside.ncl:1:"), "{ran:?}");
    let ran = world.prov(["validate", "-", "--format", "json"]);
    assert_eq!(ran.code, 14, "{ran:?}");
    assert!(ran.stderr.contains("standard input is empty"), "{ran:?}");
    let mut command = world.command();
    let given = std::fs::File::open(&outside).unwrap();
    let ran = command
        .args(["validate", "-"])
        .stdin(given)
        .output()
        .map(Ran::from)
        .unwrap();
    assert!(ran.stdout.contains("  --> <stdin>:1:"), "{ran:?}");
    let ran = world.prov(["estimate", "-", "--compare-with", "-"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = world.prov([
        "mcp",
        "call",
        "validate_config",
        "--args",
        r#"{"config": "web.ncl"}"#,
    ]);
    assert_eq!(ran.code, 11, "{ran:?}");
    assert!(
        ran.stderr
            .contains("give the text; the path goes into `file_name`"),
        "{ran:?}"
    );
}

#[test]
fn a_schema_of_the_workspace_is_named() {
    let world = World::new();
    world.file("web.ncl", "{ servers = [] }");
    world.file(".prov/schemas/configuration.ncl", "{ .. }");
    for format in ["table", "markdown"] {
        for command in ["validate", "estimate"] {
            let ran = world.prov([command, "web.ncl", "--format", format]);
            assert_eq!(ran.code, 0, "{ran:?}");
            assert!(
                ran.stdout
                    .to_lowercase()
                    .contains("checked against .prov/schemas/configuration.ncl (of the workspace)"),
                "{ran:?}"
            );
        }
    }
}

/// A command, its exit code, parts of what it says, and the code in the audit log if it got there.
type Case = (
    &'static [&'static str],
    i32,
    &'static [&'static str],
    Option<&'static str>,
);

#[test]
fn each_bad_input_has_its_own_message_and_exit_code() {
    let world = World::new();
    world.file("web.ncl", example("web-on-aws.ncl"));
    world.file("empty.ncl", "");
    world.file("latin1.ncl", b"{ name = \"caf\xe9\" }");
    let call =
        |arguments: &[&str]| -> Ran { world.command().args(arguments).output().map(Ran::from).unwrap() };
    let cases: &[Case] = &[
        (
            &["mcp", "call", "validate_confg"],
            10,
            &["no tool `validate_confg`", "did you mean `validate_config`?"],
            Some("unknown_tool"),
        ),
        (
            &["mcp", "call", "validate_config", "--args", r#"{"config": 5}"#],
            11,
            &["argument `config`", "must be: string"],
            Some("invalid_argument"),
        ),
        (
            &[
                "mcp",
                "call",
                "validate_config",
                "--args",
                r#"{"config": "{}", "stritc": true}"#,
            ],
            11,
            &["takes no argument `stritc`", "did you mean `strict`?"],
            Some("invalid_argument"),
        ),
        (
            &["mcp", "call", "validate_config"],
            12,
            &["needs the argument `config`"],
            Some("missing_argument"),
        ),
        (
            &[
                "mcp",
                "call",
                "estimate_cost",
                "--args",
                r#"{"config": "{ }", "render": "pdf"}"#,
            ],
            13,
            &["argument `render`", "valid: table, markdown"],
            Some("unknown_value"),
        ),
        (
            &["estimate", "web.ncl", "--region", "us-esat-1"],
            13,
            &["region `us-esat-1`", "did you mean `us-east-1`?"],
            Some("unknown_value"),
        ),
        (&["validate", "empty.ncl"], 14, &["`empty.ncl` is empty"], None),
        (
            &[
                "mcp",
                "call",
                "validate_config",
                "--args",
                r#"{"config": "  \n"}"#,
            ],
            14,
            &["`config` is empty"],
            Some("empty_input"),
        ),
        (
            &["validate", "latin1.ncl"],
            15,
            &["not valid UTF-8 at byte 13"],
            None,
        ),
        (&["validate", "absent.ncl"], 16, &["no file `absent.ncl`"], None),
        (
            &["--config-file", "absent.toml", "mcp", "tools"],
            16,
            &["absent.toml"],
            None,
        ),
        (
            &["--set", "audit.paht=/x", "mcp", "tools"],
            4,
            &["audit.paht", "audit.path"],
            None,
        ),
        (
            &["--set", "nickel.wall_ms=5", "mcp", "tools"],
            4,
            &["nickel.wall_ms"],
            None,
        ),
        (
            &["mcp", "tools", "--toolsets", "configuratoin"],
            13,
            &["did you mean `configuration`?"],
            None,
        ),
        (
            &["mcp", "serve", "--http", "0.0.0.0:0"],
            4,
            &["can be reached from other machines"],
            None,
        ),
        (&["validate"], 2, &["FILE"], None),
    ];
    for (arguments, code, parts, recorded) in cases {
        let before = world.records().len();
        let ran = call(arguments);
        assert_eq!(ran.code, *code, "{arguments:?}: {ran:?}");
        for part in *parts {
            assert!(
                ran.stderr.contains(part),
                "{arguments:?}: {part} not in {}",
                ran.stderr
            );
        }
        assert!(
            ran.stdout.is_empty(),
            "{arguments:?} printed data: {}",
            ran.stdout
        );
        match recorded {
            Some(wanted) => assert_eq!(last_code(&world), *wanted, "{arguments:?}"),
            None => assert_eq!(world.records().len(), before, "{arguments:?} was recorded"),
        }
    }
    assert_eq!(world.prov(["audit", "verify"]).code, 0);
}

#[test]
fn a_changed_audit_log_is_found() {
    let world = World::new();
    world.file("web.ncl", example("web-on-aws.ncl"));
    world.prov(["validate", "web.ncl"]);
    let path = world.audit_log();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("validate_config", "estimate_cost")).unwrap();
    let ran = world.prov(["audit", "verify"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    std::fs::write(&path, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    assert_eq!(world.prov(["audit", "verify"]).code, 5, "a cut log passed");
    std::fs::write(&path, text).unwrap();
    assert_eq!(world.prov(["audit", "verify"]).code, 0);
}

#[test]
fn a_workspace_cannot_move_the_audit_log() {
    let world = World::new();
    world.file(".prov/config.toml", "[audit]\npath = \"/dev/null\"\n");
    let ran = world.prov(["mcp", "tools"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("audit.path"), "{}", ran.stderr);
}

#[test]
fn every_setting_shows_where_it_came_from() {
    let world = World::new();
    let ran = world
        .command()
        .args(["config", "show", "--format", "json", "--set", "nickel.workers=3"])
        .env("PROV_TELEMETRY_FILTER", "error")
        .output()
        .map(Ran::from)
        .unwrap();
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    let origin = |key: &str| {
        let entry = shown["settings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["key"] == key)
            .unwrap();
        entry["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(origin("audit.path"), "default");
    assert_eq!(origin("telemetry.filter"), "env PROV_TELEMETRY_FILTER");
    assert_ne!(origin("nickel.workers"), "default");
}

#[test]
fn completions_are_written_for_every_shell() {
    let world = World::new();
    for (shell, sign) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef prov"),
        ("fish", "complete -c prov"),
        ("nushell", "export extern prov"),
    ] {
        let ran = world.prov(["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains(sign), "{shell} completions lack `{sign}`");
    }
}

#[test]
fn the_doctor_finds_a_healthy_server_and_an_unhealthy_one() {
    let world = World::new();
    let ran = world.prov(["mcp", "doctor", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &report["healthy"]), (0, &json!(true)), "{report:#}");
    world.file(
        "policy/broken.cedar",
        "permit (principal, action == Action::\"no_such_tool\", resource);",
    );
    let ran = world.prov(["mcp", "doctor", "--set", "policy.directory=policy"]);
    assert_eq!(ran.code, 6, "{ran:?}");
}

#[test]
fn a_policy_can_take_a_tool_away() {
    let world = World::new();
    world.file(
        "policy/no-prices.cedar",
        "@id(\"no-prices\") forbid (principal, action == Action::\"estimate_cost\", resource);",
    );
    let listed = world.prov(["mcp", "tools", "--set", "policy.directory=policy"]);
    assert!(!listed.stdout.contains("estimate_cost"), "{}", listed.stdout);
    let ran = world.prov([
        "mcp",
        "call",
        "estimate_cost",
        "--args",
        r#"{"config": "{}"}"#,
        "--set",
        "policy.directory=policy",
    ]);
    assert_eq!(
        ran.code, 10,
        "a hidden tool is not there, rather than forbidden: {ran:?}"
    );
}

#[test]
fn other_peoples_exits_are_quiet() {
    let world = World::new();
    let mut child = world
        .command()
        .args(["mcp", "tools", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(
        child.wait().unwrap().success(),
        "a reader that left made the command fail"
    );
}
