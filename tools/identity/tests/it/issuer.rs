//! An issuer for tests: signs tokens with committed, test-only keys, and publishes their public halves.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use identity::{Identity, JwksSource, TokenRules};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use redacted::Redacted;
use serde_json::{Value, json};
use tempfile::TempDir;
use toolcall::{Caller, Credential, Identify, ToolError};

pub(crate) const ISSUER: &str = "https://issuer.test/realm";
pub(crate) const AUDIENCE: &str = "https://server.test/mcp";

/// A key pair.
pub(crate) struct Pair {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) private: EncodingKey,
}

macro_rules! pem {
    ($name:literal) => {
        include_bytes!(concat!("../keys/TEST-ONLY-", $name, ".pem"))
    };
}

impl Pair {
    pub(crate) fn ed25519() -> Self {
        let private = EncodingKey::from_ed_pem(pem!("ed25519")).unwrap();
        Self {
            id: "ed",
            algorithm: Algorithm::EdDSA,
            private,
        }
    }

    pub(crate) fn rotated() -> Self {
        let private = EncodingKey::from_ed_pem(pem!("ed25519-rotated")).unwrap();
        Self {
            id: "ed-2",
            algorithm: Algorithm::EdDSA,
            private,
        }
    }

    pub(crate) fn p256() -> Self {
        let private = EncodingKey::from_ec_pem(pem!("p256")).unwrap();
        Self {
            id: "ec",
            algorithm: Algorithm::ES256,
            private,
        }
    }

    pub(crate) fn rsa() -> Self {
        let private = EncodingKey::from_rsa_pem(pem!("rsa2048")).unwrap();
        Self {
            id: "rsa",
            algorithm: Algorithm::RS256,
            private,
        }
    }

    /// The public half, as published.
    pub(crate) fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(jwk).unwrap()
    }

    /// A token with `claims`.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        self.sign_with(&header, claims)
    }

    pub(crate) fn sign_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.private).unwrap()
    }
}

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// Claims that are believed, with `changes`; `null` takes a claim away.
pub(crate) fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": now() + 600,
        "roles": ["reader"], "scope": "tools:read tools:list",
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// Writes the public halves of `pairs` to a file in `folder`.
pub(crate) fn publish(folder: &Path, pairs: &[Pair]) -> PathBuf {
    let path = folder.join("jwks.json");
    let keys: Vec<Value> = pairs.iter().map(Pair::public).collect();
    std::fs::write(&path, json!({ "keys": keys }).to_string()).unwrap();
    path
}

/// Rules for the keys in `path`.
pub(crate) fn rules(path: PathBuf) -> TokenRules {
    TokenRules::new(ISSUER, AUDIENCE, JwksSource::File(path))
}

/// Knows the three kinds of keys, as long as the folder is kept: a key file that vanishes is an error by design.
pub(crate) fn identity() -> (TempDir, Identity) {
    let folder = tempfile::tempdir().unwrap();
    let path = publish(folder.path(), &[Pair::ed25519(), Pair::p256(), Pair::rsa()]);
    (folder, Identity::new().with_tokens(rules(path)).unwrap())
}

pub(crate) async fn show(identity: &Identity, token: &str) -> Result<Caller, ToolError> {
    identity
        .identify(&Credential::Bearer(Redacted::new(token.to_owned())))
        .await
}
