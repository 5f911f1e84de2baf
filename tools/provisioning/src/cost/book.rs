//! The price book: every list of `prices/`, read once, searched by provider, sku, region, unit and day.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::civil::Date;

use super::list::{self, List, PriceRow, Rows};
use super::provider::{self, Provider};
use super::{Currency, Error, Money, Origin, Plan, PriceSource, Unit, nearest};
use crate::{Asset, AssetKind, Assets};

/// The region of a price whose source names none.
const ANY_REGION: &str = "*";

/// Providers, plans and prices.
#[derive(Debug)]
pub struct PriceBook {
    providers: Vec<Provider>,
    /// Sorted by provider and sku, then by the rest of the key.
    prices: Vec<Price>,
    /// Sorted by provider and sku.
    plans: Vec<(usize, Plan)>,
    origins: Vec<Origin>,
    version: String,
}

/// A price that applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// For one of the unit.
    pub price: Money,
    /// Its currency.
    pub currency: Currency,
    /// What it is for.
    pub unit: Unit,
    /// The source names no region, and the price is taken for all.
    pub any_region: bool,
    /// Where it comes from.
    pub source: Arc<PriceSource>,
}

#[derive(Debug)]
struct Price {
    provider: usize,
    row: PriceRow,
    currency: Currency,
    valid_to: Option<Date>,
    source: Arc<PriceSource>,
}

impl Price {
    /// What may occur once.
    fn key(&self) -> (usize, &str, &str, Unit, Currency, Date) {
        (
            self.provider,
            &self.row.sku,
            &self.row.region,
            self.row.unit,
            self.currency,
            self.source.date,
        )
    }

    fn applies(&self, date: Date) -> bool {
        self.source.date <= date && self.valid_to.is_none_or(|end| date < end)
    }
}

impl PriceBook {
    /// Reads every price file of `assets`, strictly.
    ///
    /// # Errors
    /// [`Error::File`] names the first file and line that is not as `prices/README.md` says.
    pub fn load(assets: &dyn Assets) -> Result<Self, Error> {
        let mut files = assets.load(AssetKind::Price).map_err(|error| Error::File {
            file: error.place().rsplit('/').next().unwrap_or_default().to_owned(),
            origin: error.place().to_owned(),
            line: 1,
            problem: error.to_string(),
        })?;
        files.sort_by(|left, right| left.path.cmp(&right.path));
        let described = files
            .iter()
            .find(|asset| asset.path == provider::FILE)
            .ok_or_else(|| Error::File {
                file: provider::FILE.to_owned(),
                origin: "builtin".to_owned(),
                line: 1,
                problem: "there is no such file".to_owned(),
            })?;
        let mut book = Self {
            providers: provider::read(described)?,
            prices: Vec::new(),
            plans: Vec::new(),
            origins: vec![Origin {
                file: described.path.clone(),
                origin: described.origin.clone(),
                provider: None,
                date: None,
                prices: false,
            }],
            version: String::new(),
        };
        for asset in files.iter().filter(|asset| asset.path.ends_with(".tsv")) {
            book.add(asset, list::read(asset)?)?;
        }
        book.finish(&files)?;
        Ok(book)
    }

    /// Every provider, in the order of `providers.toml`.
    #[must_use]
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The provider of that name.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    /// Every known plan of `provider`, by name.
    pub fn plans(&self, provider: &Provider) -> impl Iterator<Item = &Plan> {
        let of = self.index(provider);
        let start = self.plans.partition_point(|(index, _)| Some(*index) < of);
        self.plans
            .iter()
            .skip(start)
            .take_while(move |(index, _)| Some(*index) == of)
            .map(|(_, plan)| plan)
    }

    /// The plan `sku` of `provider`, if it is listed.
    #[must_use]
    pub fn plan(&self, provider: &Provider, sku: &str) -> Option<&Plan> {
        let of = self.index(provider)?;
        let at = self
            .plans
            .binary_search_by(|(index, plan)| (*index, plan.sku.as_str()).cmp(&(of, sku)))
            .ok()?;
        self.plans.get(at).map(|(_, plan)| plan)
    }

    /// The price of one `unit` of `sku` in `region` on `date`. Never another region's: only if nothing is known for
    /// the region, a price whose source names none. The provider's own currency first, then the newest.
    #[must_use]
    pub fn find(
        &self,
        provider: &Provider,
        sku: &str,
        region: &str,
        unit: Unit,
        date: Date,
    ) -> Option<Found> {
        let best = |wanted: &str| {
            self.of(provider, sku)
                .filter(|price| &*price.row.region == wanted && price.row.unit == unit && price.applies(date))
                .max_by_key(|price| {
                    (
                        price.currency == provider.currency,
                        price.source.date,
                        price.currency,
                    )
                })
        };
        let price = best(region).or_else(|| best(ANY_REGION))?;
        Some(Found {
            price: price.row.price,
            currency: price.currency,
            unit,
            any_region: &*price.row.region == ANY_REGION,
            source: Arc::clone(&price.source),
        })
    }

    /// What is known of `sku` where it has no price on `date`: other regions and other days, as fragments.
    #[must_use]
    pub fn known(&self, provider: &Provider, sku: &str, region: &str, date: Date) -> Vec<String> {
        let mut known = Vec::new();
        let mut regions: Vec<&str> = Vec::new();
        for price in self.of(provider, sku) {
            if price.applies(date) {
                regions.push(&price.row.region);
            } else if &*price.row.region == region || &*price.row.region == ANY_REGION {
                known.push(format!(
                    "`{sku}` has a price from {}, which does not cover {date}",
                    price.source.date
                ));
            }
        }
        regions.dedup();
        if !regions.is_empty() {
            known.push(format!("`{sku}` has a price in {}", regions.join(", ")));
        }
        known
    }

