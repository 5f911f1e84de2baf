//! The estimate: what is in it, and how the parts of a configuration get there.

use std::sync::Arc;

use jiff::civil::Date;

use super::book::PriceBook;
use super::configuration::{self, Kind};
use super::sheet::Sheet;
use super::site::Sites;
use super::{Confidence, Currency, Error, Money, Unit, cluster, machine, network};
use super::{bucket, cache, database, volume};
use crate::Node;

/// What the call says beside the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// For resources of which the configuration names no region.
    pub region: Option<String>,
    /// The day whose prices count, usually today.
    pub date: Date,
}

/// What a month costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// What is billed, in the order of the configuration.
    pub lines: Vec<Line>,
    /// What is billed but has no known price, or depends on usage. Not zero.
    pub unpriced: Vec<Unpriced>,
    /// What is not billed.
    pub free: Vec<Free>,
    /// The sum of the lines per currency, by its code.
    pub totals: Vec<Total>,
    /// Whether anything is unpriced: the totals are then a lower bound.
    pub incomplete: bool,
    /// What was assumed for the whole configuration.
    pub assumptions: Vec<String>,
    /// How many resources came out how.
    pub counts: Counts,
    /// [`PriceBook::version`].
    pub prices_version: String,
    /// The oldest price date of the lines.
    pub oldest: Option<Date>,
    /// The newest price date of the lines.
    pub newest: Option<Date>,
    /// The files that took part, embedded or from the workspace.
    pub origins: Vec<Origin>,
}

/// Something billed. `monthly` is `quantity` times `price`, rounded once to hundredths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it belongs to.
    pub resource: Address,
    /// What of it, such as `instance` or `workers disk`.
    pub component: String,
    /// The provider.
    pub provider: String,
    /// The region.
    pub region: String,
    /// The provider's name for it.
    pub sku: String,
    /// Units billed in a month, all machines together.
    pub quantity: i128,
    /// What `price` is for.
    pub unit: Unit,
    /// For one unit.
    pub price: Money,
    /// For one hour of all machines, where the unit is an hour.
    pub hourly: Option<Money>,
    /// For a month.
    pub monthly: Money,
    /// The currency of the three.
    pub currency: Currency,
    /// Where the price comes from, with its date and confidence.
    pub source: Arc<PriceSource>,
    /// What was assumed for this line.
    pub assumptions: Vec<String>,
}

/// Something whose cost is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpriced {
    /// What it belongs to.
    pub resource: Address,
    /// What of it.
    pub component: String,
    /// Why.
    pub reason: Reason,
    /// Why, in words.
    pub detail: String,
    /// What is known all the same, such as the regions that have a price.
    pub known: Vec<String>,
}

/// Why something has no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No list has a price for this sku, region and day.
    NoPrice,
    /// It is billed by use, which a configuration does not say.
    Usage,
    /// No plan is large enough.
    NoPlan,
    /// There is no rule for this kind of resource, or a needed fact is missing.
    NoRule,
}

/// Something that is not billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// What it belongs to.
    pub resource: Address,
    /// What of it.
    pub component: String,
    /// Why.
    pub reason: String,
}

/// A resource of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The kind, such as `servers`.
    pub kind: String,
    /// The place in the configuration, such as `servers[0]`.
    pub path: String,
    /// Its name, if it has one.
    pub name: Option<String>,
}

/// A sum in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The currency.
    pub currency: Currency,
    /// The sum of the lines' `monthly`.
    pub monthly: Money,
}

/// Resources by outcome. `estimated`, `free` and `unpriced` add up to `resources`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All.
    pub resources: usize,
    /// With at least one line.
    pub estimated: usize,
    /// Of these, with something unpriced too.
    pub partly: usize,
    /// Not billed.
    pub free: usize,
    /// Without a line and with something unpriced.
    pub unpriced: usize,
}

/// Where a price comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceSource {
    /// The file below `prices/`.
    pub file: String,
    /// `builtin` or the workspace path.
    pub origin: String,
    /// The source in words.
    pub text: String,
    /// The source's address.
    pub url: Option<String>,
    /// Its terms.
    pub license: String,
    /// The day from which the price is known to hold.
    pub date: Date,
    /// How much it is to be believed.
    pub confidence: Confidence,
    /// What to keep in mind.
    pub caution: Option<String>,
}

/// A file of `prices/` that took part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The path below `prices/`.
    pub file: String,
    /// `builtin` or the workspace path.
    pub origin: String,
    /// Whose it is; absent for `providers.toml`.
    pub provider: Option<String>,
    /// The date written in it.
    pub date: Option<Date>,
    /// Whether it has prices; otherwise plans or rules.
    pub prices: bool,
}

/// Estimates what `configuration` costs a month with the prices of `book`.
///
/// `configuration` is a record with `servers`, `kubernetes` clusters, networks and load balancers, or a single
/// server or cluster.
///
/// # Errors
/// An unknown provider, region or plan, a field that cannot be read, or a sum too large. A price that is not known
/// is no error: it is in `unpriced`.
pub fn estimate(configuration: &Node, book: &PriceBook, options: &Options) -> Result<Estimate, Error> {
    let parts = configuration::parts(configuration);
    let sites = Sites::new(configuration, &parts, book, options)?;
    let mut sheet = Sheet::new(book, options);
    for part in &parts {
        match part.kind {
            Kind::Server => machine::server(&mut sheet, &sites, part)?,
            Kind::Cluster => cluster::cluster(&mut sheet, &sites, part)?,
            Kind::Network => network::network(&mut sheet, &sites, part)?,
            Kind::Database => database::database(&mut sheet, &sites, part)?,
            Kind::Cache => cache::cache(&mut sheet, &sites, part)?,
            Kind::Bucket => bucket::bucket(&mut sheet, &sites, part)?,
            Kind::Volume => volume::volume(&mut sheet, &sites, part)?,
            Kind::Other => {
                sheet.unpriced(
                    &part.address,
                    "",
                    Reason::NoRule,
                    "no rule prices this kind of resource".to_owned(),
                    vec![],
                );
            }
        }
    }
    sites.explain(&mut sheet);
    sheet.close()
}
