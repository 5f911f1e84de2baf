//! `config`.

use clap::Subcommand;
use console::{Exit, Failure, Format};
use serde_json::json;

use crate::commands::printed;
use crate::config::Config;
use crate::session::Session;

/// Look at the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting, its value and where that came from
    Show,
    /// Print the value of one setting
    Get {
        /// The setting, such as `audit.path`
        key: String,
    },
}

impl ConfigCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no such setting.
    pub fn run<C: Config>(self, session: &Session<'_, C>) -> Result<Exit, Failure> {
        match self {
            Self::Show => show(session),
            Self::Get { key } => get(&key, session),
        }
    }
}

fn show<C: Config>(session: &Session<'_, C>) -> Result<Exit, Failure> {
    let (printer, entries) = (session.printer(), session.settings().entries());
    if printer.format() == Format::Json {
        return printed(printer.json(&json!({ "settings": entries })));
    }
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| vec![entry.key.clone(), shown(&entry.value), entry.origin.to_string()])
        .collect();
    printed(printer.table(&["setting", "value", "from"], &rows))
}

fn get<C: Config>(key: &str, session: &Session<'_, C>) -> Result<Exit, Failure> {
    let entries = session.settings().entries();
    match entries.iter().find(|entry| entry.key == key) {
        Some(entry) => printed(session.printer().data(&shown(&entry.value))),
        None => {
            let near = entries
                .iter()
                .map(|entry| entry.key.as_str())
                .find(|known| known.ends_with(key));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`config show` lists them".to_owned(),
            };
            Err(Failure::new(Exit::UnknownValue, format!("there is no setting `{key}`")).hint(hint))
        }
    }
}

/// A value as a person would write it.
fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
