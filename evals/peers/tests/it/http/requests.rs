//! What a request must be: its address, its headers, its body.

use serde_json::json;

use super::{list, refused, validate};
use crate::support::{GOOD, Web, legacy, modern, modern_of};

#[test]
fn a_request_in_order_is_answered() {
    let web = Web::start("prov", &[]);
    let reply = web.endpoint.post(&list(), &[]);
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(
        reply.header("mcp-session-id").is_none(),
        "a product keeps no sessions"
    );
    assert!(
        reply.json()["result"]["tools"]
            .as_array()
            .is_some_and(|tools| tools.len() >= 2)
    );
}

#[test]
fn only_pages_and_names_we_know_are_answered() {
    let web = Web::start(
        "prov",
        &[
            "--set",
            "http.allowed_hosts=[\"ops.example.com\"]",
            "--set",
            "http.allowed_origins=[\"https://app.example.com\"]",
        ],
    );
    let port = web.endpoint.address.rsplit(':').next().unwrap().to_owned();
    let host = |name: &str| format!("{name}:{port}");
    let (loopback, localhost) = (host("127.0.0.1"), host("localhost"));
    let origins = [
        format!("http://localhost:{port}"),
        "http://localhost:6274".to_owned(),
        "https://app.example.com".to_owned(),
    ];
    let mut good: Vec<Vec<(&str, &str)>> = vec![
        vec![("Host", &loopback)],
        vec![("Host", &localhost)],
        vec![("Host", "LOCALHOST")],
        vec![("Host", "[::1]:80")],
        vec![("Host", "ops.example.com")],
        vec![("Host", "ops.example.com:8443")],
    ];
    good.extend(origins.iter().map(|origin| vec![("Origin", origin.as_str())]));
    for headers in good {
        let reply = web.endpoint.post(&list(), &headers);
        assert_eq!(reply.status, 200, "{headers:?}: {reply:?}");
    }
    let evil: [&[(&str, &str)]; 12] = [
        &[("Origin", "http://evil.example")],
        &[("Origin", "null")],
        &[("Origin", "http://localhost.evil.example")],
        &[("Origin", "http://app.example.com")],
        &[("Origin", "https://app.example.com.evil.example")],
        &[("Origin", "http://localhost"), ("Origin", "http://evil.example")],
        &[("Origin", "http://localhost"), ("Origin", "http://localhost")],
        &[("Origin", "http://127.0.0.1@evil.example")],
        &[("Host", "evil.example")],
        &[("Host", "127.0.0.1.evil.example")],
        &[("Host", "localhost:80@evil.example")],
        &[("Host", "evil.example"), ("Origin", "http://localhost")],
    ];
    for headers in evil {
        let before = web.home.audit().len();
        let reply = web.endpoint.post(&list(), headers);
        assert_eq!(reply.status, 403, "{headers:?}: {reply:?}");
        assert!(
            web.home.audit().len() > before,
            "{headers:?}: the refusal is not recorded"
        );
    }
    // The side doors are guarded like the front one.
    for path in ["/healthz", "/.well-known/oauth-protected-resource/mcp"] {
        let reply = web.endpoint.send(
            "GET",
            path,
            &[("Host", &loopback), ("Origin", "http://evil.example")],
            b"",
        );
        assert_eq!(reply.status, 403, "{path}");
    }
}

#[test]
fn headers_must_say_what_the_body_says() {
    let web = Web::start("prov", &[]);
    let call = validate(GOOD);
    let wrong: [&[(&str, &str)]; 9] = [
        &[("MCP-Protocol-Version", "")],
        &[("MCP-Protocol-Version", "2025-11-25")],
        &[("Mcp-Method", "")],
        &[("Mcp-Method", "tools/list")],
        &[("Mcp-Method", "TOOLS/CALL")],
        &[("Mcp-Name", "")],
        &[("Mcp-Name", "estimate_cost")],
        &[("Mcp-Name", "VALIDATE_CONFIG")],
        &[("Mcp-Name", "validate_config"), ("Mcp-Name", "estimate_cost")],
    ];
    for headers in wrong {
        let reply = web.endpoint.post(&call, headers);
        assert_eq!(
            (reply.status, reply.code()),
            (400, -32020),
            "{headers:?}: {reply:?}"
        );
    }
    let right: [&[(&str, &str)]; 4] = [
        &[("mcp-NAME", "validate_config")],
        &[("Mcp-Name", "  validate_config  ")],
        &[("Mcp-Name", "=?base64?dmFsaWRhdGVfY29uZmln?=")],
        &[],
    ];
    for headers in right {
        let reply = web.endpoint.post(&call, headers);
        assert_eq!(reply.status, 200, "{headers:?}: {reply:?}");
    }
}

