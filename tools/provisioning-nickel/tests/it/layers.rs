//! The seven layers: a corpus of mutations, each caught by exactly the layer that is for it.
//!
//! Everything starts from one set of answers that passes all seven. A mutation changes one thing at the stage where the
//! mistake would be made; the layers before it see nothing wrong, and those after it either cannot run or find nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use provisioning::compliance::Rules;
use provisioning::cost::PriceBook;
use provisioning::form::{Answers, Form, Value};
use provisioning::generate::Renderer;
use provisioning::intent::Catalogue;
use provisioning::layers::{Against, Layer, prove};
use provisioning::{AssetKind, Assets, Embedded, Evaluate, Source};
use provisioning_nickel::Pool;

use super::pool;

/// What is changed, and at which stage.
enum Mutation {
    /// An answer: a key and another value, or none.
    Answer(&'static str, Option<Value>),
    /// A template: its name, a text in it, and what stands there instead.
    Template(&'static str, &'static str, &'static str),
    /// The text that came out: a part of it, and what stands there instead.
    Text(&'static str, &'static str),
}

use Mutation::{Answer, Template, Text};

struct World {
    catalogue: Catalogue,
    rules: Rules,
    form: Form,
    pool: Pool,
}

impl World {
    fn new() -> Self {
        let book = Arc::new(PriceBook::load(&Embedded).unwrap());
        let catalogue = Catalogue::new(book, &Embedded);
        let form = Form::load("server", &Embedded, &catalogue).unwrap();
        Self {
            rules: Rules::load(&Embedded).unwrap(),
            pool: pool(),
            catalogue,
            form,
        }
    }

    /// The layers that find something.
    async fn caught(&self, mutation: Option<&Mutation>) -> BTreeSet<Layer> {
        let mut answers = sound();
        if let Some(Answer(key, value)) = mutation {
            match value {
                Some(value) => answers.insert((*key).to_owned(), value.clone()),
                None => answers.remove(*key),
            };
        }
        let understood = match self.form.check(&answers, &self.catalogue) {
            Ok(understood) => understood,
            Err(wrong) => return wrong.iter().map(provisioning::form::Wrong::layer).collect(),
        };
        let mut templates = Embedded.list(AssetKind::Template);
        if let Some(Template(name, before, after)) = mutation {
            let template = templates
                .iter_mut()
                .find(|template| template.path == *name)
                .unwrap();
            assert!(template.text.contains(before), "{name} has no `{before}`");
            template.text = Cow::Owned(template.text.replacen(before, after, 1));
        }
        let generated = Renderer::of(&templates)
            .and_then(|renderer| renderer.render(&understood, None, &self.catalogue, None));
        let Ok(generated) = generated else {
            return BTreeSet::from([Layer::Render]);
        };
        let mut text = generated.unwrap().whole;
        if let Some(Text(before, after)) = mutation {
            assert!(text.contains(before), "no `{before}` in\n{text}");
            text = text.replacen(before, after, 1);
        }
        let source = Source {
            name: "main.ncl".to_owned(),
            text,
        };
        let evaluation = self.pool.evaluate(source, true).await.unwrap();
        let against = Against {
            book: self.catalogue.book(),
            rules: &self.rules,
            today: jiff::civil::date(2026, 11, 24),
        };
        let proof = prove(evaluation, &against).unwrap();
        proof.findings.iter().map(|(layer, _)| *layer).collect()
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Answers that pass every layer.
fn sound() -> Answers {
    let ports = Value::List(vec![Value::Number(443)]);
    [
        ("provider", text("aws")),
        ("region", text("us-east-1")),
        ("name", text("web")),
        ("count", Value::Number(2)),
        ("sized_by", text("plan")),
        ("plan", text("t3.medium")),
        ("disk_gb", Value::Number(40)),
        ("os", text("ubuntu")),
        ("os_version", text("24.04")),
        ("open_ports", ports),
        ("budget", Value::Number(500)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

fn corpus() -> Vec<(Layer, Mutation)> {
    vec![
        (Layer::Answers, Answer("count", Some(text("two")))),
        (Layer::Answers, Answer("count", Some(Value::Number(0)))),
        (Layer::Answers, Answer("provider", Some(text("moon")))),
        (Layer::Answers, Answer("provider", None)),
        (Layer::Answers, Answer("plan", Some(text("t3.colossal")))),
        (Layer::Answers, Answer("name", Some(text("a\"b %{x}")))),
        (Layer::Answers, Answer("colour", Some(text("red")))),
        (Layer::Answers, Answer("cpu", Some(Value::Number(2)))),
        (
            Layer::Schema,
            Text(
                "security_groups = [",
                "subnets = [{ name = \"a\", cidr = \"10.1.0.0/24\" }], security_groups = [",
            ),
        ),
        (
            Layer::CrossField,
            Text(
                "servers =\n",
                "kubernetes = { name = \"k\", version = \"1.34\", networking.vpc_cidr = \"10.244.0.0/20\" }, servers =\n",
            ),
        ),
        (
            Layer::CrossField,
            Text("name = \"open-ports\"", "name = \"gone\""),
        ),
        (
            Layer::CrossField,
            Text("region = \"us-east-1\"", "region = \"us-moon-1\""),
        ),
        (
            Layer::CrossField,
            Text("plan = \"t3.medium\"", "plan = \"t3.colossal\""),
        ),
        (
            Layer::Render,
            Template("servers.ncl.tera", "{{ server.name }}", "{{ server.nickname }}"),
        ),
        (
            Layer::Render,
            Template(
                "servers.ncl.tera",
                "{{ server.name }}",
                "{{ server.name | no_such_filter }}",
            ),
        ),
        (Layer::Render, Template("servers.ncl.tera", "{% endfor %}", "")),
        (
            Layer::Render,
            Template(
                "servers.ncl.tera",
                "count = {{ server.count }}",
                "count = {% raw %}{{ count }}{% endraw %}",
            ),
        ),
        (
            Layer::Syntax,
            Template("servers.ncl.tera", "    spec = {\n", "    spec = [\n"),
        ),
        (Layer::Syntax, Text("count = 2,", "count = 2 2 =,")),
        (
            Layer::Syntax,
            Text("count = 2,", "count = import \"/etc/hosts\","),
        ),
        (Layer::Schema, Text("count = 2,", "count = 2, colour = \"red\",")),
        (Layer::Schema, Text("count = 2,", "count = \"two\",")),
        (Layer::Schema, Text("disk_gb = 40", "disk_gb = 4")),
        (
            Layer::Policy,
            Text("from_port = 443, to_port = 443", "from_port = 22, to_port = 22"),
        ),
        (
            Layer::Policy,
            Text(
                "from_port = 443, to_port = 443",
                "from_port = 5432, to_port = 5432",
            ),
        ),
        (Layer::Plan, Answer("budget", Some(Value::Number(1)))),
        (Layer::Plan, Answer("count", Some(Value::Number(500)))),
        (Layer::Plan, Text("currency = \"USD\"", "currency = \"EUR\"")),
    ]
}

#[tokio::test]
async fn each_mutation_is_caught_by_exactly_its_layer() {
    let world = World::new();
    assert_eq!(
        world.caught(None).await,
        BTreeSet::new(),
        "the answers to start from"
    );
    let mut wrong = Vec::new();
    let mut covered = BTreeSet::new();
    for (number, (layer, mutation)) in corpus().iter().enumerate() {
        let caught = world.caught(Some(mutation)).await;
        covered.insert(*layer);
        if caught != BTreeSet::from([*layer]) {
            wrong.push(format!(
                "mutation {number} is for {layer} and is caught by {caught:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(covered, Layer::ALL.into());
}
