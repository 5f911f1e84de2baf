//! The TypeScript SDK, v1 and v2.

use serde_json::{Value, json};

use crate::support::{Isolated, Web, calls, check_session, client, node, peer, stdout};

/// Runs `script` from inside the folder of the packages, where Node looks for its imports.
fn session(script: &str, mut task: Value) -> Value {
    task["calls"] = calls();
    let folder = tempfile::tempdir_in(peer("PEERS_NPM_DIR")).unwrap();
    let copy = folder.path().join(script);
    std::fs::copy(client(script), &copy).unwrap();
    let text = stdout(node().arg(copy).arg(task.to_string()));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn v1_over_stdio_http_and_sse() {
    let web = Web::start("prov", &["--legacy-sse"]);
    let home = Isolated::new();
    let tasks = [
        json!({"command": home.serve("prov", &[])}),
        json!({"url": web.url()}),
        json!({"url": web.sse_url(), "sse": true}),
    ];
    for task in tasks {
        let session = session("session-v1.ts", task);
        assert_eq!(session["version"], "2025-11-25");
        check_session(&session);
    }
}

#[test]
fn v2_over_stdio_in_every_mode() {
    v2(&json!({"command": Isolated::new().serve("prov", &[])}));
}

#[test]
fn v2_over_http_in_every_mode() {
    let web = Web::start("prov", &[]);
    v2(&json!({"url": web.url()}));
}

fn v2(target: &Value) {
    for (mode, version) in [
        ("auto", "2026-07-28"),
        ("legacy", "2025-11-25"),
        ("2026-07-28", "2026-07-28"),
    ] {
        let mut task = target.clone();
        task["mode"] = json!(mode);
        let session = session("session-v2.ts", task);
        assert_eq!(session["version"], version, "mode {mode}");
        check_session(&session);
    }
}
