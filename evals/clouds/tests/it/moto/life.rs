//! Every kind from its order to its end.

use provisioning::provider::{Class, Order, Provider, Status};
use provisioning::resource::{Kind, Value};
use provisioning_aws::{Aws, Plan};
use serde_json::json;

use crate::support::{Moto, agrees, attributes, aws, gone, order, ready, refers};

/// Makes what `order` asks for, twice, and finds it in every way there is.
async fn made(provider: &Aws, order: &Order) -> String {
    let kind = order.address.kind;
    let id = provider.create(order).await.expect("made").id;
    agrees(&ready(provider, kind, &id).await, order);
    assert_eq!(provider.create(order).await.expect("made again").id, id);
    let found = provider.find(kind, None, &order.marker.id).await.expect("found");
    assert_eq!(
        found.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(),
        [id.as_str()]
    );
    let listed = provider.list(kind, None, Some("test")).await.expect("listed");
    assert!(listed.iter().any(|listed| listed.id == id), "{listed:?}");
    let others = provider.list(kind, None, Some("other")).await.expect("listed");
    assert!(others.is_empty(), "{others:?}");
    id
}

/// Changes `names` of what is there.
async fn changed(provider: &Aws, id: &str, order: &Order, names: &[&str]) {
    let kind = order.address.kind;
    let support = provider.support(kind).expect("supported");
    assert!(
        names.iter().all(|name| support.in_place.contains(name)),
        "{names:?}"
    );
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    provider.update(id, order, &names).await.expect("changed");
    agrees(&ready(provider, kind, id).await, order);
}

