//! Plan tokens: leave to execute one plan, once, for one caller, until a deadline.
//!
//! `v1.<nonce>.<expires>.<signature>`; the signature is HMAC-SHA-256 (RFC 2104) over nonce, expiry, plan hash and caller with a
//! key that only this workspace has. What is signed beside the token itself is not in it: it must be the same at both ends.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use provisioning::site::Site;
use provisioning::state::Change;
use sha2::Sha256;
use toolcall::{Caller, ErrorKind, ToolError};

use crate::fail;
use crate::planning::Token;

/// How long a token is good for.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// A token for the plan of `hash`, for `caller`.
pub(super) fn sign(site: &dyn Site, hash: &str, caller: &Caller) -> Result<Token, ToolError> {
    let expires = site.clock().now() + LIFE;
    let nonce = site.chance().name();
    let signature = mac(site, &nonce, expires.as_second(), hash, caller)?
        .finalize()
        .into_bytes();
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Token {
        text: format!("v1.{nonce}.{}.{hex}", expires.as_second()),
        expires,
    })
}

/// That `text` is a token for the plan of `hash`, for `caller`; the answer marks it as used.
pub(super) fn verify(site: &dyn Site, text: &str, hash: &str, caller: &Caller) -> Result<Change, ToolError> {
    let refused = |message: &str| {
        ToolError::new(ErrorKind::Denied, message)
            .field("plan_token")
            .hint("plan again with `dry_run`, look at what changed, and use the new token")
    };
    let parts: Vec<&str> = text.split('.').collect();
    let ["v1", nonce, expires, signature] = parts.as_slice() else {
        return Err(refused("the plan token is not one of ours"));
    };
    let seconds: i64 = expires
        .parse()
        .map_err(|_| refused("the plan token is not one of ours"))?;
    let expires =
        Timestamp::from_second(seconds).map_err(|_| refused("the plan token is not one of ours"))?;
    let given = bytes(signature).ok_or_else(|| refused("the plan token is not one of ours"))?;
    // One answer for a wrong plan, a wrong caller and a forged token: they cannot be told apart without the key.
    mac(site, nonce, seconds, hash, caller)?.verify_slice(&given).map_err(|_| {
        refused("the plan token is for another plan, another caller or another workspace: something may have changed since it was made")
    })?;
    if expires <= site.clock().now() {
        return Err(refused("the plan token has run out"));
    }
    Ok(Change::Spend {
        token: (*nonce).to_owned(),
        expires,
    })
}

fn mac(
    site: &dyn Site,
    nonce: &str,
    expires: i64,
    hash: &str,
    caller: &Caller,
) -> Result<Hmac<Sha256>, ToolError> {
    let key = site.key().map_err(fail::state)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| {
        ToolError::new(ErrorKind::Internal, "the plan could not be signed")
            .hint("`mcp doctor` says more")
            .because(error)
    })?;
    let expires = expires.to_string();
    for part in [
        "prov plan v1",
        nonce,
        &expires,
        hash,
        caller.kind.name(),
        caller.issuer.as_deref().unwrap_or(""),
        &caller.id,
    ] {
        // Lengths first: no two lists of parts give the same text.
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Ok(mac)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|letter| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    };
    digits?.chunks(2).map(pair).collect()
}
