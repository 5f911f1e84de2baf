//! What caches cost: nothing beside the servers that they run on. No price list has those that a provider runs.

use super::configuration::{Part, on_servers, text};
use super::sheet::Sheet;
use super::site::Sites;
use super::{Charge, Error};

/// Prices a cache of the configuration.
pub(crate) fn cache(sheet: &mut Sheet<'_>, sites: &Sites<'_>, part: &Part<'_>) -> Result<(), Error> {
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
    let sku = text(part.node, "plan").unwrap_or_default();
    sheet.no_price(&site, resource, "", "caches", sku);
    Ok(())
}