/// Deletes it, twice.
async fn deleted(provider: &Aws, kind: Kind, id: &str) {
    provider.delete(kind, None, id).await.expect("deleted");
    gone(provider, kind, id).await;
    provider.delete(kind, None, id).await.expect("deleted again");
    let found = provider
        .find(kind, None, &format!("id-of-{kind}"))
        .await
        .expect("found");
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_network_its_subnets_and_groups() {
    let (moto, keys) = Moto::locked().await;
    let provider = aws(&moto.url(), &keys, |_| {});
    let mut network = order(
        Kind::Network,
        "main",
        json!({"cidr": "10.9.0.0/16", "tags": {"team": "core"}}),
    );
    let network_id = made(&provider, &network).await;
    network.attributes = attributes(json!({"cidr": "10.9.0.0/16", "tags": {"owner": "ops"}}));
    changed(&provider, &network_id, &network, &["tags"]).await;

    let asked =
        json!({"network": "main", "cidr": "10.9.1.0/24", "zone": "eu-west-1b", "public": true, "tags": {}});
    let mut subnet = refers(
        order(Kind::Subnet, "front", asked),
        Kind::Network,
        "main",
        &network_id,
    );
    let subnet_id = made(&provider, &subnet).await;
    subnet.attributes.insert("public".to_owned(), false.into());
    changed(&provider, &subnet_id, &subnet, &["public"]).await;
    subnet.attributes.insert("public".to_owned(), true.into());
    changed(&provider, &subnet_id, &subnet, &["public"]).await;

    let rules = json!([
        {"direction": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "sources": ["10.0.0.0/8"]},
        {"direction": "ingress", "protocol": "tcp", "from_port": 443, "to_port": 443, "sources": ["0.0.0.0/0"]},
    ]);
    let asked = json!({"network": "main", "description": "web", "rules": rules, "tags": {}});
    let mut group = refers(
        order(Kind::SecurityGroup, "web", asked),
        Kind::Network,
        "main",
        &network_id,
    );
    let group_id = made(&provider, &group).await;
    let rules = json!([
        {"direction": "ingress", "protocol": "tcp", "from_port": 443, "to_port": 443, "sources": ["0.0.0.0/0", "10.0.0.0/8"]},
        {"direction": "egress", "protocol": "udp", "from_port": 53, "to_port": 53, "sources": ["10.0.0.2/32"]},
    ]);
    group
        .attributes
        .extend(attributes(json!({"rules": rules, "tags": {"a": "b"}})));
    changed(&provider, &group_id, &group, &["rules", "tags"]).await;

    // The network cannot go before what is in it.
    let early = provider.delete(Kind::Network, None, &network_id).await;
    assert!(early.is_err_and(|error| error.class == Class::Transient));
    deleted(&provider, Kind::SecurityGroup, &group_id).await;
    deleted(&provider, Kind::Subnet, &subnet_id).await;
    deleted(&provider, Kind::Network, &network_id).await;
}

#[tokio::test]
async fn a_server_and_its_volume() {
    let (moto, keys) = Moto::locked().await;
    let provider = aws(&moto.url(), &keys, |settings| {
        settings
            .images
            .insert("ubuntu-24.04".to_owned(), "ami-1e749f67".to_owned());
        settings.plans = vec![
            Plan {
                name: "t3.small".to_owned(),
                cpu: 2,
                memory_gb: 2.0,
            },
            Plan {
                name: "t3.medium".to_owned(),
                cpu: 2,
                memory_gb: 4.0,
            },
        ];
    });
    let network = order(Kind::Network, "main", json!({"cidr": "10.9.0.0/16"}));
    let network = provider.create(&network).await.expect("a network").id;
    let subnet = order(
        Kind::Subnet,
        "front",
        json!({"network": network, "cidr": "10.9.1.0/24"}),
    );
    let subnet = provider.create(&subnet).await.expect("a subnet").id;
    let mut groups = Vec::new();
    for name in ["web", "ssh"] {
        let group = order(Kind::SecurityGroup, name, json!({"network": network}));
        groups.push(provider.create(&group).await.expect("a group").id);
    }

    let asked = json!({
        "cpu": 2, "memory_gb": 3, "disk_gb": 40, "disk_encrypted": true, "public_ip": true,
        "subnet": "front", "security_groups": ["web"], "tags": {"team": "core"},
    });
    let server = order(Kind::Server, "web-1", asked);
    let server = refers(server, Kind::Subnet, "front", &subnet);
    let server = refers(server, Kind::SecurityGroup, "web", &groups[0]);
    let mut server = refers(server, Kind::SecurityGroup, "ssh", &groups[1]);
    let id = provider.create(&server).await.expect("made").id;
    let read = ready(&provider, Kind::Server, &id).await;
    assert_eq!(read.attributes["plan"].text(), Some("t3.medium"));
    assert!(!read.computed["ipv4"].items().is_empty(), "{read:?}");
    for unread in ["cpu", "memory_gb"] {
        server.attributes.remove(unread);
    }
    server.attributes.insert("plan".to_owned(), "t3.medium".into());
    assert_eq!(made(&provider, &server).await, id);
    server
        .attributes
        .extend(attributes(json!({"security_groups": ["ssh"], "tags": {}})));
    changed(&provider, &id, &server, &["security_groups", "tags"]).await;
    provider.console(None, &id).await.expect("a console");

    let asked = json!({"size_gb": 8, "type": "ssd", "encrypted": true, "server": "web-1", "tags": {}});
    let mut volume = refers(order(Kind::Volume, "data", asked), Kind::Server, "web-1", &id);
    let volume_id = made(&provider, &volume).await;
    volume.attributes.insert("size_gb".to_owned(), 16.into());
    changed(&provider, &volume_id, &volume, &["size_gb"]).await;
    let mut smaller = volume.clone();
    smaller.attributes.insert("size_gb".to_owned(), 8.into());
    let shrunk = provider
        .update(&volume_id, &smaller, &["size_gb".to_owned()])
        .await;
    assert!(shrunk.is_err_and(|error| error.class == Class::Permanent));
    let copy = provider
        .snapshot(Kind::Volume, None, &volume_id, "before")
        .await
        .expect("a snapshot");
    assert!(copy.starts_with("snap-"), "{copy}");
    volume.attributes.remove("server");
    provider
        .update(&volume_id, &volume, &["server".to_owned()])
        .await
        .expect("detached");
    let read = ready(&provider, Kind::Volume, &volume_id).await;
    assert_eq!(read.attributes.get("server"), None);
    // The system disk is no volume of ours.
    assert_eq!(
        provider
            .list(Kind::Volume, None, Some("test"))
            .await
            .expect("listed")
            .len(),
        1
    );

    deleted(&provider, Kind::Volume, &volume_id).await;
    deleted(&provider, Kind::Server, &id).await;
}

#[tokio::test]
async fn a_server_of_the_newest_image_of_its_system() {
    let (moto, keys) = Moto::locked().await;
    let provider = aws(&moto.url(), &keys, |_| {});
    let ubuntu = order(
        Kind::Server,
        "a",
        json!({"plan": "t3.micro", "os_family": "ubuntu", "os_version": "16.04"}),
    );
    let id = provider.create(&ubuntu).await.expect("made").id;
    let read = ready(&provider, Kind::Server, &id).await;
    assert!(
        read.computed["image"]
            .text()
            .is_some_and(|image| image.starts_with("ami-"))
    );
    let none = order(
        Kind::Server,
        "b",
        json!({"plan": "t3.micro", "os_family": "ubuntu", "os_version": "1.04"}),
    );
    let error = provider.create(&none).await.expect_err("no such image");
    assert_eq!(error.class, Class::Permanent);
    assert!(
        error
            .to_string()
            .contains("no image of `ubuntu-1.04` in eu-west-1"),
        "{error}"
    );
}

#[tokio::test]
async fn a_bucket() {
    let (moto, keys) = Moto::locked().await;
    let provider = aws(&moto.url(), &keys, |_| {});
    let asked =
        json!({"versioning": true, "encrypted": true, "public": false, "tags": {"team": "core & <co>"}});
    let mut bucket = order(Kind::Bucket, "prov.test-logs", asked);
    let id = made(&provider, &bucket).await;
    bucket.attributes.extend(attributes(
        json!({"versioning": false, "public": true, "tags": {}}),
    ));
    changed(&provider, &id, &bucket, &["versioning", "public", "tags"]).await;
    bucket.attributes.insert("public".to_owned(), false.into());
    changed(&provider, &id, &bucket, &["public"]).await;
    deleted(&provider, Kind::Bucket, &id).await;

    let open = order(Kind::Bucket, "prov-test-open", json!({"encrypted": false}));
    let error = provider.create(&open).await.expect_err("refused");
    assert_eq!(error.class, Class::Unsupported);
}

#[tokio::test]
async fn a_bucket_that_is_not_empty_stays() {
    let moto = Moto::start().await;
    let keys = moto
        .user(
            "admin",
            &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        )
        .await;
    let provider = aws(&moto.url(), &keys, |_| {});
    let bucket = order(Kind::Bucket, "prov-test-full", json!({}));
    let id = provider.create(&bucket).await.expect("made").id;
    moto.raw("s3", "PUT", "/prov-test-full/object", "content", None)
        .await;
    let error = provider
        .delete(Kind::Bucket, None, &id)
        .await
        .expect_err("refused");
    assert_eq!(error.class, Class::Permanent);
    assert!(error.hint.is_some_and(|hint| hint.contains("empty the bucket")));
    assert!(
        provider
            .read(Kind::Bucket, None, &id)
            .await
            .expect("an answer")
            .is_some()
    );
}

#[tokio::test]
async fn a_policy_of_somebody_else_stays() {
    let moto = Moto::start().await;
    let keys = moto
        .user(
            "admin",
            &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        )
        .await;
    let provider = aws(&moto.url(), &keys, |_| {});
    let mut bucket = order(Kind::Bucket, "prov-test-policy", json!({"public": false}));
    let id = provider.create(&bucket).await.expect("made").id;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::prov-test-policy/*"}]}"#;
    moto.raw("s3", "PUT", "/prov-test-policy?policy", policy, None)
        .await;
    bucket.attributes.insert("public".to_owned(), true.into());
    let error = provider
        .update(&id, &bucket, &["public".to_owned()])
        .await
        .expect_err("refused");
    assert_eq!(error.class, Class::Permanent, "{error:?}");
    assert_eq!(
        moto.raw("s3", "GET", "/prov-test-policy?policy", "", None).await,
        policy
    );
}

#[tokio::test]
async fn tags_that_an_order_does_not_say_stay() {
    let (moto, keys) = Moto::locked().await;
    let provider = aws(&moto.url(), &keys, |_| {});
    let mut volume = order(
        Kind::Volume,
        "data",
        json!({"size_gb": 8, "tags": {"team": "core"}}),
    );
    let id = provider.create(&volume).await.expect("made").id;
    volume.attributes = attributes(json!({"size_gb": 16}));
    provider
        .update(&id, &volume, &["size_gb".to_owned()])
        .await
        .expect("changed");
    let read = ready(&provider, Kind::Volume, &id).await;
    assert_eq!(
        read.attributes["tags"],
        attributes(json!({"tags": {"team": "core"}}))["tags"]
    );
}

#[tokio::test]
async fn a_database() {
    let (moto, keys) = Moto::locked().await;
    let provider = aws(&moto.url(), &keys, |_| {});
    let asked = json!({
        "engine": "postgresql", "version": "16.4", "plan": "db.t4g.medium", "storage_gb": 20, "replicas": 0,
        "encrypted": true, "public": false, "deletion_protection": true, "backup_days": 7, "tags": {"team": "core"},
    });
    let mut database = order(Kind::Database, "orders", asked);
    let id = made(&provider, &database).await;
    let read = ready(&provider, Kind::Database, &id).await;
    assert!(
        !format!("{read:?}").to_lowercase().contains("masteruserpassword"),
        "{read:?}"
    );

    let error = provider
        .delete(Kind::Database, None, &id)
        .await
        .expect_err("protected");
    assert_eq!(error.class, Class::Permanent);
    database.attributes.extend(attributes(json!({
        "deletion_protection": false, "storage_gb": 40, "backup_days": 14, "tags": {"owner": "ops"},
    })));
    changed(
        &provider,
        &id,
        &database,
        &["deletion_protection", "storage_gb", "backup_days", "tags"],
    )
    .await;
    let copy = provider
        .snapshot(Kind::Database, None, &id, "orders-before")
        .await
        .expect("a snapshot");
    assert_eq!(copy, "orders-before");
    deleted(&provider, Kind::Database, &id).await;

    let many = order(
        Kind::Database,
        "many",
        json!({"version": "16.4", "plan": "db.t4g.medium", "replicas": 2}),
    );
    assert!(
        provider
            .create(&many)
            .await
            .is_err_and(|error| error.class == Class::Unsupported)
    );
    let other = order(
        Kind::Database,
        "other",
        json!({"engine": "mongodb", "version": "7", "plan": "x"}),
    );
    assert!(
        provider
            .create(&other)
            .await
            .is_err_and(|error| error.class == Class::Unsupported)
    );
}

#[tokio::test]
async fn what_an_order_lacks_is_said_before_anything_is_made() {
    let (moto, keys) = Moto::locked().await;
    let provider = aws(&moto.url(), &keys, |_| {});
    for (kind, asked, says) in [
        (Kind::Subnet, json!({"cidr": "10.0.0.0/24"}), "needs a `network`"),
        (
            Kind::Subnet,
            json!({"cidr": "10.0.0.0/24", "network": "none"}),
            "there is no network `none`",
        ),
        (Kind::Volume, json!({}), "needs a `size_gb`"),
        (Kind::Server, json!({"cpu": 2}), "no plan is known"),
        (Kind::Database, json!({"version": "16.4"}), "needs a `plan`"),
        (
            Kind::Network,
            json!({"tags": {"prov-id": "x"}}),
            "tag `prov-id` cannot be set",
        ),
        (
            Kind::SecurityGroup,
            json!({"rules": [{"protocol": "gre"}]}),
            "cannot be `gre`",
        ),
    ] {
        let order = order(kind, "x", asked);
        let error = provider.create(&order).await.expect_err(says);
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.class, Class::Permanent, "{error}");
        assert!(
            error.attempted.contains(&format!("make {kind} `x` in eu-west-1")),
            "{error}"
        );
        assert!(
            provider
                .find(kind, None, &order.marker.id)
                .await
                .expect("found")
                .is_empty()
        );
    }
    let region = Order {
        region: Some("evil.example.com/".to_owned()),
        ..order(Kind::Network, "x", json!({}))
    };
    let error = provider.create(&region).await.expect_err("no region");
    assert!(error.to_string().contains("is no region of AWS"), "{error}");
    assert_eq!(Value::Null.text(), None);
    assert_eq!(Status::Ready.name(), "ready");
}
