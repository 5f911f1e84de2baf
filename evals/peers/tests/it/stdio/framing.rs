//! What is not a message, what is a large one, and many at once.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::{Value, json};

use super::validate;
use crate::support::{GOOD, Session, initialize, initialized, legacy};

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
