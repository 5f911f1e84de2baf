//! `mcp tools`.

use clap::Args;
use console::{Exit, Failure, Format};
use serde_json::{Value, json};
use toolcall::{Declaration, Effect, Selection};

use crate::commands::printed;
use crate::config::{Config, Mcp};
use crate::session::Session;

/// Which tools to offer; each option wins over the setting of the same name.
#[derive(Debug, Default, Args)]
pub struct SelectionArguments {
    /// Toolsets to offer, separated by commas; `default` and `all` are known
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Selection")]
    toolsets: Vec<String>,

    /// Single tools to offer as well, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Selection")]
    tools: Vec<String>,

    /// Tools not to offer, separated by commas; wins over the two above
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Selection")]
    exclude_tools: Vec<String>,

    /// Offer only tools that change nothing; wins over everything
    #[arg(long, help_heading = "Selection")]
    read_only: bool,
}

impl SelectionArguments {
    /// These options over the settings.
    pub(crate) fn over(&self, settings: &Mcp) -> Selection {
        let choose = |flag: &[String], setting: &[String]| match flag {
            [] => setting.to_vec(),
            given => given.to_vec(),
        };
        Selection {
            toolsets: choose(&self.toolsets, &settings.toolsets),
            tools: choose(&self.tools, &settings.tools),
            exclude: choose(&self.exclude_tools, &settings.exclude_tools),
            // An operator's read-only setting cannot be switched off by a flag.
            read_only: self.read_only || settings.read_only,
        }
    }
}

/// `mcp tools`.
#[derive(Debug, Args)]
pub struct ToolsArguments {
    #[command(flatten)]
    selection: SelectionArguments,

    /// Show one tool with its schemas
    #[arg(value_name = "TOOL")]
    tool: Option<String>,
}

/// Lists what the caller may call.
pub(crate) fn run<C: Config>(arguments: &ToolsArguments, session: &Session<'_, C>) -> Result<Exit, Failure> {
    let selection = arguments.selection.over(session.config().common().mcp);
    let gate = session.gate(&selection, None)?;
    let who = session.identify(&gate)?;
    let visible = gate.visible(&who, "cli");
    let printer = session.printer();
    match &arguments.tool {
        Some(name) => {
            let Some(tool) = visible
                .iter()
                .find(|tool| tool.name == name || tool.aliases.contains(&name.as_str()))
            else {
                let known: Vec<&str> = visible.iter().map(|tool| tool.name).collect();
                return Err(
                    Failure::new(Exit::UnknownTool, format!("there is no tool `{name}`"))
                        .hint(format!("there are: {}", known.join(", "))),
                );
            };
            printed(printer.json(&described(tool)))
        }
        None if printer.format() == Format::Json => {
            let all: Vec<Value> = visible.iter().map(|tool| described(tool)).collect();
            printed(printer.json(&json!({ "tools": all })))
        }
        None => {
            let rows: Vec<Vec<String>> = visible.iter().map(|tool| row(tool)).collect();
            printed(printer.table(&["tool", "toolset", "effect", "what it does"], &rows))
        }
    }
}

fn row(tool: &Declaration) -> Vec<String> {
    let first = tool.description.lines().next().unwrap_or_default();
    vec![
        tool.name.to_owned(),
        tool.toolset.name.to_owned(),
        effect(tool.effect).to_owned(),
        first.to_owned(),
    ]
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Write => "changes",
        Effect::Destroy => "destroys",
    }
}

fn described(tool: &Declaration) -> Value {
    json!({
        "name": tool.name, "title": tool.title, "description": tool.description, "toolset": tool.toolset.name,
        "annotations": tool.annotations(), "inputSchema": tool.input_schema, "outputSchema": tool.output_schema,
    })
}
