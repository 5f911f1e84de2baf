//! What both ways to a configuration have in common: from an intent to files that were merged, validated
//! and priced.

mod onto;
mod output;
mod passed;
mod wire;

use std::sync::Arc;

use jiff::civil::Date;
use provisioning::generate::{Generated, merge_files};
use provisioning::intent::{Catalogue, Understood};
use provisioning::layers::{self, Against, Proof};
use provisioning::{Evaluate, Source};
use toolcall::{ErrorKind, Granted, Step, ToolError};

use crate::{Shelf, fail};

pub(crate) use onto::Onto;
pub(crate) use output::Output;

/// Names of files that the first file imports.
const TAKEN: [&str; 10] = [
    "servers",
    "networking",
    "databases",
    "kubernetes",
    "caches",
    "buckets",
    "volumes",
    "monitoring",
    "alerts",
    "secrets",
];

/// The evaluator, the catalogues and the calendar.
pub(crate) struct Generation {
    evaluate: Arc<dyn Evaluate>,
    shelf: Arc<Shelf>,
    today: fn() -> Date,
}

impl Generation {
    /// With the schemas and prices of `shelf`, as of `today`.
    pub(crate) fn new(evaluate: Arc<dyn Evaluate>, shelf: Arc<Shelf>, today: fn() -> Date) -> Self {
        Self {
            evaluate,
            shelf,
            today,
        }
    }

    /// The shipped data and the workspace's.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Writes, validates and prices what is wanted.
    pub(crate) async fn finish(&self, granted: &Granted, wanted: Wanted<'_>) -> Result<Output, ToolError> {
        let onto = wanted.onto.map(onto::before).transpose()?;
        let (understood, catalogue) = (wanted.understood, wanted.catalogue);
        granted.report(step(1.0, "writing files"));
        let Some(generated) = self.rendered(understood, wanted.request, catalogue, wanted.file)? else {
            return Ok(Output::unclear(understood));
        };
        granted.report(step(2.0, "validating and pricing"));
        let merged = onto.map(|before| merge_files(&before, &generated.files));
        let joined = merged.as_ref().map(|merged| onto::joined(merged, &generated));
        let proof = self
            .proved(joined.as_ref().unwrap_or(&generated), catalogue)
            .await?;
        let output = Output::generated(understood, generated, proof);
        Ok(match merged {
            Some(merged) => output.merged(merged, joined.map(|joined| joined.whole).unwrap_or_default()),
            None => output,
        })
    }

    /// The text of what was understood.
    fn rendered(
        &self,
        understood: &Understood,
        request: Option<&str>,
        catalogue: &Catalogue,
        file: Option<&str>,
    ) -> Result<Option<Generated>, ToolError> {
        let broken = |error: provisioning::generate::Error| {
            ToolError::new(ErrorKind::Internal, error.to_string())
                .hint("this is a mistake of the program; please report what was asked for")
                .because(error)
        };
        let renderer = self.shelf.renderer().map_err(broken)?;
        renderer
            .render(understood, request, catalogue, file)
            .map_err(broken)
    }

    /// What the layers after the text say of `generated`.
    async fn proved(&self, generated: &Generated, catalogue: &Catalogue) -> Result<Proof, ToolError> {
        let source = Source {
            name: generated
                .files
                .first()
                .map_or_else(String::new, |file| file.name.clone()),
            text: generated.whole.clone(),
        };
        let evaluation = self
            .evaluate
            .evaluate(source, true)
            .await
            .map_err(fail::evaluation)?;
        let rules = self.shelf.rules().map_err(fail::compliance)?;
        let against = Against {
            book: catalogue.book(),
            rules: &rules,
            today: (self.today)(),
        };
        layers::prove(evaluation, &against).map_err(fail::cost)
    }
}

/// What is to be written.
pub(crate) struct Wanted<'a> {
    /// The intent, or why there is none.
    pub(crate) understood: &'a Understood,
    /// The description, if it came from one.
    pub(crate) request: Option<&'a str>,
    /// What there is to choose from.
    pub(crate) catalogue: &'a Catalogue,
    /// The name of the first file.
    pub(crate) file: Option<&'a str>,
    /// What was generated before and may have been edited.
    pub(crate) onto: Option<Vec<Onto>>,
}

/// The name of the first file that a caller wants: a plain name, because its siblings stand beside it.
pub(crate) fn file(file: Option<String>) -> Result<Option<String>, ToolError> {
    let Some(name) = file else { return Ok(None) };
    let stem = name.strip_suffix(".ncl").unwrap_or_default();
    let taken = TAKEN.contains(&stem);
    if is_plain(&name) && !taken {
        return Ok(Some(name));
    }
    let rule = if taken {
        "is the name of a file that it imports"
    } else {
        "is not a plain name that ends in `.ncl`"
    };
    Err(misnamed("file", &name, rule))
}

/// Whether `name` is a file's without a folder, that ends in `.ncl`.
fn is_plain(name: &str) -> bool {
    let stem = name.strip_suffix(".ncl").unwrap_or_default();
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !stem.is_empty() && name.len() <= 64 && !stem.starts_with('.') && stem.chars().all(known)
}

fn misnamed(argument: &str, name: &str, rule: &str) -> ToolError {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    ToolError::new(
        ErrorKind::InvalidArgument,
        format!("argument `{argument}` is `{shown}`, which {rule}"),
    )
    .field(argument)
    .hint("give a name such as `main.ncl`, without a folder")
}

/// A step of three.
pub(crate) fn step(done: f64, message: &str) -> Step {
    Step {
        done,
        total: Some(3.0),
        message: message.to_owned(),
    }
}
