//! The server asks for what is missing, if the client can show a form.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::run::World;

/// A client over pipes, of the older era once it has shaken hands.
struct Client {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _world: World,
}

impl Client {
    fn start() -> Self {
        let world = World::new();
        let mut server = world
            .command()
            .args(["mcp", "serve"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            input: server.stdin.take().unwrap(),
            output: BufReader::new(server.stdout.take().unwrap()),
            server,
            _world: world,
        }
    }

    fn new(capabilities: &Value) -> Self {
        let mut client = Self::start();
        client.send(&json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": capabilities,
                "clientInfo": {"name": "test", "version": "1"},
            },
        }));
        client.read();
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
        self.input.flush().unwrap();
    }

    /// The next message that is not a notification.
    fn read(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).unwrap() > 0,
                "the server has gone"
            );
            let message: Value = serde_json::from_str(&line).unwrap();
            if !message["id"].is_null() {
                return message;
            }
        }
    }

    fn call(&mut self, arguments: &Value) {
        self.send(&json!({
            "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": {"name": "generate_from_form", "arguments": arguments},
        }));
    }

    /// The form that the server asks with, and its answer.
    fn answer(&mut self, result: &Value) -> Value {
        let asked = self.read();
        assert_eq!(asked["method"], "elicitation/create", "{asked}");
        self.send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": result}));
        asked["params"].clone()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The one that this test started.
        let _ended = self.server.kill();
        let _waited = self.server.wait();
    }
}

/// The same without a session: the questions are a result, and the answers come with the call made again.
#[test]
fn a_client_without_a_session_gets_the_questions_as_a_result() {
    let mut client = Client::start();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    let arguments = json!({"form": "server", "answers": {"count": 2}});
    let mut params = json!({"name": "generate_from_form", "arguments": arguments, "_meta": meta});
    let mut asked = 0;
    let result = loop {
        client.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}));
        let answer = client.read();
        let result = &answer["result"];
        let Some(requests) = result["inputRequests"].as_object() else {
            break answer;
        };
        asked += 1;
        assert!(asked < 6, "{answer}");
        let responses: Value = requests
            .iter()
            .map(|(key, request)| {
                assert_eq!(request["method"], "elicitation/create", "{request}");
                let content = json!({"provider": "upcloud", "region": "fi-hel1"});
                (key.clone(), accept(content))
            })
            .collect();
        params["inputResponses"] = responses;
        params["requestState"] = result["requestState"].clone();
    };
    assert!(asked > 0, "nothing was asked: {result}");
    let output = &result["result"]["structuredContent"];
    assert_eq!(output["valid"], true, "{result}");
    assert_eq!(output["intent"]["provider"], "upcloud");
    assert_eq!(output["intent"]["servers"][0]["count"], 2);
}

fn accept(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}

#[test]
fn a_client_with_forms_is_asked_group_by_group() {
    let mut client = Client::new(&json!({"elicitation": {}}));
    client.call(&json!({"form": "cluster", "answers": {"autoscaling": true}}));
    let first = client.answer(&accept(
        json!({"provider": "gcp", "region": "europe-west1", "environment": ""}),
    ));
    assert_eq!(first["message"], "Kubernetes cluster: Where it runs");
    let properties = &first["requestedSchema"]["properties"];
    assert!(
        properties["provider"]["enum"]
            .as_array()
            .unwrap()
            .contains(&json!("upcloud")),
        "{first}"
    );
    assert_eq!(first["requestedSchema"]["required"], json!(["provider"]));
    for (_, property) in properties.as_object().unwrap() {
        assert!(
            ["string", "integer", "boolean"].contains(&property["type"].as_str().unwrap()),
            "{property}"
        );
    }
    let second = client.answer(&accept(json!({"workers": 3, "min_workers": 2, "max_workers": 5})));
    assert_eq!(second["message"], "Kubernetes cluster: Workers");
    let answer = client.read();
    let output = &answer["result"]["structuredContent"];
    assert_eq!(output["valid"], true, "{answer}");
    assert_eq!(output["intent"]["clusters"][0]["scaling"], json!([2, 5]));
    assert_eq!(output["intent"]["provider"], "gcp");
}

#[test]
fn a_client_that_declines_or_cannot_be_asked_is_told_what_is_missing() {
    let missing = |answer: &Value| {
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        assert_eq!(answer["result"]["isError"], true);
        for part in [
            "missing_argument",
            "`provider` is missing",
            "upcloud",
            "form-schema://server",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    };
    let mut client = Client::new(&json!({"elicitation": {}}));
    client.call(&json!({"form": "server"}));
    client.answer(&json!({"action": "decline"}));
    missing(&client.read());
    let mut client = Client::new(&json!({}));
    client.call(&json!({"form": "server"}));
    missing(&client.read());
}

#[test]
fn what_is_wrong_is_said_and_not_asked_again() {
    let mut client = Client::new(&json!({"elicitation": {}}));
    client.call(&json!({"form": "database", "answers": {"password": "hunter2"}}));
    let answer = client.read().to_string();
    assert!(
        answer.contains("must be a reference to a vault") && !answer.contains("hunter2"),
        "{answer}"
    );
}
