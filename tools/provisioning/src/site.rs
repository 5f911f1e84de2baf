//! The port to where work is done: the state of the workspace, the providers that are set up, time and chance.

use std::sync::Arc;

use crate::provider::{self, Provider, Support};
use crate::resource::Kind;
use crate::run::{Chance, Clock, Providers, Settings};
use crate::state::{self, Claim, State};

/// The place that runs work at.
pub trait Site: Send + Sync {
    /// The state of the workspace, opened when it is first asked for.
    fn state(&self) -> state::Call<'_, Arc<dyn State>>;

    /// The provider of that name, if this executable knows one. It need not have credentials; an error says that its settings
    /// make no sense.
    fn provider(&self, name: &str) -> Result<Option<Arc<dyn Provider>>, provider::Error>;

    /// The names of the providers that this executable knows.
    fn providers(&self) -> Vec<&'static str>;

    /// The time.
    fn clock(&self) -> Arc<dyn Clock>;

    /// Chance.
    fn chance(&self) -> Arc<dyn Chance>;

    /// How runs work here.
    fn settings(&self) -> Settings;

    /// This machine and this process, for the lease.
    fn process(&self) -> (String, u32);

    /// Whether the process that made `claim` is certainly gone: it was one of this machine, and is not there any more.
    fn gone(&self, claim: &Claim) -> bool;

    /// The key that plan tokens of this workspace are signed with: 32 bytes that nobody else has.
    fn key(&self) -> Result<[u8; 32], state::Error>;
}

/// Those of `names` that there are.
///
/// # Errors
/// If the settings of one make no sense.
pub fn providers<'a>(
    site: &dyn Site,
    names: impl Iterator<Item = &'a str>,
) -> Result<Providers, provider::Error> {
    let mut providers = Providers::new();
    for name in names {
        if !providers.contains_key(name)
            && let Some(provider) = site.provider(name)?
        {
            providers.insert(name.to_owned(), provider);
        }
    }
    Ok(providers)
}

/// What the provider `name` of `providers` can do with resources of `kind`.
#[must_use]
pub fn support(providers: &Providers, name: &str, kind: Kind) -> Option<Support> {
    providers.get(name)?.support(kind)
}
