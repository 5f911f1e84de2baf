//! `check_compliance` on the real evaluator: through the gate, and from the command line.

use std::path::Path;
use std::sync::Arc;

use provisioning::compliance::{Outcome, Rules, check};
use provisioning::workspace::{InMemory, Workspace};
use provisioning::{Assets, Embedded, Evaluate, Node, Source};
use provisioning_nickel::{Bounds, Pool, WorkerCommand};
use serde_json::{Value, json};
use toolcall::{ErrorKind, ToolError};

use crate::run::{World, example};
use crate::tools::catalog;

/// Everything that a rule can mend, done wrong once.
fn careless() -> String {
    let path = "../../tools/provisioning/tests/it/compliance/careless.ncl";
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

async fn answer(world: &World, arguments: Value) -> Result<Value, ToolError> {
    let gate = testkit::gate(catalog(&world.workspace()));
    testkit::call(&gate, "check_compliance", arguments).await
}

/// The tree that the evaluator makes of `config`.
async fn evaluated(config: &str) -> Node {
    let assets: Arc<dyn Assets> = Arc::new(Embedded);
    let workspace: Arc<dyn Workspace> = Arc::new(InMemory::new());
    let command = WorkerCommand {
        program: env!("CARGO_BIN_EXE_prov").into(),
        arguments: vec![prov::wiring::WORKER.to_owned()],
    };
    let pool = Pool::new(command, Bounds::default(), assets, workspace);
    let source = Source {
        name: "main.ncl".to_owned(),
        text: config.to_owned(),
    };
    let evaluation = pool.evaluate(source, true).await.unwrap();
    let diagnostics = evaluation.diagnostics;
    evaluation
        .configuration
        .unwrap_or_else(|| panic!("{diagnostics:#?}"))
}

#[tokio::test]
async fn a_finding_points_into_the_text() {
    let world = World::new();
    let config = example("web-on-aws.ncl").replace("from_port = 443", "from_port = 22");
    let answer = answer(
        &world,
        json!({"config": config, "framework": "soc2", "file_name": "web.ncl"}),
    )
    .await
    .unwrap();
    let finding = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["rule"] == "PROV-NET-001")
        .unwrap();
    assert_eq!(finding["result"], "fail");
    assert_eq!(finding["address"], "security_group.web");
    assert_eq!(finding["file"], "web.ncl");
    let line = usize::try_from(finding["line"].as_u64().unwrap()).unwrap();
    assert!(
        config.lines().nth(line - 1).unwrap().contains("from_port = 22"),
        "{finding:#}"
    );
    assert_eq!(finding["fix"][0]["value"], "[\"10.0.0.0/8\"]");
    assert!(
        answer["summary"]
            .as_str()
            .unwrap()
            .starts_with("evidence for controls of SOC 2")
    );
    assert!(
        answer["checked_against"]
            .to_string()
            .contains("builtin:rules/exposure.ncl")
    );
}

#[tokio::test]
async fn defaults_are_evidence_and_are_called_so() {
    let world = World::new();
    let config = "{ provider = 'aws, volumes = [{ name = \"data\", size_gb = 10 }] }";
    let answer = answer(&world, json!({"config": config, "render": "table"}))
        .await
        .unwrap();
    let text = answer["rendered"].as_str().unwrap();
    assert!(
        text.contains("`volumes[0].encrypted` is `true` by default; evidence for"),
        "{text}"
    );
    assert!(!text.contains("compliant"));
}

