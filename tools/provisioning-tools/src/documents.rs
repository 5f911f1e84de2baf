//! What can be read without a tool: the schemas and the examples, as in force in the workspace.

use std::sync::Arc;

use provisioning::{Asset, AssetKind, Assets};
use toolcall::{
    BoxFuture, Completion, Document, DocumentBody, DocumentEntry, DocumentTemplate, Documents, ErrorKind,
    ToolError,
};

use crate::fail;

/// The media type of Nickel text.
const NICKEL: &str = "text/x-nickel";

/// One family of documents.
struct Family {
    scheme: &'static str,
    kind: AssetKind,
    what: &'static str,
    description: &'static str,
}

const FAMILIES: [Family; 2] = [
    Family {
        scheme: "schema",
        kind: AssetKind::Schema,
        what: "schema",
        description: "A Nickel contract: every field with its unit, range and default",
    },
    Family {
        scheme: "example",
        kind: AssetKind::Example,
        what: "example",
        description: "An example configuration that can be validated and priced",
    },
];

/// Serves `schema://<name>` and `example://<name>`.
pub struct ProvisioningDocuments {
    assets: Arc<dyn Assets>,
}

impl ProvisioningDocuments {
    /// Serves what `assets` holds.
    #[must_use]
    pub fn new(assets: Arc<dyn Assets>) -> Self {
        Self { assets }
    }

    /// Names to suggest; none of a folder that is refused, which listing and reading say.
    fn names(&self, kind: AssetKind) -> Vec<String> {
        let names = self.assets.names(kind).unwrap_or_default();
        names.iter().map(|asset| stem(&asset.path).to_owned()).collect()
    }

    fn find(&self, uri: &str) -> Result<Asset, ToolError> {
        let wanted = uri.split_once("://").and_then(|(scheme, name)| {
            let family = FAMILIES.iter().find(|family| family.scheme == scheme)?;
            Some((family, name))
        });
        let found = match wanted {
            Some((family, name)) => {
                let assets = self.assets.load(family.kind).map_err(fail::assets)?;
                assets.into_iter().find(|asset| stem(&asset.path) == name)
            }
            None => None,
        };
        found.ok_or_else(|| {
            let shown: String = uri.chars().filter(|c| !c.is_control()).take(100).collect();
            let known = FAMILIES.iter().flat_map(|family| {
                self.names(family.kind)
                    .into_iter()
                    .map(|name| format!("{}://{name}", family.scheme))
            });
            ToolError::new(ErrorKind::NotFound, format!("no resource at `{shown}`"))
                .allowed(known)
                .hint("list the resources to see what is there")
        })
    }
}

fn stem(path: &str) -> &str {
    path.strip_suffix(".ncl").unwrap_or(path)
}

impl Documents for ProvisioningDocuments {
    fn list(&self) -> Result<Vec<DocumentEntry>, ToolError> {
        let mut entries = Vec::new();
        for family in &FAMILIES {
            for asset in self.assets.names(family.kind).map_err(fail::assets)? {
                let name = stem(&asset.path).to_owned();
                entries.push(DocumentEntry {
                    uri: format!("{}://{name}", family.scheme),
                    title: format!("{name} ({})", family.what),
                    name,
                    description: format!("{}; {}", family.description, asset.origin),
                    mime_type: NICKEL.to_owned(),
                    size: Some(asset.size),
                });
            }
        }
        Ok(entries)
    }

    fn templates(&self) -> Vec<DocumentTemplate> {
        FAMILIES
            .iter()
            .map(|family| DocumentTemplate {
                uri_template: format!("{}://{{name}}", family.scheme),
                name: family.what.to_owned(),
                title: format!("A configuration {}", family.what),
                description: family.description.to_owned(),
                mime_type: NICKEL.to_owned(),
            })
            .collect()
    }

    fn read<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Document, ToolError>> {
        Box::pin(async move {
            let asset = self.find(uri)?;
            Ok(Document {
                uri: uri.to_owned(),
                mime_type: NICKEL.to_owned(),
                public: asset.origin == "builtin",
                body: DocumentBody::Text(redacted::clean(&asset.text).into_owned()),
            })
        })
    }

    fn complete(&self, uri_template: &str, argument: &str, typed: &str) -> Completion {
        let family = FAMILIES
            .iter()
            .find(|family| uri_template == format!("{}://{{name}}", family.scheme));
        match (family, argument) {
            (Some(family), "name") => {
                let names = self.names(family.kind);
                Completion::ranked(names.iter().map(String::as_str), typed)
            }
            _ => Completion::default(),
        }
    }
}
