//! Tools to look at the gate with.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toolcall::{Catalog, Effect, Granted, Step, Tool, ToolError, Toolset};

pub(crate) const READING: Toolset = Toolset {
    family: "sample",
    name: "reading",
    summary: "reads",
    default: true,
};
pub(crate) const CHANGING: Toolset = Toolset {
    family: "sample",
    name: "changing",
    summary: "changes",
    default: false,
};

/// Say a text again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    /// What to say.
    text: String,
    /// How to say it.
    #[serde(default)]
    tone: Tone,
}

/// How to say it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// Louder.
    Loud,
}

/// What was said.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// The text.
    text: String,
}

/// Declares a tool that says its text again, with the effect and set given.
macro_rules! echo {
    ($type:ident, $name:literal, $effect:expr, $toolset:expr) => {
        pub(crate) struct $type;

        impl Tool for $type {
            const NAME: &'static str = $name;
            const TITLE: &'static str = "Echo";
            const TOOLSET: Toolset = $toolset;
            const EFFECT: Effect = $effect;
            const IDEMPOTENT: bool = true;
            const OPEN_WORLD: bool = false;
            const RESOURCE: &'static str = "Thing";
            const DEADLINE: Duration = Duration::from_millis(200);
            type Params = Params;
            type Output = Output;

            fn resource(params: &Params) -> String {
                params.text.clone()
            }

            async fn call(&self, granted: &Granted, params: Params) -> Result<Output, ToolError> {
                granted.report(Step {
                    done: 1.0,
                    total: None,
                    message: params.text.clone(),
                });
                if params.text == "sleep" {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                let text = match params.tone {
                    Tone::Plain => params.text,
                    Tone::Loud => params.text.to_uppercase(),
                };
                Ok(Output { text })
            }
        }
    };
}

echo!(EchoRead, "echo_read", Effect::Read, READING);
echo!(EchoWrite, "echo_write", Effect::Write, CHANGING);
echo!(EchoDestroy, "echo_destroy", Effect::Destroy, CHANGING);

pub(crate) fn catalog() -> Catalog {
    Catalog::new()
        .with(EchoRead)
        .unwrap()
        .with(EchoWrite)
        .unwrap()
        .with(EchoDestroy)
        .unwrap()
}
