//! Descriptions, intents and their texts, without an evaluator: `prov` has the tests that evaluate them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly too"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use provisioning::Embedded;
use provisioning::cost::PriceBook;
use provisioning::generate::{Generated, Renderer};
use provisioning::intent::{
    Catalogue, Intent, Lexicon, Refusal, Request, Resource, Server, Understood, understand,
};

struct World {
    catalogue: Catalogue,
    lexicon: Lexicon,
    renderer: Renderer,
}

impl World {
    fn new() -> Self {
        let catalogue = Catalogue::new(Arc::new(PriceBook::load(&Embedded).unwrap()), &Embedded);
        let lexicon = Lexicon::load(&Embedded, &catalogue).unwrap_or_else(|error| panic!("{error}"));
        Self {
            catalogue,
            lexicon,
            renderer: Renderer::new().unwrap(),
        }
    }

    fn understand(&self, text: &str) -> Result<Understood, Refusal> {
        let request = Request {
            text,
            provider: None,
            resource: None,
            partial: false,
        };
        understand(&request, &self.lexicon, &self.catalogue)
    }

    fn render(&self, understood: &Understood, request: &str) -> Generated {
        let rendered = self
            .renderer
            .render(understood, Some(request), &self.catalogue, None);
        rendered.unwrap().unwrap()
    }

