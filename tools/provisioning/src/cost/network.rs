//! What a network costs: nothing for itself, something for its gateways and load balancers.

use super::configuration::{Part, amount};
use super::plan;
use super::sheet::{Item, Sheet};
use super::site::{Site, Sites};
use super::{Charge, Error, Unit};

/// Prices the network of the configuration.
pub(crate) fn network(sheet: &mut Sheet<'_>, sites: &Sites<'_>, part: &Part<'_>) -> Result<(), Error> {
    let path = &part.address.path;
    let gateways = amount(part.node, path, "nat_gateways", 1)?.unwrap_or(0);
    let balancers = amount(part.node, path, "load_balancers", 1)?.unwrap_or(0);
    sheet.free(
        &part.address,
        "network, subnets, security groups",
        "providers do not bill them",
    );
    // Only what is billed needs a provider.
    if gateways == 0 && balancers == 0 {
        return Ok(());
    }
    let site = sites.of(sheet, part)?;
    device(sheet, &site, part, &NAT_GATEWAY, gateways)?;
    device(sheet, &site, part, &LOAD_BALANCER, balancers)
}

/// A device of a network: billed by the hour, and by what it carries.
struct Device {
    component: &'static str,
    sku: &'static str,
    note: &'static str,
    usage: &'static str,
    usage_sku: &'static str,
    usage_unit: Unit,
}

const NAT_GATEWAY: Device = Device {
    component: "NAT gateways",
    sku: "nat-gateway",
    note: "without the data that they carry",
    usage: "NAT gateway data",
    usage_sku: "nat-data",
    usage_unit: Unit::Gb,
};

const LOAD_BALANCER: Device = Device {
    component: "load balancers",
    sku: "alb",
    note: "priced as application load balancers, without what they carry",
    usage: "load balancer capacity",
    usage_sku: "alb-lcu",
    usage_unit: Unit::UnitMonth,
};

fn device(
    sheet: &mut Sheet<'_>,
    site: &Site<'_>,
    part: &Part<'_>,
    device: &Device,
    count: u64,
) -> Result<(), Error> {
    let resource = &part.address;
    if count == 0 {
        return Ok(());
    }
    if site.provider.charge == Charge::Parts {
        sheet.free(resource, device.component, "no provider bills your own machines");
        return Ok(());
    }
    let Some(rate) = plan::rate(sheet.book, site.provider, &site.region, device.sku, sheet.date) else {
        sheet.no_price(site, resource, device.component, device.component, device.sku);
        return Ok(());
    };
    let count = i128::from(count);
    let item = Item {
        resource,
        component: device.component.to_owned(),
        sku: device.sku,
        quantity: rate.quantity.checked_mul(count),
        count,
    };
    sheet.line(site, item, rate.found, vec![device.note.to_owned()])?;
    sheet.usage(site, resource, device.usage, device.usage_sku, device.usage_unit);
    Ok(())
}
