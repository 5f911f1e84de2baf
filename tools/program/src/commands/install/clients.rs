//! The clients, and where each keeps its servers.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use console::{Exit, Failure};
use settings::Environment;

/// A client that starts MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Claude Desktop
    ClaudeDesktop,
    /// Claude Code, this workspace
    ClaudeCode,
    /// VS Code, this workspace
    Vscode,
    /// Cursor, this workspace
    Cursor,
    /// Codex
    Codex,
    /// Gemini CLI
    Gemini,
}

/// How a client writes its servers down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// JSON with an object of servers under this key; `typed` entries say `"type": "stdio"`.
    Json {
        /// The key.
        key: &'static str,
        /// Whether entries name their type.
        typed: bool,
    },
    /// TOML with a table of servers under this key.
    Toml {
        /// The key.
        key: &'static str,
    },
}

impl Client {
    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "Claude Desktop",
            Self::ClaudeCode => "Claude Code",
            Self::Vscode => "VS Code",
            Self::Cursor => "Cursor",
            Self::Codex => "Codex",
            Self::Gemini => "Gemini CLI",
        }
    }

    /// How its file is written.
    #[must_use]
    pub fn shape(self) -> Shape {
        match self {
            Self::ClaudeCode => Shape::Json {
                key: "mcpServers",
                typed: true,
            },
            Self::Vscode => Shape::Json {
                key: "servers",
                typed: true,
            },
            Self::ClaudeDesktop | Self::Cursor | Self::Gemini => Shape::Json {
                key: "mcpServers",
                typed: false,
            },
            Self::Codex => Shape::Toml { key: "mcp_servers" },
        }
    }

    /// Whether its file lies in the workspace, where others may have put it.
    pub(crate) fn in_workspace(self) -> bool {
        matches!(self, Self::ClaudeCode | Self::Vscode | Self::Cursor)
    }

    /// Where its file is: in the workspace for clients that keep servers per project, else in the user's home.
    pub(crate) fn file(self, workspace: &Path, environment: &Environment) -> Result<PathBuf, Failure> {
        let home = || {
            environment.home().ok_or_else(|| {
                Failure::new(
                    Exit::Settings,
                    "the home folder is not known, because `HOME` is not set",
                )
                .hint("say where the client's file is with `--file`")
            })
        };
        Ok(match self {
            Self::ClaudeCode => workspace.join(".mcp.json"),
            Self::Vscode => workspace.join(".vscode").join("mcp.json"),
            Self::Cursor => workspace.join(".cursor").join("mcp.json"),
            Self::Codex => home()?.join(".codex").join("config.toml"),
            Self::Gemini => home()?.join(".gemini").join("settings.json"),
            Self::ClaudeDesktop if cfg!(target_os = "macos") => {
                home()?.join("Library/Application Support/Claude/claude_desktop_config.json")
            }
            Self::ClaudeDesktop => home()?.join(".config/Claude/claude_desktop_config.json"),
        })
    }
}
