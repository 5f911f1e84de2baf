//! The tools through the gate, on the real evaluator: what they answer, what they refuse, what they survive.

use std::path::Path;

use program::Wiring;
use prov::config::ProvConfig;
use prov::wiring::PROGRAM;
use serde_json::{Value, json};
use toolcall::{Catalog, ErrorKind, Gate, ToolError};

use crate::run::{World, example};

/// The executable's own catalogue over `workspace`.
pub(crate) fn catalog(workspace: &Path) -> Catalog {
    let config = ProvConfig::default();
    let executable = Path::new(env!("CARGO_BIN_EXE_prov"));
    let wired = (PROGRAM.wire)(&Wiring {
        config: &config,
        workspace,
        executable,
        environment: &settings::Environment::from_pairs::<String, String>([]),
    });
    wired
        .unwrap_or_else(|failure| panic!("{}", failure.to_text()))
        .catalog
}

fn gate(world: &World) -> Gate {
    testkit::gate(catalog(&world.workspace()))
}

async fn validate(gate: &Gate, config: &str) -> Result<Value, ToolError> {
    testkit::call(gate, "validate_config", json!({ "config": config })).await
}

#[tokio::test]
async fn every_answer_fits_the_schema_it_declares() {
    let world = World::new();
    let catalog = catalog(&world.workspace());
    let schemas: Vec<(&str, Value)> = catalog
        .declarations()
        .filter(|tool| tool.input_schema["properties"].get("config").is_some())
        .map(|tool| (tool.name, Value::Object(tool.output_schema.clone().unwrap())))
        .collect();
    let gate = testkit::gate(catalog);
    for name in [
        "web-on-aws.ncl",
        "k8s-on-upcloud.ncl",
        "lab-on-lxd.ncl",
        "broken.ncl",
    ] {
        for (tool, schema) in &schemas {
            let mut arguments = json!({"config": example(name)});
            if *tool == "explain_value" {
                arguments["path"] = json!("provider");
            }
            if *tool == "execute_workflow" {
                arguments["workflow_id"] = json!("apply");
            }
            let Ok(answer) = testkit::call(&gate, tool, arguments).await else {
                assert!(name == "broken.ncl" && *tool != "validate_config");
                continue;
            };
            let validator = jsonschema::validator_for(schema).unwrap();
            let wrong: Vec<String> = validator
                .iter_errors(&answer)
                .map(|error| error.to_string())
                .collect();
            assert!(wrong.is_empty(), "{tool} on {name}: {wrong:?}");
        }
    }
}

#[tokio::test]
async fn a_comparison_says_what_changes() {
    let world = World::new();
    let gate = gate(&world);
    let after = example("web-on-aws.ncl");
    let arguments = json!({"config": after, "compare_with": "{ provider = 'aws, region = \"us-east-1\", servers = [] }", "render": "markdown"});
    let answer = testkit::call(&gate, "estimate_cost", arguments).await.unwrap();
    assert_eq!(answer["difference"]["totals"][0]["delta"], "160.52");
    assert!(
        answer["rendered"].as_str().unwrap().contains("| --- |")
            || answer["rendered"].as_str().unwrap().contains("|---")
    );
}

#[tokio::test]
async fn unpriced_is_listed_and_never_zero() {
    let world = World::new();
    let gate = gate(&world);
    let config = "{ provider = 'aws, servers = [{ name = \"a\", region = \"eu-west-3\", spec = { os = { family = 'debian, version = \"12\" } } }] }";
    let answer = testkit::call(&gate, "estimate_cost", json!({ "config": config }))
        .await
        .unwrap();
    assert_eq!(answer["incomplete"], true);
    assert!(
        !answer["resources"][0]["unpriced"].as_array().unwrap().is_empty(),
        "{answer:#}"
    );
}

#[tokio::test]
async fn an_unknown_region_lists_the_valid_ones() {
    let world = World::new();
    let gate = gate(&world);
    let arguments = json!({"config": example("web-on-aws.ncl"), "region": "moon-1"});
    let error = testkit::call(&gate, "estimate_cost", arguments)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownValue);
    assert!(
        error.valid_values().iter().any(|region| region == "us-east-1"),
        "{error:?}"
    );
}

