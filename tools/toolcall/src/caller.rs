//! Who calls: the credential that came in, and the caller it stands for.

use redacted::Redacted;

use crate::{BoxFuture, ToolError};

/// What somebody showed us to say who they are.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The operating-system user at the other end of our standard input, or at the command line.
    LocalUser {
        /// Login name, or `uid-<number>` where it has none.
        name: String,
    },
    /// A bearer token from an `Authorization` header or a token file.
    Bearer(Redacted<String>),
    /// Nothing.
    Absent,
}

/// What kind of caller this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// The local operating-system user.
    Local,
    /// Somebody whose token we verified.
    Token,
    /// Somebody on a loopback listener without authentication.
    Anonymous,
}

impl CallerKind {
    /// The name in policies and in the audit log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Token => "token",
            Self::Anonymous => "anonymous",
        }
    }
}

/// Somebody we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Stable id: the login name, or the token's subject.
    pub id: String,
    /// How we know them.
    pub kind: CallerKind,
    /// Who vouches for them, for tokens.
    pub issuer: Option<String>,
    /// Roles that policies speak of.
    pub roles: Vec<String>,
    /// Scopes that the token carries.
    pub scopes: Vec<String>,
}

impl Caller {
    /// Who it is, told from everybody else: a subject alone is not enough, because two issuers may know two people of
    /// one name, and neither is the local user.
    #[must_use]
    pub fn principal(&self) -> String {
        let issuer = self.issuer.as_deref().unwrap_or_default();
        format!("{}\u{1f}{issuer}\u{1f}{}", self.kind.name(), self.id)
    }
}

/// A caller whose credential was accepted. Made only by [`crate::Gate::identify`].
#[derive(Debug, Clone)]
pub struct Identified {
    pub(crate) caller: Caller,
}

impl Identified {
    /// Who it is.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

/// Turns a credential into a caller.
pub trait Identify: Send + Sync {
    /// Who showed `credential`; an error of kind `Unauthenticated` or `Token…` if we do not believe it.
    fn identify<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Caller, ToolError>>;
}
