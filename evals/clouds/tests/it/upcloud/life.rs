//! Every kind from its order to its end.

use std::time::Duration;

use provisioning::provider::{Class, Created, Order, Provider, Status};
use provisioning::resource::Kind;
use provisioning_upcloud::{Credentials, Settings, UpCloud};
use redacted::Redacted;
use serde_json::json;

use super::world::UpCloudApi;
use crate::support::{agrees, attributes, gone, order, ready, refers};

pub(crate) fn token() -> Credentials {
    Credentials::Token(Redacted::new("ucat_hunter2-hunter2".to_owned()))
}

pub(crate) fn upcloud(endpoint: &str, credentials: Credentials) -> UpCloud {
    let mut settings = Settings::new("cloud", "fi-hel1", credentials);
    settings.endpoint = endpoint.to_owned();
    settings.ssh_keys = vec!["ssh-ed25519 AAAA test".to_owned()];
    settings.stop_within = Duration::from_secs(10);
    UpCloud::new(settings).expect("a provider")
}

/// Makes it as a caller does who tries again when nothing happened.
async fn patiently(provider: &UpCloud, order: &Order) -> Created {
    for _ in 0..10 {
        match provider.create(order).await {
            Err(error) if error.class == Class::Transient => {
                tokio::time::sleep(Duration::from_millis(10)).await
            }
            other => return other.expect("made"),
        }
    }
    panic!("{} is never made", order.address)
}

/// Makes what `order` asks for, twice, and finds it in every way there is.
async fn made(provider: &UpCloud, order: &Order) -> String {
    let kind = order.address.kind;
    let id = patiently(provider, order).await.id;
    agrees(&ready(provider, kind, &id).await, order);
    assert_eq!(provider.create(order).await.expect("made again").id, id);
    let found = provider.find(kind, None, &order.marker.id).await.expect("found");
    assert_eq!(
        found.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(),
        [id.as_str()]
    );
    let listed = provider.list(kind, None, Some("test")).await.expect("listed");
    assert!(listed.iter().any(|listed| listed.id == id), "{listed:?}");
    assert!(
        provider
            .list(kind, None, Some("other"))
            .await
            .expect("listed")
            .is_empty()
    );
    id
}

async fn deleted(provider: &UpCloud, kind: Kind, id: &str) {
    provider.delete(kind, None, id).await.expect("deleted");
    gone(provider, kind, id).await;
    provider.delete(kind, None, id).await.expect("deleted again");
}

#[tokio::test]
async fn everything_from_its_order_to_its_end() {
    let api = UpCloudApi::start().await;
    let provider = upcloud(&api.url(), token());
    assert_eq!(provider.account().await.expect("an account").id, "user");

    let mut network = order(Kind::Network, "main", json!({"tags": {"team": "core"}}));
    let network_id = made(&provider, &network).await;
    network.attributes = attributes(json!({"tags": {"owner": "ops"}}));
    provider
        .update(&network_id, &network, &["tags".to_owned()])
        .await
        .expect("changed");
    agrees(&ready(&provider, Kind::Network, &network_id).await, &network);

    let asked = json!({"network": "main", "cidr": "10.9.1.0/24", "public": false, "tags": {}});
    let subnet = refers(
        order(Kind::Subnet, "front", asked),
        Kind::Network,
        "main",
        &network_id,
    );
    let subnet_id = made(&provider, &subnet).await;

    let asked = json!({
        "plan": "2xCPU-4GB", "cpu": 2, "memory_gb": 4, "disk_gb": 40, "disk_encrypted": true, "public_ip": true,
        "subnet": "front", "security_groups": [], "tags": {"team": "core"},
    });
    let mut server = refers(
        order(Kind::Server, "web-1", asked),
        Kind::Subnet,
        "front",
        &subnet_id,
    );
    let server_id = made(&provider, &server).await;
    server.attributes.extend(attributes(json!({"tags": {}})));
    provider
        .update(&server_id, &server, &["tags".to_owned()])
        .await
        .expect("changed");
    agrees(&ready(&provider, Kind::Server, &server_id).await, &server);

    let asked = json!({"size_gb": 20, "type": "ssd", "encrypted": true, "server": "web-1", "tags": {}});
    let volume = refers(
        order(Kind::Volume, "data", asked),
        Kind::Server,
        "web-1",
        &server_id,
    );
    let volume_id = made(&provider, &volume).await;
    let copy = provider
        .snapshot(Kind::Volume, None, &volume_id, "before")
        .await
        .expect("a snapshot");
    assert_ne!(copy, volume_id);

    // What is in use stays, until nothing uses it.
    for (kind, id) in [(Kind::Subnet, &subnet_id), (Kind::Network, &network_id)] {
        let early = provider.delete(kind, None, id).await;
        assert!(early.is_err_and(|error| error.class == Class::Transient));
    }
    // Three storages: the disk, which goes with the server, the volume and its copy, which do not.
    assert_eq!(api.storages(), 3);
    deleted(&provider, Kind::Server, &server_id).await;
    assert_eq!(api.storages(), 2);
    let left = ready(&provider, Kind::Volume, &volume_id).await;
    assert_eq!(left.attributes.get("server"), None);
    deleted(&provider, Kind::Volume, &volume_id).await;
    deleted(&provider, Kind::Subnet, &subnet_id).await;
    deleted(&provider, Kind::Network, &network_id).await;
}

