//! The real executable behind real pipes: every way a client may open, and everything that may go wrong after.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{
    GOOD, Isolated, Session, initialize, initialized, legacy, modern, modern_of, until, wait_for,
};

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

// The twelve openings.

#[test]
fn opening_1_handshake() {
    let mut session = Session::prov().handshaken();
    session.send(&legacy(1, "tools/list", json!({})));
    assert!(tools_of(&session.reply(1)) >= 2);
    session.leave_well();
}

#[test]
fn opening_2_discover_then_stateless_requests() {
    let mut session = Session::prov();
    session.send(&discover("d"));
    let found = session.reply("d");
    assert!(
        found["result"]["supportedVersions"]
            .as_array()
            .unwrap()
            .contains(&json!("2026-07-28")),
        "{found}"
    );
    assert_eq!(
        found["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "prov"
    );
    session.send(&modern(1, "tools/list", json!({})));
    assert!(tools_of(&session.reply(1)) >= 2);
    session.leave_well();
}

#[test]
fn opening_3_stateless_at_once() {
    let mut session = Session::prov();
    session.send(&modern(1, "tools/list", json!({})));
    let reply = session.reply(1);
    assert!(tools_of(&reply) >= 2);
    assert_eq!(reply["result"]["resultType"], "complete");
    assert!(reply["result"]["ttlMs"].is_u64(), "{reply}");
    session.leave_well();
}

#[test]
fn opening_4_discover_then_handshake() {
    let mut session = Session::prov();
    session.send(&discover("d"));
    session.reply("d");
    let mut session = session.handshaken();
    session.send(&legacy(1, "tools/list", json!({})));
    assert!(tools_of(&session.reply(1)) >= 2);
    session.leave_well();
}

#[test]
fn opening_5_discover_notification_handshake() {
    let mut session = Session::prov();
    session.send(&discover("d"));
    session.reply("d");
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}));
    let mut session = session.handshaken();
    session.send(&legacy(1, "tools/list", json!({})));
    assert!(tools_of(&session.reply(1)) >= 2);
    session.leave_well();
}

#[test]
fn opening_6_notification_first() {
    let early = [
        initialized(),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}),
        json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}),
    ];
    for notification in early {
        let mut session = Session::prov();
        session.send(&notification);
        let mut session = session.handshaken();
        session.send(&legacy(1, "tools/list", json!({})));
        assert!(tools_of(&session.reply(1)) >= 2, "after {notification}");
        session.leave_well();
    }
}

#[test]
fn opening_7_unknown_method_first() {
    for (message, code) in [
        (legacy(1, "no/such", json!({})), -32602),
        (modern(1, "no/such", json!({})), -32601),
    ] {
        let mut session = Session::prov();
        session.send(&message);
        assert_eq!(session.reply(1)["error"]["code"], code, "{message}");
        if code == -32602 {
            session = session.handshaken();
            session.send(&legacy(2, "tools/list", json!({})));
        } else {
            session.send(&initialize("init"));
            session.reply("init");
            session.send(&modern(2, "tools/list", json!({})));
        }
        assert!(tools_of(&session.reply(2)) >= 2, "after {message}");
        session.leave_well();
    }
}

#[test]
fn opening_8_ping_first() {
    let mut session = Session::prov();
    session.send(&legacy(1, "ping", json!({})));
    assert_eq!(session.reply(1)["result"], json!({}));
    session.handshaken().leave_well();
}

#[test]
fn opening_9_unknown_version() {
    let mut session = Session::prov();
    session.send(&modern_of("1900-01-01", 1, "server/discover", json!({})));
    let error = &session.reply(1)["error"];
    assert_eq!(error["code"], -32022);
    assert_eq!(error["data"]["requested"], "1900-01-01");
    assert!(
        error["data"]["supported"]
            .as_array()
            .unwrap()
            .contains(&json!("2026-07-28")),
        "{error}"
    );
    session.leave_well();
}

