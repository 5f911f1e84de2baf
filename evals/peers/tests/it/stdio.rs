//! The real executable behind real pipes: every way a client may open, and everything that may go wrong after.

mod ending;
mod framing;
mod opening;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{GOOD, Isolated, Session, legacy, modern, until};

/// A configuration whose evaluation takes longer than any test.
const ENDLESS: &str =
    "let rec count = fun n => if n == 0 then 0 else count (n - 1) in { servers = count 1000000000000 }";

fn discover(id: &str) -> Value {
    modern(id, "server/discover", json!({}))
}

fn tools_of(reply: &Value) -> usize {
    reply["result"]["tools"]
        .as_array()
        .unwrap_or_else(|| panic!("no tools in {reply}"))
        .len()
}

fn validate(config: &str) -> Value {
    json!({"name": "validate_config", "arguments": {"config": config}})
}

/// Starts a call that will not end by itself, and waits until it is written down.
fn begin_endless(session: &mut Session) {
    session.send(&legacy("endless", "tools/call", validate(ENDLESS)));
    let home = &session.home;
    let begun = until(Duration::from_secs(10), || home.audit().iter().any(is_call));
    assert!(
        begun,
        "the call was not recorded; the server said:\n{}",
        session.log()
    );
}

fn is_call(record: &Value) -> bool {
    record.to_string().contains("validate_config")
}

/// Processes that still live in the folder of `home`.
fn left_behind(home: &Isolated) -> Vec<String> {
    let folder = home.path("").canonicalize().unwrap();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let lives = |path: &std::path::Path| {
        std::fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder))
    };
    let name = |path: &std::path::Path| std::fs::read_to_string(path.join("cmdline")).unwrap_or_default();
    processes
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| lives(path))
        .map(|path| name(&path))
        .collect()
}

#[test]
fn nothing_but_messages_is_written_also_with_every_log_line_on() {
    let mut session = Session::start("prov", |command| {
        command.args(["--log", "trace"]).env("RUST_LOG", "trace");
    })
    .handshaken();
    session.send(&legacy(1, "tools/list", json!({})));
    session.reply(1);
    session.send(&legacy(2, "tools/call", validate(GOOD)));
    session.reply(2);
    session.send(&legacy(3, "tools/call", validate("{ this is not nickel")));
    session.reply(3);
    session.send_bytes(b"noise\n");
    session.next();
    assert!(
        !session.log().is_empty(),
        "the log lines must be on standard error"
    );
    session.leave_well();
}

#[test]
fn a_bare_environment_is_enough() {
    let mut session = Session::start("prov", |command| {
        command.env_clear().env("PATH", "/usr/bin");
        // A folder that nobody can write to, not even root.
        command.current_dir(if cfg!(target_os = "linux") { "/proc" } else { "/" });
    })
    .handshaken();
    session.send(&legacy(1, "tools/call", validate(GOOD)));
    assert_eq!(session.reply(1)["result"]["isError"], false);
    session.leave_well();
}

#[test]
fn the_first_answer_comes_within_a_second() {
    let began = Instant::now();
    let session = Session::prov().handshaken();
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    session.leave_well();
}
