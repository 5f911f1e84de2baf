//! Clients of either era, many at once, and those that leave or stall.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use super::{ENDLESS, list, validate};
use crate::support::{Endpoint, GOOD, Session, Web, initialize, legacy, modern, until};

#[test]
fn a_client_of_the_handshake_era_is_served_at_the_same_address() {
    let web = Web::start("prov", &[]);
    let at = &web.endpoint;
    let reply = at.post_with(initialize(1).to_string().as_bytes(), &at.usual_headers(), &[]);
    assert_eq!(
        reply.json()["result"]["protocolVersion"],
        "2025-11-25",
        "{reply:?}"
    );
    let call = legacy(
        2,
        "tools/call",
        json!({"name": "validate_config", "arguments": {"config": GOOD}}),
    );
    let version = [("MCP-Protocol-Version", "2025-11-25")];
    let reply = at.post_with(call.to_string().as_bytes(), &at.usual_headers(), &version);
    assert_eq!(reply.json()["result"]["isError"], false, "{reply:?}");
}

#[test]
fn the_answer_is_the_same_over_every_transport_and_era() {
    let web = Web::start("prov", &[]);
    let at = &web.endpoint;
    let call = legacy(
        1,
        "tools/call",
        json!({"name": "estimate_cost", "arguments": {"config": GOOD}}),
    );
    let mut stateless = call.clone();
    stateless["params"]["_meta"] = list()["params"]["_meta"].clone();
    let text = |reply: &Value| {
        reply["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_else(|| panic!("{reply}"))
            .to_owned()
    };
    let mut pipe = Session::prov();
    pipe.send(&stateless);
    let mut shaken = Session::prov().handshaken();
    shaken.send(&call);
    let version = [("MCP-Protocol-Version", "2025-11-25")];
    let answers = [
        text(&at.post(&stateless, &[]).json()),
        text(
            &at.post_with(call.to_string().as_bytes(), &at.usual_headers(), &version)
                .json(),
        ),
        text(&pipe.reply(1)),
        text(&shaken.reply(1)),
    ];
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[test]
fn two_hundred_at_once_are_each_answered() {
    let web = Web::start("prov", &[]);
    let ask = |number: usize, at: Endpoint| {
        std::thread::spawn(move || {
            let call = modern(
                number,
                "tools/call",
                json!({"name": format!("no_such_{number}"), "arguments": {}}),
            );
            let reply = at.post(&call, &[]).json();
            assert_eq!(reply["id"], number);
            assert!(
                reply["error"]["message"]
                    .as_str()
                    .unwrap()
                    .contains(&format!("`no_such_{number}`")),
                "{reply}"
            );
        })
    };
    let threads: Vec<_> = (0..200).map(|number| ask(number, web.endpoint.clone())).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_client_that_leaves_mid_call_stops_the_call() {
    let web = Web::start("prov", &[]);
    let call = validate(ENDLESS).to_string();
    let mut stream = web.endpoint.connect();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\n\
         MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: validate_config\r\nContent-Length: {}\r\n\r\n{call}",
        web.endpoint.address,
        call.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let recorded = |what: &str| {
        web.home
            .audit()
            .iter()
            .any(|record| record.to_string().contains(what))
    };
    assert!(
        until(Duration::from_secs(10), || recorded("validate_config")),
        "the call was not recorded: {}",
        web.log()
    );
    drop(stream);
    assert!(
        until(Duration::from_secs(3), || recorded("\"cancelled\"")),
        "it goes on: {:?}",
        web.home.audit()
    );
}

#[test]
fn a_stalled_client_and_an_open_stream_do_not_keep_us_from_ending() {
    let mut web = Web::start("fixture", &["--legacy-sse"]);
    let mut stalled = web.endpoint.connect();
    stalled
        .write_all(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
        .unwrap();
    let mut sse = web.endpoint.connect();
    write!(
        sse,
        "GET /sse HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n\r\n",
        web.endpoint.address
    )
    .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(sse.try_clone().unwrap());
    while !line.starts_with("data:") {
        line.clear();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the stream ended early");
    }
    assert!(line.contains("/messages?sessionId="), "{line}");
    assert_eq!(
        web.endpoint.post(&list(), &[]).status,
        200,
        "others are answered meanwhile"
    );
    let exited = web.terminate();
    assert!(exited.status.success(), "{}", exited.status);
    assert!(
        exited.after < Duration::from_secs(2),
        "it took {:?} to end",
        exited.after
    );
}

#[test]
fn an_open_subscription_gets_its_result_when_we_end() {
    let mut web = Web::start("fixture", &[]);
    let message = modern(
        "listen",
        "subscriptions/listen",
        json!({"notifications": {"toolsListChanged": true}}),
    )
    .to_string();
    let mut stream = web.endpoint.connect();
    write!(
        stream,
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\n\
         MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\nContent-Length: {}\r\n\r\n{message}",
        web.endpoint.address,
        message.len()
    )
    .unwrap();
    let mut reader = BufReader::new(stream);
    let mut seen = String::new();
    while !seen.contains("notifications/subscriptions/acknowledged") {
        assert_ne!(
            reader.read_line(&mut seen).unwrap(),
            0,
            "no acknowledgement in {seen}"
        );
    }
    let exited = web.terminate();
    assert!(
        exited.after < Duration::from_secs(2),
        "it took {:?} to end",
        exited.after
    );
    let mut rest = String::new();
    let _reset = reader.read_to_string(&mut rest);
    assert!(
        rest.contains("\"resultType\":\"complete\""),
        "the stream ended without a result: {rest}"
    );
}

#[test]
fn the_old_sse_transport_sends_new_clients_on() {
    let web = Web::start("prov", &["--legacy-sse"]);
    let at = &web.endpoint;
    let reply = at.send(
        "POST",
        "/sse",
        &[("Host", &at.address), ("Content-Type", "application/json")],
        b"{}",
    );
    assert_eq!((reply.status, reply.body.as_str()), (405, ""));
    let reply = at.send(
        "POST",
        "/messages?sessionId=nobody",
        &[("Host", &at.address)],
        b"{}",
    );
    assert_eq!(reply.status, 404);
}
