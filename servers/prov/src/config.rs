//! Every setting of `prov`.

use program::config::{Audit, Http, Identity, Mcp, Policy, Telemetry};
use program::{Common, Config};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every setting of `prov`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProvConfig {
    /// Where calls are written down.
    pub audit: Audit,
    /// How HTTP is served.
    pub http: Http,
    /// Who may identify how.
    pub identity: Identity,
    /// Which tools are offered.
    pub mcp: Mcp,
    /// How configurations are evaluated.
    pub nickel: Nickel,
    /// Who may do what.
    pub policy: Policy,
    /// Where traces go.
    pub telemetry: Telemetry,
}

/// How configurations are evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Nickel {
    /// How long one evaluation may take, in milliseconds, 100 to 60000.
    #[schemars(range(min = 100, max = 60_000))]
    pub wall_ms: u64,
    /// How much memory one worker may use, in MiB, 256 to 16384.
    #[schemars(range(min = 256, max = 16_384))]
    pub memory_mib: u64,
    /// How many workers evaluate at once, 1 to 64.
    #[schemars(range(min = 1, max = 64))]
    pub workers: u64,
}

impl Default for Nickel {
    fn default() -> Self {
        Self {
            wall_ms: 5_000,
            memory_mib: 1_024,
            workers: 1,
        }
    }
}

impl Config for ProvConfig {
    // A workspace may not even set bounds: it is what they protect against.
    const WORKSPACE_SECTIONS: &'static [&'static str] = &[];

    fn common(&self) -> Common<'_> {
        Common {
            audit: &self.audit,
            http: &self.http,
            identity: &self.identity,
            mcp: &self.mcp,
            policy: &self.policy,
            telemetry: &self.telemetry,
        }
    }
}
