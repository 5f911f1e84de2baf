//! Answers that are lost, come late, or say to come later.

use std::time::Duration;

use provisioning::provider::{Class, Provider};
use provisioning::resource::Kind;
use serde_json::json;

use crate::support::{Act, Keys, Moto, Proxy, aws, order};

const SLOWER: &str = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\ncontent-length: 107\r\nconnection: close\r\n\r\n\
<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow</Message></Error></Errors></Response>";
const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_resource_is_found_once() {
    let (moto, keys) = Moto::locked().await;
    let proxy = Proxy::start(moto.port()).await;
    let provider = aws(&proxy.url(), &keys, |settings| {
        settings
            .images
            .insert("ubuntu-24.04".to_owned(), "ami-1e749f67".to_owned());
    });
    for (kind, part, asked) in [
        (Kind::Network, "Action=CreateVpc&", json!({"cidr": "10.0.0.0/16"})),
        (Kind::Volume, "Action=CreateVolume&", json!({"size_gb": 8})),
        (Kind::Server, "Action=RunInstances&", json!({"plan": "t3.micro"})),
        (
            Kind::Database,
            "Action=CreateDBInstance&",
            json!({"plan": "db.t4g.medium", "version": "16.4"}),
        ),
    ] {
        let order = order(kind, "lost", asked);
        proxy.next(part, Act::Lose);
        let error = provider.create(&order).await.expect_err("lost");
        assert_eq!(error.class, Class::Unknown, "{error:?}");
        let found = provider.find(kind, None, &order.marker.id).await.expect("found");
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        let again = provider.create(&order).await.expect("made again");
        assert_eq!(again.id, found[0].id);
        assert_eq!(
            proxy.count(part),
            1,
            "{kind}: the adapter must not try again by itself"
        );
    }
}

#[tokio::test]
async fn a_lost_second_step_is_found_and_finished() {
    let (moto, keys) = Moto::locked().await;
    let proxy = Proxy::start(moto.port()).await;
    let provider = aws(&proxy.url(), &keys, |_| {});
    let network = order(Kind::Network, "main", json!({"cidr": "10.0.0.0/16"}));
    let network = provider.create(&network).await.expect("made").id;
    let rules = json!([{"direction": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "sources": ["10.0.0.0/8"]}]);
    let group = order(
        Kind::SecurityGroup,
        "web",
        json!({"network": network, "rules": rules}),
    );
    proxy.next("Action=AuthorizeSecurityGroupIngress", Act::Answer(BROKEN));
    let error = provider.create(&group).await.expect_err("unfinished");
    assert_eq!(error.class, Class::Unknown, "{error:?}");
    assert!(error.message.contains("is made, but not finished"), "{error:?}");
    let id = provider.create(&group).await.expect("finished").id;
    let read = provider
        .read(Kind::SecurityGroup, None, &id)
        .await
        .expect("an answer")
        .expect("a group");
    assert_eq!(read.attributes.get("rules"), group.attributes.get("rules"));
    assert_eq!(proxy.count("Action=CreateSecurityGroup&"), 1);
}

#[tokio::test]
async fn a_busy_provider_says_how_long_to_wait() {
    let (moto, keys) = Moto::locked().await;
    let proxy = Proxy::start(moto.port()).await;
    let provider = aws(&proxy.url(), &keys, |_| {});
    let network = order(Kind::Network, "main", json!({"cidr": "10.0.0.0/16"}));
    proxy.next("Action=CreateVpc&", Act::Answer(SLOWER));
    let error = provider.create(&network).await.expect_err("throttled");
    let expected = Class::Throttled {
        retry_after: Some(Duration::from_secs(7)),
    };
    assert_eq!(error.class, expected, "{error:?}");
    assert!(
        provider
            .find(Kind::Network, None, &network.marker.id)
            .await
            .expect("found")
            .is_empty()
    );
    provider.create(&network).await.expect("made");
}

#[tokio::test]
async fn a_read_that_breaks_may_be_repeated_and_a_change_may_not() {
    let (moto, keys) = Moto::locked().await;
    let proxy = Proxy::start(moto.port()).await;
    let provider = aws(&proxy.url(), &keys, |_| {});
    for act in [
        Act::Answer(BROKEN),
        Act::Lose,
        Act::Answer("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n<a>"),
    ] {
        proxy.next("Action=DescribeVpcs&", act.clone());
        let error = provider
            .read(Kind::Network, None, "vpc-1")
            .await
            .expect_err("broken");
        assert_eq!(error.class, Class::Transient, "{error:?}");
        proxy.next("Action=TerminateInstances&", act);
        let error = provider
            .delete(Kind::Server, None, "i-1")
            .await
            .expect_err("broken");
        assert_eq!(error.class, Class::Unknown, "{error:?}");
    }
}

#[tokio::test]
async fn nobody_there_and_nobody_answering_differ() {
    let keys = Keys {
        id: "AKIA".to_owned(),
        secret: "hunter2-hunter2".to_owned(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let silent = aws(&url, &keys, |settings| {
        settings.timeouts.answer = Duration::from_millis(300)
    });
    let error = silent
        .delete(Kind::Server, None, "i-1")
        .await
        .expect_err("no answer");
    assert_eq!(error.class, Class::Unknown, "{error:?}");
    drop(listener);
    let error = silent
        .delete(Kind::Server, None, "i-1")
        .await
        .expect_err("nobody");
    assert_eq!(error.class, Class::Transient, "{error:?}");
}
