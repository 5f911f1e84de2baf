//! A place in memory that begins as the real one is recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use provisioning::provider::{Marker, Observed, Provider, Simulated, Status, World};
use provisioning::site::Site;
use provisioning::state::{Memory, Phase, Recorded, State};
use toolcall::ToolError;

use super::Place;
use crate::fail;

/// A simulation of `names`, with what `real` records.
pub(super) async fn place(
    site: &dyn Site,
    real: &dyn State,
    names: impl Iterator<Item = String> + Send,
) -> Result<Place, ToolError> {
    let recorded = real.resources().await.map_err(fail::state)?;
    let workspace = real.workspace().await.map_err(fail::state)?;
    let mut worlds: BTreeMap<String, Arc<World>> = BTreeMap::new();
    for name in names.chain(recorded.iter().map(|resource| resource.provider.clone())) {
        worlds.entry(name).or_default();
    }
    for resource in &recorded {
        if let (Some(world), Some(observed)) =
            (worlds.get(&resource.provider), observed(resource, &workspace))
        {
            world.put(resource.region.clone(), observed);
        }
    }
    let provider = |(name, world): (String, Arc<World>)| {
        let provider = Simulated::new(&name, world, site.clock());
        (name, Arc::new(provider) as Arc<dyn Provider>)
    };
    Ok(Place {
        state: Arc::new(Memory::with(&workspace, recorded)),
        providers: worlds.into_iter().map(provider).collect(),
        simulated: true,
    })
}

fn observed(resource: &Recorded, workspace: &str) -> Option<Observed> {
    Some(Observed {
        kind: resource.address.kind,
        id: resource.provider_id.clone()?,
        name: resource.address.label(),
        status: match resource.phase {
            Phase::Ready | Phase::Changing => Status::Ready,
            Phase::Intended | Phase::Known => Status::Pending,
            Phase::Deleting => Status::Deleting,
        },
        attributes: resource.attributes.clone(),
        computed: resource.computed.clone(),
        marker: Some(Marker {
            id: resource.id.clone(),
            workspace: workspace.to_owned(),
            address: resource.address.to_string(),
        }),
    })
}
