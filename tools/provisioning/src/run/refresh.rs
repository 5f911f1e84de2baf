//! Asks the providers what is there of what is recorded. Changes nothing.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{Error, Providers};
use crate::provider::Observed;
use crate::state::Recorded;

/// What is there, by [`Recorded::id`].
pub type Reality = BTreeMap<String, Option<Observed>>;

/// How many resources are asked for at the same time.
const PARALLEL: usize = 16;

/// What the providers say of `recorded`.
pub async fn reality(providers: &Providers, recorded: &[Recorded]) -> Result<Reality, Error> {
    let looks: Vec<Look<'_>> = recorded
        .iter()
        .map(|resource| look(providers, resource))
        .collect();
    stream::iter(looks).buffer_unordered(PARALLEL).try_collect().await
}

/// One look at one resource.
type Look<'a> = Pin<Box<dyn Future<Output = Result<(String, Option<Observed>), Error>> + Send + 'a>>;

fn look<'a>(providers: &'a Providers, resource: &'a Recorded) -> Look<'a> {
    Box::pin(async move { Ok((resource.id.clone(), observed(providers, resource).await?)) })
}

async fn observed(providers: &Providers, resource: &Recorded) -> Result<Option<Observed>, Error> {
    let provider = providers
        .get(&resource.provider)
        .ok_or_else(|| Error::NoProvider(resource.provider.clone()))?;
    let (kind, region) = (resource.address.kind, resource.region.as_deref());
    match &resource.provider_id {
        Some(id) => Ok(provider.read(kind, region, id).await?),
        // The reply to its making never came: it is asked for by its marker.
        None => Ok(provider
            .find(kind, region, &resource.id)
            .await?
            .into_iter()
            .next()),
    }
}

/// The accounts of the providers that `names` lists.
pub async fn accounts<'a>(
    providers: &Providers,
    names: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut accounts = BTreeMap::new();
    for name in names {
        if !accounts.contains_key(name) {
            let provider = providers
                .get(name)
                .ok_or_else(|| Error::NoProvider(name.to_owned()))?;
            accounts.insert(name.to_owned(), provider.account().await?.id);
        }
    }
    Ok(accounts)
}
