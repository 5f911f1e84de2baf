//! How long it takes from a description to files that are validated and priced, and what the description adds.

use std::time::Instant;

use serde_json::{Map, json};

use super::Bench;
use super::report::Report;
use super::servers::milliseconds;
use crate::failure::Failure;
use crate::wire::{Answer, Era, Pipe};

/// Descriptions, from a line to what somebody writes who knows what they want.
const DESCRIPTIONS: [&str; 6] = [
    "a server on AWS",
    "Create a 3-node K8s cluster with Cilium on UpCloud",
    "Crea un clúster de Kubernetes de 3 nodos con Cilium en UpCloud",
    "a Postgres 16 database with 2 replicas and 30 days of backups on Hetzner",
    "5 web servers with 4 vCPU and 8 GB of RAM, Debian 12, behind a load balancer, on AWS in eu-central-1",
    "an HA Kubernetes cluster with 5 workers, 3 web servers and a Postgres database for production on AWS, \
     tagged team=shop, at most 2000 USD a month",
];

/// Generates each once.
pub(super) async fn round(bench: &Bench<'_>, report: &mut Report) -> Result<(), Failure> {
    let mut prov = Pipe::start(&bench.serve("prov", &[]), Era::Stateless).await?;
    let mut first = true;
    for description in DESCRIPTIONS {
        let arguments = Map::from_iter([("description".to_owned(), json!(description))]);
        if std::mem::take(&mut first) {
            prov.call("generate_config", &arguments).await?;
        }
        let began = Instant::now();
        let answer = prov.call("generate_config", &arguments).await?;
        let generated = milliseconds(began);
        let config = match &answer {
            Answer::Result(output) if output.get("valid") == Some(&json!(true)) => {
                output.get("config").cloned().unwrap_or_default()
            }
            other => {
                return Err(Failure::new(format!(
                    "`{description}` is not generated: {other:?}"
                )));
            }
        };
        let arguments = Map::from_iter([("config".to_owned(), config)]);
        let began = Instant::now();
        prov.call("validate_config", &arguments).await?;
        let validated = milliseconds(began);
        report.add(
            "generate, validate and price",
            "ms",
            "prov, from a description",
            [generated],
        );
        report.add(
            "generate, validate and price",
            "ms",
            "prov, validation alone",
            [validated],
        );
    }
    prov.leave().await;
    Ok(())
}
