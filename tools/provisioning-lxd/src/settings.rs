//! Where LXD or Incus is, how we show who we are, and what a server is made of there. Plain values: nothing is read from
//! the environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the provider is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LxdSettings {
    /// Where the server is.
    pub endpoint: Endpoint,
    /// The project for resources that name no region.
    pub project: String,
    /// The storage pool of root disks and volumes.
    pub pool: String,
    /// The profiles of every server. What an order says goes before what they say.
    pub profiles: Vec<String>,
    /// Images by operating system: `debian/12`, or `debian` for every version. An image is an alias of the server's own,
    /// or one of a public server: `images:debian/12`, `ubuntu:24.04`. What is not here is an alias of that very name.
    pub images: BTreeMap<String, String>,
    /// The image of a server whose order names no operating system.
    pub image: String,
    /// Whether servers are virtual machines; containers otherwise.
    pub virtual_machines: bool,
}

impl LxdSettings {
    /// The usual: project and pool `default`, profile `default`, containers of Debian 12.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            project: "default".to_owned(),
            pool: "default".to_owned(),
            profiles: vec!["default".to_owned()],
            images: BTreeMap::new(),
            image: "debian/12".to_owned(),
            virtual_machines: false,
        }
    }
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket on this machine, such as `/var/lib/lxd/unix.socket`: whoever may open it may do everything.
    Socket(PathBuf),
    /// An address, such as `https://lxd.example.com:8443`.
    Https(Https),
}

/// How a server is reached over the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Https {
    /// The address, without a path.
    pub url: String,
    /// Our certificate, PEM.
    pub certificate: PathBuf,
    /// The key of our certificate, PEM. It is read, never shown.
    pub key: PathBuf,
    /// How the server shows that it is the one.
    pub server: Trust,
}

/// How we know the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// By the certificate in this file, PEM: that one and no other.
    File(PathBuf),
    /// By the SHA-256 of its certificate in hexadecimal, as `lxc info` shows it.
    Fingerprint(String),
    /// By a certificate of an authority that this system trusts, for the host name of the address.
    System,
}
