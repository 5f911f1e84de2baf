//! `plan_migration` on the real evaluator: through the gate, and from the command line.

use std::path::Path;

use serde_json::{Value, json};
use toolcall::{ErrorKind, ToolError};

use crate::run::{World, example};
use crate::tools::catalog;

/// The shop of the example, with a volume, a managed database and a bucket.
fn shop_on_aws() -> String {
    let stores = "volumes = [{ name = \"orders-data\", size_gb = 200, server = \"db-1\" }],\n  \
        databases = [{ name = \"sessions\", version = \"16\", disk_gb = 50, subnet = \"private-a\" }],\n  \
        object_storage = [{ name = \"shop-images\" }],\n  networking = {\n    vpc = \"shop\"";
    example("web-on-aws.ncl").replace("networking = {\n    vpc = \"shop\"", stores)
}

fn shop_on_upcloud() -> String {
    let mut text = shop_on_aws()
        .replace("'aws", "'upcloud")
        .replace("us-east-1a", "fi-hel1");
    for (from, to) in [
        ("us-east-1", "fi-hel1"),
        ("plan = \"t3.medium\",", ""),
        ("plan = \"m5.large\",", ""),
    ] {
        text = text.replace(from, to);
    }
    text
}

async fn answer(arguments: Value) -> Result<Value, ToolError> {
    let world = World::new();
    let gate = testkit::gate(catalog(&world.workspace()));
    testkit::call(&gate, "plan_migration", arguments).await
}

/// `class method from -> to` of every resource of a wave, by group.
fn waves(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let resource = |one: &Value| {
        format!(
            "{} {} -> {}",
            text(&one["class"]),
            text(&one["from"]),
            text(&one["to"])
        )
    };
    let group = |one: &Value| {
        let resources = one["resources"].as_array().unwrap().iter().map(resource);
        resources.collect::<Vec<_>>().join(" & ")
    };
    let wave = |one: &Value| {
        let groups: Vec<String> = one["groups"].as_array().unwrap().iter().map(group).collect();
        format!("{}: {}", text(&one["phase"]), groups.join(" | "))
    };
    answer["waves"].as_array().unwrap().iter().map(wave).collect()
}

fn local(body: &str) -> String {
    format!("{{ provider = 'local, {body} }}")
}

fn server(name: &str, cpu: u32, release: &str) -> String {
    format!(
        "{{ name = \"{name}\", spec = {{ cpu = {cpu}, memory_gb = 2, disk_gb = 20, os = {{ family = 'ubuntu, version = \"{release}\" }} }} }}"
    )
}