/// What must not bring the server down: each is answered with a clear error within its bound, and the next call works.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_configurations_hit_a_bound_and_the_server_goes_on() {
    let world = World::new();
    let gate = gate(&world);
    let doubling = (0..40)
        .map(|i| format!("let r{} = {{ a = r{i}, b = r{i} }} in ", i + 1))
        .collect::<String>();
    let hostile = [
        (
            "endless recursion",
            "let rec f = fun x => f x in f 1".to_owned(),
            true,
        ),
        (
            "growing recursion",
            "let rec f = fun x => 1 + f x in { servers = f 1 }".to_owned(),
            true,
        ),
        (
            "exponential records",
            format!("let r0 = {{ x = 1 }} in {doubling} {{ tags = r40 }}"),
            true,
        ),
        (
            "a huge range",
            "{ servers = std.array.range 0 100000000 }".to_owned(),
            true,
        ),
        (
            "a long source",
            format!("{{ name = \"{}\" }}", "x".repeat(5_000_000)),
            true,
        ),
        (
            "deep nesting",
            format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
            true,
        ),
        ("a file of the system", "import \"/etc/passwd\"".to_owned(), false),
        (
            "a way out",
            "import \"../../../etc/passwd\" as 'Text".to_owned(),
            false,
        ),
    ];
    for (what, config, bounded) in hostile {
        let started = std::time::Instant::now();
        let answer = validate(&gate, &config).await;
        assert!(
            started.elapsed().as_secs() < 20,
            "{what} took {:?}",
            started.elapsed()
        );
        match (bounded, answer) {
            (true, Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{what}: {error:?}");
                assert!(error.next().is_some(), "{what} has no next step");
            }
            (_, Ok(answer)) => {
                assert_eq!(answer["valid"], false, "{what}: {answer:#}");
                assert!(!answer.to_string().contains("root:"), "{what} read a file");
            }
            (false, Err(error)) => panic!("{what}: {error:?}"),
        }
        let good = validate(&gate, &example("lab-on-lxd.ncl")).await.unwrap();
        assert_eq!(good["valid"], true, "after {what}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_symlink_out_of_the_workspace_is_refused() {
    let world = World::new();
    std::os::unix::fs::symlink("/etc", world.workspace().join("etc")).unwrap();
    let gate = gate(&world);
    let answer = validate(&gate, "import \"etc/passwd\" as 'Text").await.unwrap();
    assert_eq!(answer["valid"], false);
    assert!(!answer.to_string().contains("root:"), "{answer:#}");
}

#[tokio::test]
async fn a_redaction_marker_is_not_taken_back_as_a_value() {
    let world = World::new();
    let gate = gate(&world);
    let error = validate(&gate, "{ tags = { token = \"[redacted]\" } }")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_secret_in_a_configuration_does_not_come_back() {
    let world = World::new();
    let gate = gate(&world);
    let secret = "AKIAIOSFODNN7EXAMPLE";
    let answer = validate(&gate, &format!("{{ servers = \"{secret}\" }}"))
        .await
        .unwrap();
    assert!(!answer.to_string().contains(secret), "{answer:#}");
}

/// Arguments of any shape get an answer or an error that says what to do, never a panic.
#[test]
fn fuzz_arguments() {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    // Bolero catches panics to shrink the input; a panic fails the test, so what the gate then holds is not used again.
    let held = std::panic::AssertUnwindSafe((runtime.block_on(async { gate(&world) }), runtime));
    bolero::check!().with_iterations(2_000).for_each(|bytes| {
        let std::panic::AssertUnwindSafe((gate, runtime)) = &held;
        let text = String::from_utf8_lossy(bytes);
        let arguments = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(object)) => Value::Object(object),
            _ => json!({ "config": 1, "strict": text, "region": text, (text.clone()): text }),
        };
        for tool in [
            "validate_config",
            "estimate_cost",
            "check_compliance",
            "format_config",
            "explain_value",
            "plan_migration",
        ] {
            if let Err(error) = runtime.block_on(testkit::call(gate, tool, arguments.clone())) {
                assert_ne!(error.kind(), ErrorKind::Internal, "{error:?}");
            }
        }
    });
}
