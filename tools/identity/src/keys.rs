//! Keys out of a JWKS. A key says which algorithm it is for; a token's header has no say in it.

use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::fail::Fault;

/// The largest JWKS that is read, in bytes.
pub(crate) const LIMIT: usize = 256 << 10;

/// The keys of an issuer that we accept.
pub(crate) struct Keys {
    keys: Vec<Key>,
    text: Vec<u8>,
}

/// One of them.
pub(crate) struct Key {
    id: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
}

#[derive(Deserialize)]
struct Set {
    // Each on its own: one key of a kind we do not know must not cost us the others.
    keys: Vec<Value>,
}

impl Keys {
    /// Reads the JWKS `text`, found at `place`; `last` again if it says the same. What was verified with the same
    /// keys stays verified, however often somebody with a made-up key id makes us look.
    pub(crate) fn parse(text: Vec<u8>, place: &str, last: Option<&Arc<Self>>) -> Result<Arc<Self>, Error> {
        if let Some(last) = last.filter(|last| last.text == text) {
            return Ok(Arc::clone(last));
        }
        let set: Set = serde_json::from_slice(&text).map_err(|source| Error::Format {
            place: place.to_owned(),
            source,
        })?;
        let keys: Vec<Key> = set.keys.into_iter().filter_map(key).collect();
        if keys.is_empty() {
            return Err(Error::NoKey {
                place: place.to_owned(),
            });
        }
        Ok(Arc::new(Self { keys, text }))
    }

    /// The key for a token whose header says `id` and `algorithm`.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, Fault> {
        let named: Vec<&Key> = match id {
            Some(id) => self
                .keys
                .iter()
                .filter(|key| key.id.as_deref() == Some(id))
                .collect(),
            None => self.keys.iter().collect(),
        };
        let mut fitting = named.iter().filter(|key| key.algorithm == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            // Without an id there is no guessing between keys; two of one id are no better.
            (Some(_), Some(_)) => Err(Fault::UnknownKey),
            (None, _) if named.is_empty() => Err(Fault::UnknownKey),
            (None, _) => Err(Fault::Algorithm),
        }
    }
}

/// The key in `value`, if it is a public signing key of a kind we accept.
fn key(value: Value) -> Option<Key> {
    // Private parts where everybody can read them: that key is anybody's.
    if value.get("d").is_some() {
        tracing::warn!("a key set holds a private key; the key is not used");
        return None;
    }
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(parameters) if parameters.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        AlgorithmParameters::EllipticCurve(parameters) if parameters.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        _ => return None,
    };
    let for_it = jwk
        .common
        .key_algorithm
        .as_ref()
        .is_none_or(|declared| *declared == name);
    let signs = jwk
        .common
        .public_key_use
        .as_ref()
        .is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    if !for_it || !signs {
        return None;
    }
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    Some(Key {
        id: jwk.common.key_id,
        algorithm,
        decoding,
    })
}
