//! What the adapter is told: plain values, resolved by whoever starts it.

use std::collections::BTreeMap;
use std::time::Duration;

use redacted::Redacted;

/// Where the API is.
const ENDPOINT: &str = "https://api.upcloud.com/1.3";

/// One account of UpCloud, as a configuration calls it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider's name in configurations.
    pub name: String,
    /// Where resources are that say no region, such as `fi-hel1`.
    pub zone: String,
    /// Who asks.
    pub credentials: Credentials,
    /// Where the API is; another place for tests.
    pub endpoint: String,
    /// Ids of templates by `<os_family>-<os_version>`. What is not here is looked up among the public templates.
    pub images: BTreeMap<String, String>,
    /// Public keys that may sign in to new servers. Templates of today need one.
    pub ssh_keys: Vec<String>,
    /// How long is waited until there is a connection.
    pub connect: Duration,
    /// How long is waited for an answer, the connection included.
    pub answer: Duration,
    /// How long `delete` of a server may wait until the server has stopped.
    pub stop_within: Duration,
}

/// How a caller proves who it is.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A token, which begins with `ucat_`.
    Token(Redacted<String>),
    /// The name and the password of an API account.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Redacted<String>,
    },
}

impl Settings {
    /// The settings of an account of which nothing is known but who asks and a zone.
    #[must_use]
    pub fn new(name: &str, zone: &str, credentials: Credentials) -> Self {
        Self {
            name: name.to_owned(),
            zone: zone.to_owned(),
            credentials,
            endpoint: ENDPOINT.to_owned(),
            images: BTreeMap::new(),
            ssh_keys: Vec::new(),
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            stop_within: Duration::from_secs(60),
        }
    }
}
