//! Tokens that were verified of late, by their digest: checking a signature costs more than the rest of a call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use toolcall::Caller;

use crate::keys::Keys;

/// How many tokens are kept.
const KEPT: usize = 1024;

/// The digest of a token; the token itself is not kept.
pub(crate) type Fingerprint = [u8; 32];

/// Verified tokens and the keys they were verified with.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Verified>);

#[derive(Default)]
struct Verified {
    keys: Option<Arc<Keys>>,
    callers: HashMap<Fingerprint, (Caller, u64)>,
}

pub(crate) fn fingerprint(token: &str) -> Fingerprint {
    Sha256::digest(token.as_bytes()).into()
}

impl Cache {
    /// The caller of a token that was verified with `keys` and has not expired at `now`, in Unix seconds.
    pub(crate) fn get(&self, token: &Fingerprint, keys: &Arc<Keys>, now: u64) -> Option<Caller> {
        let verified = self.lock();
        // Other keys, other answers: a key that was withdrawn must not live on here.
        let same = verified.keys.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, keys));
        let (caller, expires) = verified.callers.get(token).filter(|_| same)?;
        (now < *expires).then(|| caller.clone())
    }

    /// Keeps `caller` until `expires`.
    pub(crate) fn put(&self, token: Fingerprint, keys: &Arc<Keys>, caller: &Caller, expires: u64, now: u64) {
        let mut verified = self.lock();
        if !verified.keys.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, keys)) {
            verified.callers.clear();
            verified.keys = Some(Arc::clone(keys));
        }
        if verified.callers.len() >= KEPT {
            verified.callers.retain(|_, (_, expires)| now < *expires);
        }
        if verified.callers.len() >= KEPT {
            verified.callers.clear();
        }
        verified.callers.insert(token, (caller.clone(), expires));
    }

    fn lock(&self) -> MutexGuard<'_, Verified> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