#[test]
fn opening_10_handshake_for_a_version_without_one() {
    let mut session = Session::prov();
    let mut message = initialize(1);
    message["params"]["protocolVersion"] = json!("2026-07-28");
    session.send(&message);
    assert_eq!(session.reply(1)["result"]["protocolVersion"], "2025-11-25");
    session.leave_well();
}

#[test]
fn opening_11_discover_then_leave() {
    let mut session = Session::prov();
    session.send(&discover("d"));
    session.reply("d");
    session.leave_well();
}

#[test]
fn opening_0_leave_at_once() {
    Session::prov().leave_well();
}

/// No known client does this. What we do is pinned here.
#[test]
fn opening_12_stateless_then_handshake_stays_stateless() {
    let mut session = Session::prov();
    session.send(&modern(1, "tools/list", json!({})));
    session.reply(1);
    session.send(&initialize("init"));
    session.reply("init");
    session.send(&initialized());
    session.send(&legacy(2, "tools/list", json!({})));
    assert_eq!(session.reply(2)["error"]["code"], -32602);
    session.leave_well();
}

#[test]
fn older_versions_are_served_as_asked() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut session = Session::prov();
        let mut message = initialize(1);
        message["params"]["protocolVersion"] = json!(version);
        session.send(&message);
        assert_eq!(session.reply(1)["result"]["protocolVersion"], version);
        session.leave_well();
    }
}

// What is not a message.

#[test]
fn what_is_not_a_message_is_answered_and_survived() {
    let mut session = Session::prov().handshaken();
    let cases: [(&[u8], i64, Value); 9] = [
        (b"not json", -32700, Value::Null),
        (b"{\"jsonrpc\":\"2.0\",", -32700, Value::Null),
        (b"\x00\x01\x02\xfe\xff\x80binary", -32700, Value::Null),
        (
            b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
            -32600,
            Value::Null,
        ),
        (b"[]", -32600, Value::Null),
        (b"42", -32600, Value::Null),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
            -32600,
            Value::Null,
        ),
        (b"{\"id\":5,\"method\":\"ping\"}", -32602, json!(5)),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"tools/call\",\"params\":{\"name\":5}}",
            -32602,
            json!(6),
        ),
    ];
    for (bytes, code, id) in cases {
        session.send_bytes(bytes);
        session.send_bytes(b"\n");
        let reply = session.next();
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(reply["error"]["code"], code, "{shown}: {reply}");
        assert_eq!(
            reply.get("id").cloned().unwrap_or_default(),
            id,
            "{shown}: {reply}"
        );
    }
    session.send(&legacy("after", "ping", json!({})));
    assert_eq!(session.reply("after")["result"], json!({}));
    session.leave_well();
}

#[test]
fn a_line_of_17_mib_is_refused_and_survived() {
    let mut session = Session::prov().handshaken();
    let config = "x".repeat(17 << 20);
    session.send(&legacy(1, "tools/call", validate(&config)));
    assert_eq!(session.next()["error"]["code"], -32600);
    session.send(&legacy(2, "ping", json!({})));
    session.reply(2);
    session.leave_well();
}

