//! Whatever a form is answered with, what comes out validates.

use provisioning::form::{Answers, Asked, Form, Kind, Test, Value};
use provisioning::intent::Catalogue;

use super::{SHIPPED, catalogue, form, holds};
use crate::run::World;
use crate::tools::catalog;

/// Random answers of each form; raise it for a long run.
const SAMPLES: usize = 25;

/// A generator that gives the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

/// An answer that the question takes by itself.
fn answer(asked: &Asked<'_>, random: &mut Random) -> Value {
    let field = asked.field;
    let (mut least, mut most) = (0, 100_000);
    let mut numbers: Vec<i64> = Vec::new();
    for rule in &field.rules {
        match &rule.test {
            Test::Min(min) => least = *min,
            Test::Max(max) => most = *max,
            Test::OneOf(values) => numbers.extend(values.iter().filter_map(|value| match value {
                Value::Number(number) => Some(*number),
                _ => None,
            })),
            _ => {}
        }
    }
    let options = asked.choices.as_ref().map_or(&[][..], |choices| &choices.values);
    let number = |random: &mut Random| {
        if !numbers.is_empty() {
            return numbers[random.below(numbers.len())];
        }
        // Near the edges as often as between them.
        let number = match random.below(4) {
            0 => least,
            1 => most,
            _ => least + i64::try_from(random.below(40)).unwrap(),
        };
        number.min(most)
    };
    let pick = |list: &[&str], random: &mut Random| Value::from(list[random.below(list.len())]);
    match field.kind {
        Kind::Boolean => Value::Flag(random.below(2) == 0),
        Kind::Integer | Kind::SizeGb => Value::Number(number(random)),
        Kind::Choice if options.is_empty() => pick(&["europe-west1", "westeurope", "{{ region }}"], random),
        Kind::Choice => Value::from(options[random.below(options.len())].as_str()),
        Kind::Choices => {
            let some = options.iter().filter(|_| random.below(2) == 0);
            Value::List(some.map(|option| Value::from(option.as_str())).collect())
        }
        Kind::Integers => {
            let mut list: Vec<i64> = (0..1 + random.below(4)).map(|_| number(random)).collect();
            list.sort_unstable();
            list.dedup();
            Value::List(list.into_iter().map(Value::Number).collect())
        }
        Kind::Cidr => pick(&["10.0.0.0/16", "192.168.0.0/20", "172.16.0.0/12"], random),
        Kind::Name => pick(&["a", "web-1", "0", "x-y-z", "prod"], random),
        Kind::Version => pick(&["1.28", "1.30", "1.31"], random),
        Kind::Secret => pick(
            &["vault:secret/a#b", "vault:kv-2/shop/db.main/x_1#pass_word"],
            random,
        ),
        Kind::Text if field.key == "contact" => pick(&["me@example.com", "a+b\"c%{d}@e.io"], random),
        Kind::Text => pick(
            &["web", "it's \"quoted\"", "%{x} {{ y }}", "ñandú #@ z", "\\"],
            random,
        ),
    }
}

/// Answers to `form`, with `provider` and, of what may be left out, each with chance `one` in two.
fn answers(form: &Form, provider: &str, catalogue: &Catalogue, random: &mut Random) -> Answers {
    let mut answers = Answers::from([("provider".to_owned(), Value::from(provider))]);
    let mut left: Vec<String> = Vec::new();
    loop {
        let open = form.open(&answers, catalogue);
        let next = open.iter().find(|asked| !left.contains(&asked.field.key));
        let Some(asked) = next else { return answers };
        let key = asked.field.key.clone();
        let may = asked.field.optional || asked.default.is_some();
        if may && random.below(2) == 0 {
            left.push(key);
            continue;
        }
        let value = answer(asked, random);
        match form.check_one(&key, &value, &answers, catalogue) {
            Ok(()) => {
                answers.insert(key, value);
            }
            Err(_) if may => left.push(key),
            Err(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_answers_give_what_validates() {
    let world = World::new();
    let gate = testkit::gate(catalog(&world.workspace()));
    let catalogue = catalogue();
    let providers = catalogue.provider_names();
    let mut random = Random(7);
    for name in SHIPPED {
        let form = form(name, &catalogue);
        let (mut tried, mut made) = (0, 0);
        while made < SAMPLES {
            tried += 1;
            assert!(
                tried < SAMPLES * 40,
                "{name}: only {made} of {tried} keep the rules between answers"
            );
            let provider = &providers[random.below(providers.len())];
            let answers = answers(&form, provider, &catalogue, &mut random);
            if form.check(&answers, &catalogue).is_ok() {
                holds(&gate, name, &answers).await;
                made += 1;
            }
        }
    }
}

/// The fewest answers for `provider`.
fn fewest(provider: &str) -> Answers {
    let mut answers = Answers::from([("provider".to_owned(), Value::from(provider))]);
    // There is no usual region of these.
    for (of, region) in [("gcp", "europe-west1"), ("azure", "westeurope")] {
        if of == provider {
            answers.insert("region".to_owned(), Value::from(region));
        }
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_is_rendered_at_every_provider() {
    let world = World::new();
    let gate = testkit::gate(catalog(&world.workspace()));
    let catalogue = catalogue();
    for name in SHIPPED {
        let form = form(name, &catalogue);
        for provider in catalogue.provider_names() {
            let plain = fewest(&provider);
            holds(&gate, name, &plain).await;
            // One run with all of them that fit together, so that the run is short, and each alone without evaluator.
            let mut all = plain.clone();
            for (key, typed) in [
                ("environment", "production"),
                ("budget", "500"),
                ("addons", "prometheus, cert_manager"),
                ("version", "1.30"),
                ("control_plane_size", "medium"),
                ("worker_size", "large"),
                ("autoscaling", "yes"),
                ("min_workers", "2"),
                ("max_workers", "6"),
                ("vpc_cidr", "10.8.0.0/16"),
                ("cpu", "4"),
                ("memory_gb", "16"),
                ("password", "vault:secret/db#password"),
                ("nat_gateways", "1"),
                ("load_balancers", "2"),
                ("open_ports", "80, 443"),
                ("role", "web"),
                ("disk_gb", "80"),
                ("os", "ubuntu"),
                ("storage_gb", "100"),
                ("dashboards_password", "vault:secret/grafana#password"),
                ("contact", "me@example.com"),
                ("alert_cpu_percent", "90"),
                ("alert_silent_s", "600"),
            ] {
                if let Some(field) = form.field(key) {
                    let value = field.kind.read(typed);
                    let mut alone = plain.clone();
                    alone.insert(key.to_owned(), value.clone());
                    if form.check(&alone, &catalogue).is_ok() {
                        let said = provisioning::generate::Renderer::new().unwrap();
                        let understood = form.check(&alone, &catalogue).unwrap();
                        let text = said
                            .render(&understood, None, &catalogue, None)
                            .unwrap()
                            .unwrap()
                            .whole;
                        let answered = format!("# from answer \"{key}\"");
                        assert!(
                            key == "autoscaling" || text.contains(&answered),
                            "{name} {key}: {text}"
                        );
                    }
                    all.insert(key.to_owned(), value);
                }
            }
            let optional = form.fields().filter(|(_, field)| field.optional);
            for (_, field) in optional {
                assert!(
                    all.contains_key(&field.key),
                    "{name}: `{}` is not tested",
                    field.key
                );
            }
            holds(&gate, name, &all).await;
        }
    }
}
