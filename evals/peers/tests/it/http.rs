//! The real executable behind a real socket: what the protocol demands of every request, and everything that may
//! be wrong with one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    AUDIENCE, Endpoint, GOOD, ISSUER, Isolated, Issuer, Reply, Session, Web, initialize, legacy, modern,
    modern_of, until,
};

/// A configuration whose evaluation takes longer than any test.
const ENDLESS: &str =
    "let rec count = fun n => if n == 0 then 0 else count (n - 1) in { servers = count 1000000000000 }";

fn list() -> Value {
    modern(1, "tools/list", json!({}))
}

fn validate(config: &str) -> Value {
    modern(
        1,
        "tools/call",
        json!({"name": "validate_config", "arguments": {"config": config}}),
    )
}

/// Fails unless the reply has this status and JSON-RPC error code.
#[track_caller]
fn refused(reply: &Reply, status: u16, code: i64) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.code(), code, "{reply:?}");
}

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

// Tokens.

/// `prov` that wants tokens of `issuer`.
fn guarded(issuer: &Issuer) -> Web {
    let home = Isolated::new();
    let file = home.path("jwks.json");
    issuer.publish(&file);
    let settings = [
        format!("identity.issuer={ISSUER}"),
        format!("identity.audience={AUDIENCE}"),
        format!("identity.jwks_file={}", file.display()),
        "identity.anonymous=no".to_owned(),
    ];
    let options: Vec<&str> = settings
        .iter()
        .flat_map(|setting| ["--set", setting.as_str()])
        .collect();
    Web::start_in(home, "prov", &options)
}

#[test]
fn a_token_in_order_is_let_in() {
    let issuer = Issuer::new();
    let web = guarded(&issuer);
    let bearer = format!("Bearer {}", issuer.token(|_| {}));
    let reply = web.endpoint.post(&validate(GOOD), &[("Authorization", &bearer)]);
    assert_eq!(reply.status, 200, "{reply:?}");
    let audit = web.home.audit();
    assert!(
        audit.iter().any(|record| record.to_string().contains("ada")),
        "the record does not say who: {audit:?}"
    );
}

#[test]
fn tokens_that_are_not_in_order_are_refused_and_recorded() {
    let issuer = Issuer::new();
    let web = guarded(&issuer);
    let good = issuer.token(|_| {});
    let bearer = |token: &str| format!("Bearer {token}");
    let stranger = Issuer::new();
    let (head, signature) = good.rsplit_once('.').unwrap();
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.";
    let cases = [
        ("no token", None, "unauthenticated"),
        ("garbage", Some(bearer("garbage")), "token_invalid"),
        ("no algorithm", Some(bearer(unsigned)), "token_invalid"),
        (
            "another key",
            Some(bearer(&stranger.token(|_| {}))),
            "token_invalid",
        ),
        ("no signature", Some(bearer(&format!("{head}."))), "token_invalid"),
        (
            "another head",
            Some(bearer(&format!("x{head}.{signature}"))),
            "token_invalid",
        ),
        (
            "expired",
            Some(bearer(&issuer.token(|claims| claims["exp"] = json!(1)))),
            "token_expired",
        ),
        (
            "not yet valid",
            Some(bearer(
                &issuer.token(|claims| claims["nbf"] = json!(9_999_999_999_u64)),
            )),
            "token_expired",
        ),
        (
            "another audience",
            Some(bearer(
                &issuer.token(|claims| claims["aud"] = json!("https://other.test")),
            )),
            "token_audience",
        ),
        (
            "another issuer",
            Some(bearer(
                &issuer.token(|claims| claims["iss"] = json!("https://other.test")),
            )),
            "token_invalid",
        ),
        ("another scheme", Some(format!("Basic {good}")), ""),
    ];
    for (name, authorization, code) in cases {
        let before = web.home.audit().len();
        let headers: Vec<(&str, &str)> = authorization
            .iter()
            .map(|value| ("Authorization", value.as_str()))
            .collect();
        let reply = web.endpoint.post(&list(), &headers);
        assert_eq!(reply.status, 401, "{name}: {reply:?}");
        let challenge = reply
            .header("www-authenticate")
            .unwrap_or_else(|| panic!("{name}: no challenge"));
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("resource_metadata=\""),
            "{name}: {challenge}"
        );
        let recorded: Vec<String> = web
            .home
            .audit()
            .iter()
            .skip(before)
            .map(ToString::to_string)
            .collect();
        assert!(
            recorded
                .iter()
                .any(|record| record.contains(code) && record.contains("refusal")),
            "{name}: `{code}` is not in {recorded:?}"
        );
        assert!(
            recorded.iter().all(|record| !record.contains(signature)),
            "{name}: the token is in the record"
        );
    }
    assert!(!web.log().contains(signature), "the token is in the log");
}

#[test]
fn a_token_in_the_query_is_no_token() {
    let issuer = Issuer::new();
    let web = guarded(&issuer);
    let token = issuer.token(|_| {});
    let headers = web.endpoint.usual_headers();
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    for name in ["access_token", "token"] {
        let path = format!("/mcp?{name}={token}");
        let reply = web
            .endpoint
            .send("POST", &path, &headers, initialize(1).to_string().as_bytes());
        assert_eq!(reply.status, 401, "{name}: {reply:?}");
    }
    assert!(!web.home.audit().is_empty());
    assert!(
        !format!("{:?}{}", web.home.audit(), web.log()).contains(&token),
        "the token was written down"
    );
}

#[test]
fn the_challenge_leads_to_the_metadata() {
    let issuer = Issuer::new();
    let web = guarded(&issuer);
    let reply = web.endpoint.post(&list(), &[]);
    let challenge = reply.header("www-authenticate").unwrap();
    let (_, rest) = challenge.split_once("resource_metadata=\"").unwrap();
    let (url, _) = rest.split_once('"').unwrap();
    let prefix = format!("http://{}", web.endpoint.address);
    let path = url
        .strip_prefix(&prefix)
        .unwrap_or_else(|| panic!("`{url}` is not at {prefix}"));
    for path in [
        path,
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let reply = web
            .endpoint
            .send("GET", path, &[("Host", &web.endpoint.address)], b"");
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        let metadata = reply.json();
        assert_eq!(metadata["resource"], web.url(), "{path}");
        assert_eq!(metadata["authorization_servers"], json!([ISSUER]), "{path}");
    }
}

#[test]
fn two_callers_on_one_connection_are_told_apart() {
    let issuer = Issuer::new();
    let web = guarded(&issuer);
    let names = ["ada", "grace", "ada", "grace"];
    let mut stream = web.endpoint.connect();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for name in names {
        let token = issuer.token(|claims| claims["sub"] = json!(name));
        let call = validate(GOOD).to_string();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\n\
             MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: validate_config\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{call}",
            web.endpoint.address,
            call.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
    }
    let audit = web.home.audit();
    let count = |name: &str| {
        audit
            .iter()
            .filter(|record| record.to_string().contains(&format!("\"{name}\"")))
            .count()
    };
    assert!(count("ada") >= 2 && count("grace") >= 2, "{audit:?}");
}
