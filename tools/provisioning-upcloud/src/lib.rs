//! UpCloud as a provider, over its API 1.3.
//!
//! One file per kind, all alike: `SUPPORT`, `make`, `finish`, `observe`, `update`, `delete`. This file decides what happens
//! around them: a resource with our marker is looked for before one is made, because UpCloud takes no token of the caller;
//! a deletion of what is gone is done, and every failure says what was attempted.
//!
//! | kind | at UpCloud |
//! |---|---|
//! | `network` | a router |
//! | `subnet` | a private network (SDN), joined by the router |
//! | `volume` | a storage |
//! | `server` | a server and its system disk |
//!
//! There is no `security_group`: UpCloud has rules of single servers only, and an order of a server does not say the rules of
//! the groups that it names. Buckets and databases are other services of UpCloud and not here.
//!
//! One call is one try: whoever calls tries again, by the class of the error.

mod client;
mod error;
mod json;
mod labels;
mod network;
mod server;
mod settings;
mod site;
mod subnet;
mod templates;
mod volume;

use provisioning::provider::{
    Account, Call, Class, Created, Error, Observed, Order, Provider, Status, Support,
};
use provisioning::resource::Kind;

pub use settings::{Credentials, Settings};

use client::Client;
use error::Failure;
use site::{Site, Which};

/// Runs `$body` with `$resource` being the module of `$kind`; `$otherwise` if there is none.
macro_rules! of_kind {
    ($kind:expr, $resource:ident => $body:expr, $otherwise:expr) => {
        match $kind {
            Kind::Network => {
                use crate::network as $resource;
                $body
            }
            Kind::Subnet => {
                use crate::subnet as $resource;
                $body
            }
            Kind::Volume => {
                use crate::volume as $resource;
                $body
            }
            Kind::Server => {
                use crate::server as $resource;
                $body
            }
            Kind::SecurityGroup | Kind::Bucket | Kind::Database => $otherwise,
        }
    };
}

/// One account of UpCloud.
pub struct UpCloud {
    settings: Settings,
    client: Client,
}

impl UpCloud {
    /// The account that the credentials in `settings` belong to. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If no client can be made.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let client = Client::new(&settings)
            .map_err(|failure| failure.of(format!("use provider `{}`", settings.name)))?;
        Ok(Self { settings, client })
    }

    fn site<'a>(&'a self, region: Option<&'a str>) -> Site<'a> {
        Site {
            client: &self.client,
            settings: &self.settings,
            zone: self.place(region),
        }
    }

    /// Where a call about `region` goes.
    fn place<'a>(&'a self, region: Option<&'a str>) -> &'a str {
        region.unwrap_or(&self.settings.zone)
    }

    async fn observe(
        &self,
        kind: Kind,
        region: Option<&str>,
        which: Which<'_>,
    ) -> Result<Vec<Observed>, Failure> {
        let site = self.site(region);
        let observed =
            of_kind!(kind, resource => resource::observe(&site, which).await, Err(unsupported(kind)));
        let mut observed = match observed {
            Err(failure) if failure.class == Class::Absent => Vec::new(),
            other => other?,
        };
        observed.retain(|observed| which.fits(observed));
        Ok(observed)
    }

    async fn make(&self, order: &Order) -> Result<String, Failure> {
        let kind = order.address.kind;
        let site = self.site(order.region.as_deref());
        let twins = self
            .observe(kind, order.region.as_deref(), Which::Marker(&order.marker.id))
            .await?;
        let id = match twins.into_iter().next() {
            Some(twin) => twin.id,
            None => of_kind!(kind, resource => resource::make(&site, order).await, Err(unsupported(kind)))?,
        };
        let finished =
            of_kind!(kind, resource => resource::finish(&site, &id, order).await, Err(unsupported(kind)));
        finished.map_err(|failure| unfinished(failure, &id))?;
        Ok(id)
    }
}

fn unsupported(kind: Kind) -> Failure {
    Failure::new(
        Class::Unsupported,
        format!("a {kind} of UpCloud cannot be made here"),
    )
}

/// A failure after the resource was made: it is there, so that the caller has to find it whatever went wrong.
fn unfinished(failure: Failure, id: &str) -> Failure {
    let class = match failure.class {
        // Making it again finds it and goes on from there.
        class @ (Class::Transient | Class::Throttled { .. }) => class,
        _ => Class::Unknown,
    };
    Failure {
        class,
        message: format!("`{id}` is made, but not finished: {}", failure.message),
        ..failure
    }
}

