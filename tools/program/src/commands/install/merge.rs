//! One entry into a client's file; everything else stays as it is.

use serde_json::{Map, Value, json};

use super::clients::{Client, Shape};

/// What to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The server's name in the client.
    pub name: String,
    /// The absolute path of the executable.
    pub command: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// The text of the client's file with `entry` in it.
///
/// # Errors
/// A sentence, if `before` is not a file we can add to without losing something.
pub fn merge(client: Client, before: Option<&str>, entry: &Entry) -> Result<String, String> {
    match client.shape() {
        Shape::Json { key, typed } => merge_json(before, key, typed, entry),
        Shape::Toml { key } => merge_toml(before, key, entry),
    }
}

fn merge_json(before: Option<&str>, key: &str, typed: bool, entry: &Entry) -> Result<String, String> {
    let mut root: Map<String, Value> = match before.map(str::trim) {
        None | Some("") => Map::new(),
        Some(text) => serde_json::from_str(text).map_err(|error| {
            // A file with comments would lose them if we wrote it back.
            format!("it is not a plain JSON object ({error})")
        })?,
    };
    let servers = root.entry(key).or_insert_with(|| Value::Object(Map::new()));
    let servers = servers
        .as_object_mut()
        .ok_or_else(|| format!("its `{key}` is not an object"))?;
    // What the user added to our entry, such as environment variables, stays.
    let ours = servers
        .entry(entry.name.clone())
        .or_insert_with(|| Value::Object(Map::new()));
    let ours = ours
        .as_object_mut()
        .ok_or_else(|| format!("its `{key}.{}` is not an object", entry.name))?;
    if typed {
        ours.insert("type".to_owned(), json!("stdio"));
    }
    ours.insert("command".to_owned(), json!(entry.command));
    ours.insert("args".to_owned(), json!(entry.arguments));
    let mut text = serde_json::to_string_pretty(&root).map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text)
}

fn merge_toml(before: Option<&str>, key: &str, entry: &Entry) -> Result<String, String> {
    use toml_edit::{Array, DocumentMut, Item, Table, value};
    let mut root: DocumentMut = before
        .unwrap_or_default()
        .parse()
        .map_err(|error| format!("it is not valid TOML ({error})"))?;
    let servers = root.entry(key).or_insert_with(|| {
        let mut table = Table::new();
        // Only `[mcp_servers.prov]` is written, not an empty `[mcp_servers]` above it.
        table.set_implicit(true);
        Item::Table(table)
    });
    let servers = servers
        .as_table_like_mut()
        .ok_or_else(|| format!("its `{key}` is not a table"))?;
    let ours = servers
        .entry(&entry.name)
        .or_insert_with(|| Item::Table(Table::new()));
    let ours = ours
        .as_table_like_mut()
        .ok_or_else(|| format!("its `{key}.{}` is not a table", entry.name))?;
    ours.insert("command", value(entry.command.clone()));
    ours.insert("args", value(entry.arguments.iter().collect::<Array>()));
    Ok(root.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            name: "prov".into(),
            command: "/opt/prov".into(),
            arguments: vec!["mcp".into(), "serve".into()],
        }
    }

    #[test]
    fn what_is_there_stays_in_place_and_order() {
        let before = r#"{"theme": "dark", "mcpServers": {"other": {"command": "x"}, "prov": {"command": "old", "env": {"A": "1"}}}, "last": [1]}"#;
        let after = merge(Client::ClaudeDesktop, Some(before), &entry()).unwrap();
        let value: Value = serde_json::from_str(&after).unwrap();
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["theme", "mcpServers", "last"]);
        assert_eq!(value["mcpServers"]["other"]["command"], "x");
        assert_eq!(value["mcpServers"]["prov"]["env"]["A"], "1");
        assert_eq!(value["mcpServers"]["prov"]["command"], "/opt/prov");
    }

    #[test]
    fn each_client_gets_its_own_shape() {
        let vscode: Value = serde_json::from_str(&merge(Client::Vscode, None, &entry()).unwrap()).unwrap();
        assert_eq!(vscode["servers"]["prov"]["type"], "stdio");
        let code: Value = serde_json::from_str(&merge(Client::ClaudeCode, None, &entry()).unwrap()).unwrap();
        assert_eq!(code["mcpServers"]["prov"]["type"], "stdio");
        let codex = merge(Client::Codex, Some("# mine\nmodel = \"x\"\n"), &entry()).unwrap();
        assert!(codex.starts_with("# mine\nmodel = \"x\"\n"), "{codex}");
        assert!(
            codex.contains("[mcp_servers.prov]\ncommand = \"/opt/prov\""),
            "{codex}"
        );
    }

    #[test]
    fn merging_twice_changes_nothing_more() {
        for client in [
            Client::ClaudeDesktop,
            Client::ClaudeCode,
            Client::Vscode,
            Client::Cursor,
            Client::Codex,
            Client::Gemini,
        ] {
            let once = merge(client, None, &entry()).unwrap();
            assert_eq!(merge(client, Some(&once), &entry()).unwrap(), once);
        }
    }

    #[test]
    fn a_file_that_would_lose_something_is_refused() {
        for before in ["{\"a\": 1, // comment\n}", "[]", "{\"mcpServers\": []}", "{"] {
            assert!(merge(Client::Cursor, Some(before), &entry()).is_err(), "{before}");
        }
        assert!(merge(Client::Codex, Some("mcp_servers = 3"), &entry()).is_err());
    }
}