#[tokio::test]
async fn a_server_without_a_plan_is_made_of_its_parts() {
    let api = UpCloudApi::start().await;
    let provider = upcloud(&api.url(), token());
    let server = order(Kind::Server, "web", json!({"cpu": 4, "memory_gb": 8, "tags": {}}));
    let id = provider.create(&server).await.expect("made").id;
    let new = provider
        .read(Kind::Server, None, &id)
        .await
        .expect("an answer")
        .expect("a server");
    assert_eq!(new.status, Status::Pending);
    agrees(&ready(&provider, Kind::Server, &id).await, &server);
}

#[tokio::test]
async fn what_upcloud_has_not_is_said_before_anything_is_made() {
    let api = UpCloudApi::start().await;
    let provider = upcloud(&api.url(), token());
    for (kind, asked, class, says) in [
        (Kind::Bucket, json!({}), Class::Unsupported, "cannot be made here"),
        (
            Kind::SecurityGroup,
            json!({}),
            Class::Unsupported,
            "cannot be made here",
        ),
        (
            Kind::Server,
            json!({"security_groups": ["web"]}),
            Class::Unsupported,
            "no security groups",
        ),
        (
            Kind::Server,
            json!({"cpu": 2}),
            Class::Permanent,
            "needs a `plan`",
        ),
        (
            Kind::Server,
            json!({"os_family": "debian", "os_version": "1"}),
            Class::Permanent,
            "no template of `debian-1`",
        ),
        (
            Kind::Subnet,
            json!({"cidr": "10.0.0.0/24", "public": true}),
            Class::Unsupported,
            "no internet",
        ),
        (Kind::Subnet, json!({}), Class::Permanent, "needs a `cidr`"),
        (Kind::Volume, json!({}), Class::Permanent, "needs a `size_gb`"),
        (
            Kind::Network,
            json!({"tags": {"x": "y"}}),
            Class::Permanent,
            "no label of UpCloud",
        ),
    ] {
        let order = order(kind, "x", asked);
        let error = provider.create(&order).await.expect_err(says);
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.class, class, "{error}");
    }
    assert_eq!(provider.support(Kind::SecurityGroup), None);
    let nowhere = Order {
        region: Some("mars-1".to_owned()),
        ..order(Kind::Volume, "x", json!({"size_gb": 1}))
    };
    assert!(
        provider
            .create(&nowhere)
            .await
            .is_err_and(|error| error.code.as_deref() == Some("ZONE_NOT_FOUND"))
    );
    // An id is no way into another path.
    assert_eq!(
        provider
            .read(Kind::Server, None, "../account")
            .await
            .expect("an answer"),
        None
    );
}
