//! What there is to choose from: providers, regions and plans of the price book, words of the schemas.
//!
//! Nothing is listed here or in the lexicon: a new region or network plugin is understood because it is in the
//! catalogue.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::release::{Release, Releases};
use crate::cost::{Charge, Plan, PriceBook, Provider};
use crate::{AssetKind, Assets};

/// Where a field's words are declared, and where they are used.
const WORDS: [(&str, &str, &str); 7] = [
    // The first `plan` of the file is the control plane's, which has fewer sizes than the workers'.
    ("control_plane_size", "kubernetes.ncl", "plan"),
    ("cni", "kubernetes.ncl", "cni"),
    ("os", "server.ncl", "family"),
    ("engine", "database.ncl", "engine"),
    ("cache_engine", "cache.ncl", "engine"),
    ("severity", "alert.ncl", "severity"),
    ("operator", "alert.ncl", "operator"),
];

/// Providers, regions, plans and words.
pub struct Catalogue {
    book: Arc<PriceBook>,
    words: BTreeMap<&'static str, Vec<String>>,
    addons: Vec<String>,
    releases: Releases,
}

impl Catalogue {
    /// Reads the words from the schemas of `assets`; the rest is in `book`.
    #[must_use]
    pub fn new(book: Arc<PriceBook>, assets: &dyn Assets) -> Self {
        let schemas = assets.list(AssetKind::Schema);
        let text = |file: &str| schemas.iter().find(|schema| schema.path == file);
        let words = WORDS
            .iter()
            .map(|(name, file, field)| {
                let found = text(file).map(|schema| choices(&schema.text, field));
                (*name, found.unwrap_or_default())
            })
            .collect();
        let addons = text("kubernetes.ncl").map(|schema| fields(&schema.text, "Addons"));
        Self {
            book,
            words,
            addons: addons.unwrap_or_default(),
            releases: Releases::of(&assets.list(AssetKind::Lexicon)),
        }
    }

    /// The price book that this catalogue is of.
    #[must_use]
    pub fn book(&self) -> &PriceBook {
        &self.book
    }

    /// The words that the schemas allow for `name`, such as the network plugins for `cni`.
    #[must_use]
    pub fn words(&self, name: &str) -> &[String] {
        self.words.get(name).map_or(&[], Vec::as_slice)
    }

    /// The addons that a cluster may have.
    #[must_use]
    pub fn addons(&self) -> &[String] {
        &self.addons
    }

    /// The releases of `what`, such as `postgresql`, if there is a list of them.
    pub(crate) fn releases(&self, what: &str) -> Option<&Release> {
        self.releases.get(what)
    }

    /// The release of `what` that is taken where none is named.
    pub(super) fn release(&self, what: &str) -> Option<&str> {
        self.releases(what).map(|release| release.version.as_str())
    }

    /// Every provider.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.book.providers().iter()
    }

    /// Names of every provider.
    #[must_use]
    pub fn provider_names(&self) -> Vec<String> {
        self.providers().map(|provider| provider.name.clone()).collect()
    }

    /// Names of the size words of `provider`'s cluster nodes, smallest first.
    #[must_use]
    pub fn sizes(&self, provider: &str) -> Vec<String> {
        let Some(provider) = self.book.provider(provider) else {
            return Vec::new();
        };
        let mut sizes: Vec<_> = provider.cluster_plans.iter().collect();
        sizes.sort_by_key(|(_, needs)| (needs.vcpu, needs.memory_mib));
        sizes.into_iter().map(|(word, _)| word.clone()).collect()
    }

    /// Providers that have `region`, in order.
    pub fn with_region<'a>(&'a self, region: &'a str) -> impl Iterator<Item = &'a Provider> {
        self.providers()
            .filter(move |provider| provider.regions.contains_key(region))
    }

    /// The plan `sku` of `provider`: one of its list, or one whose name says what it has.
    pub(crate) fn plan_of(&self, provider: &Provider, sku: &str) -> Option<Plan> {
        let by_size = || Plan::from_name(sku).filter(|plan| provider.named_by_size && plan.family.is_empty());
        self.book.plan(provider, sku).cloned().or_else(by_size)
    }

    /// The plan `sku` in any spelling, with its provider.
    pub(crate) fn plan(&self, sku: &str) -> Option<(&Provider, Plan)> {
        self.providers().find_map(|provider| {
            let exact = self.book.plan(provider, sku);
            let plan = exact.or_else(|| {
                self.book
                    .plans(provider)
                    .find(|plan| plan.sku.eq_ignore_ascii_case(sku))
            });
            let sized = || self.plan_of(provider, &sku.to_uppercase().replace('X', "x"));
            Some((provider, plan.cloned().or_else(sized)?))
        })
    }

    /// Whether any plan of `provider` is taken, because there is no list of them.
    pub(crate) fn any_plan(provider: &Provider) -> bool {
        provider.charge == Charge::Unknown
    }

    /// Whether any region of `provider` is taken, because there is no list of them.
    pub(crate) fn any_region(provider: &Provider) -> bool {
        provider.regions.is_empty()
    }
}

/// The words of the `OneOf [...]` of `field` in the text of a schema.
fn choices(schema: &str, field: &str) -> Vec<String> {
    let declares = |line: &str| {
        let rest = line.trim().strip_prefix(field)?;
        let rest = rest.trim_start();
        (rest.is_empty() || rest.starts_with('|')).then_some(())
    };
    let lines: Vec<&str> = schema.lines().collect();
    let Some(at) = lines.iter().position(|line| declares(line).is_some()) else {
        return Vec::new();
    };
    // From the field's name to the end of its contracts, which its documentation follows.
    let declared: Vec<&str> = lines
        .iter()
        .skip(at)
        .take_while(|line| !line.trim_start().starts_with("| doc"))
        .copied()
        .collect();
    let declared = declared.join(" ");
    let listed = declared
        .split_once("OneOf")
        .and_then(|(_, rest)| rest.split_once('['))
        .and_then(|(_, rest)| rest.split_once(']'));
    let Some((listed, _)) = listed else {
        return Vec::new();
    };
    listed
        .split(',')
        .map(|word| word.trim().trim_matches('"').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The fields of the record contract `name` in the text of a schema: one a line, four spaces in.
fn fields(schema: &str, name: &str) -> Vec<String> {
    let begins = format!("let {name} =");
    let declared = schema
        .lines()
        .skip_while(|line| *line != begins)
        .take_while(|line| line.trim() != "}");
    declared
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|field| !field.is_empty() && field.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embedded;

    #[test]
    fn the_words_of_the_schemas_are_found() {
        let catalogue = Catalogue::new(Arc::new(PriceBook::load(&Embedded).unwrap()), &Embedded);
        for (name, word) in [("cni", "cilium"), ("os", "ubuntu")] {
            assert!(catalogue.words(name).iter().any(|known| known == word), "{name}");
        }
        assert_eq!(catalogue.sizes("upcloud").first().unwrap(), "small");
        let addons = ["ingress_nginx", "cert_manager", "metrics_server", "prometheus"];
        assert_eq!(catalogue.addons(), addons);
    }

    #[test]
    fn a_plan_is_found_in_any_spelling() {
        let catalogue = Catalogue::new(Arc::new(PriceBook::load(&Embedded).unwrap()), &Embedded);
        let (provider, plan) = catalogue.plan("T3.Medium").unwrap();
        assert_eq!((provider.name.as_str(), plan.sku.as_str()), ("aws", "t3.medium"));
    }
}
