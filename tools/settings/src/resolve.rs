//! Layer upon layer, and then one struct.

use std::collections::BTreeMap;

use redacted::MARKER;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::file::{self, Given};
use crate::leaf::{self, Leaf};
use crate::{Entry, Error, Origin, Settings, Sources, convert};

impl<C: DeserializeOwned + Serialize + JsonSchema + Default> Settings<C> {
    /// The configuration that `sources` make.
    ///
    /// An empty environment variable counts as not set. In a variable or a flag a list is written with commas
    /// or as TOML, a table as TOML, a boolean as `true`, `false`, `1` or `0`.
    ///
    /// # Errors
    /// If a source cannot be read, names a setting that is not there, or gives a value that does not fit.
    pub fn resolve(sources: Sources) -> Result<Self, Error> {
        let leaves = leaf::leaves::<C>(&sources.prefix)?;
        let defaults =
            serde_json::to_value(C::default()).map_err(|error| Error::Declaration(error.to_string()))?;
        let mut layers = Layers {
            leaves: &leaves,
            value: defaults.clone(),
            origins: BTreeMap::new(),
        };
        for source in &sources.files {
            for given in file::read(source, &leaves)? {
                layers.set(given)?;
            }
        }
        layers.environment(&sources)?;
        for (key, text) in &sources.overrides {
            layers.set_text(key, text, Origin::Flag)?;
        }
        let Layers { value, origins, .. } = layers;
        let entries = leaves
            .iter()
            .map(|leaf| entry(leaf, &value, &defaults, &origins))
            .collect();
        let value =
            serde_path_to_error::deserialize(value).map_err(|error| invalid(&error, &leaves, &origins))?;
        Ok(Self { value, entries })
    }
}

struct Layers<'a> {
    leaves: &'a [Leaf],
    value: Value,
    origins: BTreeMap<String, Origin>,
}

impl Layers<'_> {
    fn environment(&mut self, sources: &Sources) -> Result<(), Error> {
        let prefix = format!("{}_", sources.prefix);
        for (name, value) in sources.environment.starting_with(&prefix) {
            if value.is_empty() || sources.other_variables.iter().any(|other| other == name) {
                continue;
            }
            let Some(leaf) = self.leaves.iter().find(|leaf| leaf.variable == name) else {
                let known = self.leaves.iter().map(|leaf| leaf.variable.as_str());
                let nearest = nearest(
                    name,
                    known.chain(sources.other_variables.iter().map(String::as_str)),
                );
                return Err(Error::UnknownVariable {
                    name: name.to_owned(),
                    nearest,
                });
            };
            let origin = Origin::Environment {
                name: name.to_owned(),
            };
            match value.to_str() {
                Some(text) => self.set_text(&leaf.key, text, origin)?,
                None => return Err(wrong(leaf, origin, "bytes that are not UTF-8".to_owned())),
            }
        }
        Ok(())
    }

    fn set_text(&mut self, key: &str, text: &str, origin: Origin) -> Result<(), Error> {
        let leaf = self.leaf(key, &origin)?;
        match convert::from_text(text, &leaf.kind) {
            Some(value) => self.set(Given {
                key: key.to_owned(),
                value,
                origin,
            }),
            None => Err(wrong(leaf, origin, convert::shown(&Value::from(text)))),
        }
    }

    fn set(&mut self, given: Given) -> Result<(), Error> {
        let Given { key, value, origin } = given;
        let leaf = self.leaf(&key, &origin)?;
        if !convert::fits(&value, &leaf.kind) {
            return Err(wrong(leaf, origin, convert::shown(&value)));
        }
        put(&mut self.value, &key, value);
        self.origins.insert(key, origin);
        Ok(())
    }

    fn leaf(&self, key: &str, origin: &Origin) -> Result<&'_ Leaf, Error> {
        self.leaves
            .iter()
            .find(|leaf| leaf.key == key)
            .ok_or_else(|| Error::UnknownKey {
                key: key.to_owned(),
                origin: Box::new(origin.clone()),
                nearest: nearest(key, self.leaves.iter().map(|leaf| leaf.key.as_str())),
            })
    }
}

fn wrong(leaf: &Leaf, origin: Origin, given: String) -> Error {
    let given = if leaf.secret {
        format!("what was given ({MARKER})")
    } else {
        given
    };
    let expected = leaf.kind.to_string();
    // "one of" needs no article.
    let expected = match expected.chars().next() {
        Some('i') => format!("an {expected}"),
        Some('o') => expected,
        _ => format!("a {expected}"),
    };
    Error::WrongValue {
        key: leaf.key.clone(),
        origin: origin.into(),
        expected,
        given,
    }
}

/// Puts `value` at the dotted `key`, making tables on the way.
fn put(root: &mut Value, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table(root).insert(key.to_owned(), value);
        }
        Some((first, rest)) => put(table(root).entry(first).or_insert(Value::Null), rest, value),
    }
}

/// `value` as a table: an optional section that was not set becomes one.
fn table(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(fields) => fields,
        // Made an object just above; leaking an empty map is the only other way to return a reference.
        _ => Box::leak(Box::default()),
    }
}

/// The value at the dotted `key`.
fn at(root: &Value, key: &str) -> Value {
    key.split('.')
        .try_fold(root, |value, part| value.get(part))
        .cloned()
        .unwrap_or_default()
}

fn entry(leaf: &Leaf, value: &Value, defaults: &Value, origins: &BTreeMap<String, Origin>) -> Entry {
    let shown = |value: Value| match value {
        Value::Null => Value::Null,
        _ if leaf.secret => Value::from(MARKER),
        value => value,
    };
    Entry {
        key: leaf.key.clone(),
        variable: leaf.variable.clone(),
        kind: leaf.kind.to_string(),
        value: shown(at(value, &leaf.key)),
        default: shown(at(defaults, &leaf.key)),
        origin: origins.get(&leaf.key).cloned().unwrap_or(Origin::Default),
        doc: leaf.doc.clone(),
        secret: leaf.secret,
    }
}

/// What the struct itself refused, at the leaf where it did.
fn invalid(
    error: &serde_path_to_error::Error<serde_json::Error>,
    leaves: &[Leaf],
    origins: &BTreeMap<String, Origin>,
) -> Error {
    let path = error.path().to_string();
    let within = |leaf: &&Leaf| {
        path.strip_prefix(&leaf.key)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    match leaves.iter().find(within) {
        Some(leaf) => Error::Invalid {
            key: path.clone(),
            origin: origins.get(&leaf.key).cloned().unwrap_or(Origin::Default).into(),
            reason: if leaf.secret {
                "its value is not valid".to_owned()
            } else {
                error.inner().to_string()
            },
        },
        None => Error::Invalid {
            key: path.trim_matches('.').to_owned(),
            origin: Origin::Default.into(),
            reason: error.inner().to_string(),
        },
    }
}

/// The one of `known` that resembles `given`, if any does.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    known
        .map(|known| {
            // The right key in the wrong section is near, too.
            let whole = strsim::jaro_winkler(given, known);
            let end = if last(given) == last(known) { 0.9 } else { 0.0 };
            (whole.max(end), known)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known.to_owned())
}
