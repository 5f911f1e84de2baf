//! Who is not believed, and what they are told.

use identity::Identity;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use toolcall::{ErrorKind, Identify, ToolError};

use crate::issuer::{AUDIENCE, Pair, claims, identity, now, publish, rules, show};

/// The refusal of `token`; it must name a next step and repeat nothing of the token.
async fn refusal(identity: &Identity, token: &str) -> ToolError {
    let error = match show(identity, token).await {
        Err(error) => error,
        Ok(caller) => panic!("believed {caller:?}"),
    };
    let told = format!("{error:?} {}", error.to_value());
    assert!(error.next().is_some(), "{told}");
    for part in token.split('.').filter(|part| part.len() > 8) {
        assert!(!told.contains(part), "{told}");
    }
    error
}

async fn check(changes: Value, kind: ErrorKind, message: &str) {
    let (_folder, identity) = identity();
    for pair in [Pair::ed25519(), Pair::p256(), Pair::rsa()] {
        let error = refusal(&identity, &pair.sign(&claims(changes.clone()))).await;
        assert_eq!((error.kind(), error.message()), (kind, message), "{changes}");
    }
}

fn base64url(text: &str) -> String {
    // A JWK octet key is the base64url of its bytes: saves a dependency.
    let key = EncodingKey::from_secret(text.as_bytes());
    let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, Algorithm::HS256).unwrap();
    serde_json::to_value(jwk).unwrap()["k"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn wrong_audience() {
    for aud in [
        json!("https://other.test/mcp"),
        json!([]),
        json!(["a", "b"]),
        Value::Null,
        json!(7),
        json!(format!("{AUDIENCE}2")),
    ] {
        check(
            json!({ "aud": aud }),
            ErrorKind::TokenAudience,
            "the token was issued for another server",
        )
        .await;
    }
}

#[tokio::test]
async fn wrong_issuer() {
    for iss in [
        json!("https://evil.test"),
        json!("https://issuer.test/realm/"),
        Value::Null,
        json!(7),
    ] {
        check(
            json!({ "iss": iss }),
            ErrorKind::TokenInvalid,
            "the token is from another issuer",
        )
        .await;
    }
}

#[tokio::test]
async fn out_of_time() {
    check(
        json!({ "exp": now() - 60 }),
        ErrorKind::TokenExpired,
        "the token has expired",
    )
    .await;
    check(
        json!({ "nbf": now() + 60 }),
        ErrorKind::TokenExpired,
        "the token is not valid yet",
    )
    .await;
    check(
        json!({ "exp": null }),
        ErrorKind::TokenInvalid,
        "the token lacks a usable `exp`",
    )
    .await;
    check(
        json!({ "exp": "tomorrow" }),
        ErrorKind::TokenInvalid,
        "the token lacks a usable `exp`",
    )
    .await;
}

#[tokio::test]
async fn no_usable_subject() {
    check(
        json!({ "sub": null }),
        ErrorKind::TokenInvalid,
        "the token lacks a usable `sub`",
    )
    .await;
    for sub in ["", "a\nb", &"x".repeat(300)] {
        let message = "the token's `sub` is empty, too long, or has control characters";
        check(json!({ "sub": sub }), ErrorKind::TokenInvalid, message).await;
    }
}

#[tokio::test]
async fn a_signature_with_the_public_key_as_a_shared_secret() {
    let (_folder, identity) = identity();
    for pair in [Pair::ed25519(), Pair::p256(), Pair::rsa()] {
        let public = pair.public();
        let guesses = [
            public.to_string(),
            public["x"].to_string(),
            public["n"].to_string(),
        ];
        for secret in guesses {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let mut header = Header::new(algorithm);
                header.kid = Some(pair.id.to_owned());
                let key = EncodingKey::from_secret(secret.as_bytes());
                let token = jsonwebtoken::encode(&header, &claims(json!({})), &key).unwrap();
                let error = refusal(&identity, &token).await;
                assert_eq!(error.kind(), ErrorKind::TokenInvalid);
                assert_eq!(
                    error.message(),
                    "the token is signed with an algorithm that is not accepted"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_unsigned_token() {
    let (_folder, identity) = identity();
    let payload = base64url(&claims(json!({})).to_string());
    for alg in ["none", "None", "NONE", ""] {
        let header = base64url(&json!({ "alg": alg, "typ": "JWT", "kid": "ed" }).to_string());
        for signature in ["", "AAAA"] {
            let error = refusal(&identity, &format!("{header}.{payload}.{signature}")).await;
            assert_eq!(error.message(), "the bearer token is not a signed JWT");
        }
    }
    // And a good algorithm without a signature.
    let header = base64url(&json!({ "alg": "EdDSA", "kid": "ed" }).to_string());
    let error = refusal(&identity, &format!("{header}.{payload}.")).await;
    assert_eq!(error.message(), "the token's signature does not hold");
}

#[tokio::test]
async fn the_keys_own_algorithm_decides() {
    let (_folder, identity) = identity();
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let mut header = Header::new(algorithm);
        header.kid = Some("rsa".to_owned());
        let error = refusal(&identity, &Pair::rsa().sign_with(&header, &claims(json!({})))).await;
        assert_eq!(
            error.message(),
            "the token is signed with an algorithm that is not accepted"
        );
    }
    // Another key's id over this key's signature.
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("ed".to_owned());
    let error = refusal(&identity, &Pair::rsa().sign_with(&header, &claims(json!({})))).await;
    assert_eq!(
        error.message(),
        "the token is signed with an algorithm that is not accepted"
    );
}

#[tokio::test]
async fn a_key_that_is_not_published() {
    let (_folder, identity) = identity();
    let error = refusal(&identity, &Pair::rotated().sign(&claims(json!({})))).await;
    assert_eq!(
        error.message(),
        "the token is signed with a key that the issuer does not publish"
    );
    // An unknown key under a known id.
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("ed".to_owned());
    let error = refusal(&identity, &Pair::rotated().sign_with(&header, &claims(json!({})))).await;
    assert_eq!(error.message(), "the token's signature does not hold");
    // The key that the token brings along is not asked.
    header.jwk = Some(serde_json::from_value(Pair::rotated().public()).unwrap());
    let error = refusal(&identity, &Pair::rotated().sign_with(&header, &claims(json!({})))).await;
    assert_eq!(error.message(), "the token's signature does not hold");
}

#[tokio::test]
async fn claims_that_were_changed_after_signing() {
    let (_folder, identity) = identity();
    let token = Pair::ed25519().sign(&claims(json!({})));
    let parts: Vec<&str> = token.split('.').collect();
    let payload = base64url(&claims(json!({ "roles": ["admin"] })).to_string());
    let error = refusal(&identity, &format!("{}.{payload}.{}", parts[0], parts[2])).await;
    assert_eq!(error.message(), "the token's signature does not hold");
}

#[tokio::test]
async fn headers_we_do_not_understand() {
    let (_folder, identity) = identity();
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("typ", json!("logout+jwt")),
        ("typ", json!("dpop+jwt")),
    ] {
        let mut header = json!({ "alg": "EdDSA", "kid": "ed" });
        header[name] = value;
        let payload = base64url(&claims(json!({})).to_string());
        let error = refusal(
            &identity,
            &format!("{}.{payload}.AAAA", base64url(&header.to_string())),
        )
        .await;
        assert_eq!(
            error.message(),
            "the token's header asks for something that is not supported here"
        );
    }
}

#[tokio::test]
async fn garbage() {
    let (_folder, identity) = identity();
    let long = "a".repeat(20_000);
    for token in [
        "",
        ".",
        "..",
        "...",
        "garbage",
        "a.b.c",
        "\u{0}",
        "ey.ey.ey",
        "Bearer x",
        &long,
        "🦀.🦀.🦀",
    ] {
        let error = refusal(&identity, token).await;
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::TokenInvalid, "the bearer token is not a signed JWT")
        );
    }
}

#[tokio::test]
async fn a_token_where_none_can_be_checked_is_not_taken_for_nothing() {
    let identity = Identity::new().with_anonymous();
    let error = refusal(&identity, &Pair::ed25519().sign(&claims(json!({})))).await;
    assert_eq!(error.kind(), ErrorKind::TokenInvalid);
    assert!(error.message().contains("authentication is not configured"));
    assert!(identity.identify(&toolcall::Credential::Absent).await.is_ok());
}

#[test]
fn key_files_that_cannot_be_used_are_found_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = publish(folder.path(), &[Pair::ed25519()]);
    let private = {
        let mut key = Pair::ed25519().public();
        key["d"] = json!("AAAA");
        key
    };
    let encryption = {
        let mut key = Pair::rsa().public();
        key["use"] = json!("enc");
        key
    };
    let stronger = {
        let mut key = Pair::rsa().public();
        key["alg"] = json!("RS512");
        key
    };
    let shared = json!({ "kty": "oct", "k": "AAAA", "kid": "hs" });
    let cases = [
        ("{".to_owned(), "is not a JSON Web Key Set"),
        ("[]".to_owned(), "is not a JSON Web Key Set"),
        (
            json!({ "keys": [] }).to_string(),
            "has no public key for EdDSA, ES256 or RS256",
        ),
        (
            json!({ "keys": [private, encryption, stronger, shared, 7] }).to_string(),
            "has no public key",
        ),
        (" ".repeat(300 << 10), "bytes of keys"),
    ];
    for (text, expected) in cases {
        std::fs::write(&path, &text).unwrap();
        let error = Identity::new()
            .with_tokens(rules(path.clone()))
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = Identity::new()
        .with_tokens(rules(folder.path().join("absent")))
        .err()
        .unwrap()
        .to_string();
    assert!(error.starts_with("cannot read the key file `"), "{error}");
}
