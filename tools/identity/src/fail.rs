//! What can go wrong, said once: to whoever configures us, and to whoever shows a token.
//!
//! Nothing of a token is ever in these texts, not even its issuer: it is the text of somebody we do not know.

use std::path::PathBuf;
use std::time::Duration;

use toolcall::{ErrorKind, ToolError};

/// Why token rules cannot be used, or keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key URL is not one.
    #[error("the key URL `{url}` is not a URL")]
    UrlMalformed {
        /// As configured.
        url: String,
    },
    /// The key URL would let anybody on the way put in keys of their own.
    #[error("the key URL `{url}` must be `https`, without a password; `http` is for loopback addresses only")]
    UrlUnsafe {
        /// As configured, without what could be a password.
        url: String,
    },
    /// The HTTP client cannot be set up.
    #[error("cannot set up the HTTP client for the key URL")]
    Client {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The key file cannot be read.
    #[error("cannot read the key file `{}`", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key URL cannot be fetched.
    #[error("cannot fetch the keys from `{url}`")]
    Fetch {
        /// Which.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The key URL answers something else.
    #[error("`{url}` answers with status {status} instead of keys")]
    Status {
        /// Which.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The last attempt failed and it is too early for another.
    #[error("cannot fetch the keys from `{url}`; the last attempt was less than {} s ago", .wait.as_secs())]
    Waiting {
        /// Which.
        url: String,
        /// How long to wait between attempts.
        wait: Duration,
    },
    /// The keys are more than anybody needs.
    #[error("`{place}` has more than {limit} bytes of keys")]
    Large {
        /// File or URL.
        place: String,
        /// The limit.
        limit: usize,
    },
    /// The keys are not a JWKS.
    #[error("`{place}` is not a JSON Web Key Set")]
    Format {
        /// File or URL.
        place: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// No key is one we accept.
    #[error("`{place}` has no public key for EdDSA, ES256 or RS256")]
    NoKey {
        /// File or URL.
        place: String,
    },
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed,
    Header,
    Algorithm,
    UnknownKey,
    Signature,
    Issuer,
    Audience,
    Expired,
    Early,
    Lacks(&'static str),
    Subject,
}

/// The refusal of a token, with whom to ask for a better one.
pub(crate) fn refused(fault: Fault, issuer: &str, audience: &str) -> ToolError {
    let another = format!("get a token from `{issuer}`");
    let (kind, message, hint) = match fault {
        Fault::Malformed => (
            ErrorKind::TokenInvalid,
            "the bearer token is not a signed JWT".to_owned(),
            another,
        ),
        Fault::Header => (
            ErrorKind::TokenInvalid,
            "the token's header asks for something that is not supported here".to_owned(),
            "send an access token without `crit`, of type `JWT` or `at+jwt`".to_owned(),
        ),
        Fault::Algorithm => (
            ErrorKind::TokenInvalid,
            "the token is signed with an algorithm that is not accepted".to_owned(),
            "it must be signed with EdDSA, ES256 or RS256, whichever its key is for".to_owned(),
        ),
        Fault::UnknownKey => (
            ErrorKind::TokenInvalid,
            "the token is signed with a key that the issuer does not publish".to_owned(),
            another,
        ),
        Fault::Signature => (
            ErrorKind::TokenInvalid,
            "the token's signature does not hold".to_owned(),
            another,
        ),
        Fault::Issuer => (
            ErrorKind::TokenInvalid,
            "the token is from another issuer".to_owned(),
            another,
        ),
        Fault::Audience => (
            ErrorKind::TokenAudience,
            "the token was issued for another server".to_owned(),
            format!("ask `{issuer}` for a token whose `resource` is `{audience}`"),
        ),
        Fault::Expired => (
            ErrorKind::TokenExpired,
            "the token has expired".to_owned(),
            another,
        ),
        Fault::Early => (
            ErrorKind::TokenExpired,
            "the token is not valid yet".to_owned(),
            "wait for its `nbf`, or compare the clocks".to_owned(),
        ),
        Fault::Lacks(claim) => (
            ErrorKind::TokenInvalid,
            format!("the token lacks a usable `{claim}`"),
            another,
        ),
        Fault::Subject => (
            ErrorKind::TokenInvalid,
            "the token's `sub` is empty, too long, or has control characters".to_owned(),
            another,
        ),
    };
    ToolError::new(kind, message).hint(hint)
}

/// The refusal when the keys cannot be had: it may work later, and the token may be good.
pub(crate) fn no_keys(error: Error) -> ToolError {
    tracing::warn!(error = %error, "no keys to check tokens with");
    ToolError::new(
        ErrorKind::Unavailable,
        "the issuer's keys cannot be read now, so the token cannot be checked",
    )
    .hint("try again in a while; if it stays so, an operator must look at the key file or URL")
    .retry_after(Duration::from_secs(5))
    .because(error)
}
