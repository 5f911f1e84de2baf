//! The Cedar schema of an executable, made from its catalogue.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cedar_policy::Schema;
use toolcall::{Catalog, Effect};

use crate::Error;

/// The action that stands for reading a document.
pub(crate) const DOCUMENT_READ: &str = "document_read";
/// The entity type of documents.
pub(crate) const DOCUMENT: &str = "Document";

const EFFECTS: [Effect; 3] = [Effect::Read, Effect::Write, Effect::Destroy];

const HEADER: &str = r"// Generated from the tools of this executable: what policies can speak of.

// How the call came in, and what the caller showed.
type Call = {
  // `stdio`, `http`, `sse` or `cli`.
  transport: String,
  // `local`, `token` or `anonymous`.
  kind: String,
  // Scopes of the token; empty for others.
  scopes: Set<String>,
  // Who issued the token; absent for others.
  issuer?: String,
};

// A role that the caller's token or the configuration gives.
entity Role;

// Who calls: `local:<login>`, `token:<subject>` or `anonymous:`.
entity User in [Role] {
  // The login or subject alone, for `like`.
  name: String,
};

// What tools touch.
";

/// What policies can speak of, as Cedar schema text: every tool of `catalog` as an action, in a group per effect and
/// per family, and an entity type per kind of resource.
///
/// The groups `read`, `write` and `destroy` are there even if no tool is in them, so that one policy file serves
/// every executable.
#[must_use]
pub fn schema(catalog: &Catalog) -> String {
    let kinds: BTreeSet<&str> = catalog
        .declarations()
        .map(|tool| tool.resource)
        .chain([DOCUMENT])
        .collect();
    let families: BTreeSet<&str> = catalog.declarations().map(|tool| tool.toolset.family).collect();
    let any: Vec<&str> = kinds.iter().copied().collect();
    let any = any.join(", ");

    let mut text = HEADER.to_owned();
    for kind in &kinds {
        line(&mut text, &format!("entity {kind};"));
    }
    // A group has an `appliesTo` of its own, although nobody asks about a group: without one, a policy on a group
    // that has no tool here would be refused as one that can never apply.
    line(&mut text, "\n// Groups, by what a tool can do at worst.");
    for effect in EFFECTS {
        line(&mut text, &action(effect.name(), None, &any));
    }
    for family in families {
        line(
            &mut text,
            &format!("\n// Tools of the family {}.", family.escape_debug()),
        );
        for effect in EFFECTS {
            line(
                &mut text,
                &action(&group(family, effect), Some(effect.name()), &any),
            );
        }
        for tool in catalog
            .declarations()
            .filter(|tool| tool.toolset.family == family)
        {
            line(
                &mut text,
                &action(tool.name, Some(&group(family, tool.effect)), tool.resource),
            );
        }
    }
    line(&mut text, "\n// Reading what can be read without a tool.");
    line(
        &mut text,
        &action(DOCUMENT_READ, Some(Effect::Read.name()), DOCUMENT),
    );
    text
}

/// The schema of `catalog`, parsed.
pub(crate) fn parsed(catalog: &Catalog) -> Result<Schema, Error> {
    let (schema, _warnings) = Schema::from_cedarschema_str(&schema(catalog)).map_err(Error::catalogue)?;
    Ok(schema)
}

fn group(family: &str, effect: Effect) -> String {
    format!("{family}.{}", effect.name())
}

fn action(name: &str, group: Option<&str>, resources: &str) -> String {
    let within = group
        .map(|group| format!(" in [\"{}\"]", group.escape_debug()))
        .unwrap_or_default();
    format!(
        "action \"{}\"{within} appliesTo {{ principal: [User], resource: [{resources}], context: Call }};",
        name.escape_debug()
    )
}

fn line(text: &mut String, line: &str) {
    let _infallible = writeln!(text, "{line}");
}
