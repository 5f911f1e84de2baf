//! `mcp.json` starts exactly what is under `servers/`, and everything there in the same way.

use serde_json::{Value, json};

use crate::{Problems, Repository};

const FILE: &str = "mcp.json";

/// Entries without an executable, executables without an entry, and entries that start something else.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let Some(text) = repository.text(FILE) else {
        return vec![format!(
            "{FILE}: is not there; it shows how a client starts each server"
        )];
    };
    let entries = match serde_json::from_str::<Value>(text) {
        Ok(value) => value
            .get("mcpServers")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        Err(error) => return vec![format!("{FILE}: not valid JSON: {error}")],
    };
    let servers = repository.folders("servers");
    let mut problems = Problems::new();
    for server in &servers {
        let wanted = json!({"command": server, "args": ["mcp", "serve"]});
        match entries.get(*server) {
            None => problems.push(format!(
                "{FILE}: has no entry `{server}`; add `\"{server}\": {wanted}`"
            )),
            Some(entry) if *entry != wanted => {
                problems.push(format!(
                    "{FILE}: `{server}` must be {wanted}, so that every server starts alike"
                ));
            }
            Some(_) => {}
        }
    }
    let strangers = entries.keys().filter(|name| !servers.contains(&name.as_str()));
    problems.extend(strangers.map(|name| format!("{FILE}: `{name}` is not under `servers/`; take it out")));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Problems {
        check(&Repository::of(&[
            ("mcp.json", text),
            ("servers/prov/Cargo.toml", ""),
            ("servers/prov/src/main.rs", ""),
        ]))
    }

    #[test]
    fn the_same_names_in_both_places() {
        assert!(
            problems(r#"{"mcpServers": {"prov": {"command": "prov", "args": ["mcp", "serve"]}}}"#).is_empty()
        );
        assert!(problems("{}")[0].contains("has no entry `prov`"));
        let other = r#"{"mcpServers": {"prov": {"command": "prov", "args": ["serve"]}, "x": {}}}"#;
        assert_eq!(problems(other).len(), 2);
    }
}
