//! `generate_from_form` and `wizard`: every form on the real evaluator, the command from outside, the server that asks.

mod asking;
mod command;
mod rendering;

use std::sync::Arc;

use provisioning::Embedded;
use provisioning::cost::PriceBook;
use provisioning::form::{Answers, Form};
use provisioning::intent::Catalogue;
use serde_json::{Value, json};

pub(crate) const SHIPPED: [&str; 5] = ["cluster", "database", "monitoring", "network", "server"];

pub(crate) fn catalogue() -> Catalogue {
    Catalogue::new(Arc::new(PriceBook::load(&Embedded).unwrap()), &Embedded)
}

pub(crate) fn form(name: &str, catalogue: &Catalogue) -> Form {
    Form::load(name, &Embedded, catalogue).unwrap()
}

/// The answer of the tool, which must be a configuration that holds.
pub(crate) async fn holds(gate: &toolcall::Gate, form: &str, answers: &Answers) -> Value {
    let arguments = json!({"form": form, "answers": answers});
    let output = testkit::call(gate, "generate_from_form", arguments)
        .await
        .unwrap_or_else(|error| panic!("{form} {answers:?}: {error:?}"));
    assert_eq!(
        output["valid"],
        true,
        "{form} {answers:?}: {:#}\n{}",
        output["errors"],
        output["config"].as_str().unwrap()
    );
    output
}
