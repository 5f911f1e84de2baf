//! The MCP Inspector's command line, which also judges whether every client could use our schemas.

use std::process::Output;

use serde_json::{Value, json};

use crate::support::{GOOD, Isolated, Web, node, peer, run};

const ERAS: [&str; 3] = ["legacy", "modern", "auto"];

fn inspect(target: &[String], options: &[&str]) -> Output {
    let packages = peer("PEERS_NPM_DIR").join("node_modules");
    let home = Isolated::new();
    let mut command = node();
    command.arg(packages.join("@modelcontextprotocol/inspector/clients/launcher/build/index.js"));
    // Settings of the person who runs the tests are not the Inspector's business.
    command.env("MCP_CATALOG_PATH", home.path("mcp.json"));
    command.arg("--cli").args(options).arg("--").args(target);
    let output = run(&mut command);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{target:?} {options:?}: {}\n{out}\n{err}",
        output.status
    );
    output
}

/// Lists with the portability report, which must be empty, and calls a tool.
fn check(target: &[String], transport: &str, era: &str) {
    let common = ["--transport", transport, "--protocol-era", era];
    let listed = inspect(
        target,
        &[&common[..], &["--method", "tools/list", "--strict"]].concat(),
    );
    let report = String::from_utf8_lossy(&listed.stderr).to_lowercase();
    for word in ["warning", "portab", "issue", "error"] {
        assert!(
            !report.contains(word),
            "{transport} {era}: the Inspector says:\n{report}"
        );
    }
    let list: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert!(
        list["tools"].as_array().is_some_and(|tools| tools.len() >= 2),
        "{list}"
    );
    for tool in ["validate_config", "estimate_cost"] {
        let arguments = json!({"config": GOOD}).to_string();
        let options = [
            "--method",
            "tools/call",
            "--tool-name",
            tool,
            "--tool-args-json",
            &arguments,
        ];
        let called = inspect(
            target,
            &[&common[..], &options[..], &["--format", "json", "-q"]].concat(),
        );
        let answer: Value = serde_json::from_slice(&called.stdout).unwrap();
        let result = &answer["result"];
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(result["structuredContent"], text, "{transport} {era} {tool}");
        assert_ne!(result["isError"], true, "{transport} {era} {tool}");
    }
}

#[test]
fn inspector_over_stdio_in_every_era() {
    let home = Isolated::new();
    for era in ERAS {
        check(&home.serve("prov", &[]), "stdio", era);
    }
}

#[test]
fn inspector_over_http_in_every_era() {
    let web = Web::start("prov", &[]);
    for era in ERAS {
        check(&[web.url()], "http", era);
    }
}

#[test]
fn inspector_over_the_old_sse_transport() {
    let web = Web::start("prov", &["--legacy-sse"]);
    check(&[web.sse_url()], "sse", "legacy");
}
