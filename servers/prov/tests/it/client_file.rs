//! `mcp.json` at the root starts what exists.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

#[test]
fn every_server_in_mcp_json_answers_a_client() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mcp.json");
    let config: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let servers = config["mcpServers"].as_object().unwrap();
    assert!(!servers.is_empty());
    let built = Path::new(env!("CARGO_BIN_EXE_prov")).parent().unwrap();
    for (name, server) in servers {
        let executable = built.join(
            Path::new(server["command"].as_str().unwrap())
                .file_name()
                .unwrap(),
        );
        let arguments: Vec<&str> = server["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap())
            .collect();
        let state = tempfile::tempdir().unwrap();
        let mut child = Command::new(&executable)
            .args(&arguments)
            .env("XDG_STATE_HOME", state.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {}: {error}", executable.display()));
        let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}"#;
        writeln!(child.stdin.take().unwrap(), "{hello}").unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            answer["result"]["serverInfo"]["name"],
            name.as_str(),
            "{answer:#}"
        );
        assert!(child.wait().unwrap().success());
    }
}
