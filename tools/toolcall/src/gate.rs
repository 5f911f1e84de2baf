//! The door. Every call passes it, whether it came from a model, a script or a command line.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redacted::Scrubber;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::bound::{self, Bounds, Scrubbed};
use crate::{
    AnyTool, Call, Caller, Catalog, Content, Credential, Decide, Decision, Declaration, Document, Documents,
    Effect, ErrorKind, Granted, Identified, Identify, Intent, Origin, Outcome, Prepared, Record, Refusal,
    Reply, Request, Resource, ToolError, Verdict,
};

/// The action that stands for reading a document, in policies and records.
const DOCUMENT_READ: &str = "document_read";
/// How long reading a document may take.
const DOCUMENT_WITHIN: Duration = Duration::from_secs(30);

/// The one way to make a call.
#[derive(Clone)]
pub struct Gate {
    catalog: Arc<Catalog>,
    documents: Arc<dyn Documents>,
    identify: Arc<dyn Identify>,
    decide: Arc<dyn Decide>,
    record: Arc<dyn Record>,
    scrubber: Arc<Scrubber>,
    bounds: Bounds,
}

impl Gate {
    /// A gate to `catalog` and `documents`, guarded by who decides and who records.
    #[must_use]
    pub fn new(
        catalog: Arc<Catalog>,
        documents: Arc<dyn Documents>,
        identify: Arc<dyn Identify>,
        decide: Arc<dyn Decide>,
        record: Arc<dyn Record>,
        scrubber: Arc<Scrubber>,
        bounds: Bounds,
    ) -> Self {
        Self {
            catalog,
            documents,
            identify,
            decide,
            record,
            scrubber,
            bounds,
        }
    }

    /// Who showed `credential`. A refusal is recorded.
    ///
    /// # Errors
    /// Of kind `Unauthenticated` or `Token…`.
    pub async fn identify(&self, credential: &Credential, origin: &Origin) -> Result<Identified, ToolError> {
        match self.identify.identify(credential).await {
            Ok(caller) => Ok(Identified { caller }),
            Err(error) => Err(self.refuse(None, "", error, origin)),
        }
    }

    /// The tools that `who` may call, in the catalogue's order.
    #[must_use]
    pub fn visible(&self, who: &Identified, transport: &str) -> Vec<&Declaration> {
        self.catalog
            .declarations()
            .filter(|tool| self.may_see(who, tool, transport))
            .collect()
    }

    /// Every tool that is offered to anybody.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The documents behind the gate: listing and completing them needs no leave, reading does.
    #[must_use]
    pub fn documents(&self) -> &dyn Documents {
        self.documents.as_ref()
    }

    /// Makes `call` for `who`.
    ///
    /// # Errors
    /// Whatever kept the call from succeeding, scrubbed of secrets. Refusals are recorded like calls.
    pub async fn call(&self, who: &Identified, mut call: Call) -> Result<Reply, ToolError> {
        let Some(tool) = self.catalog.tool(&call.tool).cloned() else {
            let error = self.unknown_tool(who, &call.tool, call.origin.transport);
            return Err(self.refuse(Some(&who.caller), &call.tool, error, &call.origin));
        };
        let declaration = tool.declaration();
        let arguments = std::mem::take(&mut call.arguments);
        let permitted = self.understand(&tool, arguments).and_then(|(prepared, digest)| {
            let policies = self.decide(
                who,
                declaration.name,
                declaration.effect,
                &prepared.resource,
                &call.origin,
            )?;
            Ok((prepared, digest, policies))
        });
        let (prepared, digest, policies) = match permitted {
            Ok(permitted) => permitted,
            Err(error) => {
                // What a caller may not know of is not there, rather than forbidden or called wrongly.
                let error = match self.may_see(who, declaration, call.origin.transport) {
                    true => error,
                    false => self.unknown_tool(who, &call.tool, call.origin.transport),
                };
                return Err(self.refuse(Some(&who.caller), declaration.name, error, &call.origin));
            }
        };
        let call_id = Uuid::now_v7().to_string();
        let recorded = Resource {
            kind: prepared.resource.kind,
            id: bound::name(&prepared.resource.id, &self.scrubber),
        };
        // No record, no call: what is not written down beforehand does not happen.
        self.record
            .intent(&Intent {
                call_id: &call_id,
                tool: declaration.name,
                caller: &who.caller,
                resource: &recorded,
                effect: declaration.effect,
                arguments_digest: &digest,
                policies: &policies,
                origin: &call.origin,
            })
            .map_err(unrecorded)?;

        let started = Instant::now();
        let result = self.run(prepared, declaration, who, &call_id, call).await;
        let result = match result {
            Ok(reply) => bound::reply(reply, &self.scrubber, &self.bounds),
            Err(error) => Err(error),
        }
        .map_err(|error| bound::error(error, &self.scrubber, &self.bounds));

        let outcome = outcome(&call_id, declaration.name, started.elapsed(), &result);
        let result = result.map(|(reply, _)| reply);
        match (self.record.outcome(&outcome), declaration.effect) {
            // A read that left no trace is withheld.
            (Err(error), Effect::Read) => Err(unrecorded(error)),
            // A change has already happened: hiding its result would only mislead.
            (Err(error), _) => {
                tracing::error!(call_id, error = %error, "the outcome of a change could not be recorded");
                result
            }
            (Ok(()), _) => result,
        }
    }