#[test]
fn arguments_over_the_limit_are_a_failed_result() {
    let mut session = Session::prov().handshaken();
    session.send(&legacy(1, "tools/call", validate(&"x".repeat(9 << 20))));
    let reply = session.reply(1);
    assert_eq!(reply["result"]["isError"], true, "{}", reply["error"]);
    assert!(
        reply["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("limit_exceeded")
    );
    session.leave_well();
}

#[test]
fn line_endings_marks_and_blank_lines_do_not_matter() {
    let mut session = Session::prov();
    let ping = |id: u32| legacy(id, "ping", json!({})).to_string();
    session.send_bytes(
        format!(
            "\u{feff}{}\r\n\r\n\n  {}  \r\n",
            initialize("init"),
            initialized()
        )
        .as_bytes(),
    );
    session.reply("init");
    session.send_bytes(format!("\t{}\r\n", ping(1)).as_bytes());
    session.reply(1);
    session.send_bytes(format!("{}\n", ping(2)).as_bytes());
    session.reply(2);
    session.leave_well();
}

#[test]
fn a_message_may_come_byte_by_byte() {
    let mut session = Session::prov();
    for byte in format!("{}\n", initialize("init")).bytes() {
        session.send_bytes(&[byte]);
    }
    session.reply("init");
    session.leave_well();
}

#[test]
fn the_same_id_twice_is_survived() {
    let mut session = Session::prov().handshaken();
    for _ in 0..2 {
        session.send(&legacy(1, "tools/call", validate(GOOD)));
    }
    session.reply(1);
    session.send(&legacy(2, "ping", json!({})));
    session.reply(2);
    session.leave_well();
}

// Many messages, slow readers, changed minds.

#[test]
fn a_thousand_pipelined_calls_are_each_answered() {
    let mut session = Session::prov().handshaken();
    let mut stdin = session.take_stdin();
    let writer = std::thread::spawn(move || {
        for id in 0..1000 {
            let call = legacy(
                id,
                "tools/call",
                json!({"name": format!("no_such_{id}"), "arguments": {}}),
            );
            writeln!(stdin, "{call}").unwrap();
        }
        stdin
    });
    let mut answers = BTreeMap::new();
    for _ in 0..1000 {
        let reply = session.next();
        let id = reply["id"].as_u64().unwrap_or_else(|| panic!("no id in {reply}"));
        answers.insert(id, reply);
    }
    assert_eq!(answers.len(), 1000);
    for (id, reply) in answers {
        let message = reply["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("`no_such_{id}`")), "{id}: {reply}");
    }
    drop(writer.join().unwrap());
    session.ended();
    assert!(session.home.audit().len() >= 1000, "every refusal is recorded");
}

#[test]
fn lists_do_not_change_by_being_asked_for() {
    let mut session = Session::prov().handshaken();
    let mut list = |id: u32| {
        session.send(&legacy(id, "tools/list", json!({})));
        session.reply(id)["result"].clone()
    };
    let first = list(1);
    for id in 2..=100 {
        assert_eq!(list(id), first, "list {id}");
    }
}

#[test]
fn a_cancelled_call_stops_and_says_nothing() {
    let mut session = Session::prov().handshaken();
    begin_endless(&mut session);
    session.send(
        &json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "endless"}}),
    );
    session.send(&legacy(1, "ping", json!({})));
    assert_eq!(session.next()["id"], 1, "a cancelled request is not answered");
    let home = &session.home;
    let recorded = until(Duration::from_secs(2), || {
        home.audit()
            .iter()
            .any(|record| record.to_string().contains("\"cancelled\""))
    });
    assert!(
        recorded,
        "the outcome `cancelled` is not recorded: {:?}",
        session.home.audit()
    );
    session.stays_silent(Duration::from_millis(300));
    session.leave_well();
}

#[test]
fn cancelling_what_is_not_running_changes_nothing() {
    let mut session = Session::prov().handshaken();
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    session.send(&cancel);
    session.send(&legacy(1, "tools/call", validate(GOOD)));
    session.reply(1);
    session.send(&cancel);
    session.send(&legacy(2, "ping", json!({})));
    session.reply(2);
    session.leave_well();
}

#[test]
fn leaving_with_a_call_in_flight_ends_at_once_and_leaves_nothing() {
    let mut session = Session::prov().handshaken();
    begin_endless(&mut session);
    let exited = session.leave();
    assert!(
        exited.status.success(),
        "{}; it said:\n{}",
        exited.status,
        session.log()
    );
    assert!(
        exited.after < Duration::from_secs(1),
        "it took {:?} to end",
        exited.after
    );
    let home = &session.home;
    assert!(
        until(Duration::from_secs(2), || left_behind(home).is_empty()),
        "left behind: {:?}",
        left_behind(home)
    );
}

#[test]
fn leaving_with_a_subscription_open_ends_at_once() {
    // The fixture delivers announcements; the product says it has none.
    let mut session = Session::start("fixture", |_| {});
    let filter = json!({"notifications": {"toolsListChanged": true}});
    session.send(&modern("listen", "subscriptions/listen", filter));
    assert_eq!(
        session.next()["method"],
        "notifications/subscriptions/acknowledged"
    );
    session.leave_well();
}