#[test]
fn requests_that_are_wrong_are_told_how() {
    let web = Web::start("prov", &[]);
    let at = &web.endpoint;
    refused(&at.post(&modern(1, "no/such", json!({})), &[]), 404, -32601);
    for removed in [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
    ] {
        refused(&at.post(&modern(1, removed, json!({})), &[]), 404, -32601);
    }
    let version = [("MCP-Protocol-Version", "v999.0.0")];
    let reply = at.post(&modern_of("v999.0.0", 1, "tools/list", json!({})), &version);
    refused(&reply, 400, -32022);
    assert_eq!(reply.json()["error"]["data"]["requested"], "v999.0.0");
    let without_meta = legacy(1, "tools/list", json!({}));
    refused(&at.post(&without_meta, &[]), 400, -32602);
    let unknown = modern(1, "tools/call", json!({"name": "no_such", "arguments": {}}));
    assert_eq!(at.post(&unknown, &[]).code(), -32602);
    let absent = modern(1, "resources/read", json!({"uri": "prov://no/such"}));
    let reply = at.post(&absent, &[]);
    assert_eq!(
        (reply.code(), &reply.json()["error"]["data"]["uri"]),
        (-32602, &json!("prov://no/such"))
    );
}

#[test]
fn bodies_that_are_not_messages_are_refused() {
    let web = Web::start("prov", &[]);
    let at = &web.endpoint;
    let mut headers = at.usual_headers();
    headers.push(("MCP-Protocol-Version".into(), "2026-07-28".into()));
    headers.push(("Mcp-Method".into(), "tools/list".into()));
    for body in [&b"not json"[..], b"", b"{\"jsonrpc\":", b"\xff\xfe\x00"] {
        let before = web.home.audit().len();
        refused(&at.post_with(body, &headers, &[]), 400, -32700);
        assert!(
            web.home.audit().len() > before,
            "{body:?}: the refusal is not recorded"
        );
    }
    for body in [
        &b"[]"[..],
        b"42",
        b"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"tools/list\"}",
    ] {
        let reply = at.post_with(body, &headers, &[]);
        assert_eq!(reply.status, 400, "{}: {reply:?}", String::from_utf8_lossy(body));
    }
    let large = vec![b'x'; 5 << 20];
    let reply = at.post_with(&large, &headers, &[]);
    assert_eq!(reply.status, 413, "{reply:?}");
    let reply = at.post(&list(), &[("Content-Type", "text/plain")]);
    assert_eq!(reply.status, 415, "{reply:?}");
    let reply = at.post(&list(), &[("Accept", "text/html")]);
    assert_eq!(reply.status, 406, "{reply:?}");
    assert_eq!(at.post(&list(), &[]).status, 200, "the server goes on");
}

#[test]
fn methods_and_paths_we_do_not_have() {
    let web = Web::start("prov", &[]);
    let at = &web.endpoint;
    let host = [
        ("Host", at.address.as_str()),
        ("Accept", "application/json, text/event-stream"),
    ];
    for method in ["GET", "DELETE", "PUT"] {
        assert_eq!(at.send(method, "/mcp", &host, b"").status, 405, "{method}");
    }
    assert_eq!(at.send("GET", "/healthz", &host, b"").status, 200);
    for path in [
        "/",
        "/sse",
        "/messages?sessionId=x",
        "/mcp/../etc/passwd",
        "/admin",
    ] {
        let reply = at.send("GET", path, &host, b"");
        assert_eq!((reply.status, reply.body.as_str()), (404, ""), "{path}");
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9,
        "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}});
    let reply = at.post(&notification, &[]);
    assert_eq!((reply.status, reply.body.as_str()), (202, ""));
}
