//! What findings between resources say.

use provisioning::{Embedded, check, cost::PriceBook};

use super::{evaluate, pool};

/// Message and hint of each finding.
async fn said(text: &str) -> Vec<(String, String)> {
    let evaluation = evaluate(&pool(), text).await.unwrap();
    assert_eq!(evaluation.diagnostics, []);
    let book = PriceBook::load(&Embedded).unwrap();
    let found = check::with_catalogue(&evaluation.configuration.unwrap(), &book);
    found
        .into_iter()
        .map(|found| (found.message, found.hint.unwrap()))
        .collect()
}

#[tokio::test]
async fn a_ring_is_named_in_order() {
    let text = "{ services = [
  { name = \"c\", depends_on = [\"a\"] },
  { name = \"a\", depends_on = [\"b\"] },
  { name = \"b\", depends_on = [\"c\"] },
] }";
    let found = said(text).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].0,
        "`services[0].depends_on` closes a ring: `c` → `a` → `b` → `c`"
    );
}

#[tokio::test]
async fn what_is_near_is_proposed_and_what_there_is_listed() {
    let text = "{
  provider = 'aws, region = \"us-esat-1\",
  servers = [{ name = \"web\" }, { name = \"db\" }],
  volumes = [{ name = \"a\", size_gb = 1, server = \"weeb\" }, { name = \"b\", size_gb = 1, server = \"zzz\" }],
  alerts = [{ name = \"down\", metric = \"up\", channels = [{ kind = 'slack, url_secret = \"hook\" }] }],
}";
    let found = said(text).await;
    let hints: Vec<_> = found.iter().map(|(_, hint)| hint.as_str()).collect();
    assert_eq!(
        hints,
        [
            "did you mean `us-east-1`?",
            "did you mean `web`?",
            "the servers here are `web`, `db`",
            "there are no secrets here: declare `hook`, or take the reference out",
        ]
    );
    assert_eq!(
        found[1].0,
        "`volumes[0].server` names the server `weeb`, which the configuration does not have"
    );
}

#[tokio::test]
async fn overlap_names_both_sides() {
    let text = "{ networking.subnets = [
  { name = \"a\", cidr = \"10.0.0.0/24\" },
  { name = \"b\", cidr = \"10.0.0.128/25\" },
] }";
    let found = said(text).await;
    assert_eq!(
        found[0].0,
        "`networking.subnets[1].cidr` is `10.0.0.128/25`, which overlaps `networking.subnets[0].cidr`, which is \
         `10.0.0.0/24`"
    );
}

#[tokio::test]
async fn without_a_catalogue_regions_are_not_judged() {
    let text = "{ provider = 'aws, region = \"nowhere\" }";
    let configuration = evaluate(&pool(), text).await.unwrap().configuration.unwrap();
    assert_eq!(check::configuration(&configuration), []);
}
