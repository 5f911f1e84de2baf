//! That the provider has the regions and plans that are named, by what `prices/` knows of it.
//!
//! Plans of a provider without price lists (`charge = "unknown"`) are not checked: nothing is known of them.

use super::tree::{Found, all, listed};
use crate::cost::{Charge, Plan, PriceBook, Provider, nearest};
use crate::{Diagnostic, Node};

/// Groups whose resources may name a provider and a region of their own.
const GROUPS: [&str; 9] = [
    "servers[]",
    "kubernetes",
    "clusters[]",
    "server_clusters[]",
    "load_balancers[]",
    "databases[]",
    "caches[]",
    "object_storage[]",
    "volumes[]",
];

/// Groups whose `plan` is one of a server.
const MACHINES: [&str; 2] = ["servers[]", "server_clusters[]"];

/// Where the settings of a provider name a region.
const SETTINGS: [(&str, &str); 3] = [
    ("aws", "providers.aws.region"),
    ("hetzner", "providers.hetzner.location"),
    ("upcloud", "providers.upcloud.zone"),
];

/// Reports regions and plans that the provider does not have.
pub(super) fn known(configuration: &Node, book: &PriceBook, findings: &mut Vec<Diagnostic>) {
    let common = configuration.get("provider").and_then(Node::text);
    let common_region = configuration.get("region").and_then(Node::text);
    let provider = |name: Option<&str>| book.provider(name?);
    if let (Some(provider), Some(found)) = (provider(common), all(configuration, "region").first()) {
        region(found, provider, findings);
    }
    for group in GROUPS {
        for resource in all(configuration, group) {
            let own = resource.text("provider").or(common);
            let Some(provider) = provider(own) else { continue };
            if let Some(found) = resource.field("region") {
                // What it has from the top was looked at there.
                if own != common || found.node.text() != common_region {
                    region(&found, provider, findings);
                }
            }
            if let Some(found) = resource.field("plan")
                && MACHINES.contains(&group)
            {
                plan(&found, provider, book, findings);
            }
        }
    }
    for (name, field) in SETTINGS {
        if let (Some(provider), Some(found)) = (provider(Some(name)), all(configuration, field).first()) {
            region(found, provider, findings);
        }
    }
}

fn region(found: &Found<'_>, provider: &Provider, findings: &mut Vec<Diagnostic>) {
    let Some(name) = found.node.text() else { return };
    if provider.regions.is_empty() || provider.regions.contains_key(name) {
        return;
    }
    let regions = || provider.regions.keys().map(String::as_str);
    let hint = match nearest(name, regions()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its regions are {}", listed(regions())),
    };
    findings.push(found.finding(
        "unknown_region",
        &format!(
            "names the region `{name}`, which `{}` does not have",
            provider.name
        ),
        "a region must be in the provider's catalogue",
        hint,
    ));
}

fn plan(found: &Found<'_>, provider: &Provider, book: &PriceBook, findings: &mut Vec<Diagnostic>) {
    let Some(name) = found.node.text() else { return };
    let by_size = || provider.named_by_size && Plan::from_name(name).is_some();
    // Where machines are not billed by plan, a plan is only a word.
    if provider.charge != Charge::Plans
        || book.plan(provider, name).is_some()
        || by_size()
        || book.has_price(provider, name)
    {
        return;
    }
    let hint = match book.nearest_plan(provider, name) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "leave `plan` out to get the cheapest that fits".to_owned(),
    };
    findings.push(found.finding(
        "unknown_plan",
        &format!("names the plan `{name}`, which `{}` does not have", provider.name),
        "a plan must be in the provider's catalogue",
        hint,
    ));
}
