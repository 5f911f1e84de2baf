//! The real executable behind a real socket: what the protocol demands of every request, and everything that may
//! be wrong with one.

mod clients;
mod requests;
mod tokens;

use serde_json::{Value, json};

use crate::support::{Reply, modern};

/// A configuration whose evaluation takes longer than any test.
const ENDLESS: &str =
    "let rec count = fun n => if n == 0 then 0 else count (n - 1) in { servers = count 1000000000000 }";

fn list() -> Value {
    modern(1, "tools/list", json!({}))
}

fn validate(config: &str) -> Value {
    modern(
        1,
        "tools/call",
        json!({"name": "validate_config", "arguments": {"config": config}}),
    )
}

/// Fails unless the reply has this status and JSON-RPC error code.
#[track_caller]
fn refused(reply: &Reply, status: u16, code: i64) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.code(), code, "{reply:?}");
}
