//! What both ways to a configuration have in common: from an intent to files that were validated and priced.

mod output;
mod wire;

use std::sync::Arc;

use jiff::civil::Date;
use provisioning::cost::{self, Options, PriceBook};
use provisioning::generate::Generated;
use provisioning::intent::{Catalogue, Understood};
use provisioning::{Diagnostic, Evaluate, Node, Severity, Source, check};
use toolcall::{ErrorKind, Granted, Step, ToolError};

use crate::finding::split;
use crate::{Shelf, fail};
use output::Cost;

pub(crate) use output::Output;

/// Names of files that the first file imports.
const TAKEN: [&str; 7] = [
    "servers",
    "networking",
    "databases",
    "kubernetes",
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

    /// Writes, validates and prices what was understood of `request`.
    pub(crate) async fn finish(
        &self,
        granted: &Granted,
        understood: &Understood,
        request: Option<&str>,
        catalogue: &Catalogue,
        file: Option<&str>,
    ) -> Result<Output, ToolError> {
        granted.report(step(1.0, "writing files"));
        let Some(generated) = self.rendered(understood, request, catalogue, file)? else {
            return Ok(Output::unclear(understood));
        };
        granted.report(step(2.0, "validating and pricing"));
        let proved = self.proved(&generated, catalogue).await?;
        let (errors, warnings) = split(proved.findings);
        let cost = proved
            .cost
            .as_ref()
            .map(|estimate| Cost::new(estimate, understood.intent.as_ref()));
        Ok(Output::generated(understood, generated, errors, warnings, cost))
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

    /// Whether `generated` holds, and what it costs if it does.
    async fn proved(&self, generated: &Generated, catalogue: &Catalogue) -> Result<Proved, ToolError> {
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
        let mut findings = evaluation.diagnostics;
        if let Some(node) = &evaluation.configuration {
            findings.extend(check::with_catalogue(node, catalogue.book()));
        }
        let holds = findings.iter().all(|finding| finding.severity != Severity::Error);
        let cost = match evaluation.configuration.filter(|_| holds) {
            Some(node) => Some(self.cost(&node, catalogue.book())?),
            None => None,
        };
        Ok(Proved { findings, cost })
    }

    fn cost(&self, node: &Node, book: &PriceBook) -> Result<cost::Estimate, ToolError> {
        let options = Options {
            region: None,
            date: (self.today)(),
        };
        cost::estimate(node, book, &options).map_err(fail::cost)
    }
}

/// What the evaluator and the price lists say of a generated configuration.
struct Proved {
    findings: Vec<Diagnostic>,
    cost: Option<cost::Estimate>,
}

/// The name of the first file that a caller wants: a plain name, because its siblings stand beside it.
pub(crate) fn file(file: Option<String>) -> Result<Option<String>, ToolError> {
    let Some(name) = file else { return Ok(None) };
    let stem = name.strip_suffix(".ncl").unwrap_or_default();
    let plain = !stem.is_empty()
        && name.len() <= 64
        && !stem.starts_with('.')
        && stem
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let taken = TAKEN.contains(&stem);
    if plain && !taken {
        return Ok(Some(name));
    }
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    let rule = if taken {
        "is the name of a file that it imports"
    } else {
        "is not a plain name that ends in `.ncl`"
    };
    Err(ToolError::new(
        ErrorKind::InvalidArgument,
        format!("argument `file` is `{shown}`, which {rule}"),
    )
    .field("file")
    .hint("give a name such as `main.ncl`, without a folder"))
}

/// A step of three.
pub(crate) fn step(done: f64, message: &str) -> Step {
    Step {
        done,
        total: Some(3.0),
        message: message.to_owned(),
    }
}
