//! Every intent that passes its own rules becomes a configuration that holds: what was generated is never in need of
//! mending, whoever made the intent.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use provisioning::cost::{self, Options, PriceBook};
use provisioning::generate::Renderer;
use provisioning::intent::{
    Budget, Catalogue, Cluster, Database, Intent, Network, Os, Scaling, Server, Understood,
};
use provisioning::{Embedded, Evaluate, Severity, Source, check};
use provisioning_nickel::Pool;
use tokio::task::JoinSet;

use super::pool;

/// How many intents are generated and evaluated in each of the five parts, which run beside each other.
const SAMPLES: usize = 1_000;
/// Evaluations under way at once, so that the worker does not wait for the next text.
const AT_ONCE: usize = 2;

/// Half of the time nothing, so that every block is there and absent.
fn maybe<T: std::fmt::Debug + Clone>(
    some: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop::option::of(some)
}

fn word(words: &[String]) -> BoxedStrategy<Option<String>> {
    if words.is_empty() {
        return Just(None).boxed();
    }
    maybe(select(words.to_vec())).boxed()
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?"
}

/// What people write, and what they should not.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,12}", "[\"\\\\%{}$#'@ ñß€→]{1,12}", "\\PC{1,24}"]
}

fn cidr() -> impl Strategy<Value = String> {
    (0_u8..=255, 8_u8..=28).prop_map(|(second, length)| {
        let address = u32::from_be_bytes([10, second, 0, 0]) & (u32::MAX << (32 - u32::from(length)));
        format!("{}/{length}", std::net::Ipv4Addr::from(address))
    })
}

fn version(parts: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(0_u32..99, parts).prop_map(|parts| {
        let parts: Vec<String> = parts.iter().map(u32::to_string).collect();
        parts.join(".")
    })
}

fn server(catalogue: &Catalogue, provider: &str) -> BoxedStrategy<Server> {
    let plans: Vec<String> = plans(catalogue, provider);
    let os = (select(catalogue.words("os").to_vec()), version(2))
        .prop_map(|(family, version)| Os { family, version });
    let sizes = (maybe(1_u64..300), maybe(1_u64..2_000), maybe(10_u64..5_000));
    let more = (
        name(),
        maybe(text()),
        maybe(0_u64..1_200),
        word(&plans),
        maybe(os),
        maybe(any::<bool>()),
    );
    (more, sizes)
        .prop_map(
            |((name, role, count, plan, os, public_ip), (cpu, memory_gb, disk_gb))| Server {
                vpc: None,
                subnet: None,
                name,
                role,
                count,
                plan,
                cpu,
                memory_gb,
                disk_gb,
                os,
                public_ip,
                security_groups: Vec::new(),
            },
        )
        .boxed()
}

fn plans(catalogue: &Catalogue, provider: &str) -> Vec<String> {
    let book = catalogue.book();
    let Some(provider) = book.provider(provider) else {
        return Vec::new();
    };
    book.plans(provider).map(|plan| plan.sku.clone()).collect()
}

fn cluster(catalogue: &Catalogue, provider: &str) -> BoxedStrategy<Cluster> {
    let addons = catalogue.addons().to_vec();
    let scaling = (1_u64..20, 1_u64..40).prop_map(|(min, max)| Scaling { min, max });
    let control = (
        maybe(1_u64..8),
        word(catalogue.words("control_plane_size")),
        maybe(any::<bool>()),
    );
    let workers = (
        maybe(0_u64..1_100),
        word(&catalogue.sizes(provider)),
        maybe(scaling),
    );
    let net = (word(catalogue.words("cni")), maybe(cidr()));
    let addons = prop::collection::btree_map(select(addons), any::<bool>(), 0..3);
    (name(), maybe(version(2)), control, workers, net, addons)
        .prop_map(|(name, version, control, workers, net, addons)| Cluster {
            name,
            version,
            control_planes: control.0,
            control_plane_size: control.1,
            high_availability: control.2,
            workers: workers.0,
            worker_size: workers.1,
            scaling: workers.2,
            cni: net.0,
            addons,
            vpc_cidr: net.1,
        })
        .boxed()
}

fn database(catalogue: &Catalogue, provider: &str) -> BoxedStrategy<Database> {
    let plans = plans(catalogue, provider);
    let engine = (
        word(catalogue.words("engine")),
        prop::option::weighted(0.9, version(2)),
    );
    let nodes = (maybe(0_u64..20), maybe(any::<bool>()));
    let size = (
        word(&plans),
        maybe(1_u64..300),
        maybe(1_u64..2_000),
        maybe(10_u64..5_000),
    );
    (
        name(),
        engine,
        nodes,
        size,
        maybe(any::<bool>()),
        maybe(0_u64..400),
    )
        .prop_map(|(name, engine, nodes, size, encrypted, backup_days)| Database {
            name,
            engine: engine.0,
            version: engine.1,
            replicas: nodes.0,
            quorum: nodes.1,
            plan: size.0,
            cpu: size.1,
            memory_gb: size.2,
            disk_gb: size.3,
            encrypted,
            backup_days,
            password: None,
        })
        .boxed()
}

fn network() -> impl Strategy<Value = Network> {
    let some = || prop_oneof![9 => 0_u64..6, 1 => 0_u64..70];
    let subnets = (maybe(some()), maybe(some()));
    let more = (
        maybe(0_u64..4),
        maybe(0_u64..4),
        prop::collection::vec(0_u64..70_000, 0..3),
    );
    (maybe(text()), maybe(cidr()), subnets, more).prop_map(|(name, cidr, subnets, more)| Network {
        name,
        cidr,
        public_subnets: subnets.0,
        private_subnets: subnets.1,
        nat_gateways: more.0,
        load_balancers: more.1,
        open_ports: more.2,
    })
}

