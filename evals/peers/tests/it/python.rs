//! The official Python SDK.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Isolated, Web, calls, check_session, client, peer, stdout};

/// How the SDK is asked to speak, and what it must then speak.
const MODES: [(&str, &str); 3] = [
    ("auto", "2026-07-28"),
    ("legacy", "2025-11-25"),
    ("2026-07-28", "2026-07-28"),
];

fn session(mut task: Value) -> Value {
    task["calls"] = calls();
    let mut command = Command::new(peer("PEERS_PYTHON"));
    command.arg(client("session.py")).arg(task.to_string());
    serde_json::from_str(&stdout(&mut command)).unwrap()
}

#[test]
fn sdk_over_stdio_in_every_mode() {
    let answers: Vec<_> = MODES
        .iter()
        .map(|(mode, version)| {
            let session = session(json!({"command": Isolated::new().serve("prov", &[]), "mode": mode}));
            assert_eq!(session["version"], *version, "mode {mode}");
            check_session(&session)
        })
        .collect();
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "the answer depends on the mode: {answers:?}"
    );
}

#[test]
fn sdk_over_http_in_every_mode() {
    let web = Web::start("prov", &[]);
    for (mode, version) in MODES {
        let session = session(json!({"url": web.url(), "mode": mode}));
        assert_eq!(session["version"], version, "mode {mode}");
        check_session(&session);
    }
}

#[test]
fn sdk_over_the_old_sse_transport() {
    let web = Web::start("prov", &["--legacy-sse"]);
    let session = session(json!({"url": web.sse_url(), "sse": true}));
    assert_eq!(session["version"], "2025-11-25");
    check_session(&session);
}
