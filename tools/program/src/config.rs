//! The settings that every executable has. An executable's own struct holds these sections and its own.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// An executable's whole configuration.
pub trait Config: DeserializeOwned + Serialize + JsonSchema + Default + Send + Sync + 'static {
    /// The sections that every executable has.
    fn common(&self) -> Common<'_>;

    /// Sections that a workspace's own file may set. Never one of the common ones: a workspace is other people's
    /// data, and must not move the audit log or widen who may call.
    const WORKSPACE_SECTIONS: &'static [&'static str];
}

/// The sections that every executable has.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    /// Where calls are written down.
    pub audit: &'a Audit,
    /// How HTTP is served.
    pub http: &'a Http,
    /// Who may identify how.
    pub identity: &'a Identity,
    /// Which tools are offered.
    pub mcp: &'a Mcp,
    /// Who may do what.
    pub policy: &'a Policy,
    /// Where traces go.
    pub telemetry: &'a Telemetry,
}

/// Where calls are written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// The log file. Empty: `audit/audit.jsonl` in the user's state folder for this executable.
    pub path: String,
}

/// How HTTP is served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Host names that requests may be addressed to, besides the loopback names, such as `ops.example.com`.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may call, besides those on loopback, such as `https://app.example.com`.
    pub allowed_origins: Vec<String>,
    /// Our canonical URI, as clients and tokens name it. Empty: `http://<address>/mcp`.
    pub resource: String,
    /// Whether to serve the deprecated HTTP+SSE transport too.
    pub legacy_sse: bool,
}

/// Who may identify how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Who issues our tokens: the `iss` they must carry. Empty: no tokens are accepted.
    pub issuer: String,
    /// The `aud` that tokens must carry. Empty: `http.resource`.
    pub audience: String,
    /// File with the issuer's public keys (JWKS); read again when it changes.
    pub jwks_file: String,
    /// URL of the issuer's public keys (JWKS): https, or http on loopback.
    pub jwks_url: String,
    /// The claim that names a caller's roles.
    pub roles_claim: String,
    /// How far clocks may differ, in seconds, 0 to 300.
    #[schemars(range(min = 0, max = 300))]
    pub leeway_seconds: u64,
    /// Scopes that clients should ask for.
    pub scopes: Vec<String>,
    /// Who may call over HTTP without a token: `auto` (anybody on loopback while no issuer is set), `yes`, `no`.
    pub anonymous: Anonymous,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audience: String::new(),
            jwks_file: String::new(),
            jwks_url: String::new(),
            roles_claim: "roles".to_owned(),
            leeway_seconds: 30,
            scopes: Vec::new(),
            anonymous: Anonymous::Auto,
        }
    }
}

/// Whether callers without a token are let in over HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Anonymous {
    /// On loopback, while no issuer is set.
    #[default]
    Auto,
    /// Always, with the few rights the policy gives them.
    Yes,
    /// Never.
    No,
}

/// Which tools are offered: `((toolsets ∪ tools) ∖ exclude_tools) ∩ (read_only ? reading : all)`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mcp {
    /// Toolsets to offer; empty: the default ones; `all`: every one.
    pub toolsets: Vec<String>,
    /// Single tools to offer as well.
    pub tools: Vec<String>,
    /// Tools not to offer; wins over both.
    pub exclude_tools: Vec<String>,
    /// Offer only tools that change nothing; wins over everything.
    pub read_only: bool,
}

/// Who may do what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Folder of Cedar files that add to the shipped policies; a file of the same name replaces a shipped one.
    /// Empty: `policy` in the user's configuration folder for this executable, if there is one.
    pub directory: String,
}

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// What to log, such as `warn` or `info,mcp=debug`.
    pub filter: String,
    /// How to log to standard error: `text` or `json`.
    pub output: LogOutput,
    /// OTLP endpoint to send traces to over HTTP, such as `http://127.0.0.1:4318`. Empty: nowhere.
    pub otlp_endpoint: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            filter: "warn".to_owned(),
            output: LogOutput::Text,
            otlp_endpoint: String::new(),
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogOutput {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}