    /// Reads the document at `uri` for `who`.
    ///
    /// # Errors
    /// If there is none, the policy refuses, or it cannot be recorded.
    pub async fn read(&self, who: &Identified, uri: &str, origin: &Origin) -> Result<Document, ToolError> {
        let resource = Resource {
            kind: "Document",
            id: uri.to_owned(),
        };
        let permitted = check_name(&resource)
            .and_then(|()| self.decide(who, DOCUMENT_READ, Effect::Read, &resource, origin));
        let policies = match permitted {
            Ok(policies) => policies,
            Err(error) => return Err(self.refuse(Some(&who.caller), DOCUMENT_READ, error, origin)),
        };
        let call_id = Uuid::now_v7().to_string();
        let recorded = Resource {
            kind: resource.kind,
            id: bound::name(uri, &self.scrubber),
        };
        self.record
            .intent(&Intent {
                call_id: &call_id,
                tool: DOCUMENT_READ,
                caller: &who.caller,
                resource: &recorded,
                effect: Effect::Read,
                arguments_digest: "",
                policies: &policies,
                origin,
            })
            .map_err(unrecorded)?;
        let started = Instant::now();
        let read = tokio::time::timeout(DOCUMENT_WITHIN, self.documents.read(uri)).await;
        let result = match read {
            Ok(Ok(document)) => bound::document(document, &self.scrubber, &self.bounds),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ToolError::new(
                ErrorKind::DeadlineExceeded,
                "the document could not be read in time",
            )
            .hint("try again; if it stays so, an operator must look at where it is kept")),
        }
        .map_err(|error| bound::error(error, &self.scrubber, &self.bounds));
        let (verdict, bytes) = match &result {
            Ok(document) => (Verdict::Answered, document.body.len()),
            Err(error) => (Verdict::Failed(error.kind().code()), 0),
        };
        let elapsed = started.elapsed();
        self.record
            .outcome(&Outcome {
                call_id: &call_id,
                tool: DOCUMENT_READ,
                verdict,
                elapsed,
                bytes,
            })
            .map_err(unrecorded)?;
        result
    }

    /// Texts that reach a client without a call, such as a prompt's, scrubbed like those of calls.
    #[must_use]
    pub fn scrub(&self, parts: Vec<Content>) -> Vec<Content> {
        parts
            .into_iter()
            .map(|part| bound::content(part, &self.scrubber))
            .collect()
    }

    /// Records that a request was refused before it became a call, and gives the error back.
    pub fn refuse(
        &self,
        caller: Option<&Caller>,
        tool: &str,
        error: ToolError,
        origin: &Origin,
    ) -> ToolError {
        let error = bound::error(error, &self.scrubber, &self.bounds);
        let tool = bound::name(tool, &self.scrubber);
        let call_id = Uuid::now_v7().to_string();
        let refusal = Refusal {
            call_id: &call_id,
            tool: &tool,
            caller,
            code: error.kind().code(),
            reason: error.message(),
            origin,
        };
        match self.record.refusal(&refusal) {
            Ok(()) => error,
            Err(failed) => unrecorded(failed),
        }
    }

    /// Reads the arguments, without doing anything.
    fn understand(
        &self,
        tool: &Arc<dyn AnyTool>,
        arguments: Map<String, Value>,
    ) -> Result<(Prepared, String), ToolError> {
        let mut arguments = Value::Object(arguments);
        // Equal arguments have equal digests, whatever the order of their keys.
        arguments.sort_all_objects();
        let text = arguments.to_string();
        let (bytes, limit) = (text.len(), self.bounds.arguments_bytes);
        if bytes > limit {
            return Err(ToolError::new(
                ErrorKind::LimitExceeded,
                format!("the arguments have {bytes} bytes, more than the {limit} that are read"),
            )
            .hint("split the input"));
        }
        if bound::holds_marker(&arguments) {
            return Err(ToolError::new(
                ErrorKind::InvalidArgument,
                format!(
                    "an argument holds `{}`, which stands for a value that was hidden",
                    bound::REDACTION_MARKER
                ),
            )
            .hint("name the secret by its reference instead of writing it back"));
        }
        let arguments = match arguments {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        let prepared = Arc::clone(tool).prepare(arguments)?;
        check_name(&prepared.resource)?;
        Ok((prepared, digest(&text)))
    }

    /// Runs a prepared call until it ends, is withdrawn, or is too late.
    async fn run(
        &self,
        prepared: Prepared,
        declaration: &Declaration,
        who: &Identified,
        call_id: &str,
        call: Call,
    ) -> Result<Reply, ToolError> {
        let progress = Arc::new(Scrubbed {
            progress: call.progress,
            scrubber: Arc::clone(&self.scrubber),
        });
        let granted = Granted::new(
            who.caller.clone(),
            call_id,
            declaration.deadline,
            progress,
            (call.client, call.answers),
        );
        tokio::select! {
            biased;
            () = call.cancelled.cancelled() => {
                Err(ToolError::new(ErrorKind::Cancelled, format!("`{}` was cancelled", declaration.name)))
            }
            result = tokio::time::timeout(declaration.deadline, (prepared.run)(granted)) => match result {
                Ok(result) => result,
                Err(_) => Err(ToolError::new(
                    ErrorKind::DeadlineExceeded,
                    format!("`{}` took longer than {} s and was stopped", declaration.name, declaration.deadline.as_secs()),
                )
                .hint("ask for less at once, then try again")),
            },
        }
    }

    fn decide(
        &self,
        who: &Identified,
        action: &str,
        effect: Effect,
        resource: &Resource,
        origin: &Origin,
    ) -> Result<Vec<String>, ToolError> {
        let request = Request {
            caller: &who.caller,
            action,
            effect,
            resource,
            transport: origin.transport,
        };
        match self.decide.decide(&request) {
            Decision::Allow { policies } => Ok(policies),
            Decision::Deny { policies, reason } => {
                tracing::info!(action, caller = who.caller.id, ?policies, reason, "denied");
                Err(ToolError::new(
                    ErrorKind::Denied,
                    format!(
                        "the policy does not allow `{}` to call `{action}` on this",
                        who.caller.id
                    ),
                )
                .hint("ask an operator for a role that may; calling again will not help"))
            }
        }
    }

    fn may_see(&self, who: &Identified, tool: &Declaration, transport: &str) -> bool {
        let resource = Resource {
            kind: tool.resource,
            id: "*".to_owned(),
        };
        let request = Request {
            caller: &who.caller,
            action: tool.name,
            effect: tool.effect,
            resource: &resource,
            transport,
        };
        matches!(self.decide.decide(&request), Decision::Allow { .. })
    }

    fn unknown_tool(&self, who: &Identified, name: &str, transport: &str) -> ToolError {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        let visible: Vec<&str> = self
            .visible(who, transport)
            .iter()
            .map(|tool| tool.name)
            .collect();
        let error = ToolError::new(ErrorKind::UnknownTool, format!("there is no tool `{shown}`"));
        let error = match crate::catalog::nearest(name, visible.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("list the tools to see what is there"),
        };
        error.allowed(visible)
    }
}

