//! The twelve ways a client may open, and the versions it may ask for.

use serde_json::json;

use super::{discover, tools_of};
use crate::support::{Session, initialize, initialized, legacy, modern, modern_of};

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
