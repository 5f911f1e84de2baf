//! The official conformance suite, in both revisions: everything on the fixture, and what needs no fixture on
//! the products.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Isolated, Session, Web, client, modern, node, peer, run};

fn suite(web: &Web, options: &[&str], folder: &Path) -> Output {
    let program = peer("PEERS_NPM_DIR").join("node_modules/@modelcontextprotocol/conformance/dist/index.js");
    let mut command = node();
    command
        .arg(program)
        .args(["server", "--url", &web.url(), "-o"])
        .arg(folder)
        .args(options);
    run(&mut command)
}

/// The checks of a run that did not succeed, as `scenario: check: message`, and how many scenarios there were.
fn findings(folder: &Path, unwanted: &[&str]) -> (Vec<String>, BTreeSet<String>) {
    let mut found = Vec::new();
    let mut scenarios = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path().join("checks.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let name = path
            .parent()
            .and_then(Path::file_name)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        // `server-<scenario>-<time>`; the time has 24 characters.
        let scenario = name
            .trim_start_matches("server-")
            .get(..name.trim_start_matches("server-").len() - 25)
            .unwrap();
        scenarios.insert(scenario.to_owned());
        let checks: Vec<Value> = serde_json::from_str(&text).unwrap();
        found.extend(
            checks
                .iter()
                .filter(|check| {
                    check["status"]
                        .as_str()
                        .is_some_and(|status| unwanted.contains(&status))
                })
                .map(|check| format!("{scenario}: {}: {}", check["id"], check["errorMessage"])),
        );
    }
    found.sort();
    (found, scenarios)
}

/// Runs the frozen list of `revision` on the fixture; `scored` is how many scenarios it has.
fn fixture_passes(revision: &str, scored: usize) {
    let web = Web::start("fixture", &[]);
    let home = Isolated::new();
    let baseline = client("conformance-baseline.fixture.yaml").display().to_string();
    let options = ["--requirements", revision, "--expected-failures", &baseline];
    let output = suite(&web, &options, &home.path(""));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{revision}: {}\n{said}\n{}",
        output.status,
        web.log()
    );
    let (_, scenarios) = findings(&home.path(""), &[]);
    assert!(
        scenarios.len() >= scored,
        "{revision}: only {} of {scored} scenarios ran",
        scenarios.len()
    );
}

#[test]
fn fixture_meets_2026_07_28() {
    fixture_passes("2026-07-28", 37);
}

#[test]
fn fixture_meets_2025_11_25() {
    fixture_passes("2025-11-25", 30);
}

/// The suite does not score it yet; we do.
#[test]
fn fixture_compares_headers_with_the_arguments_they_repeat() {
    let web = Web::start("fixture", &[]);
    let home = Isolated::new();
    let scenario = "http-custom-header-server-validation";
    suite(
        &web,
        &["--scenario", scenario, "--spec-version", "2026-07-28"],
        &home.path(""),
    );
    let (found, ran) = findings(&home.path(""), &["FAILURE", "WARNING"]);
    assert_eq!((found, ran.len()), (Vec::new(), 1));
}

/// Scenarios that need no fixture, by revision.
const PRODUCT_2026: [&str; 10] = [
    "server-stateless",
    "tools-list",
    "resources-list",
    "prompts-list",
    "server-sse-multiple-streams",
    "dns-rebinding-protection",
    "caching",
    "sep-2164-resource-not-found",
    "input-required-result-unsupported-methods",
    "http-header-validation",
];
const PRODUCT_2025: [&str; 7] = [
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "prompts-list",
    "server-sse-multiple-streams",
    "dns-rebinding-protection",
];

#[test]
fn prov_meets_2026_07_28_where_no_fixture_is_needed() {
    let web = Web::start("prov", &[]);
    let baseline = client("conformance-baseline.product.yaml").display().to_string();
    for scenario in PRODUCT_2026 {
        let home = Isolated::new();
        let options = [
            "--scenario",
            scenario,
            "--spec-version",
            "2026-07-28",
            "--expected-failures",
            &baseline,
        ];
        let output = suite(&web, &options, &home.path(""));
        let (found, ran) = findings(&home.path(""), &["FAILURE", "WARNING"]);
        assert!(
            output.status.success(),
            "{scenario}: {found:#?}\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert_eq!(ran.len(), 1, "{scenario} did not run");
    }
}

#[test]
fn prov_meets_2025_11_25_where_no_fixture_is_needed() {
    let web = Web::start("prov", &[]);
    for scenario in PRODUCT_2025 {
        let home = Isolated::new();
        // No baseline: without sessions the streams scenario warns, and a baseline makes that a failure.
        let output = suite(
            &web,
            &["--scenario", scenario, "--spec-version", "2025-11-25"],
            &home.path(""),
        );
        let (found, ran) = findings(&home.path(""), &["FAILURE"]);
        assert!(
            output.status.success(),
            "{scenario}: {found:#?}\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert_eq!((found, ran.len()), (Vec::new(), 1), "{scenario}");
    }
}

/// The suite takes any text for these tools, also that of an unknown tool. We do not.
#[test]
fn fixture_answers_with_the_exact_texts() {
    let mut session = Session::start("fixture", |_| {});
    let mut call = |name: &str| {
        session.send(&modern(
            name,
            "tools/call",
            json!({"name": name, "arguments": {}}),
        ));
        session.reply(name)
    };
    let simple = call("test_simple_text");
    assert_eq!(
        simple["result"]["content"][0]["text"],
        "This is a simple text response for testing."
    );
    let embedded = call("test_embedded_resource");
    let resource = &embedded["result"]["content"][0]["resource"];
    assert_eq!(resource["text"], "This is an embedded resource content.");
    assert_eq!(resource["uri"], "test://embedded-resource");
    let mixed = call("test_multiple_content_types");
    assert_eq!(mixed["result"]["content"].as_array().unwrap().len(), 3, "{mixed}");
    assert_eq!(
        mixed["result"]["content"][2]["resource"]["text"],
        r#"{"test":"data","value":123}"#
    );
    let failed = call("test_error_handling");
    assert_eq!(failed["result"]["isError"], true);
    let text: Value = serde_json::from_str(failed["result"]["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(
        text["message"],
        "This tool intentionally returns an error for testing"
    );
    assert_eq!(call("no_such_tool")["error"]["code"], -32602);
    session.leave_well();
}
