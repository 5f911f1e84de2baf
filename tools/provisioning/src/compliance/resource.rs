//! What rules are about: the resources of a configuration, each with its kind, place and provider.

use std::collections::BTreeSet;

use crate::{Node, Value};

/// Each kind and where it is found; `[]` is every element of a list. A new kind is a line here.
const KINDS: &[(&str, &[&str])] = &[
    ("configuration", &[""]),
    ("server", &["servers[]"]),
    ("network", &["networking"]),
    ("subnet", &["networking.subnets[]"]),
    ("security_group", &["networking.security_groups[]"]),
    ("kubernetes", &["kubernetes", "clusters[]"]),
    ("node_pool", &["node_pools[]"]),
    ("database", &["databases[]"]),
    ("cache", &["caches[]"]),
    ("object_storage", &["object_storage[]"]),
    ("volume", &["volumes[]"]),
    ("load_balancer", &["load_balancers[]"]),
    ("dns", &["dns[]"]),
    ("certificate", &["certificates[]"]),
    ("backup", &["backups[]"]),
    ("monitoring", &["monitoring"]),
    ("alert", &["alerts[]"]),
    ("secret", &["secrets[]"]),
    ("user", &["users[]"]),
    ("service", &["services[]"]),
    ("cluster", &["server_clusters[]"]),
    ("workflow", &["workflows[]"]),
    ("security", &["security"]),
    ("workspace", &["workspace"]),
    ("provider_aws", &["providers.aws"]),
    ("provider_azure", &["providers.azure"]),
    ("provider_gcp", &["providers.gcp"]),
    ("provider_hetzner", &["providers.hetzner"]),
    ("provider_local", &["providers.local"]),
    ("provider_upcloud", &["providers.upcloud"]),
];

/// The providers that rules may be limited to.
pub(super) const PROVIDERS: [&str; 6] = ["aws", "azure", "gcp", "hetzner", "local", "upcloud"];

/// A part of a configuration that rules are about.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource<'a> {
    /// What it is, such as `server`.
    pub kind: &'static str,
    /// Where it is, such as `servers[0]`; empty for the configuration as a whole.
    pub path: String,
    /// How waivers name it: kind and name, such as `server.web-1`; stays when lists are reordered.
    pub address: String,
    /// Whose it is, if the configuration says.
    pub provider: Option<&'a str>,
    /// Its values.
    pub node: &'a Node,
}

/// Every kind's name.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| *kind)
}

/// Every resource of `configuration`, in the order of the kinds and of the lists.
pub(super) fn resources(configuration: &Node) -> Vec<Resource<'_>> {
    let provider = common_provider(configuration);
    let mut found = Vec::new();
    for (kind, places) in KINDS {
        for place in *places {
            let list = place.strip_suffix("[]");
            let path = list.unwrap_or(place);
            let node = match path {
                "" => Some(configuration),
                path => configuration.at(path),
            };
            let Some(node) = node.filter(|node| node.value != Value::Null) else {
                continue;
            };
            match list {
                None => found.push(resource(kind, path.to_owned(), node, provider)),
                Some(_) => {
                    found.extend(node.items().iter().enumerate().map(|(position, item)| {
                        resource(kind, format!("{path}[{position}]"), item, provider)
                    }))
                }
            }
        }
    }
    found
}

fn resource<'a>(kind: &'static str, path: String, node: &'a Node, common: Option<&'a str>) -> Resource<'a> {
    let address = match node.get("name").and_then(Node::text) {
        Some(name) => format!("{kind}.{name}"),
        None => kind.to_owned(),
    };
    let own = match kind {
        "configuration" => None,
        // The settings of a provider belong to that provider.
        kind => kind
            .strip_prefix("provider_")
            .or_else(|| node.get("provider").and_then(Node::text)),
    };
    Resource {
        kind,
        path,
        address,
        provider: own.or(common),
        node,
    }
}

/// The provider of whatever names none: the configuration's, or the only one that its parts name.
fn common_provider(configuration: &Node) -> Option<&str> {
    if let Some(provider) = configuration.get("provider").and_then(Node::text) {
        return Some(provider);
    }
    let Value::Record(fields) = &configuration.value else {
        return None;
    };
    let named: BTreeSet<&str> = fields
        .values()
        .flat_map(|group| group.items().iter().chain([group]))
        .filter_map(|part| part.get("provider").and_then(Node::text))
        .collect();
    match (named.len(), named.first()) {
        (1, Some(only)) => Some(*only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::notation;
    use super::*;

    #[test]
    fn resources_have_place_name_and_provider() {
        let node = notation::read(
            "x",
            "{ servers = [{ name = \"a\", provider = 'aws }, { name = \"b\", provider = 'aws }], \
              networking = { security_groups = [{ name = \"web\" }] }, monitoring = null }",
        )
        .unwrap();
        let found: Vec<String> = resources(&node)
            .iter()
            .map(|r| format!("{} at {} of {:?}", r.address, r.path, r.provider))
            .collect();
        assert_eq!(
            found,
            [
                "configuration at  of Some(\"aws\")",
                "server.a at servers[0] of Some(\"aws\")",
                "server.b at servers[1] of Some(\"aws\")",
                "network at networking of Some(\"aws\")",
                "security_group.web at networking.security_groups[0] of Some(\"aws\")",
            ]
        );
    }

    #[test]
    fn two_providers_are_nobodys() {
        let node = notation::read(
            "x",
            "{ servers = [{ provider = 'aws }, { provider = 'local }], networking = {} }",
        )
        .unwrap();
        let network = resources(&node)
            .into_iter()
            .find(|r| r.kind == "network")
            .unwrap();
        assert_eq!(network.provider, None);
    }
}
