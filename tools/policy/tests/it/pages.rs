//! What is generated for people.

use std::path::Path;

use policy::{Policy, matrix, schema};
use toolcall::{Catalog, Effect};

use crate::catalogue::{catalogue, toys};

fn snapshot(name: &str, actual: &str) {
    testkit::snapshot(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/snapshots")
            .join(name),
        actual,
    );
}

#[test]
fn the_schema() {
    snapshot("schema.cedarschema", &schema(&toys()));
}

#[test]
fn the_matrix() {
    snapshot(
        "matrix.md",
        &matrix(&Policy::load(&toys(), &[]).unwrap(), &toys()),
    );
}

#[test]
fn a_kind_that_cedar_cannot_name_is_the_executables_fault() {
    for kind in ["", "has space", "User", "if"] {
        let catalog: Catalog = catalogue(&[("toys_x", Effect::Read, kind)]);
        let error = Policy::load(&catalog, &[])
            .err()
            .unwrap_or_else(|| panic!("loaded with kind {kind:?}"));
        assert_eq!(
            error.to_string(),
            "cannot make a policy schema from the tools of this executable"
        );
    }
}
