//! The reference page of a configuration.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Settings, Sources};

/// A Markdown table of every setting of `C`: key, variable, type, default and what it is for.
///
/// # Errors
/// If `C` is declared wrongly: its default does not serialize, or two keys share a variable.
pub fn reference<C: DeserializeOwned + Serialize + JsonSchema + Default>(
    prefix: &str,
) -> Result<String, Error> {
    let settings = Settings::<C>::resolve(Sources::new(prefix))?;
    let mut page =
        String::from("| Key | Variable | Type | Default | Meaning |\n| --- | --- | --- | --- | --- |\n");
    for entry in settings.entries() {
        let default = match &entry.default {
            Value::Null => "—".to_owned(),
            Value::String(text) if text.is_empty() => "—".to_owned(),
            value => format!("`{}`", cell(&value.to_string())),
        };
        let kind = if entry.secret {
            format!("{}, secret", entry.kind)
        } else {
            entry.kind.clone()
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | `{}` | {} | {default} | {} |",
            entry.key,
            entry.variable,
            cell(&kind),
            cell(&entry.doc)
        );
    }
    Ok(page)
}

/// `text` as it can stand in a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
