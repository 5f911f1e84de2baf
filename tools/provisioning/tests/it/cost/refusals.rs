//! What is refused, and in which words.

use provisioning::cost::Error;

use super::*;

fn refused(configuration: &Node) -> Error {
    price(configuration).unwrap_err()
}

#[test]
fn an_unknown_region_lists_the_valid_ones() {
    let error = refused(&servers(vec![server("a", "upcloud", "fi-hell1", spec(2, 4, 20))]));
    let said = error.to_string();
    // The valid ones are in the error, once.
    assert_eq!(
        said,
        "`servers[0].region` names region `fi-hell1`, which `upcloud` does not have (did you mean `fi-hel1`?)"
    );
    let Error::UnknownRegion { valid, .. } = error else {
        panic!("{error:?}")
    };
    assert!(valid.contains(&"de-fra1".to_owned()));
}

#[test]
fn an_unknown_provider_lists_the_valid_ones() {
    let error = refused(&servers(vec![server("a", "upclod", "fi-hel1", spec(2, 4, 20))]));
    let Error::UnknownProvider {
        valid, suggestion, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(suggestion.as_deref(), Some("upcloud"));
    assert!(valid.contains(&"aws".to_owned()));
}

#[test]
fn an_unknown_plan_has_a_suggestion_and_a_date() {
    let server = with(
        server("a", "aws", "us-east-1", spec(2, 4, 20)),
        "plan",
        text("t3.mediun"),
    );
    let said = refused(&servers(vec![server])).to_string();
    assert_eq!(
        said,
        "`servers[0].plan` names plan `t3.mediun`, which `aws` does not have in the list of 2026-07-11 \
         (did you mean `t3.medium`?)"
    );
}

#[test]
fn a_missing_provider_and_bad_numbers_name_the_field() {
    let bare = record([("name", text("a")), ("spec", spec(2, 4, 20))]);
    assert!(
        refused(&servers(vec![bare]))
            .to_string()
            .starts_with("`servers[0].provider` is missing")
    );
    let negative = server("a", "aws", "us-east-1", spec(-2, 4, 20));
    assert!(
        refused(&servers(vec![negative]))
            .to_string()
            .starts_with("`servers[0].spec.cpu` is -2")
    );
    let word = with(
        server("a", "aws", "us-east-1", spec(2, 4, 20)),
        "count",
        text("many"),
    );
    assert_eq!(
        refused(&servers(vec![word])).to_string(),
        "`servers[0].count` is not a number"
    );
}

#[test]
fn huge_counts_are_refused_not_wrapped() {
    let server = server("a", "aws", "us-east-1", spec(2, 4, i64::MAX));
    let server = with(server, "count", number(i64::MAX));
    assert_eq!(
        refused(&servers(vec![server])),
        Error::Overflow {
            path: "servers[0]".to_owned()
        }
    );
}

#[test]
fn a_machine_no_plan_can_be_is_unpriced() {
    let estimate = price(&servers(vec![server(
        "a",
        "aws",
        "us-east-1",
        spec(100_000, 4, 20),
    )]))
    .unwrap();
    assert_eq!(estimate.unpriced[0].reason, provisioning::cost::Reason::NoPlan);
}

#[test]
fn the_region_of_the_call_counts_and_is_checked() {
    let bare = record([
        ("name", text("a")),
        ("provider", text("hetzner")),
        ("plan", text("ccx13")),
    ]);
    let at = |region: Option<&str>| {
        provisioning::cost::estimate(&servers(vec![bare.clone()]), &shipped(), &options(region))
    };
    assert_eq!(totals(&at(Some("sin")).unwrap()), ["EUR 21.50"]);
    assert_eq!(totals(&at(None).unwrap()), ["EUR 42.99"]);
    assert_eq!(
        at(None).unwrap().assumptions,
        ["no region of hetzner is named: fsn1 is assumed"]
    );
    assert!(matches!(at(Some("mars")), Err(Error::UnknownRegion { .. })));
    // Another provider's region is a mistake where there is only one provider.
    assert!(matches!(at(Some("us-east-1")), Err(Error::UnknownRegion { .. })));
    let own = servers(vec![server("a", "hetzner", "fsn1", spec(2, 4, 20))]);
    let estimate = provisioning::cost::estimate(&own, &shipped(), &options(Some("sin"))).unwrap();
    assert_eq!(estimate.lines[0].region, "sin");
    assert!(estimate.assumptions[0].contains("priced for `sin`, as the call asks"));
}

#[test]
fn a_region_that_is_like_none_is_not_likened_to_one() {
    for region in ["us-east-1", "eu-central-1", "frankfurt"] {
        let said = refused(&servers(vec![server("a", "upcloud", region, spec(2, 4, 20))])).to_string();
        assert!(!said.contains("did you mean"), "{said}");
    }
}

#[test]
fn a_network_without_a_provider_is_sent_to_the_top() {
    let bare = record([("networking", record([("load_balancers", number(1))]))]);
    let error = refused(&bare);
    assert!(
        error
            .to_string()
            .starts_with("`networking` is billed and no provider is named: set `provider` at the top"),
        "{error}"
    );
    // What nobody bills needs none.
    let free = record([("networking", record([("load_balancers", number(0))]))]);
    assert_eq!(price(&free).unwrap().counts.free, 1);
}
