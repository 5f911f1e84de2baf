//! Where a resource runs: its provider and region, from itself, the top of the configuration, or the call.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::book::PriceBook;
use super::configuration::{Kind, Part, text};
use super::sheet::Sheet;
use super::{Error, Options, Provider, Reason, nearest};
use crate::Node;

/// Where one resource runs.
pub(crate) struct Site<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) region: String,
}

/// What all resources of a configuration have in common.
pub(crate) struct Sites<'a> {
    book: &'a PriceBook,
    top_provider: Option<&'a str>,
    top_region: Option<&'a str>,
    option: Option<&'a str>,
    /// All resources are of one provider, so that a region that is not its own is a mistake.
    single: bool,
    /// Whether the call's region counted although the configuration names another.
    overruled: Cell<bool>,
}

impl<'a> Sites<'a> {
    pub(crate) fn new(
        configuration: &'a Node,
        parts: &[Part<'a>],
        book: &'a PriceBook,
        options: &'a Options,
    ) -> Result<Self, Error> {
        let top_provider = text(configuration, "provider");
        let used: BTreeSet<&str> = parts
            .iter()
            .filter_map(|part| text(part.node, "provider").or(top_provider))
            .collect();
        let sites = Self {
            book,
            top_provider,
            top_region: text(configuration, "region"),
            option: options.region.as_deref(),
            single: used.len() == 1,
            overruled: Cell::new(false),
        };
        // A region that nobody has is refused even where no resource would ask for it.
        if let Some(region) = sites.option.filter(|region| !sites.somebody_has(region)) {
            let name = used.first().copied().unwrap_or("aws");
            if let Some(provider) = book.provider(name) {
                check(provider, "region", region)?;
            }
        }
        Ok(sites)
    }

    /// Where `part` runs. The call's region counts where the provider has it: "what would this cost there" is what
    /// it asks. Then the resource's own, then the configuration's, then the provider's default, which is said.
    pub(crate) fn of(&self, sheet: &mut Sheet<'_>, part: &Part<'_>) -> Result<Site<'a>, Error> {
        let path = &part.address.path;
        let provider = self.provider(part)?;
        let own = text(part.node, "region");
        if let Some(region) = own {
            check(provider, &format!("{path}.region"), region)?;
        }
        let named = match own {
            Some(region) => Some(region),
            None => self.inherited(provider, "region", self.top_region)?,
        };
        if let Some(region) = self.inherited(provider, "region", self.option)? {
            if named.is_some_and(|named| named != region) {
                self.overruled.set(true);
            }
            return Ok(Site {
                provider,
                region: region.to_owned(),
            });
        }
        if let Some(region) = named {
            return Ok(Site {
                provider,
                region: region.to_owned(),
            });
        }
        if provider.regions.len() > 1 && !provider.default_region.is_empty() {
            let (name, region) = (&provider.name, &provider.default_region);
            sheet.assume(format!("no region of {name} is named: {region} is assumed"));
        }
        Ok(Site {
            provider,
            region: provider.default_region.clone(),
        })
    }

    /// Says that the call's region counted, not the configuration's.
    pub(crate) fn explain(&self, sheet: &mut Sheet<'_>) {
        if let (Some(region), true) = (self.option, self.overruled.get()) {
            sheet.assume(format!(
                "priced for `{region}`, as the call asks; the configuration names another region"
            ));
        }
    }

    /// Where `part` runs, if somebody says which provider; what is no machine may go without, and is unpriced then.
    pub(crate) fn of_store(&self, sheet: &mut Sheet<'_>, part: &Part<'_>) -> Result<Option<Site<'a>>, Error> {
        if text(part.node, "provider").or(self.top_provider).is_some() {
            return self.of(sheet, part).map(Some);
        }
        let detail = "names no provider, nor does the configuration".to_owned();
        sheet.unpriced(&part.address, "", Reason::NoRule, detail, Vec::new());
        Ok(None)
    }

    fn provider(&self, part: &Part<'_>) -> Result<&'a Provider, Error> {
        let path = format!("{}.provider", part.address.path);
        let valid = || {
            self.book
                .providers()
                .iter()
                .map(|provider| provider.name.clone())
                .collect::<Vec<_>>()
        };
        let Some(name) = text(part.node, "provider").or(self.top_provider) else {
            // The schema of a network has no such field.
            if part.kind == Kind::Network {
                return Err(Error::NoProvider {
                    path: part.address.path.clone(),
                    valid: valid().into(),
                });
            }
            let problem = format!(
                "is missing: name one of {}, here or at the top",
                valid().join(", ")
            );
            return Err(Error::Field { path, problem });
        };
        self.book.provider(name).ok_or_else(|| Error::UnknownProvider {
            path,
            provider: name.to_owned(),
            suggestion: nearest(
                name,
                self.book
                    .providers()
                    .iter()
                    .map(|provider| provider.name.as_str()),
            ),
            valid: valid().into(),
        })
    }

    /// `region` if `provider` has it. That of another provider is for other resources.
    fn inherited<'r>(
        &self,
        provider: &Provider,
        path: &str,
        region: Option<&'r str>,
    ) -> Result<Option<&'r str>, Error> {
        let Some(region) = region else { return Ok(None) };
        match check(provider, path, region) {
            Ok(()) => Ok(Some(region)),
            Err(_) if !self.single && self.somebody_has(region) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn somebody_has(&self, region: &str) -> bool {
        self.book
            .providers()
            .iter()
            .any(|provider| provider.regions.contains_key(region))
    }
}

/// Where nobody lists a provider's regions none is refused.
fn check(provider: &Provider, path: &str, region: &str) -> Result<(), Error> {
    if provider.regions.is_empty() {
        Ok(())
    } else {
        provider.check_region(path, region)
    }
}