#[tokio::test]
async fn fixes_mend_what_the_evaluator_made() {
    let rules = Rules::load(&Embedded).unwrap();
    let today = "2026-11-24".parse().unwrap();
    let mut texts: Vec<String> = Embedded
        .list(provisioning::AssetKind::Example)
        .into_iter()
        .filter(|asset| asset.path != "broken.ncl")
        .map(|asset| asset.text.into_owned())
        .collect();
    texts.push(careless());
    for text in texts {
        let mut node = evaluated(&text).await;
        for _ in 0..2 {
            let before = node.clone();
            for finding in check(&before, &rules, &[], None, today).findings {
                for change in &finding.fix {
                    assert!(change.apply(&mut node), "{}: {}", finding.rule.id, change.text());
                }
            }
        }
        for finding in check(&node, &rules, &[], None, today).findings {
            assert!(
                finding.rule.fix.is_empty() || !matches!(finding.outcome, Outcome::Fail | Outcome::Unknown),
                "{} {}: {}",
                finding.rule.id,
                finding.path,
                finding.evidence
            );
        }
    }
}

/// The parts of the SARIF 2.1.0 schema that are used here, closed, so that nothing else slips in.
fn sarif_shape() -> Value {
    let message = json!({"type": "object", "required": ["text"], "additionalProperties": false,
        "properties": {"text": {"type": "string", "minLength": 1}}});
    let level = json!({"enum": ["none", "note", "warning", "error"]});
    let location = json!({"type": "object", "additionalProperties": false, "properties": {
        "physicalLocation": {"type": "object", "additionalProperties": false, "required": ["artifactLocation"], "properties": {
            "artifactLocation": {"type": "object", "additionalProperties": false,
                "properties": {"uri": {"type": "string", "pattern": "^[A-Za-z0-9._~/%-]+$"}}},
            "region": {"type": "object", "additionalProperties": false, "properties": {
                "startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}}},
        }},
        "logicalLocations": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {
            "fullyQualifiedName": {"type": "string"}, "kind": {"type": "string"}}}},
    }});
    let rule = json!({"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
        "id": {"type": "string"}, "shortDescription": message, "fullDescription": message, "help": message,
        "defaultConfiguration": {"type": "object", "additionalProperties": false, "properties": {"level": level}},
        "properties": {"type": "object"},
    }});
    let result = json!({"type": "object", "additionalProperties": false, "required": ["message"], "properties": {
        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0},
        "kind": {"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
        "level": level, "message": message,
        "locations": {"type": "array", "items": location},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "suppressions": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["kind"], "properties": {
            "kind": {"enum": ["inSource", "external"]}, "status": {"enum": ["accepted", "underReview", "rejected"]},
            "justification": {"type": "string"}}}},
        "properties": {"type": "object"},
    }});
    json!({"type": "object", "additionalProperties": false, "required": ["version", "runs"], "properties": {
        "$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["tool"], "properties": {
            "tool": {"type": "object", "additionalProperties": false, "required": ["driver"], "properties": {
                "driver": {"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
                    "name": {"type": "string"}, "version": {"type": "string"},
                    "rules": {"type": "array", "uniqueItems": true, "items": rule}}}}},
            "results": {"type": "array", "items": result},
            "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            "properties": {"type": "object"},
        }}},
    }})
}

#[tokio::test]
async fn sarif_has_its_shape_and_unknown_is_no_pass() {
    let world = World::new();
    world.file(
        ".prov/waivers.ncl",
        "{ waivers = [{ rule = \"PROV-NET-019\", address = \"server.db-1\", reason = \"until the move\", \
           owner = \"ops@example.org\", expires = \"2999-01-01\" }] }",
    );
    let answer = answer(
        &world,
        json!({"config": careless(), "render": "sarif", "file_name": "a b/main.ncl"}),
    )
    .await
    .unwrap();
    let log: Value = serde_json::from_str(answer["rendered"].as_str().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&sarif_shape()).unwrap();
    let wrong: Vec<String> = validator
        .iter_errors(&log)
        .map(|error| error.to_string())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let run = &log["runs"][0];
    let mut kinds = std::collections::BTreeMap::new();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert_eq!(result["kind"] == "fail", result["level"] != "none", "{result}");
        *kinds.entry(result["kind"].as_str().unwrap()).or_insert(0_u64) += 1;
    }
    let count = |name: &str| answer["counts"][name].as_u64().unwrap();
    assert_eq!(kinds["fail"], count("fail") + count("waived"));
    assert_eq!(kinds["pass"], count("pass"));
    assert_eq!(kinds.get("open").copied().unwrap_or(0), count("unknown"));
    assert_eq!(count("waived"), 1);
    assert_eq!(log.to_string().matches("\"suppressions\"").count(), 1);
    assert!(log.to_string().contains("a%20b/main.ncl"));
}

