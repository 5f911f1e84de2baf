//! What the adapter is told: plain values, resolved by whoever starts it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::Timeouts;

/// One account of AWS, as a configuration calls it.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The provider's name in configurations.
    pub name: String,
    /// Where resources are that say no region.
    pub region: String,
    /// Another address for every service, such as that of a test server.
    pub endpoint: Option<String>,
    /// Image ids by `<os_family>-<os_version>`, or by `<region>/<os_family>-<os_version>`, which stands above it. What is not
    /// here is looked up among the images that the distributions publish.
    pub images: BTreeMap<String, String>,
    /// Instance types that a server without a plan may get: the first one that is large enough.
    pub plans: Vec<Plan>,
    /// How long is waited for an answer.
    pub timeouts: Timeouts,
    /// How long `create` of a volume may wait until it can be attached to its server.
    pub attach_within: Duration,
    /// How many things are asked for at once; each service has its own limits.
    pub page: u16,
    /// The longest that a new resource may stay invisible; what each kind needs if not set. A server that shows at once what
    /// it has made needs none.
    pub visible_within: Option<Duration>,
}

impl Settings {
    /// The settings of an account of which nothing is known but a region.
    #[must_use]
    pub fn new(name: &str, region: &str) -> Self {
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
            endpoint: None,
            images: BTreeMap::new(),
            plans: Vec::new(),
            timeouts: Timeouts::default(),
            attach_within: Duration::from_secs(30),
            page: 1_000,
            visible_within: None,
        }
    }
}

/// An instance type and what it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What AWS calls it, such as `t3.medium`.
    pub name: String,
    /// Virtual processors.
    pub cpu: i64,
    /// Memory in GB.
    pub memory_gb: f64,
}
