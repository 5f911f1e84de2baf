//! The port `Provider`, kind by kind.

use std::path::Path;

use provisioning::provider::{
    Account, Call, Class, Created, Error, Observed, Order, Provider, Ran, Status, Support,
};
use provisioning::resource::Kind;

use crate::client::Client;
use crate::image::{self, Image};
use crate::settings::LxdSettings;
use crate::{inside, instance, network, security_group, shape, subnet, volume};

/// Makes and keeps resources in LXD or Incus.
#[derive(Debug, Clone)]
pub struct LxdProvider {
    client: Client,
}

impl LxdProvider {
    /// A provider for the server of `settings`. Certificates are read, and nothing is called.
    ///
    /// # Errors
    ///
    /// Certificates or addresses that cannot be used.
    pub fn new(settings: LxdSettings) -> Result<Self, Error> {
        Client::new(settings).map(|client| Self { client })
    }

    /// All images of a project.
    ///
    /// # Errors
    ///
    /// What the call failed at.
    pub async fn images(&self, region: Option<&str>) -> Result<Vec<Image>, Error> {
        image::all(&self.client, self.client.project(region)).await
    }

    /// The fingerprint of the image that `alias` stands for.
    ///
    /// # Errors
    ///
    /// What the call failed at.
    pub async fn image(&self, region: Option<&str>, alias: &str) -> Result<Option<String>, Error> {
        image::alias(&self.client, self.client.project(region), alias).await
    }

    /// Imports the image in the file `tarball` and calls it `alias`; its fingerprint. Nothing happens if it is there.
    ///
    /// # Errors
    ///
    /// What the call failed at.
    pub async fn image_import(
        &self,
        region: Option<&str>,
        tarball: &Path,
        alias: &str,
    ) -> Result<String, Error> {
        image::import(&self.client, self.client.project(region), tarball, alias).await
    }

    /// The names of the profiles of a project.
    ///
    /// # Errors
    ///
    /// What the call failed at.
    pub async fn profiles(&self, region: Option<&str>) -> Result<Vec<String>, Error> {
        image::profiles(&self.client, self.client.project(region)).await
    }

    /// Puts a file into a server, readable by everybody in it.
    ///
    /// # Errors
    ///
    /// What the call failed at.
    pub async fn file_push(
        &self,
        region: Option<&str>,
        id: &str,
        path: &str,
        content: Vec<u8>,
    ) -> Result<(), Error> {
        inside::push(&self.client, self.client.project(region), id, path, content).await
    }

    /// Fetches a file from a server.
    ///
    /// # Errors
    ///
    /// What the call failed at; a file of more than 16 MiB.
    pub async fn file_pull(&self, region: Option<&str>, id: &str, path: &str) -> Result<Vec<u8>, Error> {
        inside::pull(&self.client, self.client.project(region), id, path).await
    }

    async fn all(&self, kind: Kind, region: Option<&str>) -> Result<Vec<Observed>, Error> {
        let (client, project) = (&self.client, self.client.project(region));
        match kind {
            Kind::Server => instance::all(client, project).await,
            Kind::Network => network::all(client, project).await,
            Kind::Subnet => subnet::all(client, project).await,
            Kind::SecurityGroup => security_group::all(client, project).await,
            Kind::Volume => volume::all(client, project).await,
            // There are none, which is an answer.
            Kind::Bucket | Kind::Database => Ok(Vec::new()),
        }
    }

    fn no_such(&self, kind: Kind, attempted: &str) -> Error {
        self.cannot(format!("{attempted} a {kind}"))
            .hint("run it in a server, or choose a provider that offers it")
    }
}

