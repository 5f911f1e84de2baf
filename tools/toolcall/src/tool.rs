//! What a tool is: a declaration, and a call that only the gate can make.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::catalog::Toolset;
use crate::schema::{Shape, portable};
use crate::{Ask, BoxFuture, ErrorKind, Granted, ToolError};

/// What a tool can do at worst. It decides the client's hints, the policy group and how a call is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something that can be changed back.
    Write,
    /// Can destroy what cannot be restored.
    Destroy,
}

impl Effect {
    /// The name in policies: `read`, `write`, `destroy`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destroy => "destroy",
        }
    }
}

/// What a call touches, for the policy and the record. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The kind of thing, a Cedar entity type such as `Configuration`.
    pub kind: &'static str,
    /// Which one, such as a path or a name.
    pub id: String,
}

/// How bad a line of a tool's log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For whoever is looking for a fault.
    Debug,
    /// What is going on.
    Info,
    /// Something to look at.
    Warning,
    /// Something went wrong.
    Error,
}

/// A tool: one thing that can be asked. Every constant is explicit, so nobody gets a default by forgetting.
pub trait Tool: Send + Sync + 'static {
    /// The name on the wire, `family_noun_verb` (provisioning: `verb_noun`).
    const NAME: &'static str;
    /// The name for people.
    const TITLE: &'static str;
    /// The group it is selected with.
    const TOOLSET: Toolset;
    /// What it can do at worst.
    const EFFECT: Effect;
    /// Whether calling twice with the same arguments changes nothing more than calling once.
    const IDEMPOTENT: bool;
    /// Whether it reaches out of this machine, to things others change too.
    const OPEN_WORLD: bool;
    /// The Cedar entity type of what it touches.
    const RESOURCE: &'static str;
    /// How long a call may take.
    const DEADLINE: Duration;
    /// Names it used to have; they keep answering and are not listed.
    const ALIASES: &'static [&'static str] = &[];
    /// What it is asked. The doc comment is the description that a model reads.
    type Params: DeserializeOwned + JsonSchema + Send + 'static;
    /// What it answers.
    type Output: Serialize + JsonSchema + Send + 'static;

    /// Which one of its resources a call touches.
    fn resource(params: &Self::Params) -> String;

    /// What the client has to answer before the call can be made; nothing, unless a tool says otherwise. It is asked
    /// again after each round, whose answers are in the proof.
    ///
    /// # Errors
    /// As for the call itself.
    fn ask(&self, _granted: &Granted, _params: &Self::Params) -> Result<Option<Ask>, ToolError> {
        Ok(None)
    }

    /// Makes the call. The future is dropped when the call is cancelled or too late: stop the work then.
    fn call(
        &self,
        granted: &Granted,
        params: Self::Params,
    ) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}

/// Everything that can be known of a tool without calling it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The name on the wire.
    pub name: &'static str,
    /// Names it used to have.
    pub aliases: &'static [&'static str],
    /// The name for people.
    pub title: &'static str,
    /// What a model reads before it calls.
    pub description: String,
    /// The group it is selected with.
    pub toolset: Toolset,
    /// What it can do at worst.
    pub effect: Effect,
    /// Whether calling twice is as good as once.
    pub idempotent: bool,
    /// Whether it reaches out of this machine.
    pub open_world: bool,
    /// The Cedar entity type of what it touches.
    pub resource: &'static str,
    /// How long a call may take.
    pub deadline: Duration,
    /// JSON schema of the arguments.
    pub input_schema: Map<String, Value>,
    /// JSON schema of the structured answer; absent only for tools that answer in content alone.
    pub output_schema: Option<Map<String, Value>>,
}

/// A part of an answer that is not the structure: what MCP calls content.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text(String),
    /// A picture, base64.
    Image {
        /// Base64 of the bytes.
        data: String,
        /// Media type.
        mime_type: String,
    },
    /// Sound, base64.
    Audio {
        /// Base64 of the bytes.
        data: String,
        /// Media type.
        mime_type: String,
    },
    /// A document put into the answer.
    Embedded {
        /// Its URI.
        uri: String,
        /// Media type.
        mime_type: String,
        /// Its text.
        text: String,
    },
}

/// What came of a call.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The answer. Its text on the wire is the compact JSON of the structure, so both always agree.
    Structure(Value),
    /// An answer in content alone.
    Content(Vec<Content>),
    /// The client must answer something first; then the tool is called again.
    Ask(Ask),
}

/// A call whose arguments are understood, waiting for the gate.
pub struct Prepared {
    /// What it would touch.
    pub resource: Resource,
    /// The call itself; needs what only the gate can make.
    pub run: Box<dyn FnOnce(Granted) -> BoxFuture<'static, Result<Reply, ToolError>> + Send>,
}

/// A tool with its types erased; what a [`crate::Catalog`] holds. Implement [`Tool`] instead, unless the answer
/// is not a structure.
pub trait AnyTool: Send + Sync {
    /// What is known of it.
    fn declaration(&self) -> &Declaration;

    /// Understands `arguments`, without doing anything.
    fn prepare(self: Arc<Self>, arguments: Map<String, Value>) -> Result<Prepared, ToolError>;
}

/// A [`Tool`] and its declaration.
pub(crate) struct Erased<T> {
    tool: T,
    declaration: Declaration,
}

