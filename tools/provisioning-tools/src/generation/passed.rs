//! The layers on the wire: how far a configuration came, and what each layer says.

use provisioning::layers::{Layer, Proof};
use schemars::JsonSchema;
use serde::Serialize;

/// One of the seven layers.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Passed {
    /// Its place: 1 answers, 2 cross-field, 3 render, 4 syntax, 5 schema, 6 policy, 7 plan.
    layer: u8,
    /// Its name.
    name: &'static str,
    /// How it ended.
    result: Ended,
    /// How many errors and warnings are of it; they say its name in `layer`.
    findings: usize,
}

/// How a layer ended.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Ended {
    /// Nothing to say.
    Held,
    /// There are findings.
    Found,
    /// It could not run, because of an earlier one.
    NotReached,
}

/// Every layer of `proof`. The first three had nothing to refuse, or there would be no text.
pub(super) fn passed(proof: &Proof) -> Vec<Passed> {
    let each = |layer: Layer| {
        let findings = proof.findings.iter().filter(|(of, _)| *of == layer).count();
        Passed {
            layer: layer.number(),
            name: layer.name(),
            result: match findings {
                _ if layer > proof.reached => Ended::NotReached,
                0 => Ended::Held,
                _ => Ended::Found,
            },
            findings,
        }
    };
    Layer::ALL.map(each).into()
}
