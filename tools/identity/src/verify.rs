//! A bearer token to the caller it stands for.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::{Error as JwtError, ErrorKind as Jwt};
use jsonwebtoken::{Header, Validation};
use serde_json::{Map, Value};
use toolcall::{Caller, CallerKind, ToolError};

use crate::cache::{Cache, fingerprint};
use crate::fail::{Fault, no_keys, refused};
use crate::fetch::Pace;
use crate::jwks::Jwks;
use crate::keys::{Key, Keys};
use crate::{Error, RESERVED_ROLES, TokenRules};

/// The longest token that is looked at, in bytes.
const TOKEN_LIMIT: usize = 16 << 10;
/// The longest subject, in bytes: it goes into every record.
const SUBJECT_LIMIT: usize = 256;

/// Checks tokens of one issuer.
pub struct Verifier {
    rules: TokenRules,
    jwks: Jwks,
    cache: Cache,
}

impl Verifier {
    /// Checks tokens by `rules`.
    ///
    /// # Errors
    /// If the key file cannot be used or the key URL is not safe.
    pub fn new(rules: TokenRules) -> Result<Self, Error> {
        Self::with_pace(rules, Pace::default())
    }

    /// The same, in another hurry.
    pub(crate) fn with_pace(mut rules: TokenRules, pace: Pace) -> Result<Self, Error> {
        let jwks = Jwks::new(&rules.jwks, pace)?;
        rules
            .audience
            .truncate(rules.audience.trim_end_matches('/').len());
        Ok(Self {
            rules,
            jwks,
            cache: Cache::default(),
        })
    }

    /// The issuer whose tokens are believed.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.rules.issuer
    }

    /// Who `token` stands for.
    ///
    /// # Errors
    /// `TokenInvalid`, `TokenAudience` or `TokenExpired` if we do not believe it; `Unavailable` if the issuer's keys
    /// cannot be had.
    pub async fn verify(&self, token: &str) -> Result<Caller, ToolError> {
        let header = header(token).map_err(|fault| self.refused(fault))?;
        let keys = self.jwks.current().await.map_err(no_keys)?;
        let (fingerprint, now) = (fingerprint(token), now());
        if let Some(caller) = self.cache.get(&fingerprint, &keys, now) {
            return Ok(caller);
        }
        let keys = self.keys_for(&header, keys).await?;
        let key = keys
            .find(header.kid.as_deref(), header.alg)
            .map_err(|fault| self.refused(fault))?;
        let claims = self.claims(token, key).map_err(|fault| self.refused(fault))?;
        let caller = self.caller(&claims).map_err(|fault| self.refused(fault))?;
        let expires = claims
            .get("exp")
            .and_then(Value::as_f64)
            .map_or(0, |seconds| seconds as u64);
        self.cache.put(fingerprint, &keys, &caller, expires, now);
        Ok(caller)
    }

    /// `keys`, or newer ones if the token names a key that is not among them: the issuer may have changed keys.
    async fn keys_for(&self, header: &Header, keys: Arc<Keys>) -> Result<Arc<Keys>, ToolError> {
        match keys.find(header.kid.as_deref(), header.alg) {
            Err(Fault::UnknownKey) => Ok(self.jwks.newer(&keys).await.map_err(no_keys)?.unwrap_or(keys)),
            _ => Ok(keys),
        }
    }

    /// The claims, if `key` signed them for us and for now.
    fn claims(&self, token: &str, key: &Key) -> Result<Map<String, Value>, Fault> {
        let mut validation = Validation::new(key.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.rules.issuer]);
        // Our name has no trailing slash; some clients write one.
        validation.set_audience(&[&self.rules.audience, &format!("{}/", self.rules.audience)]);
        validation.leeway = self.rules.leeway.as_secs();
        validation.validate_nbf = true;
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &key.decoding, &validation);
        decoded.map(|data| data.claims).map_err(|error| fault(&error))
    }

    fn caller(&self, claims: &Map<String, Value>) -> Result<Caller, Fault> {
        let subject = claims
            .get("sub")
            .and_then(Value::as_str)
            .ok_or(Fault::Lacks("sub"))?;
        if subject.is_empty() || subject.len() > SUBJECT_LIMIT || subject.chars().any(char::is_control) {
            return Err(Fault::Subject);
        }
        let mut roles = listed(at(claims, &self.rules.roles_claim));
        roles.retain(|role| !RESERVED_ROLES.contains(&role.as_str()));
        let scopes = match claims.get("scope") {
            Some(Value::String(text)) => text.split_ascii_whitespace().map(str::to_owned).collect(),
            other => listed(other),
        };
        Ok(Caller {
            id: subject.to_owned(),
            kind: CallerKind::Token,
            issuer: Some(self.rules.issuer.clone()),
            roles,
            scopes,
        })
    }

    fn refused(&self, fault: Fault) -> ToolError {
        refused(fault, &self.rules.issuer, &self.rules.audience)
    }
}

/// The header of `token`, if it is one we can go on with.
fn header(token: &str) -> Result<Header, Fault> {
    if token.len() > TOKEN_LIMIT {
        return Err(Fault::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Fault::Malformed)?;
    // `crit` means: do not believe this without understanding that. We understand none.
    if header.crit.is_some() {
        return Err(Fault::Header);
    }
    // A signed statement of another kind, such as a logout token, must not pass for an access token.
    let access = ["jwt", "at+jwt", "application/at+jwt"];
    match header.typ.as_ref().map(|kind| kind.to_ascii_lowercase()) {
        Some(kind) if !access.contains(&kind.as_str()) => Err(Fault::Header),
        _ => Ok(header),
    }
}

fn fault(error: &JwtError) -> Fault {
    match error.kind() {
        Jwt::InvalidSignature => Fault::Signature,
        Jwt::InvalidAlgorithm => Fault::Algorithm,
        Jwt::InvalidIssuer => Fault::Issuer,
        Jwt::InvalidAudience => Fault::Audience,
        Jwt::ExpiredSignature => Fault::Expired,
        Jwt::ImmatureSignature => Fault::Early,
        Jwt::MissingRequiredClaim(claim) | Jwt::InvalidClaimFormat(claim) => match claim.as_str() {
            "aud" => Fault::Audience,
            "iss" => Fault::Issuer,
            "exp" => Fault::Lacks("exp"),
            "nbf" => Fault::Lacks("nbf"),
            _ => Fault::Lacks("sub"),
        },
        _ => Fault::Malformed,
    }
}

/// The claim at `path`: the claim of that name, else the one that the dots lead to.
fn at<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    claims.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        at(claims.get(first)?.as_object()?, rest)
    })
}

/// A string, or the strings of an array.
fn listed(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn now() -> u64 {
    // Before 1970 everything counts as expired.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(u64::MAX, |since| since.as_secs())
}
