//! A resource as the inventory knows it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Field, Scalar};
use crate::provider::Status;
use crate::resource::Address;

/// A resource as the inventory knows it. What is `None` is not recorded.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "each is the field of that name, which says what it is"
)]
pub struct Row {
    /// What the configuration calls it: no two rows have the same.
    pub address: Address,
    pub name: String,
    pub provider: String,
    pub region: Option<String>,
    pub zone: Option<String>,
    pub status: Status,
    pub drifted: bool,
    pub plan: Option<String>,
    pub cpu: Option<f64>,
    pub memory_gb: Option<f64>,
    pub disk_gb: Option<f64>,
    pub size_gb: Option<f64>,
    pub os_family: Option<String>,
    pub os_version: Option<String>,
    pub public_ip: Option<bool>,
    pub ipv4: Option<String>,
    pub network: Option<String>,
    pub subnet: Option<String>,
    pub role: Option<String>,
    pub environment: Option<String>,
    pub engine: Option<String>,
    pub version: Option<String>,
    pub encrypted: Option<bool>,
    pub backups: Option<f64>,
    pub cluster: Option<String>,
    pub services: BTreeSet<String>,
    pub tags: BTreeMap<String, String>,
    /// Nano-units of `currency` per month.
    pub monthly_cost: Option<i64>,
    pub currency: Option<String>,
    /// Seconds since 1970 in UTC.
    pub created_at: Option<i64>,
    /// Seconds since 1970 in UTC.
    pub updated_at: Option<i64>,
    pub provider_id: Option<String>,
}

impl Row {
    /// A resource of which nothing but the address, the provider and the status is known.
    #[must_use]
    pub fn new(address: Address, provider: &str, status: Status) -> Self {
        Self {
            name: address.label(),
            address,
            provider: provider.to_owned(),
            region: None,
            zone: None,
            status,
            drifted: false,
            plan: None,
            cpu: None,
            memory_gb: None,
            disk_gb: None,
            size_gb: None,
            os_family: None,
            os_version: None,
            public_ip: None,
            ipv4: None,
            network: None,
            subnet: None,
            role: None,
            environment: None,
            engine: None,
            version: None,
            encrypted: None,
            backups: None,
            cluster: None,
            services: BTreeSet::new(),
            tags: BTreeMap::new(),
            monthly_cost: None,
            currency: None,
            created_at: None,
            updated_at: None,
            provider_id: None,
        }
    }

    /// The value of `field`, if one is recorded. Services are a list, and [`Field::Servers`] is no resource's.
    #[must_use]
    pub fn get(&self, field: &Field) -> Option<Scalar> {
        let text = |text: &Option<String>| text.clone().map(Scalar::Text);
        let number = |number: Option<f64>| number.map(Scalar::Number);
        match field {
            Field::Kind => Some(Scalar::Text(self.address.kind.name().to_owned())),
            Field::Name => Some(Scalar::Text(self.name.clone())),
            Field::Address => Some(Scalar::Text(self.address.to_string())),
            Field::Provider => Some(Scalar::Text(self.provider.clone())),
            Field::Region => text(&self.region),
            Field::Zone => text(&self.zone),
            Field::Status => Some(Scalar::Text(self.status.name().to_owned())),
            Field::Drifted => Some(Scalar::Bool(self.drifted)),
            Field::Plan => text(&self.plan),
            Field::Cpu => number(self.cpu),
            Field::MemoryGb => number(self.memory_gb),
            Field::DiskGb => number(self.disk_gb),
            Field::SizeGb => number(self.size_gb),
            Field::OsFamily => text(&self.os_family),
            Field::OsVersion => text(&self.os_version),
            Field::PublicIp => self.public_ip.map(Scalar::Bool),
            Field::Ipv4 => text(&self.ipv4),
            Field::Network => text(&self.network),
            Field::Subnet => text(&self.subnet),
            Field::Role => text(&self.role),
            Field::Environment => text(&self.environment),
            Field::Engine => text(&self.engine),
            Field::Version => text(&self.version),
            Field::Encrypted => self.encrypted.map(Scalar::Bool),
            Field::Backups => number(self.backups),
            Field::Cluster => text(&self.cluster),
            Field::Service if self.services.is_empty() => None,
            Field::Service => Some(Scalar::List(self.services.iter().cloned().collect())),
            // Whether there is any tag at all: which one says nothing.
            Field::Tag(key) if key == "*" => self.tags.keys().next().cloned().map(Scalar::Text),
            Field::Tag(key) => self.tags.get(key).cloned().map(Scalar::Text),
            Field::MonthlyCost => self.monthly_cost.map(|nanos| Scalar::Money {
                nanos,
                currency: self.currency.clone().unwrap_or_default(),
            }),
            Field::Currency => text(&self.currency),
            Field::CreatedAt => self.created_at.map(Scalar::Time),
            Field::UpdatedAt => self.updated_at.map(Scalar::Time),
            Field::ProviderId => text(&self.provider_id),
            Field::Servers => None,
        }
    }
}
