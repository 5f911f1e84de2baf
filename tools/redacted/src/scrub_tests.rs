//! Tests of the scrubber: a planted secret survives in no encoding.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn scrubber(values: &[&str]) -> Scrubber {
    Scrubber::new(
        values
            .iter()
            .map(|value| Redacted::new((*value).to_owned()))
            .collect(),
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(text: &str, all: bool) -> String {
    let plain = |byte: u8| !all && byte.is_ascii_alphanumeric();
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// A second, independent base64 encoder.
fn base64(bytes: &[u8], url_safe: bool) -> String {
    let alphabet: Vec<u8> = (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain(*if url_safe { b"-_" } else { b"+/" })
        .collect();
    let mut encoded = String::new();
    for group in bytes.chunks(3) {
        let number = (0..3).fold(0_u32, |number, at| {
            number << 8 | u32::from(group.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            encoded.push(if at > group.len() {
                '='
            } else {
                char::from(alphabet[(number >> (18 - 6 * at) & 63) as usize])
            });
        }
    }
    encoded
}

fn wrapped(text: &str, width: usize, with: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters
        .chunks(width)
        .map(|line| line.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(with)
}

fn ascii_json(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// Every encoding in which `secret` could leave.
fn encodings(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let mut all = vec![
        secret.to_owned(),
        json.clone(),
        serde_json::to_string(&json).unwrap(),
        ascii_json(secret),
        hex(secret.as_bytes()),
        hex(secret.as_bytes()).to_uppercase(),
        percent(secret, false),
        percent(secret, true),
        percent(secret, true).to_lowercase(),
        percent(secret, false).replace("%20", "+"),
    ];
    for url_safe in [false, true] {
        for prefix in ["", "x", "xy"] {
            let encoded = base64(format!("{prefix}{secret}and more").as_bytes(), url_safe);
            all.push(wrapped(&encoded, 7, "\n"));
            all.push(wrapped(&encoded, 7, "\r\n  "));
            all.push(wrapped(&encoded, 7, "\\n"));
            all.push(percent(&encoded, false));
            all.push(encoded);
            all.push(base64(format!("{prefix}{secret}").as_bytes(), url_safe));
        }
    }
    all
}

/// What a reader could get back from `text`: itself and its decodings.
fn survives(secret: &str, encoded: &str, scrubbed: &str) -> bool {
    // Two thirds of the encoded form in one piece is taken for survival, so partly hidden counts as leaked.
    let characters: Vec<char> = encoded.chars().collect();
    let window = (characters.len() * 2 / 3).max(1);
    scrubbed.contains(secret)
        || characters
            .windows(window)
            .any(|part| scrubbed.contains(&part.iter().collect::<String>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_planted_secret_survives_in_no_encoding(
        secret in "[!-~äß漢 \n\"\\\\%+/]{8,40}",
        before in "[a-zA-Z0-9 =\"\n]{0,20}",
        after in "[ \",\n&][a-zA-Z0-9 =\"\n]{0,20}",
    ) {
        let scrubber = scrubber(&[&secret]);
        for encoded in encodings(&secret) {
            let text = format!("{before}{encoded}{after}");
            let scrubbed = scrubber.text(&text);
            prop_assert!(scrubbed.contains(MARKER), "not found: {encoded}");
            let core = encoded.trim_matches('"').trim_end_matches('=');
            // In base64 the neighbours' bytes are the longer part of short secrets.
            if !encoded.contains("YW5k") && secret.len() > 16 {
                prop_assert!(!survives(&secret, core, &scrubbed), "{core} in {scrubbed}");
            }
            prop_assert!(!scrubbed.contains(&secret));
            let again = scrubber.text(&scrubbed);
            prop_assert_eq!(again.as_ref(), scrubbed.as_ref());
        }
    }

    #[test]
    fn text_without_secrets_is_borrowed_unchanged(text in "[ -~\n]{0,200}") {
        let scrubber = scrubber(&["\u{1}never in printable text\u{1}"]);
        let scrubbed = scrubber.text(&text);
        if !scrubbed.contains(MARKER) {
            prop_assert!(matches!(scrubbed, Cow::Borrowed(_)));
            prop_assert_eq!(scrubbed.as_ref(), text.as_str());
        }
    }

    #[test]
    fn arbitrary_text_never_breaks_it(text in any::<String>(), secret in any::<String>()) {
        let scrubber = scrubber(&[&secret]);
        let once = scrubber.text(&text).into_owned();
        prop_assert!(secret.len() < 6 || MARKER.contains(&secret) || !once.contains(&secret));
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let scrubber = Scrubber::default();
    let once = scrubber.text(text);
    assert_eq!(once, expected);
    assert_eq!(scrubber.text(&once), expected);
}

/// What configuration is full of and no key looks like.
fn harmless() -> impl Strategy<Value = String> {
    let bytes = |count: usize| prop::collection::vec(any::<u8>(), count);
    prop_oneof![
        (any::<[u8; 4]>(), 0..=32_u8).prop_map(|([a, b, c, d], bits)| format!("{a}.{b}.{c}.{d}/{bits}")),
        (any::<[u16; 4]>(), 0..=128_u8)
            .prop_map(|(g, bits)| format!("{:x}:{:x}:{:x}:{:x}::/{bits}", g[0], g[1], g[2], g[3])),
        bytes(20).prop_map(|bytes| hex(&bytes)),
        bytes(32).prop_map(|bytes| format!("sha256:{}", hex(&bytes))),
        bytes(64).prop_map(|bytes| hex(&bytes).to_uppercase()),
        bytes(16).prop_map(|bytes| {
            let digits = hex(&bytes);
            let parts = [
                digits.get(..8).unwrap(),
                digits.get(8..12).unwrap(),
                digits.get(12..16).unwrap(),
                digits.get(16..20).unwrap(),
                digits.get(20..).unwrap(),
            ];
            parts.join("-")
        }),
        "arn:aws:[a-z0-9]{2,8}:[a-z]{2}-[a-z]{4,9}-[1-3]:[0-9]{12}:[a-zA-Z0-9/_+=,.@-]{1,60}",
        (bytes(90), any::<bool>()).prop_map(|(bytes, url_safe)| base64(&bytes, url_safe)),
        (bytes(33), any::<bool>())
            .prop_map(|(bytes, url_safe)| format!("sha384-{}", base64(&bytes, url_safe))),
        "(sk|disk|hvs|ghp|ucat|risk)[-_.](prod|bratislava|node|a1|live|web)([-_.](prod|node|x|[0-9]{1,6}|db)){3,8}",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[a-zA-Z0-9+/]{43} [a-z]{3}@host",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn valid_data_is_never_taken_for_a_key(
        items in prop::collection::vec(harmless(), 1..6),
        between in prop::sample::select(vec![" ", "\n", "\", \"", "\\n", ",", "=", ": "]),
    ) {
        let text = items.join(between);
        let scrubber = Scrubber::default();
        let scrubbed = scrubber.text(&text);
        prop_assert_eq!(scrubbed.as_ref(), text.as_str());
    }
}

#[test]
fn keys_are_known_by_their_shape() {
    // Put together here, so that no scanner takes this file for a leak.
    let tail = "0123456789abcdefghijABCDEFGHIJ";
    check(&format!("id {}IOSFODNN7EXAMPLE.", "AKIA"), "id [redacted].");
    check(&format!("\"{}IOSFODNN7EXAMPLE\"", "ASIA"), "\"[redacted]\"");
    for prefix in [
        "hvs.",
        "hvb.",
        "ucat_",
        "ghp_",
        "github_pat_",
        "sk-",
        "sk-ant-api03-",
        "sk-proj-",
        "sk-live_",
    ] {
        check(&format!("a={prefix}{tail}, b"), "a=[redacted], b");
        check(&format!("line\\n{prefix}{tail}\\n"), "line\\n[redacted]\\n");
    }
    check(
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl x",
        "Bearer [redacted] x",
    );
    check("eyJhbGciOiJkaXIifQ..aXZpdml2aXY.Y2lwaGVy.dGFn", "[redacted]");
}

#[test]
fn private_keys_go_whole_even_when_cut_off() {
    let block = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc+/=\nxyz\n-----END RSA PRIVATE KEY-----";
    check(&format!("a\n{block}\nb"), "a\n[redacted]\nb");
    check(
        &format!("{{\"key\": \"{}\"}}", block.replace('\n', "\\n")),
        "{\"key\": \"[redacted]\"}",
    );
    check(
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk",
        "[redacted]",
    );
    let public = "-----BEGIN PUBLIC KEY-----\nMIIabc\n-----END PUBLIC KEY-----";
    check(public, public);
}

#[test]
fn what_only_resembles_a_key_stays() {
    for text in [
        "disk-encryption-configuration-of-2024-servers",
        "sk-short",
        "sk-a-class-name-that-is-long-enough",
        "password=hunter2",
        "hvs.short",
        "the eyJ prefix. And. So on",
        "XAKIAIOSFODNN7EXAMPLE",
        "s.abcdefghijklmnopqrstuvwxyz",
        "sk-bratislava-prod-node-01",
        "sk-BRATISLAVA-prod-node-0123456789",
        "sk-0123456789abcdef0123456789abcdef01234567",
        "hvs.internal-load-balancer-prod-1",
        "archvs.Internal-load-balancer-prod-1",
        "ghp_runner_token_secret_name_2024",
    ] {
        check(text, text);
    }
}

#[test]
fn short_values_are_not_looked_for() {
    assert_eq!(
        scrubber(&["12345"]).text("12345 is met by chance"),
        "12345 is met by chance"
    );
    assert_eq!(scrubber(&["redacted"]).text("[redacted]"), "[redacted]");
}

#[test]
fn overlapping_values_leave_nothing_between_them() {
    assert_eq!(
        scrubber(&["secret-one", "one-and-two"]).text("<secret-one-and-two>"),
        "<[redacted]>"
    );
}

#[test]
fn strings_keys_and_numbers_of_a_value_are_scrubbed() {
    let value = serde_json::json!({
        "a-secret-value": {"list": ["x a-secret-value y", 12345678, true, null]},
        "QS1zZWNyZXQtdmFsdWU=": 1, "other a-secret-value": 2, "clean": "clean"
    });
    let scrubbed = scrubber(&["a-secret-value", "12345678"]).value(value);
    assert_eq!(
        scrubbed,
        serde_json::json!({
            "[redacted]": {"list": ["x [redacted] y", "[redacted]", true, null]},
            "QS1zZWNyZXQtdmFsdWU=": 1, "other [redacted]": 2, "clean": "clean"
        })
    );
    let twice =
        scrubber(&["one-secret", "two-secret"]).value(serde_json::json!({"one-secret": 1, "two-secret": 2}));
    assert_eq!(twice.as_object().unwrap().len(), 2);
}

#[test]
fn text_made_to_be_slow_is_not() {
    let scrubber = scrubber(&["aaaaaaaaaaaaaaaab", "\\\\\\\\\\\\\\x", "\n\n\n\n\n\n\nx"]);
    for piece in [
        "eyJ",
        "eyJ.",
        "sk-",
        "a",
        "\\",
        "\n",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "AKIA",
        "%61",
        "ghp_",
        "sk-1",
        "eyJ1eyJ1eyJ1.eyJ1.",
    ] {
        let text = piece.repeat(100_000 / piece.len()) + "-----END PRIVATE KEY-----";
        let started = Instant::now();
        let _ = scrubber.text(&text);
        // Generous: quadratic work on this much text takes minutes, not seconds.
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{piece:?} took {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn clean_text_costs_little() {
    let line = "{\"id\": \"node-17\", \"plan\": \"2xCPU-4GB\", \"zone\": \"fi-hel1\", \"tags\": [\"web\", \"blue\"], \"cost\": 26.5}\n";
    let text = line.repeat(100_000 / line.len());
    let scrubber = scrubber(&[
        "correct horse battery staple",
        "Zq8#vT!m2Lp0xYw4",
        "postgres://app:hunter22@db/app",
    ]);
    let started = Instant::now();
    assert!(matches!(scrubber.text(&text), Cow::Borrowed(_)));
    let took = started.elapsed();
    println!("100 KB of clean JSON: {took:?}");
    assert!(took < Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 20 }));
}