impl Provider for UpCloud {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn support(&self, kind: Kind) -> Option<Support> {
        of_kind!(kind, resource => Some(resource::SUPPORT), None)
    }

    fn account(&self) -> Call<'_, Account> {
        Box::pin(async move {
            let asked = async {
                let answer = self.client.get("/account").await?;
                let user = json::text(&answer, "account/username").unwrap_or_default();
                Ok(Account {
                    id: user.to_owned(),
                    description: format!("UpCloud as {user} in {}", self.settings.zone),
                })
            };
            asked
                .await
                .map_err(|failure: Failure| failure.of("ask UpCloud who we are"))
        })
    }

    fn create<'a>(&'a self, order: &'a Order) -> Call<'a, Created> {
        Box::pin(async move {
            let made = self.make(order).await;
            let place = self.place(order.region.as_deref());
            let attempted = || format!("make {} `{}` in {place}", order.address.kind, order.name);
            made.map(|id| Created { id })
                .map_err(|failure| failure.of(attempted()))
        })
    }

    fn find<'a>(&'a self, kind: Kind, region: Option<&'a str>, marker: &'a str) -> Call<'a, Vec<Observed>> {
        Box::pin(async move {
            let found = self.observe(kind, region, Which::Marker(marker)).await;
            let attempted = || {
                format!(
                    "look for the {kind} with marker `{marker}` in {}",
                    self.place(region)
                )
            };
            let mut found = found.map_err(|failure| failure.of(attempted()))?;
            found.retain(|observed| observed.status != Status::Deleting);
            Ok(found)
        })
    }

    fn read<'a>(&'a self, kind: Kind, region: Option<&'a str>, id: &'a str) -> Call<'a, Option<Observed>> {
        Box::pin(async move {
            let found = self.observe(kind, region, Which::Id(id)).await;
            let attempted = || format!("read {kind} `{id}` in {}", self.place(region));
            Ok(found
                .map_err(|failure| failure.of(attempted()))?
                .into_iter()
                .next())
        })
    }

    fn update<'a>(&'a self, id: &'a str, order: &'a Order, changed: &'a [String]) -> Call<'a, ()> {
        Box::pin(async move {
            let kind = order.address.kind;
            let region = order.region.as_deref();
            let updated = async {
                let site = self.site(region);
                of_kind!(kind, resource => resource::update(&site, id, order, changed).await, Err(unsupported(kind)))
            };
            let attempted = || {
                format!(
                    "change {} of {kind} `{id}` in {}",
                    changed.join(", "),
                    self.place(region)
                )
            };
            updated.await.map_err(|failure| failure.of(attempted()))
        })
    }

    fn delete<'a>(&'a self, kind: Kind, region: Option<&'a str>, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let deleted = async {
                let site = self.site(region);
                of_kind!(kind, resource => resource::delete(&site, id).await, Err(unsupported(kind)))
            };
            match deleted.await {
                Err(failure) if failure.class == Class::Absent => Ok(()),
                other => {
                    let attempted = || format!("delete {kind} `{id}` in {}", self.place(region));
                    other.map_err(|failure| failure.of(attempted()))
                }
            }
        })
    }

    fn list<'a>(
        &'a self,
        kind: Kind,
        region: Option<&'a str>,
        workspace: Option<&'a str>,
    ) -> Call<'a, Vec<Observed>> {
        Box::pin(async move {
            let which = workspace.map_or(Which::All, Which::Workspace);
            let attempted = || format!("list every {kind} in {}", self.place(region));
            self.observe(kind, region, which)
                .await
                .map_err(|failure| failure.of(attempted()))
        })
    }

    fn snapshot<'a>(
        &'a self,
        kind: Kind,
        region: Option<&'a str>,
        id: &'a str,
        name: &'a str,
    ) -> Call<'a, String> {
        let attempted = format!(
            "take snapshot `{name}` of {kind} `{id}` in {}",
            self.place(region)
        );
        let missing = self.cannot(attempted.clone());
        Box::pin(async move {
            let taken = async {
                match kind {
                    Kind::Volume => volume::snapshot(&self.site(region), id, name).await.map(Some),
                    _ => Ok(None),
                }
            };
            taken
                .await
                .map_err(|failure| failure.of(attempted))?
                .ok_or(missing)
        })
    }
}
