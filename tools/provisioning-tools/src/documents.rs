//! What can be read without a tool: schemas, examples and forms, as in force in the workspace.

use std::sync::Arc;

use provisioning::{Asset, AssetKind};
use toolcall::{
    BoxFuture, Completion, Document, DocumentBody, DocumentEntry, DocumentTemplate, Documents, ErrorKind,
    ToolError,
};

use crate::{Shelf, fail, form_schema};

/// The media type of Nickel text.
const NICKEL: &str = "text/x-nickel";
/// The media type of TOML.
const TOML: &str = "application/toml";
/// The media type of a JSON schema.
const JSON_SCHEMA: &str = "application/schema+json";
/// The scheme of documents that are made of forms.
const FORM_SCHEMA: &str = "form-schema";

/// One family of documents.
struct Family {
    scheme: &'static str,
    kind: AssetKind,
    what: &'static str,
    description: &'static str,
    mime_type: &'static str,
}

const FAMILIES: [Family; 4] = [
    Family {
        scheme: "schema",
        kind: AssetKind::Schema,
        what: "schema",
        description: "A Nickel contract: every field with its unit, range and default",
        mime_type: NICKEL,
    },
    Family {
        scheme: "example",
        kind: AssetKind::Example,
        what: "example",
        description: "An example configuration that can be validated and priced",
        mime_type: NICKEL,
    },
    Family {
        scheme: "form",
        kind: AssetKind::Form,
        what: "form",
        description: "A form: questions whose answers `generate_from_form` makes a configuration of",
        mime_type: TOML,
    },
    Family {
        scheme: FORM_SCHEMA,
        kind: AssetKind::Form,
        what: "form schema",
        description: "The answers to a form as a JSON schema, with the options of the catalogue",
        mime_type: JSON_SCHEMA,
    },
];

/// Serves `schema://<name>`, `example://<name>`, `form://<name>` and `form-schema://<name>`.
pub struct ProvisioningDocuments {
    shelf: Arc<Shelf>,
}

impl ProvisioningDocuments {
    /// Serves what `shelf` holds.
    #[must_use]
    pub fn new(shelf: Arc<Shelf>) -> Self {
        Self { shelf }
    }

    /// Names to suggest; none of a folder that is refused, which listing and reading say.
    fn names(&self, kind: AssetKind) -> Vec<String> {
        let names = self.shelf.assets().names(kind).unwrap_or_default();
        names.iter().map(|asset| stem(&asset.path).to_owned()).collect()
    }

    fn find(&self, uri: &str) -> Result<(&'static Family, Asset), ToolError> {
        let wanted = uri.split_once("://").and_then(|(scheme, name)| {
            let family = FAMILIES.iter().find(|family| family.scheme == scheme)?;
            Some((family, name))
        });
        let found = match wanted {
            Some((family, name)) => {
                let assets = self.shelf.assets().load(family.kind).map_err(fail::assets)?;
                let found = assets.into_iter().find(|asset| stem(&asset.path) == name);
                found.map(|asset| (family, asset))
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

impl ProvisioningDocuments {
    /// The schema of the form `name`.
    fn form_schema(&self, name: &str) -> Result<String, ToolError> {
        let catalogue = self.shelf.catalogue()?;
        let form = self.shelf.form(name, &catalogue)?;
        let schema = form_schema::whole(&form, &catalogue);
        Ok(format!("{schema:#}\n"))
    }
}

fn stem(path: &str) -> &str {
    path.strip_suffix(".ncl")
        .or_else(|| path.strip_suffix(".toml"))
        .unwrap_or(path)
}

impl Documents for ProvisioningDocuments {
    fn list(&self) -> Result<Vec<DocumentEntry>, ToolError> {
        let mut entries = Vec::new();
        for family in &FAMILIES {
            for asset in self.shelf.assets().names(family.kind).map_err(fail::assets)? {
                let name = stem(&asset.path).to_owned();
                entries.push(DocumentEntry {
                    uri: format!("{}://{name}", family.scheme),
                    title: format!("{name} ({})", family.what),
                    name,
                    description: format!("{}; {}", family.description, asset.origin),
                    mime_type: family.mime_type.to_owned(),
                    // What is made of a form is made when it is read.
                    size: Some(asset.size).filter(|_| family.scheme != FORM_SCHEMA),
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
                mime_type: family.mime_type.to_owned(),
            })
            .collect()
    }

    fn read<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Document, ToolError>> {
        Box::pin(async move {
            let (family, asset) = self.find(uri)?;
            let text = match family.scheme {
                FORM_SCHEMA => self.form_schema(stem(&asset.path))?,
                _ => asset.text.into_owned(),
            };
            Ok(Document {
                uri: uri.to_owned(),
                mime_type: family.mime_type.to_owned(),
                // The options of a form schema are the catalogue's, which may be the workspace's own.
                public: asset.origin == "builtin" && family.scheme != FORM_SCHEMA,
                body: DocumentBody::Text(redacted::clean(&text).into_owned()),
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