    fn whole(&self, text: &str) -> String {
        let understood = self
            .understand(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(understood.not_understood, [], "{text}");
        self.render(&understood, text).whole
    }
}

/// The text without the comments that quote the description.
fn without_words(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("# from "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_wish_in_two_languages_gives_the_same_bytes() {
    let world = World::new();
    let english = world.whole("Create a 3-node K8s cluster with Cilium on UpCloud");
    let spanish = world.whole("Crea un clúster de Kubernetes de 3 nodos con Cilium en UpCloud");
    assert_eq!(without_words(&english), without_words(&spanish));
    assert!(english.contains("cni = 'cilium"), "{english}");
    assert!(english.contains("# from \"Cilium\""), "{english}");
    assert!(spanish.contains("# from \"UpCloud\""), "{spanish}");
}

#[test]
fn each_part_of_a_configuration_is_a_file_that_the_first_imports() {
    let world = World::new();
    let text = "2 web servers behind a load balancer, a K8s cluster and a Postgres database on AWS";
    let understood = world.understand(text).unwrap();
    let generated = world.render(&understood, text);
    let names: Vec<&str> = generated.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "main.ncl",
            "networking.ncl",
            "servers.ncl",
            "databases.ncl",
            "kubernetes.ncl"
        ]
    );
    for name in &names[1..] {
        assert!(
            generated.files[0].text.contains(&format!("import \"{name}\",")),
            "{name}"
        );
    }
    assert!(!generated.whole.contains("import "), "{}", generated.whole);
}

#[test]
fn a_description_of_any_size_is_answered_at_once() {
    let world = World::new();
    let started = std::time::Instant::now();
    for long in [
        "a ".repeat(50_000),
        "server ".repeat(15_000),
        "\"".repeat(100_000),
        "ñ".repeat(100_000),
    ] {
        let refusal = world.understand(&long).unwrap_err();
        assert!(matches!(refusal, Refusal::TooLong { .. }), "{refusal}");
    }
    // The longest that is read, of words that match many rules.
    let _ = world.understand(&"3 large web servers with ".repeat(160));
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[test]
fn what_is_quoted_cannot_leave_its_place() {
    let world = World::new();
    for hostile in [
        "{{ 7 * 7 }}",
        "{% if true %}x{% endif %}",
        "a%{std.string.from_number 1}b",
        "\\\", evil = \\\"",
        "import 'servers.ncl',",
        " #@ provider",
        "x}, { name = 'y",
    ] {
        let text = format!("a server on AWS tagged note=«{hostile}»");
        let whole = world.whole(&text);
        let line = whole.lines().find(|line| line.contains("\"note\" = ")).unwrap();
        let escaped = hostile
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace("%{", "\\%{");
        assert_eq!(line.trim(), format!("\"note\" = \"{escaped}\","), "{whole}");
        let mut named = world
            .understand(&format!("a server named «{hostile}» on AWS"))
            .unwrap_err();
        assert!(matches!(named, Refusal::Invalid { .. }), "{named}");
        named = world
            .understand("a server on AWS tagged note=«a\nb»")
            .unwrap_err();
        assert!(matches!(named, Refusal::Invalid { .. }), "{named}");
    }
}

#[test]
fn what_is_left_is_reported_with_its_place_and_what_is_near() {
    let world = World::new();
    let understood = world.understand("a Kuberentes cluster on UpCloud").unwrap();
    assert!(understood.intent.is_none());
    let left = &understood.not_understood[0];
    assert_eq!(
        (left.text.as_str(), left.place.start, left.place.end),
        ("Kuberentes", 2, 12)
    );
    assert!(
        left.suggestions.iter().any(|near| near == "kubernetes"),
        "{left:?}"
    );
}

#[test]
fn a_turning_word_is_refused_even_where_gaps_are_allowed() {
    let world = World::new();
    let request = Request {
        text: "a server without shiny things on AWS",
        provider: None,
        resource: Some(Resource::Server),
        partial: true,
    };
    let refusal = understand(&request, &world.lexicon, &world.catalogue).unwrap_err();
    assert!(matches!(refusal, Refusal::Scope { .. }), "{refusal}");
}

#[test]
fn no_template_passes_a_value_around_the_escape() {
    use provisioning::{AssetKind, Assets};
    for template in Embedded.list(AssetKind::Template) {
        for way in ["safe", "raw", "autoescape", "include"] {
            assert!(!template.text.contains(way), "{} says {way}", template.path);
        }
    }
}

#[test]
fn an_intent_that_breaks_a_rule_is_told_which() {
    let world = World::new();
    let intent = Intent {
        provider: "aws".to_owned(),
        region: "moon".to_owned(),
        servers: vec![Server {
            name: "A b".to_owned(),
            count: Some(0),
            ..Server::default()
        }],
        tags: BTreeMap::from([("a".to_owned(), "b\u{7}".to_owned())]),
        ..Intent::default()
    };
    let paths: Vec<String> = intent
        .check(&world.catalogue)
        .into_iter()
        .map(|problem| problem.path)
        .collect();
    assert_eq!(paths, ["region", "tags.a", "servers.name", "servers.0.count"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is typed gets an answer, never a panic; and what is understood is rendered without a hole.
    #[test]
    fn anything_typed_is_answered(text in "\\PC{0,120}") {
        thread_local!(static WORLD: World = World::new());
        WORLD.with(|world| {
            if let Ok(understood) = world.understand(&text)
                && understood.intent.is_some()
            {
                let whole = world.render(&understood, &text).whole;
                prop_assert!(!whole.contains("#@"));
            }
            Ok(())
        })?;
    }

    /// Words of the grammar in any order: the same, and twice the same.
    #[test]
    fn words_in_any_order_are_answered_alike(words in prop::collection::vec(
        prop::sample::select(vec![
            "3", "a", "server", "cluster", "database", "network", "with", "and", "without", "Cilium", "on", "UpCloud",
            "AWS", "in", "Frankfurt", "4", "GB", "RAM", "disk", "cpu", "public IP", "HA", "postgres", "16", "named",
            "\"x-1\"", "large", "web", "Ubuntu", "24.04", "up to", "nodes", "workers", ",", "production", "a=b",
            "port", "443", "10.0.0.0/16", "2", "private subnets", "load balancer", "between", "or", "no", "sin",
        ]),
        0..14,
    )) {
        thread_local!(static WORLD: World = World::new());
        WORLD.with(|world| {
            let text = words.join(" ");
            let answers = [world.understand(&text), world.understand(&text)];
            match &answers {
                [Ok(one), Ok(two)] => {
                    prop_assert_eq!(&one.intent, &two.intent);
                    if one.intent.is_some() {
                        prop_assert_eq!(world.render(one, &text), world.render(two, &text));
                    }
                }
                [Err(one), Err(two)] => prop_assert_eq!(one, two),
                _ => prop_assert!(false, "{} is answered differently", text),
            }
            Ok(())
        })?;
    }
}
