//! Lists that do not fit on a page.

use std::collections::BTreeSet;

use provisioning::provider::Provider;
use provisioning::resource::Kind;
use serde_json::json;

use crate::support::{Act, Moto, Proxy, aws, order};

#[tokio::test]
async fn every_page_is_read() {
    let (moto, keys) = Moto::locked().await;
    let proxy = Proxy::start(moto.port()).await;
    let provider = aws(&proxy.url(), &keys, |settings| {
        settings.page = 5;
        settings
            .images
            .insert("ubuntu-24.04".to_owned(), "ami-1e749f67".to_owned());
    });
    for (kind, count, asked, next) in [
        (Kind::Server, 7, json!({"plan": "t3.micro"}), "NextToken="),
        (
            Kind::Database,
            23,
            json!({"plan": "db.t4g.medium", "version": "16.4"}),
            "Marker=",
        ),
    ] {
        let mut made = BTreeSet::new();
        for number in 0..count {
            let order = order(kind, &format!("prov-page-{number}"), asked.clone());
            made.insert(provider.create(&order).await.expect("made").id);
        }
        let before = proxy.count(next);
        let listed = provider.list(kind, None, Some("test")).await.expect("listed");
        let listed: BTreeSet<String> = listed.into_iter().map(|listed| listed.id).collect();
        assert_eq!(listed, made, "{kind}");
        assert!(proxy.count(next) > before, "{kind}: everything was on one page");
    }
}

/// moto cuts a list of buckets and gives no way to the rest, so the pages are written here.
#[tokio::test]
async fn every_page_of_buckets_is_read() {
    const FIRST: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<ListAllMyBucketsResult><Buckets><Bucket>\
        <Name>prov-page-0</Name></Bucket></Buckets><ContinuationToken>a/b=</ContinuationToken></ListAllMyBucketsResult>";
    const SECOND: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<ListAllMyBucketsResult><Buckets><Bucket>\
        <Name>prov-page-1</Name></Bucket></Buckets></ListAllMyBucketsResult>";
    let (moto, keys) = Moto::locked().await;
    let proxy = Proxy::start(moto.port()).await;
    let provider = aws(&proxy.url(), &keys, |_| {});
    for number in 0..2 {
        let order = order(Kind::Bucket, &format!("prov-page-{number}"), json!({}));
        provider.create(&order).await.expect("made");
    }
    proxy.next(
        "GET /?bucket-region=eu-west-1&max-buckets=1000 ",
        Act::Answer(FIRST),
    );
    proxy.next(
        "GET /?bucket-region=eu-west-1&max-buckets=1000&continuation-token=a%2Fb%3D ",
        Act::Answer(SECOND),
    );
    let listed = provider
        .list(Kind::Bucket, None, Some("test"))
        .await
        .expect("listed");
    let names: Vec<&str> = listed.iter().map(|listed| listed.name.as_str()).collect();
    assert_eq!(names, ["prov-page-0", "prov-page-1"]);
}