#[tokio::test]
async fn junit_counts_what_it_lists_and_stays_well_formed() {
    let world = World::new();
    let config = careless().replace(
        "name = \"shop\", requires",
        "description = \"<a href='x'>&\", name = \"shop\", requires",
    );
    let answer = answer(&world, json!({"config": config, "render": "junit"}))
        .await
        .unwrap();
    let xml = answer["rendered"].as_str().unwrap();
    let count = |name: &str| usize::try_from(answer["counts"][name].as_u64().unwrap()).unwrap();
    assert_eq!(xml.matches("<failure ").count(), count("fail"));
    assert_eq!(xml.matches("<error ").count(), count("unknown"));
    assert_eq!(
        xml.matches("<skipped ").count(),
        count("waived") + count("not_applicable")
    );
    assert_eq!(
        xml.matches("<testsuite ").count(),
        xml.matches("</testsuite>").count()
    );
    let opened = xml.matches("<testcase ").count();
    let closed = xml.matches("</testcase>").count() + xml.matches("\"/>\n    <testcase").count();
    assert!(opened >= closed);
    assert!(!xml.contains("<a href"));
    let whole = xml.split('<').skip(1).all(|tag| tag.contains('>'));
    assert!(whole, "a tag has no end");
}

#[tokio::test]
async fn bad_input_is_answered_with_what_would_be_good() {
    let good = "{ provider = 'local, servers = [] }";
    let pack = |condition: &str, source: &str| {
        format!(
            "{{ rules = [{{ id = \"ACME-1\", title = \"t\", severity = 'low, applies_to = ['server],\n condition = \"{condition}\", \
             remediation = \"r\", controls = {{ soc2 = {{ ids = [\"CC1.1\"]{source} }} }} }}] }}"
        )
    };
    let sourced = ", source = \"s\"";
    let cases = [
        (
            ".prov/rules/acme.ncl",
            pack("role === 'x'", sourced),
            "`.prov/rules/acme.ncl` line 2",
        ),
        (
            ".prov/rules/acme.ncl",
            pack("role == 'x'", ""),
            "`source` is missing",
        ),
        (
            ".prov/rules/acme.ncl",
            pack("role == 'x'", ", sorce = \"s\""),
            "there is no field `sorce`",
        ),
        (
            ".prov/rules/acme.ncl",
            "let x = 1 in x".to_owned(),
            "no functions",
        ),
        (".prov/rules/acme.ncl", String::new(), "there is no value"),
        (
            ".prov/waivers.ncl",
            "{ waivers = [{ rule = \"X\" }] }".to_owned(),
            "`address` is missing",
        ),
        (
            ".prov/waivers.toml",
            "[[waivers]]\nrule = 1".to_owned(),
            "`rule` must be a text",
        ),
    ];
    for (file, text, part) in cases {
        let world = World::new();
        world.file(file, &text);
        let error = answer(&world, json!({ "config": good })).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfiguration, "{text}");
        assert!(
            error.to_value().to_string().contains(part),
            "{part} not in {error:?}"
        );
        assert!(error.next().is_some());
    }
    let world = World::new();
    let error = answer(&world, json!({"config": good, "framework": "iso27001"}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownValue);
    assert_eq!(error.valid_values(), ["soc2", "hipaa", "gdpr", "pci", "all"]);
    let error = answer(&world, json!({"config": example("broken.ncl")}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    let error = answer(&world, json!({"config": " "})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::EmptyInput);
}

#[test]
fn the_command_prints_reports_and_exits_by_what_they_say() {
    let world = World::new();
    world.file("careless.ncl", careless());
    world.file("lab.ncl", example("lab-on-lxd.ncl"));
    let ran = world.prov(["check", "careless.ncl", "--framework", "pci"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    for part in [
        "fail [critical] PROV-NET-004",
        "--> careless.ncl:",
        "PCI DSS 4.0.1 1.2.8",
        "fix: ",
    ] {
        assert!(ran.stdout.contains(part), "{part} not in {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("HIPAA 164."), "{}", ran.stdout);
    let ran = world.prov(["mcp", "check", "careless.ncl", "--format", "markdown"]);
    assert!(
        ran.stdout.starts_with("# Evidence for controls"),
        "{}",
        ran.stdout
    );
    let ran = world.prov(["check", "careless.ncl", "--report", "sarif"]);
    assert_eq!(ran.code, 3);
    assert_eq!(
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["version"],
        "2.1.0"
    );
    let ran = world.prov(["check", "careless.ncl", "--report", "junit"]);
    assert!(ran.stdout.starts_with("<?xml"), "{}", ran.stdout);
    let ran = world.prov(["check", "lab.ncl", "--framework", "iso"]);
    assert_eq!(ran.code, 13, "{ran:?}");
    assert!(
        ran.stderr.contains("valid: soc2, hipaa, gdpr, pci, all"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_expired_waiver_alarms_and_does_not_waive() {
    let world = World::new();
    let config = "{ provider = 'local, volumes = [{ name = \"data\", size_gb = 10, encrypted = false }] }";
    world.file("main.ncl", config);
    let waiver = |expires: &str| {
        let text = format!(
            "[[waivers]]\nrule = \"PROV-ENC-001\"\naddress = \"volume.data\"\nreason = \"test data\"\n\
             owner = \"ana@example.org\"\nexpires = {expires}\n"
        );
        world.file(".prov/waivers.toml", text);
        world.prov(["check", "main.ncl", "--format", "json", "--framework", "hipaa"])
    };
    let in_force: Value = serde_json::from_str(&waiver("2999-12-31").stdout).unwrap();
    let told = |output: &Value| {
        let findings = output["findings"].as_array().unwrap().iter();
        let found = findings.filter(|finding| finding["rule"] == "PROV-ENC-001");
        found
            .map(|finding| finding["result"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&in_force), ["waived"]);
    let expired = waiver("2026-01-01");
    let output: Value = serde_json::from_str(&expired.stdout).unwrap();
    assert_eq!(expired.code, 3);
    assert_eq!(told(&output), ["fail"]);
    assert_eq!(output["alarms"][0]["kind"], "expired");
    assert!(
        output["alarms"][0]["message"]
            .as_str()
            .unwrap()
            .contains("ask ana@example.org")
    );
}

/// Hundreds of servers: more results than any answer may hold. Every report still comes, says how many results it does
/// not list, and lists those that need a look most.
#[test]
fn reports_of_large_configurations_fit_and_say_what_they_leave_out() {
    let world = World::new();
    let server = |n: usize| {
        format!(
            "{{ name = \"db-{n}\", role = \"database\", networking = {{ public_ip = {} }} }},\n",
            n == 7
        )
    };
    let servers: String = (0..600).map(server).collect();
    world.file(
        "main.ncl",
        format!("{{ provider = 'aws, servers = [\n{servers}] }}"),
    );
    for options in [
        ["--report", "sarif"],
        ["--report", "junit"],
        ["--format", "table"],
        ["--format", "markdown"],
    ] {
        let ran = world.prov(["check", "main.ncl", options[0], options[1]]);
        assert_eq!(ran.code, 3, "{options:?}: {}", ran.stderr);
        assert!(ran.stdout.len() < 4 << 20, "{options:?}: {}", ran.stdout.len());
        let said = ran.stdout.contains("more results are counted") || ran.stdout.contains("\"omitted\":");
        assert!(said, "{options:?}");
        assert!(
            ran.stdout.contains("servers[7].networking.public_ip"),
            "{options:?}"
        );
    }
}
