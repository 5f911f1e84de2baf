//! AWS as a provider: EC2, S3 and RDS over their own APIs, signed here.
//!
//! One file per kind, all alike: `SUPPORT`, `make`, `finish`, `observe`, `update`, `delete`. This file decides what happens
//! around them: a resource with our marker is looked for before one is made, a deletion of what is gone is done, and every
//! failure says what was attempted.
//!
//! One call is one try: whoever calls tries again, by the class of the error. The crate reads no environment and no file; the
//! caller passes them as [`Surroundings`].

mod bucket;
mod client;
mod credentials;
mod database;
mod error;
mod gateway;
mod images;
mod names;
mod network;
mod query;
mod security_group;
mod server;
mod settings;
mod sign;
mod site;
mod subnet;
mod tags;
mod volume;
mod xml;

use provisioning::provider::{
    Account, Call, Class, Created, Error, Observed, Order, Provider, Status, Support,
};
use provisioning::resource::Kind;

pub use client::Timeouts;
pub use credentials::{Files, Surroundings};
pub use settings::{Plan, Settings};

use client::{Client, Service};
use credentials::Credentials;
use error::{Effect, Failure};
use query::Form;
use site::{Site, Which};

/// Runs `$body` with `$resource` being the module of `$kind`.
macro_rules! of_kind {
    ($kind:expr, $resource:ident => $body:expr) => {
        match $kind {
            Kind::Network => {
                use crate::network as $resource;
                $body
            }
            Kind::Subnet => {
                use crate::subnet as $resource;
                $body
            }
            Kind::SecurityGroup => {
                use crate::security_group as $resource;
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
            Kind::Bucket => {
                use crate::bucket as $resource;
                $body
            }
            Kind::Database => {
                use crate::database as $resource;
                $body
            }
        }
    };
}

/// One account of AWS.
pub struct Aws {
    settings: Settings,
    client: Client,
}

impl Aws {
    /// The account that the credentials in `around` belong to. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If `around` names no credentials, or ones that are not supported.
    pub fn new(settings: Settings, around: &Surroundings) -> Result<Self, Error> {
        let attempted = || format!("use provider `{}`", settings.name);
        let source =
            credentials::choose(around, &settings.region).map_err(|failure| failure.of(attempted()))?;
        let credentials = Credentials::new(source, around.files.clone());
        let client = Client::new(credentials, settings.endpoint.clone(), settings.timeouts)
            .map_err(|failure| failure.of(attempted()))?;
        Ok(Self { settings, client })
    }

    fn site<'a>(&'a self, region: Option<&'a str>) -> Result<Site<'a>, Failure> {
        let region = region.unwrap_or(&self.settings.region);
        // A region becomes part of a host name, to which signed requests go.
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if region.is_empty() || region.len() > 32 || !region.chars().all(fits) {
            return Err(Failure::new(
                Class::Permanent,
                format!("`{region}` is no region of AWS"),
            ));
        }
        Ok(Site {
            client: &self.client,
            settings: &self.settings,
            region,
        })
    }

    /// Where a call about `region` goes, for people.
    fn place<'a>(&'a self, region: Option<&'a str>) -> &'a str {
        region.unwrap_or(&self.settings.region)
    }

    async fn observe(
        &self,
        kind: Kind,
        region: Option<&str>,
        which: Which<'_>,
    ) -> Result<Vec<Observed>, Failure> {
        let site = self.site(region)?;
        let mut observed = of_kind!(kind, resource => resource::observe(&site, which).await)?;
        // Filters of EC2 take `*`, and an id that is written otherwise is not the id.
        observed.retain(|observed| which.fits(observed));
        Ok(observed)
    }

    async fn make(&self, order: &Order) -> Result<String, Failure> {
        let kind = order.address.kind;
        let site = self.site(order.region.as_deref())?;
        let mut twins = self
            .observe(kind, order.region.as_deref(), Which::Marker(&order.marker.id))
            .await?;
        twins.retain(|twin| twin.status != Status::Deleting);
        // Where AWS takes a token it does so for a day or less, and for most kinds it takes none.
        let id = match twins.into_iter().next() {
            Some(twin) => twin.id,
            None => of_kind!(kind, resource => resource::make(&site, order).await)?,
        };
        let finished = of_kind!(kind, resource => resource::finish(&site, &id, order).await);
        finished.map_err(|failure| unfinished(failure, &id))?;
        Ok(id)
    }
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

impl Provider for Aws {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn support(&self, kind: Kind) -> Option<Support> {
        let support = of_kind!(kind, resource => resource::SUPPORT);
        let most = self.settings.visible_within.unwrap_or(support.visible_after);
        Some(Support {
            visible_after: support.visible_after.min(most),
            ..support
        })
    }

    fn account(&self) -> Call<'_, Account> {
        Box::pin(async move {
            let asked = async {
                let site = self.site(None)?;
                let answer = site
                    .call(Service::Sts, "GetCallerIdentity", Form::new(), Effect::Read)
                    .await?;
                let field = |name: &str| {
                    let text = answer.text(&format!("GetCallerIdentityResult/{name}"));
                    text.map(str::to_owned)
                        .ok_or_else(|| query::without(Effect::Read, name))
                };
                Ok(Account {
                    id: field("Account")?,
                    description: format!("AWS as {} in {}", field("Arn")?, site.region),
                })
            };
            let attempted = || format!("ask AWS who we are in {}", self.settings.region);
            asked.await.map_err(|failure: Failure| failure.of(attempted()))
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
                let site = self.site(region)?;
                of_kind!(kind, resource => resource::update(&site, id, order, changed).await)
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
                let site = self.site(region)?;
                of_kind!(kind, resource => resource::delete(&site, id).await)
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
                let site = self.site(region)?;
                match kind {
                    Kind::Volume => volume::snapshot(&site, id, name).await.map(Some),
                    Kind::Database => database::snapshot(&site, id, name).await.map(Some),
                    _ => Ok(None),
                }
            };
            taken
                .await
                .map_err(|failure| failure.of(attempted))?
                .ok_or(missing)
        })
    }

    fn console<'a>(&'a self, region: Option<&'a str>, id: &'a str) -> Call<'a, String> {
        Box::pin(async move {
            let read = async { server::console(&self.site(region)?, id).await };
            let attempted = || format!("read the console of `{id}` in {}", self.place(region));
            read.await.map_err(|failure| failure.of(attempted()))
        })
    }
}
