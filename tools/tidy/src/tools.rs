//! Names of tools: known to be unique over all servers, because clients merge their lists.
//!
//! What there is comes from the committed `tools/list` of each server, `servers/<name>/tests/snapshots/tools.json`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Problems, Repository};

/// Longest name that every client takes.
const LONGEST: usize = 64;

/// The prefix of the tools of each server but `prov`, whose names the specification fixes as verb_noun.
const PREFIXES: &[(&str, &str)] = &[
    ("svault", "vault_"),
    ("vapora", "agents_"),
    ("kogral", "knowledge_"),
];

/// What a tool of `prov` begins with.
const VERBS: &[&str] = &[
    "apply", "check", "compare", "describe", "estimate", "execute", "explain", "format", "generate", "list",
    "plan", "query", "read", "search", "validate", "write",
];

/// Tools that the specification names and `prov` does not have yet. Nothing is added.
const NOT_YET: &[&str] = &[];

/// Tools that the specification names.
const SPECIFIED: &[&str] = &[
    "check_compliance",
    "estimate_cost",
    "execute_workflow",
    "generate_config",
    "plan_migration",
    "query_infrastructure",
    "validate_config",
];

/// A tool as a client sees it.
#[derive(Debug, Clone, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its arguments.
    #[serde(rename = "inputSchema")]
    input_schema: Map<String, Value>,
}

impl Listed {
    /// Names of its arguments.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        let properties = self.input_schema.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flat_map(|properties| properties.keys().map(String::as_str))
    }
}

/// Every tool by server.
///
/// # Errors
/// If the list of a server is absent or malformed.
pub fn listed(repository: &Repository) -> Result<BTreeMap<&str, Vec<Listed>>, String> {
    let list = |server| {
        let path = format!("servers/{server}/tests/snapshots/tools.json");
        let text = repository
            .text(&path)
            .ok_or_else(|| format!("{path}: is not there; `UPDATE=1 cargo test -p {server}` writes it"))?;
        let list: List = serde_json::from_str(text).map_err(|error| format!("{path}: {error}"))?;
        Ok((server, list.tools))
    };
    repository.folders("servers").into_iter().map(list).collect()
}

#[derive(Deserialize)]
struct List {
    tools: Vec<Listed>,
}

/// Names that clients or readers would stumble over.
#[must_use]
pub fn check(repository: &Repository) -> Problems {
    let listed = match listed(repository) {
        Ok(listed) => listed,
        Err(problem) => return vec![problem],
    };
    let mut problems = Problems::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (server, tools) in &listed {
        for tool in tools {
            let name = tool.name.as_str();
            if let Some(other) = seen.insert(name, server) {
                problems.push(format!(
                    "tool `{name}`: both `{other}` and `{server}` have it; a client would see one"
                ));
            }
            problems
                .extend(form(server, name).map(|problem| format!("tool `{name}` of `{server}`: {problem}")));
        }
    }
    if listed.contains_key("prov") {
        for name in SPECIFIED {
            match (seen.contains_key(name), NOT_YET.contains(name)) {
                (false, false) => problems.push(format!(
                    "tool `{name}`: the specification names it, so it must be there"
                )),
                (true, true) => problems.push(format!(
                    "tool `{name}`: is there; take it off the list in `tidy`'s `tools.rs`"
                )),
                _ => {}
            }
        }
    }
    problems
}

fn form(server: &str, name: &str) -> Option<String> {
    let words: Vec<&str> = name.split('_').collect();
    let plain =
        |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !words.iter().all(plain) || name.len() > LONGEST {
        return Some(format!("write it as snake_case of at most {LONGEST} characters"));
    }
    match PREFIXES.iter().find(|(known, _)| *known == server) {
        Some((_, prefix)) if !name.starts_with(prefix) => {
            Some(format!("begin it with `{prefix}`, its family"))
        }
        Some(_) => None,
        None if words.len() < 2 || !words.first().is_some_and(|verb| VERBS.contains(verb)) => {
            Some(format!("make it verb_noun, with one of {}", VERBS.join(", ")))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> String {
        let tools: Vec<String> = names
            .iter()
            .map(|name| format!(r#"{{"name": "{name}", "inputSchema": {{}}}}"#))
            .collect();
        format!(r#"{{"tools": [{}]}}"#, tools.join(","))
    }

    fn problems(names: &[&str]) -> Problems {
        let there = SPECIFIED.iter().filter(|name| !NOT_YET.contains(name));
        let mut all: Vec<&str> = there.copied().collect();
        all.extend(names);
        check(&Repository::of(&[(
            "servers/prov/tests/snapshots/tools.json",
            &list(&all),
        )]))
    }

    #[test]
    fn names_have_one_form() {
        assert!(problems(&["list_servers"]).is_empty());
        assert!(problems(&["listServers"])[0].contains("snake_case"));
        assert!(problems(&["servers_list"])[0].contains("verb_noun"));
        assert!(problems(&[&format!("list_{}", "x".repeat(64))])[0].contains("64"));
        assert_eq!(
            form("svault", "kv_describe").as_deref(),
            Some("begin it with `vault_`, its family")
        );
    }

    #[test]
    fn clients_merge_lists_so_names_are_unique() {
        let (a, b) = (
            list(&["validate_config", "estimate_cost"]),
            list(&["validate_config"]),
        );
        let files = [
            ("servers/prov/tests/snapshots/tools.json", a.as_str()),
            ("servers/x/tests/snapshots/tools.json", &b),
        ];
        assert!(check(&Repository::of(&files))[0].contains("both `prov` and `x`"));
    }

    #[test]
    fn the_list_of_what_is_missing_may_only_shrink() {
        for late in NOT_YET {
            assert!(problems(&[late])[0].contains("take it off the list"));
        }
        let none = check(&Repository::of(&[(
            "servers/prov/tests/snapshots/tools.json",
            &list(&["estimate_cost"]),
        )]));
        let wanted = "`validate_config`: the specification names it";
        assert!(none.iter().any(|problem| problem.contains(wanted)), "{none:?}");
    }
}
