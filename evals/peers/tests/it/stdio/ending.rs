//! Calls that are withdrawn, clients that leave or die, and what must not be left behind.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use super::{begin_endless, left_behind, tools_of, validate};
use crate::support::{GOOD, Isolated, Session, initialize, initialized, legacy, modern, until, wait_for};

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
