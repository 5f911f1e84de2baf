//! How the tests start executables and peers, and what a session of any client must show.

mod issuer;
mod process;
mod stdio;
mod web;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) use issuer::{AUDIENCE, ISSUER, Issuer};
pub(crate) use process::{Exited, Isolated, Log, wait_for};
pub(crate) use stdio::{Session, initialize, initialized, legacy, modern, modern_of};
pub(crate) use web::{Endpoint, Reply, Web};

/// A configuration that holds.
pub(crate) const GOOD: &str = r#"{
  provider = 'aws,
  region = "us-east-1",
  servers = [{ name = "web-1", plan = "t3.medium", spec = { cpu = 2, memory_gb = 4, disk_gb = 40 } }],
}"#;

/// The executable `name`, built beside this test.
pub(crate) fn executable(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps");
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "`{}` is not there: run `cargo build -p {name}` first, or `./dev test`",
        path.display()
    );
    path
}

/// The peer or folder that `./dev setup` put into `variable`.
pub(crate) fn peer(variable: &str) -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "peers are named by the environment, not by an executable's settings"
    )]
    let value = std::env::var_os(variable);
    let path = value.map(PathBuf::from);
    let path =
        path.unwrap_or_else(|| panic!("`{variable}` is not set: run `./dev test`, which installs the peers"));
    assert!(
        path.exists(),
        "`{variable}` names `{}`, which is not there: run `./dev setup`",
        path.display()
    );
    path
}

/// A file of this crate's `clients/`.
pub(crate) fn client(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(file)
}

/// A command of Node, with Node's own folder first on the path.
pub(crate) fn node() -> Command {
    let node = peer("PEERS_NODE");
    #[expect(clippy::disallowed_methods, reason = "the peer inherits the path")]
    let path = std::env::var("PATH").unwrap_or_default();
    let folder = node.parent().expect("the folder of Node").display().to_string();
    let mut command = Command::new(&node);
    command.env("PATH", format!("{folder}:{path}"));
    command
}

/// Runs `command` to its end, which must come within two minutes.
pub(crate) fn run(command: &mut Command) -> Output {
    use std::process::Stdio;
    let shown = format!("{command:?}");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {shown}: {error}"));
    let pid = child.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(Duration::from_mins(2)) {
        Ok(output) => output.unwrap_or_else(|error| panic!("cannot wait for {shown}: {error}")),
        Err(_) => {
            process::kill(pid);
            panic!("{shown} did not end within 2 minutes");
        }
    }
}

/// Standard output of a command that must succeed.
pub(crate) fn stdout(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let output = run(command);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{shown} ended with {}\n{out}\n{err}",
        output.status
    );
    out.into_owned()
}

/// The calls that every client makes.
pub(crate) fn calls() -> Value {
    json!([
        {"name": "validate_config", "arguments": {"config": GOOD}},
        {"name": "validate_config", "arguments": {"config": "{ provider = 'nowhere }"}},
        {"name": "estimate_cost", "arguments": {"config": GOOD}},
        {"name": "validate_config", "arguments": {}},
    ])
}

/// What must be true of any client's session with [`calls`]. Returns the structured answers.
pub(crate) fn check_session(session: &Value) -> Vec<Value> {
    let tools: Vec<&str> = session["tools"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for wanted in ["validate_config", "estimate_cost"] {
        assert!(tools.contains(&wanted), "`{wanted}` is not in {tools:?}");
    }
    let results = session["results"].as_array().unwrap();
    assert_eq!(results.len(), calls().as_array().unwrap().len(), "{session}");
    for (number, result) in results.iter().enumerate().take(3) {
        check_structure(result, number);
    }
    let refused = &results[3];
    assert_eq!(
        refused["is_error"], true,
        "a call without `config` must be a failed result: {refused}"
    );
    let error: Value = serde_json::from_str(refused["text"].as_str().unwrap()).unwrap();
    assert_eq!(error["code"], "missing_argument", "{error}");
    assert_eq!(error["field"], "config", "{error}");
    results
        .iter()
        .take(3)
        .map(|result| result["structured"].clone())
        .collect()
}

/// A result's text is the JSON of its structure.
fn check_structure(result: &Value, number: usize) {
    assert_eq!(result["is_error"], false, "call {number}: {result}");
    let text = result["text"]
        .as_str()
        .unwrap_or_else(|| panic!("call {number} has no text: {result}"));
    let parsed: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("call {number}: {error}: {text}"));
    assert!(
        result["structured"].is_object(),
        "call {number} has no structure: {result}"
    );
    assert_eq!(
        parsed, result["structured"],
        "call {number}: text and structure differ"
    );
}

/// Waits until `done`, at most `limit`.
pub(crate) fn until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < limit {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    done()
}