impl Provider for LxdProvider {
    fn name(&self) -> &'static str {
        "local"
    }

    fn support(&self, kind: Kind) -> Option<Support> {
        match kind {
            Kind::Server => Some(shape::SUPPORT),
            Kind::Network => Some(network::SUPPORT),
            Kind::Subnet => Some(subnet::SUPPORT),
            Kind::SecurityGroup => Some(security_group::SUPPORT),
            Kind::Volume => Some(volume::SUPPORT),
            Kind::Bucket | Kind::Database => None,
        }
    }

    fn account(&self) -> Call<'_, Account> {
        Box::pin(async {
            let about = self.client.about().await?;
            Ok(Account {
                id: format!("{}/{}", about.name, self.client.project(None)),
                description: format!("{} at {}", about.version, self.client.place()),
            })
        })
    }

    fn create<'a>(&'a self, order: &'a Order) -> Call<'a, Created> {
        Box::pin(async move {
            let created = match order.address.kind {
                Kind::Server => instance::create(&self.client, order).await,
                Kind::Network => network::create(&self.client, order).await,
                Kind::Subnet => subnet::create(&self.client, order).await,
                Kind::SecurityGroup => security_group::create(&self.client, order).await,
                Kind::Volume => volume::create(&self.client, order).await,
                kind @ (Kind::Bucket | Kind::Database) => Err(self.no_such(kind, "make")),
            };
            // What is not there is not what the call makes but what it stands on: a pool, a profile, a network.
            created.map_err(|error| match error.class {
                Class::Absent => Error {
                    class: Class::Permanent,
                    ..error
                },
                _ => error,
            })
        })
    }

    fn find<'a>(&'a self, kind: Kind, region: Option<&'a str>, marker: &'a str) -> Call<'a, Vec<Observed>> {
        Box::pin(async move {
            let mut found = match kind {
                Kind::Server => instance::find(&self.client, self.client.project(region), marker).await?,
                _ => self.all(kind, region).await?,
            };
            found.retain(|one| {
                one.status != Status::Deleting && one.marker.as_ref().is_some_and(|other| other.id == marker)
            });
            Ok(found)
        })
    }

    fn read<'a>(&'a self, kind: Kind, region: Option<&'a str>, id: &'a str) -> Call<'a, Option<Observed>> {
        Box::pin(async move {
            let (client, project) = (&self.client, self.client.project(region));
            match kind {
                Kind::Server => instance::read(client, project, id).await,
                Kind::Network => network::read(client, project, id).await,
                Kind::Subnet => subnet::read(client, project, id).await,
                Kind::SecurityGroup => security_group::read(client, project, id).await,
                Kind::Volume => volume::read(client, project, id).await,
                Kind::Bucket | Kind::Database => Ok(None),
            }
        })
    }

    fn update<'a>(&'a self, id: &'a str, order: &'a Order, changed: &'a [String]) -> Call<'a, ()> {
        Box::pin(async move {
            let (client, project) = (&self.client, self.client.project(order.region.as_deref()));
            match order.address.kind {
                Kind::Server => instance::update(client, project, id, order).await,
                Kind::Network | Kind::Subnet => network::update(client, project, id, order).await,
                Kind::SecurityGroup => security_group::update(client, project, id, order).await,
                Kind::Volume => volume::update(client, project, id, order, changed).await,
                kind @ (Kind::Bucket | Kind::Database) => Err(self.no_such(kind, "change")),
            }
        })
    }

    fn delete<'a>(&'a self, kind: Kind, region: Option<&'a str>, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            let (client, project) = (&self.client, self.client.project(region));
            match kind {
                Kind::Server => instance::delete(client, project, id).await,
                Kind::Network => network::delete(client, project, id).await,
                Kind::Subnet => subnet::delete(client, project, id).await,
                Kind::SecurityGroup => security_group::delete(client, project, id).await,
                Kind::Volume => volume::delete(client, project, id).await,
                Kind::Bucket | Kind::Database => Ok(()),
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
            let mut all = self.all(kind, region).await?;
            if let Some(workspace) = workspace {
                all.retain(|one| {
                    one.marker
                        .as_ref()
                        .is_some_and(|marker| marker.workspace == workspace)
                });
            }
            Ok(all)
        })
    }

    fn snapshot<'a>(
        &'a self,
        kind: Kind,
        region: Option<&'a str>,
        id: &'a str,
        name: &'a str,
    ) -> Call<'a, String> {
        Box::pin(async move {
            let (client, project) = (&self.client, self.client.project(region));
            match kind {
                Kind::Server => inside::snapshot(client, project, id, name).await,
                Kind::Volume => volume::snapshot(client, project, id, name).await,
                _ => Err(self.cannot(format!("take snapshot `{name}` of a {kind}"))),
            }
        })
    }

    fn exec<'a>(&'a self, region: Option<&'a str>, id: &'a str, command: &'a [String]) -> Call<'a, Ran> {
        Box::pin(async move {
            if command.is_empty() {
                let what = format!("run a command in server `{id}`");
                return Err(Error::new(Class::Permanent, what, "there is no command"));
            }
            inside::exec(&self.client, self.client.project(region), id, command).await
        })
    }

    fn console<'a>(&'a self, region: Option<&'a str>, id: &'a str) -> Call<'a, String> {
        Box::pin(inside::console(&self.client, self.client.project(region), id))
    }
}
