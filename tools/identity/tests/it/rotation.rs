//! Keys change while we run.

use std::sync::{Arc, Mutex};

use identity::{Identity, JwksSource, TokenRules};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use toolcall::ErrorKind;

use crate::issuer::{AUDIENCE, ISSUER, Pair, claims, publish, rules, show};

#[tokio::test]
async fn a_new_key_in_the_file_is_taken_and_the_old_one_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::new()
        .with_tokens(rules(publish(folder.path(), &[Pair::ed25519()])))
        .unwrap();
    let old = Pair::ed25519().sign(&claims(json!({})));
    let new = Pair::rotated().sign(&claims(json!({})));
    assert!(show(&identity, &old).await.is_ok());
    assert!(show(&identity, &new).await.is_err());
    publish(folder.path(), &[Pair::rotated()]);
    assert!(show(&identity, &new).await.is_ok());
    // Even though it was remembered.
    let error = show(&identity, &old).await.unwrap_err();
    assert_eq!(
        error.message(),
        "the token is signed with a key that the issuer does not publish"
    );
}

#[tokio::test]
async fn a_file_that_is_gone_or_broken_stops_everybody_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = publish(folder.path(), &[Pair::ed25519()]);
    let identity = Identity::new().with_tokens(rules(path.clone())).unwrap();
    let token = Pair::ed25519().sign(&claims(json!({})));
    assert!(show(&identity, &token).await.is_ok());
    std::fs::write(&path, "{").unwrap();
    let error = show(&identity, &token).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        show(&identity, &token).await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    publish(folder.path(), &[Pair::ed25519()]);
    assert!(show(&identity, &token).await.is_ok());
}

#[tokio::test]
async fn keys_come_from_a_url_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    let body = json!({ "keys": [Pair::ed25519().public(), Pair::p256().public(), Pair::rsa().public()] })
        .to_string();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0_u8; 2048];
            let read = stream.read(&mut request).await.unwrap();
            seen.lock()
                .unwrap()
                .push(String::from_utf8_lossy(&request[..read]).into_owned());
            let head = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream
                .write_all(format!("{head}{body}").as_bytes())
                .await
                .unwrap();
        }
    });
    let rules = TokenRules::new(ISSUER, AUDIENCE, JwksSource::Url(url));
    let identity = Identity::new().with_tokens(rules).unwrap();
    for pair in [Pair::ed25519(), Pair::p256(), Pair::rsa()] {
        assert!(show(&identity, &pair.sign(&claims(json!({})))).await.is_ok());
    }
    // An unknown key does not send us back to the issuer so soon.
    for _ in 0..5 {
        let error = show(&identity, &Pair::rotated().sign(&claims(json!({}))))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenInvalid);
    }
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    // The caller's token goes nowhere.
    assert!(
        !requests[0].to_lowercase().contains("authorization"),
        "{}",
        requests[0]
    );
}

#[tokio::test]
async fn an_issuer_that_is_away_is_no_fault_of_the_token() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    drop(listener);
    let identity = Identity::new()
        .with_tokens(TokenRules::new(ISSUER, AUDIENCE, JwksSource::Url(url)))
        .unwrap();
    let error = show(&identity, &Pair::ed25519().sign(&claims(json!({}))))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_value()["retry_after_ms"].is_number());
}
