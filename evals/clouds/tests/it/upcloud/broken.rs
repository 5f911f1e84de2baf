//! Answers that are refused, lost, or say to come later.

use std::time::Duration;

use provisioning::provider::{Class, Provider};
use provisioning::resource::Kind;
use provisioning_upcloud::Credentials;
use redacted::Redacted;
use serde_json::json;

use super::life::{token, upcloud};
use super::world::UpCloudApi;
use crate::support::{Act, Proxy, order};

#[tokio::test]
async fn both_ways_to_say_who_asks_are_taken_and_wrong_ones_are_denied() {
    let api = UpCloudApi::start().await;
    let password = |text: &str| Credentials::Password {
        user: "user".to_owned(),
        password: Redacted::new(text.to_owned()),
    };
    upcloud(&api.url(), password("hunter2-hunter2"))
        .account()
        .await
        .expect("an account");
    let wrong = Credentials::Token(Redacted::new("ucat_wrong-wrong".to_owned()));
    for credentials in [password("wrong-wrong"), wrong] {
        let provider = upcloud(&api.url(), credentials);
        let error = provider
            .create(&order(Kind::Network, "main", json!({})))
            .await
            .expect_err("denied");
        assert_eq!(
            (error.class, error.code.as_deref()),
            (Class::Denied, Some("AUTHENTICATION_FAILED"))
        );
        assert!(!format!("{error:?}").contains("wrong-wrong"), "{error:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_resource_is_found_once() {
    let api = UpCloudApi::start().await;
    let proxy = Proxy::start(api.port).await;
    let provider = upcloud(&format!("{}/1.3", proxy.url()), token());
    for (kind, part, asked) in [
        (Kind::Network, "POST /1.3/router", json!({})),
        (Kind::Subnet, "POST /1.3/network/", json!({"cidr": "10.0.0.0/24"})),
        (Kind::Volume, "POST /1.3/storage", json!({"size_gb": 8})),
        (Kind::Server, "POST /1.3/server", json!({"plan": "2xCPU-4GB"})),
    ] {
        let order = order(kind, "lost", asked);
        proxy.next(part, Act::Lose);
        let error = provider.create(&order).await.expect_err("lost");
        assert_eq!(error.class, Class::Unknown, "{error:?}");
        let found = provider.find(kind, None, &order.marker.id).await.expect("found");
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        assert_eq!(provider.create(&order).await.expect("made again").id, found[0].id);
        assert_eq!(
            proxy.count(part),
            1,
            "{kind}: the adapter must not try again by itself"
        );
    }
}

#[tokio::test]
async fn a_busy_provider_says_how_long_to_wait() {
    let api = UpCloudApi::start().await;
    let provider = upcloud(&api.url(), token());
    api.world.lock().expect("a lock").busy = 1;
    let network = order(Kind::Network, "main", json!({}));
    let error = provider.create(&network).await.expect_err("throttled");
    let expected = Class::Throttled {
        retry_after: Some(Duration::from_secs(3)),
    };
    assert_eq!(error.class, expected, "{error:?}");
    provider.create(&network).await.expect("made");
}

#[tokio::test]
async fn a_volume_that_is_not_online_yet_is_attached_by_the_next_try() {
    let api = UpCloudApi::start().await;
    let provider = upcloud(&api.url(), token());
    let server = order(Kind::Server, "web", json!({"plan": "2xCPU-4GB"}));
    let server = provider.create(&server).await.expect("made").id;
    let volume = order(Kind::Volume, "data", json!({"size_gb": 8, "server": server}));
    let error = provider.create(&volume).await.expect_err("too early");
    assert_eq!(error.class, Class::Transient, "{error:?}");
    assert!(error.message.contains("is made, but not finished"), "{error:?}");
    let id = provider.create(&volume).await.expect("finished").id;
    let read = provider
        .read(Kind::Volume, None, &id)
        .await
        .expect("an answer")
        .expect("a volume");
    assert_eq!(read.attributes.get("server"), Some(&server.into()));
}
