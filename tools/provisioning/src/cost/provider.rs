//! What is known of a provider besides prices: its regions and how it bills, from `prices/providers.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Currency, Error, list, nearest};
use crate::Asset;

/// The file that describes providers, below `prices/`.
pub(crate) const FILE: &str = "providers.toml";

/// A provider's regions and billing rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The name that configurations use, such as `aws`.
    pub name: String,
    /// The name that people use.
    pub title: String,
    /// The currency it bills in.
    pub currency: Currency,
    /// What machines are billed by.
    pub charge: Charge,
    /// Hours billed for a whole month, 1 to 744.
    pub hours: i128,
    /// A rule of billing worth saying with each machine.
    pub hours_note: Option<String>,
    /// Taken when nobody names a region.
    pub default_region: String,
    /// Plan families to choose from when a machine names no plan.
    pub default_families: Vec<String>,
    /// Families whose processor time above a baseline costs extra.
    pub burstable: Vec<String>,
    /// Plan names such as `2xCPU-4GB` carry their own numbers.
    pub named_by_size: bool,
    /// Sku of a GB-month beyond what a plan includes.
    pub disk: Option<String>,
    /// What that storage is.
    pub disk_note: Option<String>,
    /// Sku of a public IPv4 address beyond what a plan includes.
    pub address: Option<String>,
    /// What pricing a Kubernetes cluster as servers leaves out.
    pub cluster_note: Option<String>,
    /// What the plan words of a Kubernetes cluster ask of one node, by word.
    pub cluster_plans: BTreeMap<String, Needs>,
    /// Every region, with the place it is in.
    pub regions: BTreeMap<String, String>,
}

/// What machines are billed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Charge {
    /// A plan with a price of its own.
    Plans,
    /// Virtual processors, memory and disk, each with a price.
    Parts,
    /// Nobody knows: there are no price lists, so that everything is unpriced and any plan is taken.
    Unknown,
}

/// What a machine must have at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Virtual processors.
    pub vcpu: u64,
    /// Memory, in MiB.
    pub memory_mib: u64,
    /// Disk, in GB.
    pub disk_gb: u64,
}

impl Provider {
    /// Checks that `region` is one of this provider's.
    pub(crate) fn check_region(&self, path: &str, region: &str) -> Result<(), Error> {
        if self.regions.contains_key(region) {
            return Ok(());
        }
        Err(Error::UnknownRegion {
            path: path.to_owned(),
            provider: self.name.clone(),
            region: region.to_owned(),
            valid: self.regions.keys().cloned().collect(),
            suggestion: nearest(region, self.regions.keys().map(String::as_str)),
        })
    }
}

/// Reads `providers.toml`.
pub(crate) fn read(asset: &Asset) -> Result<Vec<Provider>, Error> {
    let file: File = toml::from_str(&asset.text).map_err(|error| {
        list::file_error(
            asset,
            list::toml_line(&asset.text, error.span()),
            list::said(&error),
        )
    })?;
    let mut providers: Vec<Provider> = Vec::new();
    for written in file.provider {
        let name = written.name.clone();
        let fail = |problem: String| {
            let quoted = format!("\"{name}\"");
            let line = asset
                .text
                .lines()
                .position(|line| line.starts_with("name") && line.ends_with(&quoted));
            list::file_error(asset, line.map_or(1, |line| line + 1), problem)
        };
        if providers.iter().any(|other| other.name == name) {
            return Err(fail(format!("provider `{name}` is described twice")));
        }
        providers.push(written.check().map_err(fail)?);
    }
    Ok(providers)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Vec<Written>,
}

/// A provider as written in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    title: String,
    currency: String,
    charge: Charge,
    hours: u16,
    hours_note: Option<String>,
    #[serde(default)]
    default_region: String,
    #[serde(default)]
    default_families: Vec<String>,
    #[serde(default)]
    burstable: Vec<String>,
    plan_shape: Option<String>,
    disk: Option<String>,
    disk_note: Option<String>,
    address: Option<String>,
    cluster_note: Option<String>,
    #[serde(default)]
    cluster_plans: BTreeMap<String, WrittenNeeds>,
    #[serde(default)]
    regions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNeeds {
    vcpu: u32,
    memory_gb: u32,
    disk_gb: u32,
}

impl Written {
    fn check(self) -> Result<Provider, String> {
        let currency = Currency::parse(&self.currency)
            .ok_or_else(|| format!("`{}` is not a currency code of three capitals", self.currency))?;
        if !(1..=744).contains(&self.hours) {
            return Err(format!("`hours` is {}, outside 1 to 744", self.hours));
        }
        if self.charge != Charge::Unknown && !self.regions.contains_key(&self.default_region) {
            return Err(format!(
                "`default_region` `{}` is not among the regions",
                self.default_region
            ));
        }
        if self
            .plan_shape
            .as_deref()
            .is_some_and(|shape| shape != "<n>xCPU-<m>GB")
        {
            return Err("the only `plan_shape` is `<n>xCPU-<m>GB`".to_owned());
        }
        if self.charge == Charge::Plans && self.default_families.is_empty() {
            return Err("a provider that charges plans needs `default_families`".to_owned());
        }
        Ok(Provider {
            name: self.name,
            title: self.title,
            currency,
            charge: self.charge,
            hours: i128::from(self.hours),
            hours_note: self.hours_note,
            default_region: self.default_region,
            default_families: self.default_families,
            burstable: self.burstable,
            named_by_size: self.plan_shape.is_some(),
            disk: self.disk,
            disk_note: self.disk_note,
            address: self.address,
            cluster_note: self.cluster_note,
            cluster_plans: self
                .cluster_plans
                .into_iter()
                .map(|(word, needs)| (word, needs.into()))
                .collect(),
            regions: self.regions,
        })
    }
}

impl From<WrittenNeeds> for Needs {
    fn from(written: WrittenNeeds) -> Self {
        Self {
            vcpu: u64::from(written.vcpu),
            memory_mib: u64::from(written.memory_gb) * 1024,
            disk_gb: u64::from(written.disk_gb),
        }
    }
}
