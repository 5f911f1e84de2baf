//! Lists that do not fit on a page.

use std::collections::BTreeSet;

use provisioning::provider::Provider;
use provisioning::resource::Kind;
use serde_json::json;

use crate::support::{Moto, Proxy, aws, order};

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
        (Kind::Volume, 7, json!({"size_gb": 1}), "NextToken="),
        (Kind::Server, 7, json!({"plan": "t3.micro"}), "NextToken="),
        (Kind::Bucket, 7, json!({}), "continuation-token="),
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
        println!("{kind}: {} more pages", proxy.count(next) - before);
    }
}