    /// Whether any list has a price for `sku`.
    pub(crate) fn has_price(&self, provider: &Provider, sku: &str) -> bool {
        self.of(provider, sku).next().is_some()
    }

    /// The listed plan with the most likely name.
    pub(crate) fn nearest_plan(&self, provider: &Provider, sku: &str) -> Option<String> {
        nearest(sku, self.plans(provider).map(|plan| plan.sku.as_str()))
    }

    /// The date of the newest plan list of `provider`.
    pub(crate) fn plans_listed(&self, provider: &Provider) -> Option<Date> {
        let lists = self.origins.iter().filter(|origin| !origin.prices);
        lists
            .filter(|origin| origin.provider.as_deref() == Some(&provider.name))
            .filter_map(|origin| origin.date)
            .max()
    }

    /// Every file that was read.
    #[must_use]
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The newest date of any price list and a fingerprint of all files: the same version means the same prices.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The newest price date of all lists.
    #[must_use]
    pub fn newest(&self) -> Option<Date> {
        self.origins
            .iter()
            .filter(|origin| origin.prices)
            .filter_map(|origin| origin.date)
            .max()
    }

    fn of(&self, provider: &Provider, sku: &str) -> impl Iterator<Item = &Price> {
        let of = self.index(provider);
        let place = move |price: &Price| {
            Some(price.provider)
                .cmp(&of)
                .then_with(|| (*price.row.sku).cmp(sku))
        };
        let start = self
            .prices
            .partition_point(|price| place(price) == Ordering::Less);
        self.prices
            .iter()
            .skip(start)
            .take_while(move |price| place(price) == Ordering::Equal)
    }

    fn index(&self, provider: &Provider) -> Option<usize> {
        self.providers
            .iter()
            .position(|other| other.name == provider.name)
    }

    fn add(&mut self, asset: &Asset, list: List) -> Result<(), Error> {
        let name = &list.header.provider;
        let found = self
            .providers
            .iter()
            .enumerate()
            .find(|(_, provider)| provider.name == *name);
        let Some((index, provider)) = found else {
            return Err(list::file_error(
                asset,
                1,
                format!("`{}` does not describe `{name}`", provider::FILE),
            ));
        };
        self.origins.push(Origin {
            file: asset.path.clone(),
            origin: asset.origin.clone(),
            provider: Some(name.clone()),
            date: Some(list.valid_from),
            prices: matches!(list.rows, Rows::Prices(..)),
        });
        match list.rows {
            Rows::Plans(plans) => self.plans.extend(plans.into_iter().map(|plan| (index, plan))),
            Rows::Prices(currency, rows) => {
                let source = Arc::new(PriceSource {
                    file: asset.path.clone(),
                    origin: asset.origin.clone(),
                    text: list.header.source,
                    url: list.header.url,
                    license: list.header.license,
                    date: list.valid_from,
                    confidence: list.header.confidence,
                    caution: list.header.caution,
                });
                for row in rows {
                    if &*row.region != ANY_REGION {
                        provider
                            .check_region("region", &row.region)
                            .map_err(|error| list::file_error(asset, row.line, error.to_string()))?;
                    }
                    let source = Arc::clone(&source);
                    self.prices.push(Price {
                        provider: index,
                        row,
                        currency,
                        valid_to: list.valid_to,
                        source,
                    });
                }
            }
        }
        Ok(())
    }

    /// Sorts, refuses duplicates, and names the version.
    fn finish(&mut self, files: &[Asset]) -> Result<(), Error> {
        self.prices.sort_by(|left, right| left.key().cmp(&right.key()));
        for pair in self.prices.windows(2) {
            if let [first, second] = pair
                && first.key() == second.key()
            {
                return Err(Error::File {
                    file: second.source.file.clone(),
                    origin: second.source.origin.clone(),
                    line: second.row.line,
                    problem: format!(
                        "`{}` in `{}` per {} is given twice for {}: also in `{}`, line {}",
                        second.row.sku,
                        second.row.region,
                        second.row.unit,
                        second.source.date,
                        first.source.file,
                        first.row.line
                    ),
                });
            }
        }
        self.plans
            .sort_by(|(left, a), (right, b)| (left, &a.sku).cmp(&(right, &b.sku)));
        self.refuse_plans_listed_twice()?;
        let newest = self
            .newest()
            .map_or_else(|| "undated".to_owned(), |date| date.to_string());
        self.version = format!("{newest}-{:016x}", fingerprint(files));
        Ok(())
    }

    fn refuse_plans_listed_twice(&self) -> Result<(), Error> {
        let twice = self.plans.windows(2).find_map(|pair| match pair {
            [(left, first), (right, second)] if left == right && first.sku == second.sku => {
                Some((*right, second))
            }
            _ => None,
        });
        let Some((index, plan)) = twice else { return Ok(()) };
        let name = self.providers.get(index).map(|provider| provider.name.as_str());
        let last = self
            .origins
            .iter()
            .rfind(|origin| !origin.prices && origin.provider.as_deref() == name);
        Err(Error::File {
            file: last.map(|origin| origin.file.clone()).unwrap_or_default(),
            origin: last.map(|origin| origin.origin.clone()).unwrap_or_default(),
            line: 1,
            problem: format!("plan `{}` is listed twice", plan.sku),
        })
    }
}

/// FNV-1a over names and texts: not against tampering, only to tell two sets of files apart.
fn fingerprint(files: &[Asset]) -> u64 {
    let bytes = files
        .iter()
        .flat_map(|asset| asset.path.bytes().chain([0]).chain(asset.text.bytes()).chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
