//! What a language model proposes, held to the words it was made of.

use std::sync::Arc;

use provisioning::Embedded;
use provisioning::cost::PriceBook;
use provisioning::intent::{
    Catalogue, Cluster, Evidence, Intent, Lexicon, Origin, Proposal, Refusal, Request, Understood, proposed,
};

const WISH: &str = "Create a 3-node K8s cluster with Cilium on UpCloud";

fn proposal(evidence: &[(&str, &str)]) -> Proposal {
    Proposal {
        intent: Intent {
            provider: "upcloud".to_owned(),
            region: "fi-hel1".to_owned(),
            clusters: vec![Cluster {
                name: "main".to_owned(),
                workers: Some(3),
                cni: Some("cilium".to_owned()),
                ..Cluster::default()
            }],
            ..Intent::default()
        },
        evidence: evidence
            .iter()
            .map(|(path, text)| Evidence {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
            })
            .collect(),
    }
}

fn judge(proposal: &Proposal, partial: bool) -> Result<Understood, Refusal> {
    let catalogue = Catalogue::new(Arc::new(PriceBook::load(&Embedded).unwrap()), &Embedded);
    let lexicon = Lexicon::load(&Embedded, &catalogue).unwrap();
    let request = Request {
        text: WISH,
        provider: None,
        resource: None,
        partial,
    };
    proposed(&request, proposal, &lexicon, &catalogue)
}

const ALL: &[(&str, &str)] = &[
    ("clusters.0", "K8s cluster"),
    ("clusters.0.workers", "3-node"),
    ("clusters.0.cni", "Cilium"),
    ("provider", "UpCloud"),
];

#[test]
fn what_every_word_stands_for_is_an_intent() {
    let understood = judge(&proposal(ALL), false).unwrap();
    assert!(understood.intent.is_some(), "{understood:?}");
    assert_eq!(understood.not_understood, []);
    assert!(matches!(&understood.origins["clusters.0.cni"], Origin::Said { text, .. } if text == "Cilium"));
    assert!(understood.assumptions.iter().any(|taken| taken.path == "region"));
}

#[test]
fn a_word_that_nothing_stands_for_is_reported() {
    let understood = judge(&proposal(&ALL[..2]), false).unwrap();
    assert!(understood.intent.is_none());
    let left: Vec<&str> = understood
        .not_understood
        .iter()
        .map(|words| words.text.as_str())
        .collect();
    assert_eq!(left, ["Cilium", "UpCloud"]);
    assert!(judge(&proposal(&ALL[..2]), true).unwrap().intent.is_some());
}

#[test]
fn words_and_values_that_are_not_there_are_refused() {
    for (path, text, part) in [
        ("clusters.0.cni", "Calico", "does not have these words"),
        ("clusters.0.cni", "", "does not have these words"),
        ("clusters.0.workers", "node K", "does not have these words"),
        ("clusters.0.version", "Cilium", "no such value"),
        ("servers.0.name", "K8s", "no such value"),
    ] {
        let refusal = judge(&proposal(&[(path, text)]), true).unwrap_err();
        assert!(refusal.to_string().contains(part), "{refusal}");
    }
}

#[test]
fn a_proposal_keeps_the_rules_of_every_intent() {
    let mut broken = proposal(ALL);
    broken.intent.region = "moon".to_owned();
    broken.intent.clusters[0].control_planes = Some(4);
    let Err(Refusal::Invalid { problems }) = judge(&broken, true) else {
        panic!("it breaks two rules");
    };
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn a_proposal_is_read_strictly() {
    let read = |text: &str| toml::from_str::<Proposal>(text);
    let good = "evidence = []\n[intent]\nprovider = \"aws\"\nregion = \"us-east-1\"\n";
    assert_eq!(read(good).unwrap().intent.provider, "aws");
    for bad in [
        format!("{good}colour = \"red\"\n"),
        format!("{good}budget = \"much\"\n"),
        good.replace("evidence = []\n", ""),
        format!("more = 1\n{good}"),
    ] {
        assert!(read(&bad).is_err(), "{bad}");
    }
}
