//! Who is let in: bearer tokens, and where they come from.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use serde_json::json;

use super::{list, validate};
use crate::support::{AUDIENCE, GOOD, ISSUER, Isolated, Issuer, Web, initialize};

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
