//! What leaves the process: spans to a collector, lines to standard error, nothing to standard output.
//!
//! Logging is started once in a process, so each case is this test binary running [`child`] alone, told what to
//! do by its last argument.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use telemetry::{Format, Options};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Runs a child that makes a span and a line of log.
fn run(format: &str, endpoint: &str) -> Output {
    let me = std::env::current_exe().unwrap();
    let order = format!("start|{format}|{endpoint}");
    Command::new(me)
        .args(["--exact", "child", "--nocapture", &order])
        .output()
        .unwrap()
}

#[test]
fn child() {
    let Some(order) = std::env::args().next_back() else {
        return;
    };
    let [start, format, endpoint] = order.split('|').collect::<Vec<_>>()[..] else {
        return;
    };
    assert_eq!(start, "start");
    let started = Instant::now();
    let guard = telemetry::start(Options {
        filter: "warn".into(),
        format: if format == "json" {
            Format::Json
        } else {
            Format::Text
        },
        otlp_endpoint: Some(endpoint.to_owned()).filter(|endpoint| !endpoint.is_empty()),
        service_name: "sample".into(),
        service_version: "1".into(),
    })
    .unwrap();
    eprintln!("started in {:?}", started.elapsed());
    let span = tracing::info_span!("tools/call");
    telemetry::parent(&span, TRACEPARENT, None);
    span.in_scope(|| tracing::warn!(answer = 42, "something happened"));
    drop(span);
    let ended = Instant::now();
    drop(guard);
    eprintln!("ended in {} ms", ended.elapsed().as_millis());
}

/// How long the child's guard took to drop, in milliseconds.
fn ended(output: &Output) -> u128 {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("ended in ")?.strip_suffix(" ms"));
    line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
}

/// Waits a while for a connection, so that a lost export fails the test instead of hanging it.
fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    for _ in 0..500 {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).unwrap();
            return stream;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("nothing was exported within 10 s");
}

/// Accepts one export and gives its first line and body.
fn collect(listener: &TcpListener) -> (String, String) {
    let mut stream = accept(listener);
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (mut text, mut buffer) = (String::new(), [0_u8; 65536]);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if read == 0 || length.is_none_or(|length: usize| body.len() >= length) {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}";
                stream.write_all(answer).unwrap();
                return (
                    head.lines().next().unwrap_or_default().to_owned(),
                    body.to_owned(),
                );
            }
        }
    }
}

#[test]
fn a_span_is_exported_under_the_clients_trace() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    let collector = std::thread::spawn(move || collect(&listener));
    let output = run("text", &endpoint);
    let (request, body) = collector.join().unwrap();
    assert!(request.starts_with("POST /v1/traces"), "{request}");
    for part in [
        "0af7651916cd43dd8448eb211c80319c",
        "b7ad6b7169203331",
        "tools/call",
        "\"sample\"",
        "something happened",
    ] {
        assert!(body.contains(part), "{part} not in {body}");
    }
    assert!(ended(&output) < 2500);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("traces do not arrive"), "{stderr}");
}

#[test]
fn a_collector_that_is_not_there_costs_one_warning() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = run("text", &format!("http://{closed}"));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && ended(&output) < 2500, "{stderr}");
    assert_eq!(stderr.matches("traces do not arrive").count(), 1, "{stderr}");
}

#[test]
fn a_collector_that_never_answers_does_not_hold_the_end_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = run("text", &format!("http://{}", silent.local_addr().unwrap()));
    assert!(
        output.status.success() && ended(&output) < 2500,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn lines_go_to_standard_error_without_colour() {
    let output = run("text", "");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        stderr.contains("WARN") && stderr.contains("something happened"),
        "{stderr}"
    );
    assert!(
        !stderr.contains('\u{1b}') && !stdout.contains("something happened"),
        "{stderr}"
    );
    println!(
        "{}",
        stderr
            .lines()
            .find(|line| line.starts_with("started in"))
            .unwrap_or_default()
    );
}

#[test]
fn json_lines_are_one_object_each() {
    let output = run("json", "");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = stderr
        .lines()
        .find(|line| line.contains("something happened"))
        .unwrap();
    assert!(
        line.starts_with('{') && line.ends_with('}') && line.contains("\"answer\":42"),
        "{line}"
    );
}
