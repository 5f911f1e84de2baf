//! Somebody who issues tokens: a key made for one test, its public half as a JWKS file.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// The issuer's name in tokens.
pub(crate) const ISSUER: &str = "https://issuer.test";
/// What its tokens are for.
pub(crate) const AUDIENCE: &str = "https://prov.test/mcp";

/// Somebody who issues tokens.
pub(crate) struct Issuer {
    key: EncodingKey,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        // PKCS #8 of an Ed25519 key: this, then the 32 bytes of the seed.
        let mut der = vec![
            0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
        ];
        der.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
        der.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
        Self {
            key: EncodingKey::from_ed_der(&der),
        }
    }

    /// Writes the public key where `identity.jwks_file` finds it.
    pub(crate) fn publish(&self, file: &Path) {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::EdDSA).unwrap();
        jwk.common.key_id = Some("test".to_owned());
        std::fs::write(file, serde_json::to_string(&JwkSet { keys: vec![jwk] }).unwrap()).unwrap();
    }

    /// Claims that are in order.
    pub(crate) fn claims() -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": now, "nbf": now - 60, "exp": now + 600,
            "roles": ["operator"],
        })
    }

    /// A token in order, but for `change`.
    pub(crate) fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = Self::claims();
        change(&mut claims);
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("test".to_owned());
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }
}
