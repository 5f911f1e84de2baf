//! What volumes cost: their size, at the price of the storage that the provider's machines have too.

use super::configuration::{Part, required, text};
use super::sheet::Sheet;
use super::site::Sites;
use super::{Charge, Error};

/// The tier that a provider's usual storage is.
const USUAL: &str = "ssd";

/// Prices a volume of the configuration.
pub(crate) fn volume(sheet: &mut Sheet<'_>, sites: &Sites<'_>, part: &Part<'_>) -> Result<(), Error> {
    let resource = &part.address;
    let Some(site) = sites.of_store(sheet, part)? else {
        return Ok(());
    };
    if site.provider.charge == Charge::Parts {
        sheet.free(resource, "", "no provider bills your own machines");
        return Ok(());
    }
    let tier = text(part.node, "tier").unwrap_or(USUAL);
    let Some(sku) = site.provider.disk.as_deref().filter(|_| tier == USUAL) else {
        sheet.no_price(&site, resource, "", &format!("volumes of the tier `{tier}`"), "");
        return Ok(());
    };
    let size = required(part.node, &resource.path, "size_gb", 1)?;
    let note = "at the price of the usual storage, without operations beyond what it includes".to_owned();
    sheet.kept(&site, resource, sku, Some(i128::from(size)), vec![note])
}
