//! Fills the templates and puts the files together.

use tera::{Context, Tera};

use super::escape::escape;
use super::provenance;
use super::view::View;
use crate::intent::{Catalogue, Intent, Understood};
use crate::{Asset, AssetKind, Assets, Embedded};

/// The file that imports the others.
const MAIN: &str = "main.ncl";
/// The other files in the order in which `main.ncl` imports them.
const PARTS: [&str; 10] = [
    "networking.ncl",
    "servers.ncl",
    "databases.ncl",
    "kubernetes.ncl",
    "caches.ncl",
    "buckets.ncl",
    "volumes.ncl",
    "monitoring.ncl",
    "alerts.ncl",
    "secrets.ncl",
];

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It uses what nobody fills in, or is no template.
    #[error("the template `{template}` cannot be filled")]
    Unfilled {
        /// The template.
        template: String,
        /// What the engine says.
        #[source]
        source: tera::Error,
    },
    /// Something to fill in is left in what came out.
    #[error("the template `{template}` leaves `{mark}` in line {line} of its text")]
    Left {
        /// The template.
        template: String,
        /// What is left.
        mark: &'static str,
        /// The line of the text, from 1.
        line: usize,
    },
}

/// A file of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The files, the one that imports the others first.
    pub files: Vec<TextFile>,
    /// The same as one text, which imports nothing.
    pub whole: String,
}

/// Templates, read and ready.
pub struct Renderer {
    tera: Tera,
}

impl Renderer {
    /// The shipped templates.
    ///
    /// # Errors
    /// If one is malformed.
    pub fn new() -> Result<Self, Error> {
        Self::of(&Embedded.list(AssetKind::Template))
    }

    /// These templates, which somebody who may say what runs in this process vouches for.
    ///
    /// # Errors
    /// If one is malformed.
    pub fn of(templates: &[Asset]) -> Result<Self, Error> {
        let mut tera = Tera::default();
        tera.set_escape_fn(escape);
        tera.autoescape_on([".ncl.tera"]);
        let texts = templates
            .iter()
            .map(|asset| (asset.path.as_str(), asset.text.as_ref()));
        tera.add_raw_templates(texts).map_err(|source| Error::Unfilled {
            template: "templates/*.ncl.tera".to_owned(),
            source,
        })?;
        Ok(Self { tera })
    }

    /// The text of what was understood of `request`; nothing if there is no intent. `main` is the name of the first file.
    ///
    /// # Errors
    /// If a template cannot be filled, which no intent that [`Intent::check`] passes leads to.
    pub fn render(
        &self,
        understood: &Understood,
        request: Option<&str>,
        catalogue: &Catalogue,
        main: Option<&str>,
    ) -> Result<Option<Generated>, Error> {
        let Some(intent) = &understood.intent else {
            return Ok(None);
        };
        let currency = catalogue
            .book()
            .provider(&intent.provider)
            .map_or_else(String::new, |provider| provider.currency.code().to_owned());
        let context = Context::from_serialize(&View::new(intent, request, &currency)).map_err(|source| {
            Error::Unfilled {
                template: MAIN.to_owned(),
                source,
            }
        })?;
        let fill = |name: &str| {
            let template = format!("{name}.tera");
            let text = self
                .tera
                .render(&template, &context)
                .map_err(|source| Error::Unfilled {
                    template: template.clone(),
                    source,
                })?;
            if let Some((line, mark)) = left(&text) {
                return Err(Error::Left { template, mark, line });
            }
            Ok(provenance::comment(
                &text,
                &understood.origins,
                &understood.assumptions,
            ))
        };
        let mut files = vec![TextFile {
            name: main.unwrap_or(MAIN).to_owned(),
            text: fill(MAIN)?,
        }];
        for name in PARTS.into_iter().filter(|name| wanted(name, intent)) {
            files.push(TextFile {
                name: name.to_owned(),
                text: fill(name)?,
            });
        }
        let whole = whole(&files);
        Ok(Some(Generated { files, whole }))
    }
}

/// The first mark of a template in `text` that is not what somebody said: outside of quotes, and the line it is in.
fn left(text: &str) -> Option<(usize, &'static str)> {
    for (number, line) in text.lines().enumerate() {
        // What is filled in stands between quotes, and its own quotes are escaped.
        let plain = line.replace("\\\\", "").replace("\\\"", "");
        let outside: String = plain.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        for mark in ["{{", "}}", "{%", "{#"] {
            if outside.contains(mark) {
                return Some((number + 1, mark));
            }
        }
    }
    None
}

fn wanted(name: &str, intent: &Intent) -> bool {
    match name {
        "servers.ncl" => !intent.servers.is_empty(),
        "databases.ncl" => !intent.databases.is_empty(),
        "kubernetes.ncl" => !intent.clusters.is_empty(),
        "caches.ncl" => !intent.caches.is_empty(),
        "buckets.ncl" => !intent.buckets.is_empty(),
        "volumes.ncl" => !intent.volumes.is_empty(),
        "monitoring.ncl" => intent.monitoring.is_some(),
        "alerts.ncl" => !intent.alerts.is_empty(),
        "secrets.ncl" => {
            let watch = intent.monitoring.as_ref();
            intent
                .databases
                .iter()
                .any(|database| database.password.is_some())
                || watch.is_some_and(|watch| watch.dashboards_password.is_some())
        }
        _ => intent.network.is_some(),
    }
}

/// The first file with the others in place of their imports.
#[must_use]
pub fn whole(files: &[TextFile]) -> String {
    let Some((main, parts)) = files.split_first() else {
        return String::new();
    };
    let mut lines: Vec<String> = Vec::new();
    // Each once, as the templates have it: edited text could ask for the same file in every line, and become a thousand
    // times as long as it was.
    let mut parts: Vec<&TextFile> = parts.iter().collect();
    for line in main.text.lines() {
        // Only a line of the template is an import: what is filled in has its quotes escaped.
        let import = parts.iter().enumerate().find_map(|(at, part)| {
            let before = line.strip_suffix(&format!("import \"{}\",", part.name))?;
            (!line.trim_start().starts_with('#')).then_some((before, at))
        });
        match import {
            None => lines.push(line.to_owned()),
            Some((before, at)) => {
                let part = parts.remove(at);
                lines.push(before.trim_end().to_owned());
                lines.extend(part.text.lines().map(|line| format!("    {line}")));
                if let Some(last) = lines.last_mut() {
                    last.push(',');
                }
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}
