//! A gate in memory for tests: a fixed caller, a decider that says yes, a record that can be read back, snapshots.
//!
//! What a test says nothing about is out of its way; what it is about is swapped in with [`Setup`]. Nothing here
//! knows Cedar, tokens or the audit log: a tool's test must not fail because a policy changed.

mod ports;
mod snapshot;

use std::sync::Arc;

use redacted::Scrubber;
use serde_json::{Value, json};
use toolcall::{
    Bounds, Call, Catalog, Content, Credential, Decide, Decision, Documents, ErrorKind, Gate, Identify,
    NoDocuments, Origin, Record, Reply, ToolError,
};

pub use ports::{Deciding, Identifying, Moment, Recording, caller};
pub use snapshot::snapshot;

/// How calls of [`call`] come in.
pub const TRANSPORT: &str = "cli";

/// A gate to `catalog` that lets everybody in, allows everything and records in memory.
#[must_use]
pub fn gate(catalog: Catalog) -> Gate {
    Setup::new(catalog).gate()
}

/// The credential of the local user `tester`.
#[must_use]
pub fn local() -> Credential {
    Credential::LocalUser {
        name: "tester".to_owned(),
    }
}

/// Calls `tool` as [`local`], as a command line would.
///
/// An answer in content alone comes back as `{"content": […]}`, a question to the client as `{"ask": […keys]}`.
///
/// # Errors
/// Whatever the gate or the tool answered.
pub async fn call(gate: &Gate, tool: &str, arguments: Value) -> Result<Value, ToolError> {
    call_as(gate, &local(), tool, arguments).await
}

/// Calls `tool` with `credential`.
///
/// # Errors
/// Whatever the gate or the tool answered.
pub async fn call_as(
    gate: &Gate,
    credential: &Credential,
    tool: &str,
    arguments: Value,
) -> Result<Value, ToolError> {
    let Value::Object(arguments) = arguments else {
        return Err(ToolError::new(
            ErrorKind::InvalidArgument,
            "the test's arguments are not an object",
        )
        .hint("write them as `json!({ … })`"));
    };
    let origin = Origin {
        transport: TRANSPORT,
        ..Origin::default()
    };
    let who = gate.identify(credential, &origin).await?;
    let reply = gate.call(&who, Call::new(tool, arguments, TRANSPORT)).await?;
    Ok(match reply {
        Reply::Structure(value) => value,
        Reply::Content(parts) => json!({ "content": parts.into_iter().map(plain).collect::<Vec<_>>() }),
        Reply::Ask(ask) => json!({ "ask": ask.questions.keys().collect::<Vec<_>>() }),
    })
}

fn plain(part: Content) -> Value {
    match part {
        Content::Text(text) => json!({ "text": text }),
        Content::Image { data, mime_type } => json!({ "image": data, "mime_type": mime_type }),
        Content::Audio { data, mime_type } => json!({ "audio": data, "mime_type": mime_type }),
        Content::Embedded { uri, mime_type, text } => {
            json!({ "uri": uri, "mime_type": mime_type, "text": text })
        }
    }
}

/// A gate under construction.
pub struct Setup {
    catalog: Catalog,
    documents: Arc<dyn Documents>,
    identify: Arc<dyn Identify>,
    decide: Arc<dyn Decide>,
    record: Arc<dyn Record>,
    scrubber: Arc<Scrubber>,
    bounds: Bounds,
}

impl Setup {
    /// Everything as [`gate`] has it.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            documents: Arc::new(NoDocuments),
            identify: Arc::new(Identifying::everybody()),
            decide: Arc::new(Deciding::new(|_| Decision::Allow {
                policies: vec!["testkit".to_owned()],
            })),
            record: Arc::new(Recording::new()),
            scrubber: Arc::new(Scrubber::default()),
            bounds: Bounds::default(),
        }
    }

    /// With these documents.
    #[must_use]
    pub fn documents(mut self, documents: impl Documents + 'static) -> Self {
        self.documents = Arc::new(documents);
        self
    }

    /// With somebody else who says who calls.
    #[must_use]
    pub fn identify(mut self, identify: impl Identify + 'static) -> Self {
        self.identify = Arc::new(identify);
        self
    }

    /// With somebody else who decides.
    #[must_use]
    pub fn decide(mut self, decide: impl Decide + 'static) -> Self {
        self.decide = Arc::new(decide);
        self
    }

    /// With somebody else who records; hand over a clone of a [`Recording`] and read the original.
    #[must_use]
    pub fn record(mut self, record: impl Record + 'static) -> Self {
        self.record = Arc::new(record);
        self
    }

    /// With this scrubber.
    #[must_use]
    pub fn scrubber(mut self, scrubber: Arc<Scrubber>) -> Self {
        self.scrubber = scrubber;
        self
    }

    /// With these bounds.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// The gate.
    #[must_use]
    pub fn gate(self) -> Gate {
        Gate::new(
            Arc::new(self.catalog),
            self.documents,
            self.identify,
            self.decide,
            self.record,
            self.scrubber,
            self.bounds,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_tool_is_refused_and_recorded() {
        let recording = Recording::new();
        let gate = Setup::new(Catalog::new()).record(recording.clone()).gate();
        let error = call(&gate, "no_such_tool", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownTool);
        assert_eq!(
            recording.lines(),
            ["refusal no_such_tool by tester via cli: unknown_tool"]
        );
    }

    #[tokio::test]
    async fn a_refusal_that_cannot_be_recorded_says_so() {
        let recording = Recording::new();
        recording.fail_at(Moment::Refusal);
        let gate = Setup::new(Catalog::new()).record(recording.clone()).gate();
        let error = call(&gate, "no_such_tool", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(recording.lines().is_empty());
    }

    #[tokio::test]
    async fn a_bearer_is_known_by_its_token_text_and_nobody_is_anonymous() {
        let gate = gate(Catalog::new());
        let who = gate
            .identify(&Credential::Absent, &Origin::default())
            .await
            .unwrap();
        assert_eq!(who.caller().kind.name(), "anonymous");
        let identify =
            Identifying::new(|_| Err(ToolError::new(ErrorKind::Unauthenticated, "nobody is let in")));
        let gate = Setup::new(Catalog::new()).identify(identify).gate();
        let error = call(&gate, "x", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}
