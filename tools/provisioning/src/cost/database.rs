//! What databases cost that a provider runs: the nodes, the storage of each; backups are billed by use.

use super::configuration::{Part, amount, on_servers, text};
use super::plan;
use super::sheet::{Item, Sheet};
use super::site::{Site, Sites};
use super::{Charge, Error, Reason, Unit};

/// What the price lists know of the databases of a provider.
struct Service {
    provider: &'static str,
    /// Engines that the prices are of: another engine costs something else.
    engines: &'static [&'static str],
    storage: &'static str,
    backup: &'static str,
}

const SERVICES: [Service; 1] = [Service {
    provider: "aws",
    engines: &["mysql"],
    storage: "rds-gp2",
    backup: "rds-backup",
}];

/// Prices a database of the configuration.
pub(crate) fn database(sheet: &mut Sheet<'_>, sites: &Sites<'_>, part: &Part<'_>) -> Result<(), Error> {
    let resource = &part.address;
    if on_servers(part.node) {
        sheet.free(resource, "", "it runs on servers, which are priced by themselves");
        return Ok(());
    }
    let Some(site) = sites.of_store(sheet, part)? else {
        return Ok(());
    };
    if site.provider.charge == Charge::Parts {
        sheet.free(resource, "", "no provider bills your own machines");
        return Ok(());
    }
    let Some(service) = SERVICES
        .iter()
        .find(|service| service.provider == site.provider.name)
    else {
        sheet.no_price(&site, resource, "", "databases", "");
        return Ok(());
    };
    let engine = text(part.node, "engine").unwrap_or("postgresql");
    if !service.engines.contains(&engine) {
        let detail = format!(
            "the price lists of {} have databases of {} only, not of {engine}",
            site.provider.name,
            service.engines.join(", ")
        );
        sheet.unpriced(resource, "", Reason::NoPrice, detail, Vec::new());
        return Ok(());
    }
    let path = &resource.path;
    let replicas = amount(part.node, path, "replicas", 1)?.unwrap_or(0);
    let nodes = i128::from(replicas) + 1;
    instances(sheet, &site, part, nodes)?;
    if let Some(disk) = amount(part.node, path, "disk_gb", 1)?.filter(|disk| *disk > 0) {
        let note = "general-purpose storage of each node".to_owned();
        let gigabytes = i128::from(disk).checked_mul(nodes);
        sheet.kept(&site, resource, service.storage, gigabytes, vec![note])?;
    }
    sheet.usage(&site, resource, "backups", service.backup, Unit::GbMonth);
    Ok(())
}

fn instances(sheet: &mut Sheet<'_>, site: &Site<'_>, part: &Part<'_>, nodes: i128) -> Result<(), Error> {
    let resource = &part.address;
    let Some(sku) = text(part.node, "plan") else {
        let detail = "nobody lists what the plans of databases have; name a `plan`, such as `db.t3.small`";
        sheet.unpriced(
            resource,
            "instances",
            Reason::NoPlan,
            detail.to_owned(),
            Vec::new(),
        );
        return Ok(());
    };
    let Some(rate) = plan::rate(sheet.book, site.provider, &site.region, sku, sheet.date) else {
        sheet.no_price(site, resource, "instances", &format!("`{sku}`"), sku);
        return Ok(());
    };
    let item = Item {
        resource,
        component: "instances".to_owned(),
        sku,
        quantity: rate.quantity.checked_mul(nodes),
        count: nodes,
    };
    let note = "each replica is billed as a node of its own".to_owned();
    sheet.line(site, item, rate.found, vec![note])
}
