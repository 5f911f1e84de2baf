//! Credential to caller: the local user, and bearer tokens checked against a JWKS.
//!
//! What a caller may do is not decided here; who they are is. A token is believed only if a key that the issuer
//! publishes signed it, for us, for now. Tokens are read from their header alone: whoever carries the call takes
//! them out, and nothing here forwards, logs or repeats one.

mod cache;
mod fail;
mod fetch;
mod jwks;
mod keys;
mod verify;

use std::path::PathBuf;
use std::time::Duration;

use toolcall::{BoxFuture, Caller, CallerKind, Credential, ErrorKind, Identify, ToolError};

pub use crate::fail::Error;
pub use crate::verify::Verifier;

/// Roles that say how somebody is known. A token cannot claim them.
const RESERVED_ROLES: [&str; 2] = ["local", "anonymous"];

/// Where the issuer's public keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksSource {
    /// A file; read again when it changes.
    File(PathBuf),
    /// A URL; `https`, or `http` on a loopback address. Fetched when a token needs it, and again from time to time.
    Url(String),
}

/// Which tokens are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRules {
    /// The `iss` that a token must have, exactly.
    pub issuer: String,
    /// The canonical URI of this server, which `aud` must contain.
    pub audience: String,
    /// The issuer's keys.
    pub jwks: JwksSource,
    /// How far clocks may differ, for `exp` and `nbf`.
    pub leeway: Duration,
    /// The claim with the roles; dots lead into objects, as in `realm_access.roles`.
    pub roles_claim: String,
}

impl TokenRules {
    /// Rules with a leeway of 30 seconds and roles in `roles`.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, jwks: JwksSource) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            jwks,
            leeway: Duration::from_secs(30),
            roles_claim: "roles".to_owned(),
        }
    }
}

/// Says who calls.
#[derive(Default)]
pub struct Identity {
    anonymous: bool,
    local_roles: Vec<String>,
    tokens: Option<Verifier>,
}

impl Identity {
    /// Knows the local user and nobody else.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets callers in who show nothing. Only for a listener that nobody else can reach.
    #[must_use]
    pub fn with_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Gives the local user these roles beside `local`.
    #[must_use]
    pub fn with_local_roles(mut self, roles: impl IntoIterator<Item = String>) -> Self {
        self.local_roles.extend(roles);
        self
    }

    /// Believes tokens that follow `rules`.
    ///
    /// # Errors
    /// If the key file cannot be used or the key URL is not safe. A URL is not fetched yet: the issuer may start
    /// after us.
    pub fn with_tokens(mut self, rules: TokenRules) -> Result<Self, Error> {
        self.tokens = Some(Verifier::new(rules)?);
        Ok(self)
    }

    fn local(&self, name: &str) -> Caller {
        let roles = std::iter::once("local".to_owned())
            .chain(self.local_roles.iter().cloned())
            .collect();
        Caller {
            id: name.to_owned(),
            kind: CallerKind::Local,
            issuer: None,
            roles,
            scopes: Vec::new(),
        }
    }

    fn nobody(&self) -> Result<Caller, ToolError> {
        if self.anonymous {
            let id = "anonymous".to_owned();
            return Ok(Caller {
                id,
                kind: CallerKind::Anonymous,
                issuer: None,
                roles: Vec::new(),
                scopes: Vec::new(),
            });
        }
        let error = ToolError::new(
            ErrorKind::Unauthenticated,
            "a bearer token is needed here and none was sent",
        );
        Err(match &self.tokens {
            Some(verifier) => error.hint(format!("get one from `{}`", verifier.issuer())),
            None => {
                error.hint("authentication is not configured: an operator must name an issuer and its keys")
            }
        })
    }

    async fn bearer(&self, token: &str) -> Result<Caller, ToolError> {
        match &self.tokens {
            Some(verifier) => verifier.verify(token).await,
            None => Err(ToolError::new(
                ErrorKind::TokenInvalid,
                "authentication is not configured here, so no token can be checked",
            )
            .hint("an operator must name an issuer and its keys")),
        }
    }
}

impl Identify for Identity {
    fn identify<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Caller, ToolError>> {
        Box::pin(async move {
            match credential {
                Credential::LocalUser { name } => Ok(self.local(name)),
                Credential::Absent => self.nobody(),
                // A bad token is never taken for no token: who shows one means to be somebody.
                Credential::Bearer(token) => self.bearer(token.expose()).await,
            }
        })
    }
}
