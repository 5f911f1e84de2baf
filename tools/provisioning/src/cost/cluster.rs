//! What a Kubernetes cluster costs: as many plain servers as it has nodes.

use super::configuration::{Part, amount, text};
use super::machine::{self, Machines};
use super::plan::Rate;
use super::sheet::Sheet;
use super::site::{Site, Sites};
use super::{Error, Money, Needs, Provider};
use crate::Node;

/// Prices a cluster of the configuration.
pub(crate) fn cluster(sheet: &mut Sheet<'_>, sites: &Sites<'_>, part: &Part<'_>) -> Result<(), Error> {
    let site = sites.of(sheet, part)?;
    nodes(sheet, &site, part, "control_plane", "control plane")?;
    let rate = nodes(sheet, &site, part, "workers", "workers")?;
    if let Some(said) = growth(part, rate.as_ref())? {
        sheet.assume(said);
    }
    if let Some(note) = &site.provider.cluster_note {
        sheet.assume(format!("Kubernetes on {} is {note}", site.provider.name));
    }
    Ok(())
}

/// Prices the nodes of the record `field`; the answer is the rate of one.
fn nodes(
    sheet: &mut Sheet<'_>,
    site: &Site<'_>,
    part: &Part<'_>,
    field: &str,
    role: &str,
) -> Result<Option<Rate>, Error> {
    let path = format!("{}.{field}", part.address.path);
    let Some(node) = part.node.get(field) else {
        return Ok(None);
    };
    let asked = amount(node, &path, "count", 1)?.ok_or_else(|| Error::Field {
        path: format!("{path}.count"),
        problem: "is missing".to_owned(),
    })?;
    let scaling = scaling(node, &path)?;
    let count = scaling.map_or(asked, |scaling| scaling.clamp(asked));
    if let Some(Scaling { min, max }) = scaling.filter(|_| count != asked) {
        sheet.assume(format!(
            "`{path}.count` is {asked}, and autoscaling keeps it from {min} to {max}: {count} are estimated"
        ));
    }
    let word = text(node, "plan").ok_or_else(|| Error::Field {
        path: format!("{path}.plan"),
        problem: "is missing".to_owned(),
    })?;
    let disk = amount(node, &path, "disk_gb", 1)?;
    let mut assumptions = Vec::new();
    let (needs, plan) = match site.provider.cluster_plans.get(word) {
        Some(needs) => {
            assumptions.push(format!(
                "`{word}` is a node with {}",
                described(needs, site.provider)
            ));
            (*needs, None)
        }
        // Not a size word: a plan of the provider by its own name.
        None => (
            Needs {
                vcpu: 0,
                memory_mib: 0,
                disk_gb: 0,
            },
            Some((format!("{path}.plan"), word.to_owned())),
        ),
    };
    let needs = Needs {
        disk_gb: disk.unwrap_or(needs.disk_gb),
        ..needs
    };
    let machines = Machines {
        resource: &part.address,
        role,
        count,
        needs,
        plan,
        public_ip: false,
        assumptions,
    };
    machine::price(sheet, site, machines)
}

fn described(needs: &Needs, provider: &Provider) -> String {
    let memory = super::plan::gib(needs.memory_mib);
    format!(
        "{} vCPU, {memory} and {} GB of disk on {}",
        needs.vcpu, needs.disk_gb, provider.name
    )
}

/// Between how many nodes autoscaling keeps a group.
#[derive(Clone, Copy)]
struct Scaling {
    min: u64,
    max: u64,
}

impl Scaling {
    /// How many nodes there will be if `count` are asked for. The shipped contract lets no count outside through; a
    /// schema of the workspace may.
    fn clamp(self, count: u64) -> u64 {
        count.min(self.max).max(self.min)
    }
}

/// The autoscaling of the nodes `node`, if it is on.
fn scaling(node: &Node, path: &str) -> Result<Option<Scaling>, Error> {
    let enabled = node
        .at("auto_scaling.enabled")
        .and_then(Node::bool)
        .unwrap_or(false);
    if !enabled {
        return Ok(None);
    }
    let max = amount(node, path, "auto_scaling.max", 1)?;
    let min = amount(node, path, "auto_scaling.min", 1)?.unwrap_or(1);
    Ok(max.map(|max| Scaling { min, max }))
}

/// What autoscaling can make of the workers.
fn growth(part: &Part<'_>, rate: Option<&Rate>) -> Result<Option<String>, Error> {
    let path = format!("{}.workers", part.address.path);
    let Some(workers) = part.node.get("workers") else {
        return Ok(None);
    };
    let (Some(asked), Some(scaling)) = (amount(workers, &path, "count", 1)?, scaling(workers, &path)?) else {
        return Ok(None);
    };
    let (count, max) = (scaling.clamp(asked), scaling.max);
    if count == max {
        return Ok(Some(format!(
            "`{path}` scales by itself, and {count} is the most"
        )));
    }
    let mut said = format!("`{path}` scales by itself: {count} are estimated, up to {max} are possible");
    let more = rate.and_then(|rate| {
        let each = rate.found.price.times(rate.quantity)?;
        let added = each
            .times(i128::from(max.saturating_sub(count)))
            .and_then(Money::rounded)?;
        Some((rate.found.currency, added))
    });
    if let Some((currency, added)) = more {
        said.push_str(&format!(
            ", which adds {} a month before storage",
            currency.show(added)
        ));
    }
    Ok(Some(said))
}