fn outcome<'a>(
    call_id: &'a str,
    tool: &'a str,
    elapsed: Duration,
    result: &Result<(Reply, usize), ToolError>,
) -> Outcome<'a> {
    let (verdict, bytes) = match result {
        Ok((Reply::Ask(_), _)) => (Verdict::Asked, 0),
        Ok((_, bytes)) => (Verdict::Answered, *bytes),
        Err(error) => (Verdict::Failed(error.kind().code()), 0),
    };
    Outcome {
        call_id,
        tool,
        verdict,
        elapsed,
        bytes,
    }
}

/// Refuses names that are too long to be kept, compared and recorded.
fn check_name(resource: &Resource) -> Result<(), ToolError> {
    let (bytes, most) = (resource.id.len(), bound::RESOURCE_BYTES);
    match bytes > most {
        false => Ok(()),
        true => Err(ToolError::new(
            ErrorKind::LimitExceeded,
            format!("the name of what the call is about has {bytes} bytes, more than the {most} that a name may have"),
        )
        .hint("give a shorter name")),
    }
}

fn unrecorded(error: crate::RecordError) -> ToolError {
    ToolError::new(
        ErrorKind::Unavailable,
        "the call could not be written to the audit log, so it was not made",
    )
    .hint("an operator must look at the audit log's disk; calling again will not help until then")
    .because(error)
}

/// SHA-256 of `text`, in hex.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            use fmt::Write as _;
            let _infallible = write!(hex, "{byte:02x}");
            hex
        })
}