fn intent(catalogue: &Catalogue) -> BoxedStrategy<Intent> {
    let places: Vec<(String, String)> = catalogue
        .providers()
        .flat_map(|provider| {
            let listed = provider.regions.keys().cloned();
            let regions: Vec<String> = match provider.regions.len() {
                0 => vec!["somewhere-1".to_owned()],
                _ => listed.collect(),
            };
            regions.into_iter().map(|region| (provider.name.clone(), region))
        })
        .collect();
    // Providers alike, however many regions they have.
    let providers: Vec<String> = catalogue.provider_names();
    let by_provider = providers.into_iter().map(|provider| {
        let regions: Vec<String> = places
            .iter()
            .filter(|(of, _)| *of == provider)
            .map(|(_, region)| region.clone())
            .collect();
        let parts = (
            prop::collection::vec(server(catalogue, &provider), 0..3),
            prop::collection::vec(cluster(catalogue, &provider), 0..3),
            prop::collection::vec(database(catalogue, &provider), 0..3),
            maybe(network()),
        );
        let whole = (
            select(regions),
            maybe(text()),
            prop::collection::btree_map(text(), text(), 0..3),
            maybe(1_u64..100_000),
        );
        (whole, parts)
            .prop_map(move |((region, environment, tags, budget), parts)| Intent {
                caches: Vec::new(),
                buckets: Vec::new(),
                volumes: Vec::new(),
                provider: provider.clone(),
                region,
                environment,
                tags,
                budget: budget.map(|amount| Budget {
                    amount,
                    currency: None,
                }),
                servers: parts.0,
                clusters: parts.1,
                databases: parts.2,
                network: parts.3,
                monitoring: None,
                alerts: Vec::new(),
            })
            .boxed()
    });
    prop::strategy::Union::new(by_provider).boxed()
}

/// What is wrong with the configuration of `intent`, if anything is.
async fn wrong(pool: Arc<Pool>, catalogue: Arc<Catalogue>, intent: Intent, text: String) -> Option<String> {
    let source = Source {
        name: "main.ncl".to_owned(),
        text: text.clone(),
    };
    let evaluation = pool.evaluate(source, true).await.unwrap();
    let mut found = evaluation.diagnostics;
    if let Some(node) = &evaluation.configuration {
        found.extend(check::with_catalogue(node, catalogue.book()));
    }
    found.retain(|finding| finding.severity == Severity::Error);
    let Some(node) = evaluation.configuration.filter(|_| found.is_empty()) else {
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        return Some(format!("{}\n{intent:?}\n{text}", messages.join("\n")));
    };
    // And it can be priced, whatever has a price.
    let options = Options {
        region: None,
        date: jiff::civil::date(2026, 11, 24),
    };
    let estimate = cost::estimate(&node, catalogue.book(), &options);
    estimate
        .err()
        .map(|error| format!("{error}\n{intent:#?}\n{text}"))
}

macro_rules! parts {
    ($($name:ident: $part:literal),*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            whatever_passes_the_rules_of_an_intent_holds($part).await;
        }
    )*};
}

parts!(
    a_fifth_of_the_samples_holds: 1,
    a_second_fifth_holds: 2,
    a_third_fifth_holds: 3,
    a_fourth_fifth_holds: 4,
    the_last_fifth_holds: 5
);

/// The samples are the same in every run, and other ones in each part.
async fn whatever_passes_the_rules_of_an_intent_holds(part: u8) {
    let catalogue = Arc::new(Catalogue::new(
        Arc::new(PriceBook::load(&Embedded).unwrap()),
        &Embedded,
    ));
    let renderer = Renderer::new().unwrap();
    let strategy = intent(&catalogue);
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[part; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), seed);
    let pool = Arc::new(pool());
    let (mut tried, mut sound) = (0, 0);
    let mut by_provider: BTreeMap<String, usize> = BTreeMap::new();
    let mut running = JoinSet::new();
    let mut failed = Vec::new();
    while sound < SAMPLES {
        tried += 1;
        assert!(
            tried < SAMPLES * 40,
            "the samples are too seldom sound: {sound} of {tried}"
        );
        let intent = strategy.new_tree(&mut runner).unwrap().current();
        let nothing = intent.servers.is_empty()
            && intent.clusters.is_empty()
            && intent.databases.is_empty()
            && intent.network.is_none();
        if nothing || !intent.check(&catalogue).is_empty() {
            continue;
        }
        sound += 1;
        *by_provider.entry(intent.provider.clone()).or_default() += 1;
        let understood = Understood {
            intent: Some(intent.clone()),
            origins: BTreeMap::new(),
            assumptions: Vec::new(),
            not_understood: Vec::new(),
        };
        let generated = renderer.render(&understood, None, &catalogue, None).unwrap();
        let text = generated.unwrap().whole;
        if running.len() == AT_ONCE
            && let Some(done) = running.join_next().await
        {
            failed.extend(done.unwrap());
        }
        running.spawn(wrong(Arc::clone(&pool), Arc::clone(&catalogue), intent, text));
    }
    while let Some(done) = running.join_next().await {
        failed.extend(done.unwrap());
    }
    let heads: Vec<&str> = failed.iter().filter_map(|failed| failed.lines().next()).collect();
    assert_eq!(
        heads.len(),
        0,
        "{}\n\nthe first:\n{}",
        heads.join("\n"),
        failed[0]
    );
    assert!(by_provider.len() >= 6, "{by_provider:?}");
}
