//! Forms: the shipped ones, what is refused of a definition, and what becomes of answers.

mod answers;
mod definitions;

use std::sync::Arc;

use provisioning::Embedded;
use provisioning::cost::PriceBook;
use provisioning::form::{Answers, Form, Value};
use provisioning::intent::Catalogue;

/// The shipped forms.
pub(crate) const SHIPPED: [&str; 5] = ["cluster", "database", "monitoring", "network", "server"];

pub(crate) fn catalogue() -> Catalogue {
    Catalogue::new(Arc::new(PriceBook::load(&Embedded).unwrap()), &Embedded)
}

pub(crate) fn form(name: &str) -> Form {
    Form::load(name, &Embedded, &catalogue()).unwrap_or_else(|error| panic!("{error}"))
}

/// Answers as somebody typed them: `key=value`, divided by `;`.
pub(crate) fn typed(form: &Form, text: &str) -> Answers {
    let pairs = text.split(';').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap();
            let value = form
                .field(key)
                .map_or_else(|| Value::from(value), |field| field.kind.read(value));
            (key.to_owned(), value)
        })
        .collect()
}
