//! `generate_config` on the real evaluator: the cases of `evals/runner/data/iac`, and the command.

use std::path::Path;

use serde_json::{Value, json};

use crate::run::World;
use crate::tools::catalog;

fn cases() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../evals/runner/data/iac");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let lines = [read("dev.jsonl"), read("test.jsonl")].concat();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What is wrong with the answer to `case`, if anything is.
async fn judge(gate: &toolcall::Gate, case: &Value) -> Option<String> {
    let answer = testkit::call(gate, "generate_config", case["input"].clone()).await;
    let expect = &case["expect"];
    match (answer, expect["refused"].as_str()) {
        (Err(error), Some(kind)) => {
            let says = expect["says"].as_array().unwrap();
            let told = format!("{} {}", error.message(), error.valid_values().join(" "));
            let silent = says.iter().any(|part| !told.contains(part.as_str().unwrap()));
            (error.kind().code() != kind || silent).then(|| format!("{error:?}"))
        }
        (Err(error), None) => Some(format!("{error:?}")),
        (Ok(answer), _) if !expect["not_understood"].is_null() => {
            let left = answer["not_understood"].as_array().unwrap();
            let left: Vec<&Value> = left.iter().map(|words| &words["text"]).collect();
            let clear = answer["status"] != "needs_clarification" || answer["files"] != json!([]);
            (json!(left) != expect["not_understood"] || clear).then(|| answer.to_string())
        }
        (Ok(answer), _) => {
            let holds = answer["valid"] == true && answer["cost"]["totals"].is_array();
            (!holds || answer["intent"] != expect["intent"]).then(|| answer.to_string())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_answered_as_it_should_be() {
    let world = World::new();
    let gate = testkit::gate(catalog(&world.workspace()));
    let cases = cases();
    assert!(cases.len() >= 120);
    let mut wrong = Vec::new();
    for case in &cases {
        if let Some(why) = judge(&gate, case).await {
            wrong.push(format!("{}: {}: {why}", case["id"], case["input"]["description"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// What the formatter would change in the files of the answer to `case`, if anything.
async fn unformatted(gate: &toolcall::Gate, case: &Value) -> Option<String> {
    let answer = testkit::call(gate, "generate_config", case["input"].clone())
        .await
        .ok()?;
    let files = answer["files"].as_array().unwrap().iter();
    let whole = files.clone().next().is_some().then_some(&answer["config"]);
    for text in files.map(|file| &file["text"]).chain(whole) {
        let formatted = testkit::call(gate, "format_config", json!({ "config": text })).await;
        let formatted = formatted.unwrap();
        if formatted["changed"] != false {
            let (text, formatted) = (text.as_str().unwrap(), formatted["text"].as_str().unwrap());
            return Some(format!("{text}is laid out as\n{formatted}"));
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_generated_is_in_the_one_style() {
    let world = World::new();
    let gate = testkit::gate(catalog(&world.workspace()));
    let mut wrong = Vec::new();
    for case in &cases() {
        if let Some(why) = unformatted(&gate, case).await {
            wrong.push(format!("{}: {why}", case["id"]));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn files_are_written_once_and_hold_where_they_lie() {
    let world = World::new();
    let wish = "Create a 3-node K8s cluster with Cilium on UpCloud";
    let written = world.prov(["mcp", "generate", wish, "--output", "cluster"]);
    assert_eq!(written.code, 0, "{written:?}");
    assert_eq!(world.prov(["validate", "cluster/main.ncl"]).code, 0);
    let again = world.prov(["generate", wish, "--output", "cluster"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(!again.stderr.contains("wrote"), "{again:?}");
    world.file("other/main.ncl", "{}");
    let other = world.prov(["generate", wish, "--output", "other"]);
    assert_eq!(other.code, 11, "{other:?}");
    assert!(other.stderr.contains("`--force`"), "{other:?}");
    let forced = world.prov(["generate", wish, "--output", "other", "--force"]);
    assert_eq!(forced.code, 0, "{forced:?}");
}

#[test]
fn what_is_not_understood_writes_nothing() {
    let world = World::new();
    let ran = world.prov([
        "generate",
        "a server on AWS with a flux capacitor",
        "--output",
        "here",
    ]);
    assert_eq!(ran.code, 11, "{ran:?}");
    assert!(ran.stderr.contains("`flux`"), "{ran:?}");
    assert!(!world.workspace().join("here").exists());
}
