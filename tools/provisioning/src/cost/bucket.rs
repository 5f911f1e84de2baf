//! What buckets cost: their content, if somebody says how much it is; requests are billed by use.

use super::configuration::{Part, amount, text};
use super::sheet::Sheet;
use super::site::Sites;
use super::{Charge, Error, Unit};

/// Skus of the classes of storage, by provider.
const CLASSES: [(&str, &str, &str); 3] = [
    ("aws", "standard", "s3-standard"),
    ("aws", "infrequent", "s3-ia"),
    ("aws", "archive", "s3-glacier-flexible"),
];
/// Skus of a thousand requests, by provider.
const REQUESTS: [(&str, &str, &str); 2] = [
    ("aws", "write requests", "s3-put"),
    ("aws", "read requests", "s3-get"),
];

/// Prices a bucket of the configuration.
pub(crate) fn bucket(sheet: &mut Sheet<'_>, sites: &Sites<'_>, part: &Part<'_>) -> Result<(), Error> {
    let resource = &part.address;
    let Some(site) = sites.of_store(sheet, part)? else {
        return Ok(());
    };
    if site.provider.charge == Charge::Parts {
        sheet.free(resource, "", "no provider bills your own machines");
        return Ok(());
    }
    let class = text(part.node, "storage_class").unwrap_or("standard");
    let provider = site.provider.name.as_str();
    let sku = CLASSES
        .iter()
        .find(|(of, name, _)| *of == provider && *name == class)
        .map(|(_, _, sku)| *sku);
    let Some(sku) = sku else {
        sheet.no_price(&site, resource, "", "object storage", "");
        return Ok(());
    };
    match amount(part.node, &resource.path, "size_gb", 1)?.filter(|size| *size > 0) {
        Some(size) => {
            let note = "the content that is expected, all month".to_owned();
            sheet.kept(&site, resource, sku, Some(i128::from(size)), vec![note])?;
        }
        None => sheet.usage(&site, resource, "storage", sku, Unit::GbMonth),
    }
    for (_, component, sku) in REQUESTS.iter().filter(|(of, ..)| *of == provider) {
        sheet.usage(&site, resource, component, sku, Unit::Requests1000);
    }
    Ok(())
}
