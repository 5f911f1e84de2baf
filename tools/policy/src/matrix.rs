//! The policies as a table that people can review.

use std::fmt::Write as _;

use toolcall::{Caller, CallerKind, Catalog, Decide, Decision, Effect, Request, Resource};

use crate::{Policy, schema};

/// The columns: who is asked about.
const WHO: [(&str, CallerKind, &[&str]); 5] = [
    ("local", CallerKind::Local, &["local"]),
    ("anonymous", CallerKind::Anonymous, &[]),
    ("reader", CallerKind::Token, &["reader"]),
    ("operator", CallerKind::Token, &["operator"]),
    ("admin", CallerKind::Token, &["admin"]),
];

/// Who may call which tool of `catalog` under `policy`, as Markdown. `local` and `anonymous` are callers without a
/// token; the others are tokens with that one role.
#[must_use]
pub fn matrix(policy: &Policy, catalog: &Catalog) -> String {
    let mut text = String::from("| Tool | Effect | Resource |");
    for (name, ..) in WHO {
        let _infallible = write!(text, " {name} |");
    }
    text.push_str("\n|---|---|---|");
    text.push_str(&":-:|".repeat(WHO.len()));
    text.push('\n');
    let tools = catalog
        .declarations()
        .map(|tool| (tool.name, tool.effect, tool.resource));
    for (name, effect, kind) in tools.chain([(schema::DOCUMENT_READ, Effect::Read, schema::DOCUMENT)]) {
        let _infallible = write!(text, "| `{name}` | {} | {kind} |", effect.name());
        for (who, caller_kind, roles) in WHO {
            let cell = if may(policy, &somebody(who, caller_kind, roles), name, effect, kind) {
                "yes"
            } else {
                "–"
            };
            let _infallible = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    text
}

fn may(policy: &Policy, caller: &Caller, action: &str, effect: Effect, kind: &'static str) -> bool {
    let resource = Resource {
        kind,
        id: "*".to_owned(),
    };
    let transport = if caller.kind == CallerKind::Local {
        "stdio"
    } else {
        "http"
    };
    let request = Request {
        caller,
        action,
        effect,
        resource: &resource,
        transport,
    };
    matches!(policy.decide(&request), Decision::Allow { .. })
}

fn somebody(id: &str, kind: CallerKind, roles: &[&str]) -> Caller {
    Caller {
        id: id.to_owned(),
        kind,
        issuer: None,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        scopes: Vec::new(),
    }
}
