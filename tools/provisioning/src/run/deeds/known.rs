//! What is recorded, and what a provider is asked for from it.

use std::collections::BTreeMap;

use crate::canonical;
use crate::provider::{Class, Error, Marker, Order, Provider};
use crate::resource::Address;
use crate::run::execute::{Halt, Work};
use crate::run::todo::Make;
use crate::state::{Phase, Recorded};

impl Work<'_> {
    /// What is recorded as `id`: mostly what stands at its address, otherwise something that was replaced there.
    pub(in crate::run) async fn known(&self, address: &Address, id: &str) -> Result<Option<Recorded>, Halt> {
        if let Some(row) = self
            .engine
            .state
            .resource(address)
            .await?
            .filter(|row| row.id == id)
        {
            return Ok(Some(row));
        }
        let resources = self.engine.state.resources().await?;
        Ok(resources.into_iter().find(|row| row.id == id))
    }

    /// What is recorded at `address`, and its provider.
    pub(super) async fn recorded(&self, address: &Address) -> Result<(Recorded, &dyn Provider), Halt> {
        let row = self.engine.state.resource(address).await?.ok_or_else(|| {
            Halt::Failed(Error::new(
                Class::Absent,
                format!("work on {address}"),
                "nothing is recorded at that address",
            ))
        })?;
        let provider = self.provider(&row.provider)?;
        Ok((row, provider))
    }

    pub(in crate::run) fn provider(&self, name: &str) -> Result<&dyn Provider, Halt> {
        let found = self.engine.providers.get(name).map(AsRef::as_ref);
        found.ok_or_else(|| {
            Halt::Failed(Error::new(
                Class::Denied,
                format!("reach provider `{name}`"),
                "it is not set up here",
            ))
        })
    }

    /// What the provider is asked for, with the ids of what it refers to.
    pub(in crate::run) async fn order(&self, make: &Make, marker: &str) -> Result<Order, Halt> {
        let mut references = BTreeMap::new();
        for address in &make.depends_on {
            if let Some(id) = self
                .engine
                .state
                .resource(address)
                .await?
                .and_then(|row| row.provider_id)
            {
                references.insert(address.clone(), id);
            }
        }
        Ok(Order {
            address: make.address.clone(),
            name: make.address.label(),
            region: make.region.clone(),
            attributes: make.attributes.clone(),
            marker: Marker {
                id: marker.to_owned(),
                workspace: self.workspace.clone(),
                address: make.address.to_string(),
            },
            references,
        })
    }

    /// A new record.
    pub(super) fn row(&self, make: &Make, marker: &str) -> Recorded {
        let now = self.engine.clock.now();
        let blank = Recorded {
            id: marker.to_owned(),
            address: make.address.clone(),
            replaced: false,
            provider: make.provider.clone(),
            region: make.region.clone(),
            provider_id: None,
            phase: Phase::Intended,
            attributes: Default::default(),
            computed: Default::default(),
            depends_on: Vec::new(),
            protected: false,
            config_hash: String::new(),
            origin: None,
            created: now,
            updated: now,
        };
        self.like(make, blank)
    }

    /// The record of a resource that is as `make` says.
    pub(in crate::run) fn like(&self, make: &Make, row: Recorded) -> Recorded {
        Recorded {
            attributes: make.attributes.clone(),
            depends_on: make.depends_on.clone(),
            protected: make.protected,
            config_hash: canonical::hash_of(&make.attributes),
            origin: make.origin.clone(),
            ..row
        }
    }
}