impl<T: Tool> Erased<T> {
    /// Derives the declaration of `tool`; the error says what its schemas lack.
    pub(crate) fn new(tool: T) -> Result<Self, String> {
        let mut input_schema = portable::<T::Params>(Shape::Input)?;
        let output_schema = portable::<T::Output>(Shape::Output)?;
        let description = match input_schema.remove("description") {
            Some(Value::String(text)) => text,
            _ => {
                return Err("its `Params` has no doc comment, so a model would not know what it does".into());
            }
        };
        let declaration = Declaration {
            name: T::NAME,
            aliases: T::ALIASES,
            title: T::TITLE,
            description,
            toolset: T::TOOLSET,
            effect: T::EFFECT,
            idempotent: T::IDEMPOTENT,
            open_world: T::OPEN_WORLD,
            resource: T::RESOURCE,
            deadline: T::DEADLINE,
            input_schema,
            output_schema: Some(output_schema),
        };
        Ok(Self { tool, declaration })
    }
}

impl<T: Tool> AnyTool for Erased<T> {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn prepare(self: Arc<Self>, arguments: Map<String, Value>) -> Result<Prepared, ToolError> {
        let params: T::Params = understand(&self.declaration, arguments)?;
        let resource = Resource {
            kind: T::RESOURCE,
            id: T::resource(&params),
        };
        let run = move |granted: Granted| -> BoxFuture<'static, Result<Reply, ToolError>> {
            Box::pin(async move {
                if let Some(ask) = self.tool.ask(&granted, &params)? {
                    return Ok(Reply::Ask(ask));
                }
                let output = self.tool.call(&granted, params).await?;
                let structure = serde_json::to_value(output).map_err(|error| {
                    ToolError::new(ErrorKind::Internal, "the answer could not be written as JSON")
                        .because(error)
                })?;
                Ok(Reply::Structure(structure))
            })
        };
        Ok(Prepared {
            resource,
            run: Box::new(run),
        })
    }
}

/// Reads `arguments` as `P`; an error names the argument, what it should be, and what is known.
fn understand<P: DeserializeOwned>(
    declaration: &Declaration,
    arguments: Map<String, Value>,
) -> Result<P, ToolError> {
    let known: Vec<&str> = declaration.properties().collect();
    if let Some(unknown) = arguments.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(unknown_argument(declaration.name, unknown, &known));
    }
    if let Some(absent) = declaration.required().find(|name| !arguments.contains_key(*name)) {
        return Err(missing_argument(declaration, absent));
    }
    serde_path_to_error::deserialize(Value::Object(arguments))
        .map_err(|error| wrong_argument(declaration, &error.path().to_string(), &error.inner().to_string()))
}

/// What is wrong with the argument at `path`. Serde's own text quotes the value, which may be a secret and may be
/// megabytes: only what it expected is taken from it.
fn wrong_argument(declaration: &Declaration, path: &str, reason: &str) -> ToolError {
    let schema = declaration.argument(path);
    let allowed: Vec<String> = schema
        .and_then(|schema| schema.get("enum"))
        .and_then(Value::as_array)
        .map(|values| {
            values
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default();
    let tool = declaration.name;
    let (kind, message) = if reason.starts_with("missing field") {
        (
            ErrorKind::MissingArgument,
            format!("argument `{path}` of `{tool}` lacks something it needs: {reason}"),
        )
    } else if !allowed.is_empty() {
        (
            ErrorKind::UnknownValue,
            format!("argument `{path}` of `{tool}` is not one of its values"),
        )
    } else {
        let wanted = schema
            .and_then(|schema| schema.get("type"))
            .and_then(Value::as_str);
        let expected = wanted.or_else(|| reason.rsplit_once("expected ").map(|(_, expected)| expected));
        let expected = expected.unwrap_or("something else");
        (
            ErrorKind::InvalidArgument,
            format!("argument `{path}` of `{tool}` must be: {expected}"),
        )
    };
    let hint = match allowed.is_empty() {
        true => format!("see the input schema of `{tool}` for `{path}`"),
        false => format!("give `{path}` one of the allowed values"),
    };
    ToolError::new(kind, message)
        .field(path)
        .allowed(allowed)
        .hint(hint)
}

fn unknown_argument(tool: &str, unknown: &str, known: &[&str]) -> ToolError {
    let shown: String = unknown.chars().take(64).collect();
    let error = ToolError::new(
        ErrorKind::InvalidArgument,
        format!("`{tool}` takes no argument `{shown}`"),
    )
    .field(shown)
    .allowed(known.iter().copied());
    match crate::catalog::nearest(unknown, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => error.hint("call it without arguments"),
        None => error.hint(format!("it takes {}", known.join(", "))),
    }
}

fn missing_argument(declaration: &Declaration, absent: &str) -> ToolError {
    let example = declaration
        .argument(absent)
        .and_then(|schema| schema.get("description"))
        .and_then(Value::as_str);
    let message = format!("`{}` needs the argument `{absent}`", declaration.name);
    let hint = match example {
        Some(text) => format!("give `{absent}`: {}", text.lines().next().unwrap_or_default()),
        None => format!("give `{absent}`; see the tool's input schema"),
    };
    ToolError::new(ErrorKind::MissingArgument, message)
        .field(absent)
        .hint(hint)
}

impl Declaration {
    /// Names of the arguments.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.input_schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|properties| properties.keys().map(String::as_str))
    }

    /// Names of the arguments that must be there.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.input_schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flat_map(|names| names.iter().filter_map(Value::as_str))
    }

    /// The schema of the argument `name`.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.input_schema.get("properties")?.get(name)
    }

    /// The four hints that MCP clients show: never left to a client's defaults.
    #[must_use]
    pub fn annotations(&self) -> Value {
        json!({
            "readOnlyHint": self.effect == Effect::Read,
            "destructiveHint": self.effect == Effect::Destroy,
            "idempotentHint": self.idempotent,
            "openWorldHint": self.open_world,
        })
    }
}
