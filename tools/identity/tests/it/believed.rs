//! Who is believed, and as whom.

use std::time::Instant;

use identity::Identity;
use jsonwebtoken::Header;
use serde_json::json;
use toolcall::{CallerKind, Credential, ErrorKind, Identify};

use crate::issuer::{AUDIENCE, ISSUER, Pair, claims, identity, now, publish, rules, show};

#[tokio::test]
async fn all_three_algorithms_are_taken() {
    let (_folder, identity) = identity();
    for pair in [Pair::ed25519(), Pair::p256(), Pair::rsa()] {
        let token = pair.sign(&claims(json!({})));
        // The second time from memory, with the same answer.
        for _ in 0..2 {
            let caller = show(&identity, &token).await.unwrap();
            assert_eq!((caller.id.as_str(), caller.kind), ("ann", CallerKind::Token));
            assert_eq!(caller.issuer.as_deref(), Some(ISSUER));
            assert_eq!(caller.roles, ["reader"]);
            assert_eq!(caller.scopes, ["tools:read", "tools:list"]);
        }
    }
}

#[tokio::test]
async fn claims_come_in_many_forms() {
    let (_folder, identity) = identity();
    let forms = [
        json!({ "aud": ["https://other.test", AUDIENCE] }),
        json!({ "aud": format!("{AUDIENCE}/") }),
        json!({ "roles": "reader" }),
        json!({ "roles": ["reader", 7, "local", "anonymous", null] }),
        json!({ "scope": ["tools:read", "tools:list"] }),
        json!({ "nbf": now() + 20 }),
        json!({ "exp": now() - 20 }),
    ];
    for changes in forms {
        let caller = show(&identity, &Pair::ed25519().sign(&claims(changes.clone()))).await;
        let caller = caller.unwrap_or_else(|error| panic!("{changes}: {error}"));
        assert_eq!(caller.roles, ["reader"], "{changes}");
        assert_eq!(caller.scopes, ["tools:read", "tools:list"], "{changes}");
    }
    let bare = claims(json!({ "roles": null, "scope": null }));
    let caller = show(&identity, &Pair::ed25519().sign(&bare)).await.unwrap();
    assert!(caller.roles.is_empty() && caller.scopes.is_empty());
}

#[tokio::test]
async fn the_roles_claim_can_be_named_and_nested() {
    let folder = tempfile::tempdir().unwrap();
    let mut rules = rules(publish(folder.path(), &[Pair::ed25519()]));
    rules.roles_claim = "realm_access.roles".to_owned();
    let identity = Identity::new().with_tokens(rules).unwrap();
    for changes in [
        json!({ "realm_access": { "roles": ["admin"] } }),
        json!({ "realm_access.roles": "admin" }),
    ] {
        let caller = show(&identity, &Pair::ed25519().sign(&claims(changes)))
            .await
            .unwrap();
        assert_eq!(caller.roles, ["admin"]);
    }
}

#[tokio::test]
async fn access_token_types_are_taken_and_a_lone_key_needs_no_id() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::new()
        .with_tokens(rules(publish(folder.path(), &[Pair::ed25519()])))
        .unwrap();
    for kind in [None, Some("JWT"), Some("at+JWT"), Some("application/at+jwt")] {
        let mut header = Header::new(Pair::ed25519().algorithm);
        header.typ = kind.map(str::to_owned);
        assert!(
            show(&identity, &Pair::ed25519().sign_with(&header, &claims(json!({}))))
                .await
                .is_ok(),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn the_local_user_is_local() {
    let identity = Identity::new().with_local_roles(["operator".to_owned()]);
    let caller = identity
        .identify(&Credential::LocalUser {
            name: "ann".to_owned(),
        })
        .await
        .unwrap();
    assert_eq!((caller.id.as_str(), caller.kind), ("ann", CallerKind::Local));
    assert_eq!(caller.roles, ["local", "operator"]);
}

#[tokio::test]
async fn nobody_is_let_in_only_where_that_is_configured() {
    let error = Identity::new().identify(&Credential::Absent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.next().unwrap().contains("not configured"));
    let (_folder, identity) = identity();
    let error = identity.identify(&Credential::Absent).await.unwrap_err();
    assert_eq!(error.next(), Some("get one from `https://issuer.test/realm`"));
    let caller = Identity::new()
        .with_anonymous()
        .identify(&Credential::Absent)
        .await
        .unwrap();
    assert_eq!(
        (caller.id.as_str(), caller.kind),
        ("anonymous", CallerKind::Anonymous)
    );
    assert!(caller.roles.is_empty());
}

#[tokio::test]
async fn verifying_is_quick() {
    let (_folder, identity) = identity();
    for pair in [Pair::ed25519(), Pair::p256(), Pair::rsa()] {
        let tokens: Vec<String> = (0..100)
            .map(|n| pair.sign(&claims(json!({ "jti": n }))))
            .collect();
        for round in ["checked", "remembered"] {
            let started = Instant::now();
            for token in &tokens {
                show(&identity, token).await.unwrap();
            }
            println!("{:?} {round}: {:?}", pair.algorithm, started.elapsed() / 100);
        }
    }
}
