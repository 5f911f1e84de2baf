//! Tools to decide about; they are never called.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use toolcall::{
    AnyTool, Caller, CallerKind, Catalog, Decide, Decision, Declaration, Effect, ErrorKind, Prepared,
    Request, Resource, ToolError, Toolset,
};

const TOYS: Toolset = Toolset {
    family: "toys",
    name: "toys",
    summary: "toys",
    default: true,
};

struct Toy(Declaration);

impl AnyTool for Toy {
    fn declaration(&self) -> &Declaration {
        &self.0
    }

    fn prepare(self: Arc<Self>, _arguments: Map<String, Value>) -> Result<Prepared, ToolError> {
        Err(ToolError::new(ErrorKind::Internal, "a toy is never called"))
    }
}

/// A catalogue of `(name, effect, kind)`.
pub(crate) fn catalogue(tools: &[(&'static str, Effect, &'static str)]) -> Catalog {
    tools
        .iter()
        .fold(Catalog::new(), |catalog, (name, effect, kind)| {
            let declaration = Declaration {
                name,
                aliases: &[],
                title: name,
                description: String::new(),
                toolset: TOYS,
                effect: *effect,
                idempotent: true,
                open_world: false,
                resource: kind,
                deadline: Duration::from_secs(1),
                input_schema: Map::new(),
                output_schema: None,
            };
            catalog.with_any(Arc::new(Toy(declaration))).unwrap()
        })
}

/// One tool per effect.
pub(crate) fn toys() -> Catalog {
    catalogue(&[
        ("toys_box_list", Effect::Read, "Box"),
        ("toys_box_fill", Effect::Write, "Box"),
        ("toys_shelf_burn", Effect::Destroy, "Shelf"),
    ])
}

/// What `policy` says when `caller` asks for one of [`toys`] or a document.
pub(crate) fn ask(policy: &impl Decide, caller: &Caller, action: &str, id: &str) -> Decision {
    let (effect, kind) = match action {
        "toys_box_fill" => (Effect::Write, "Box"),
        "toys_shelf_burn" => (Effect::Destroy, "Shelf"),
        "document_read" => (Effect::Read, "Document"),
        _ => (Effect::Read, "Box"),
    };
    let resource = Resource {
        kind,
        id: id.to_owned(),
    };
    policy.decide(&Request {
        caller,
        action,
        effect,
        resource: &resource,
        transport: "http",
    })
}

/// Whether `policy` allows it.
pub(crate) fn may(policy: &impl Decide, caller: &Caller, action: &str) -> bool {
    matches!(ask(policy, caller, action, "a"), Decision::Allow { .. })
}

/// A token with one role.
pub(crate) fn token(role: &str) -> Caller {
    testkit::caller("ann", CallerKind::Token, &[role])
}
