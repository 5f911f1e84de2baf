//! Arbitrary and nearly right forms: each is read or refused, and what is read takes any answers without a panic.

use std::panic::RefUnwindSafe;
use std::time::Duration;

use provisioning::form::{Answers, Form, Value};
use provisioning::intent::Catalogue;

use crate::forms::{catalogue, typed};

/// Pieces that forms are made of.
const PIECES: &[&str] = &[
    "id = \"toy\"\ntitle = \"T\"\ndescription = \"D\"\nversion = 1\n",
    "[[group]]\ntitle = \"G\"\n",
    "[[group.field]]\nlabel = \"L\"\n",
    "key = \"a\"\n",
    "key = \"b\"\n",
    "type = \"text\"\n",
    "type = \"integer\"\n",
    "type = \"choice\"\n",
    "type = \"choices\"\n",
    "type = \"secret\"\n",
    "type = \"nonsense\"\n",
    "sets = \"provider\"\n",
    "sets = \"region\"\n",
    "sets = \"servers.0.name\"\n",
    "sets = \"servers.63.count\"\n",
    "sets = \"clusters.0.addons.*\"\n",
    "options = { from = \"providers\" }\n",
    "options = { from = \"regions\" }\n",
    "options = [\"x\", \"y\"]\n",
    "default = \"aws\"\n",
    "default = 3\n",
    "default = [1, 2.5]\n",
    "defaults = [{ from = \"default_region\" }]\n",
    "defaults = [{ when = { field = \"a\", set = true }, value = 1 }]\n",
    "when = { field = \"a\", is = \"x\" }\n",
    "when = { all = [{ field = \"a\", set = true }, { not = { field = \"b\", in = [1] } }] }\n",
    "fixed = { \"servers.0.count\" = 2 }\n",
    "fixed = { \"servers.0\" = 2, region = {} }\n",
    "min = 1\n",
    "max = -9223372036854775808\n",
    "multiple_of = 0\n",
    "odd = true\n",
    "length = [0, 1]\n",
    "pattern = \"(a|b)*\"\n",
    "one_of = [1979-05-27, nan]\n",
    "optional = true\n",
    "\u{0}é\n",
];

struct Subject(Catalogue);

/// A panic ends the test, so nothing half done is ever looked at.
impl RefUnwindSafe for Subject {}

impl Subject {
    fn feed(&self, text: &str) {
        let Ok(form) = Form::read("forms/toy.toml", text, &self.0) else {
            return;
        };
        let lists = Answers::from([("a".to_owned(), Value::List(vec![Value::Number(i64::MIN)]))]);
        for answers in [
            Answers::new(),
            typed(&form, "a=aws;b=x;c=1"),
            typed(&form, "a=3;b=x,y"),
            lists,
        ] {
            let _ = form.check(&answers, &self.0);
            let _ = form.open(&answers, &self.0);
        }
    }
}

#[test]
fn arbitrary_forms() {
    let subject = Subject(catalogue());
    bolero::check!()
        .with_iterations(2_000)
        .with_test_time(Duration::from_secs(5))
        .for_each(|bytes: &[u8]| subject.feed(&String::from_utf8_lossy(bytes)));
}

#[test]
fn nearly_right_forms() {
    let subject = Subject(catalogue());
    bolero::check!()
        .with_iterations(5_000)
        .with_test_time(Duration::from_secs(10))
        .with_type::<Vec<u8>>()
        .for_each(|choices| {
            // The first pieces make a beginning of most of them.
            let start = [0_u8, 1, 2];
            let pieces = start
                .iter()
                .chain(choices)
                .map(|choice| PIECES[usize::from(*choice) % PIECES.len()]);
            subject.feed(&pieces.collect::<String>());
        });
}