#[tokio::test]
async fn a_shop_moves_from_aws_to_upcloud() {
    let arguments = json!({"current": shop_on_aws(), "target": shop_on_upcloud()});
    let answer = answer(arguments.clone()).await.unwrap();
    let all = waves(&answer);
    assert_eq!(
        all[0],
        "move: move network.shop -> network.shop | move bucket.shop-images -> bucket.shop-images"
    );
    assert!(
        all[2].contains("move volume.orders-data -> volume.orders-data & move server.db-1 -> server.db-1"),
        "{all:#?}"
    );
    assert_eq!(
        all.last().unwrap(),
        "decommission: move network.shop -> network.shop"
    );
    assert_eq!(answer["providers_gone"], json!(["aws"]));
    assert_eq!(answer["questions"], json!([]));
    let totals = answer["cost"]["totals"].as_array().unwrap();
    assert_eq!(totals.len(), 2, "dollars and euros are not added: {totals:?}");
    let bucket = &answer["waves"][0]["groups"][1];
    assert_eq!(bucket["downtime"]["seconds"], 300);
    assert!(
        bucket["downtime"]["unknown"][0]
            .as_str()
            .unwrap()
            .contains("how much it holds")
    );
    let hashes: std::collections::BTreeSet<&str> = answer["waves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wave| wave["hash"].as_str().unwrap())
        .collect();
    assert_eq!(hashes.len(), all.len());
    assert_eq!(self::answer(arguments).await.unwrap(), answer);
}

/// What every group changes adds up to what the plan says, but for what is of no resource.
#[tokio::test]
async fn the_costs_of_groups_add_up() {
    let answer = answer(json!({"current": shop_on_aws(), "target": shop_on_upcloud()}))
        .await
        .unwrap();
    let cents = |text: &Value| -> i64 { text.as_str().unwrap().replace('.', "").parse().unwrap() };
    for total in answer["cost"]["totals"].as_array().unwrap() {
        let groups = answer["waves"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|wave| wave["groups"].as_array().unwrap());
        let deltas = groups.flat_map(|group| group["cost_delta"].as_array().unwrap());
        let sum: i64 = deltas
            .filter(|delta| delta["currency"] == total["currency"])
            .map(|delta| cents(&delta["monthly"]))
            .sum();
        assert_eq!(sum, cents(&total["delta"]), "{total}");
    }
}

#[tokio::test]
async fn a_larger_server_is_resized_in_place() {
    let side = |cpu| local(&format!("servers = [{}]", server("web", cpu, "24.04")));
    let answer = answer(json!({"current": side(1), "target": side(2), "cut_over_s": 60}))
        .await
        .unwrap();
    assert_eq!(waves(&answer), ["move: resize server.web -> server.web"]);
    let group = &answer["waves"][0]["groups"][0];
    assert_eq!(group["resources"][0]["method"], "in_place");
    assert_eq!(group["resources"][0]["reasons"][0]["attribute"], "cpu");
    assert_eq!(group["downtime"]["seconds"], 60);
}

#[tokio::test]
async fn a_rename_is_asked_about_and_can_be_told() {
    let before = local(&format!("servers = [{}]", server("web", 1, "24.04")));
    let two = [server("front", 1, "24.04"), server("back", 1, "24.04")].join(", ");
    let after = local(&format!("servers = [{two}]"));
    let asked = answer(json!({"current": before, "target": after})).await.unwrap();
    assert_eq!(asked["questions"][0]["subject"], "server.web");
    let all = [
        "move: new - -> server.back | new - -> server.front",
        "retire: retire server.web -> -",
    ];
    assert_eq!(waves(&asked), all);
    let moved = json!([{"from": "server.web", "to": "server.front"}]);
    let told = answer(json!({"current": before, "target": after, "moved": moved}))
        .await
        .unwrap();
    assert_eq!(told["questions"], json!([]));
    let all = ["move: new - -> server.back | rename server.web -> server.front"];
    assert_eq!(waves(&told), all);
    assert_ne!(asked["hash"], told["hash"]);
}

#[tokio::test]
async fn what_cannot_be_there_twice_goes_at_once_with_what_hangs_on_it() {
    let side = |release| {
        let volume = "volumes = [{ name = \"data\", size_gb = 10, server = \"web\" }]";
        local(&format!("servers = [{}], {volume}", server("web", 1, release)))
    };
    let answer = answer(json!({"current": side("22.04"), "target": side("24.04")}))
        .await
        .unwrap();
    let all = ["move: update volume.data -> volume.data & recreate server.web -> server.web"];
    assert_eq!(waves(&answer), all);
    let group = &answer["waves"][0]["groups"][0];
    assert_eq!(group["resources"][1]["method"], "old_first");
    assert_eq!(group["steps"][0]["what"], "flush, unmount and detach volume.data");
}

#[tokio::test]
async fn there_may_be_nothing_to_do() {
    let config = shop_on_aws();
    let answer = answer(json!({"current": config, "target": config, "render": "mermaid"}))
        .await
        .unwrap();
    assert_eq!(answer["waves"], json!([]));
    assert!(answer["summary"].as_str().unwrap().starts_with("Nothing to do: "));
    assert_eq!(answer["rendered"], "flowchart TD\n");
}

#[tokio::test]
async fn errors_name_the_argument() {
    let good = local("servers = []");
    let check = async |arguments: Value, kind: ErrorKind, field: &str| {
        let error = answer(arguments).await.unwrap_err();
        assert_eq!(
            (error.kind(), &error.to_value()["field"]),
            (kind, &json!(field)),
            "{error:?}"
        );
        assert!(error.next().is_some(), "{error:?}");
    };
    let broken = example("broken.ncl");
    check(
        json!({"current": good, "target": broken}),
        ErrorKind::InvalidConfiguration,
        "target",
    )
    .await;
    check(
        json!({"current": broken, "target": good}),
        ErrorKind::InvalidConfiguration,
        "current",
    )
    .await;
    check(
        json!({"current": good, "target": "a.ncl"}),
        ErrorKind::InvalidArgument,
        "target",
    )
    .await;
    check(
        json!({"current": good, "target": " "}),
        ErrorKind::EmptyInput,
        "target",
    )
    .await;
    let twice = local(&format!("servers = [{0}, {0}]", server("web", 1, "24.04")));
    check(
        json!({"current": good, "target": twice}),
        ErrorKind::InvalidConfiguration,
        "target",
    )
    .await;
    let outside = json!({"current": good, "target": good, "target_file_name": "../a.ncl"});
    check(outside, ErrorKind::InvalidArgument, "target_file_name").await;
    let slow = json!({"current": good, "target": good, "bandwidth_mbit_s": 0});
    check(slow, ErrorKind::InvalidArgument, "bandwidth_mbit_s").await;
    let pair = json!({"current": good, "target": good, "moved": [{"from": "web"}]});
    check(pair, ErrorKind::InvalidArgument, "moved[0].from").await;
    let pair = json!({"current": good, "target": good, "moved": [{"from": "server.web"}]});
    check(pair, ErrorKind::UnknownValue, "moved[0]").await;
}

#[tokio::test]
async fn the_answer_fits_the_schema_it_declares() {
    let world = World::new();
    let catalog = catalog(&world.workspace());
    let schema = catalog
        .tool("plan_migration")
        .unwrap()
        .declaration()
        .output_schema
        .clone()
        .unwrap();
    let validator = jsonschema::validator_for(&Value::Object(schema)).unwrap();
    let answer = answer(json!({"current": shop_on_aws(), "target": shop_on_upcloud(), "render": "table"}))
        .await
        .unwrap();
    let wrong: Vec<String> = validator
        .iter_errors(&answer)
        .map(|error| error.to_string())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn nothing_invisible_rides_along() {
    let vpc = "a\u{202e}b\u{7}c";
    let target = local(&format!(
        "networking = {{ vpc = \"{vpc}\", vpc_cidr = \"10.0.0.0/16\" }}"
    ));
    let arguments = json!({"current": local("servers = []"), "target": target, "render": "markdown"});
    let answer = match answer(arguments).await {
        Ok(answer) => answer.to_string(),
        Err(error) => error.to_value().to_string(),
    };
    for hidden in ["\u{202e}", "\u{7}", "\\u0007"] {
        assert!(!answer.contains(hidden), "{hidden:?} in {answer}");
    }
}

fn snapshot(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/migrate");
    testkit::snapshot(&folder.join(name), text);
}

#[test]
fn the_command_prints_every_form() {
    let world = World::new();
    world.file("today.ncl", shop_on_aws());
    world.file("target.ncl", shop_on_upcloud());
    for (name, arguments) in [
        ("shop.txt", vec!["migrate", "today.ncl", "target.ncl"]),
        (
            "shop.md",
            vec![
                "mcp",
                "migrate",
                "today.ncl",
                "target.ncl",
                "--format",
                "markdown",
            ],
        ),
        (
            "shop.mmd",
            vec!["migrate", "today.ncl", "target.ncl", "--mermaid"],
        ),
        (
            "shop.json",
            vec!["migrate", "today.ncl", "target.ncl", "--format", "json"],
        ),
    ] {
        let output = world.command().args(&arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        snapshot(name, &String::from_utf8(output.stdout).unwrap());
    }
}

#[test]
fn the_command_explains_what_does_not_hold() {
    let world = World::new();
    world.file("good.ncl", local("servers = []"));
    world.file("broken.ncl", example("broken.ncl"));
    for pair in [["good.ncl", "broken.ncl"], ["broken.ncl", "good.ncl"]] {
        let ran = world.prov(["migrate", pair[0], pair[1]]);
        assert_eq!(ran.code, 3);
        assert!(
            ran.stderr
                .contains("`broken.ncl` does not hold, so it cannot be migrated"),
            "{}",
            ran.stderr
        );
        assert!(ran.stdout.contains("broken.ncl:"), "{}", ran.stdout);
    }
    let ran = world.prov(["migrate", "-", "-"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let ran = world.prov(["migrate", "good.ncl", "good.ncl", "--moved", "server.web"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}