#[test]
fn answers_of_quick_calls_arrive_even_if_the_client_stops_writing() {
    let mut session = Session::prov().handshaken();
    session.send(&legacy(1, "tools/list", json!({})));
    drop(session.take_stdin());
    assert!(tools_of(&session.reply(1)) >= 2);
}

/// Starts the executable without a thread that reads what it writes.
fn unread(home: &Isolated) -> std::process::Child {
    let mut command = home.command("prov", &[]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_client_that_does_not_read_can_still_leave() {
    let home = Isolated::new();
    let mut child = unread(&home);
    let mut stdin = child.stdin.take().unwrap();
    let mut text = format!("{}\n{}\n", initialize("init"), initialized());
    for id in 0..400 {
        text.push_str(&format!("{}\n", legacy(id, "tools/list", json!({}))));
    }
    assert!(text.len() < 60_000, "it must fit the pipe");
    stdin.write_all(text.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    drop(stdin);
    let exited = wait_for(&mut child, Duration::from_secs(10));
    assert!(
        exited.after < Duration::from_secs(2),
        "it took {:?} to end",
        exited.after
    );
}

#[test]
fn a_client_that_closes_our_output_ends_us() {
    let home = Isolated::new();
    let mut child = unread(&home);
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "it goes on writing to nobody"
        );
        let _broken = writeln!(stdin, "{}", legacy(1, "ping", json!({})));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_signal_to_terminate_is_heeded_also_in_the_middle_of_a_call() {
    let mut idle = Session::prov().handshaken();
    idle.signal(Signal::TERM);
    let exited = idle.ended();
    assert!(exited.status.success(), "{}", exited.status);
    assert!(
        exited.after < Duration::from_secs(1),
        "it took {:?}",
        exited.after
    );

    let mut busy = Session::prov().handshaken();
    begin_endless(&mut busy);
    busy.signal(Signal::TERM);
    let exited = busy.ended();
    assert!(
        exited.after < Duration::from_secs(1),
        "it took {:?} with a call in flight",
        exited.after
    );
    let home = &busy.home;
    assert!(
        until(Duration::from_secs(2), || left_behind(home).is_empty()),
        "left behind: {:?}",
        left_behind(home)
    );
}

#[test]
fn a_killed_host_takes_us_with_it() {
    let home = Isolated::new();
    let pipe = home.path("pipe");
    let words = home.serve("prov", &[]);
    // The shell becomes the host: it holds the only writing end of our input, and is killed without warning.
    let script = r#"pipe=$1; shift; mkfifo "$pipe"; "$@" <"$pipe" >/dev/null & echo $!; exec 3>"$pipe"; exec sleep 600"#;
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh"])
        .arg(&pipe)
        .args(words)
        .current_dir(home.path(""));
    let mut host = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut pid = String::new();
    let mut byte = [0];
    let mut stdout = host.stdout.take().unwrap();
    while stdout.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
        pid.push(char::from(byte[0]));
    }
    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    rustix::process::test_kill_process(pid).expect("the server runs while its host does");
    host.kill().unwrap();
    host.wait().unwrap();
    let gone = until(Duration::from_secs(2), || {
        rustix::process::test_kill_process(pid).is_err()
    });
    assert!(gone, "the server outlives its host");
}

// Surroundings.

#[test]
fn fifty_starts_and_stops_leave_nothing() {
    let home = Isolated::new();
    let files = || {
        let entries = std::fs::read_dir(home.path("")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let mut after_first = Vec::new();
    for round in 0..50 {
        let mut child = unread(&home);
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{}", modern(1, "tools/list", json!({}))).unwrap();
        drop(stdin);
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(text.contains("validate_config"), "round {round}: {text}");
        assert!(
            wait_for(&mut child, Duration::from_secs(5)).status.success(),
            "round {round}"
        );
        if round == 0 {
            after_first = files();
        }
    }
    assert_eq!(files(), after_first);
    assert_eq!(left_behind(&home), Vec::<String>::new());
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
