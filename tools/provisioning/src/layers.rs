//! The seven layers that a generated configuration passes, from the answers to the plan.
//!
//! Each layer looks at what the one before it made, and each says what it finds, even if a later one cannot run. The
//! first three look at what goes into the text (answers, whether they fit together, the text without holes), the others
//! at what comes out of it: [`prove`] runs those. Errors of a layer from [`Layer::Syntax`] to [`Layer::Schema`] mean
//! that there is no configuration; findings of policy and plan are for people to decide about.

mod plan;
mod policy;

use std::fmt;

use jiff::civil::Date;

use crate::compliance::Rules;
use crate::cost::{self, Estimate, Options, PriceBook};
use crate::{Diagnostic, Evaluation, Severity, check};

/// A layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Each answer by itself: type, range, choice, whether it is there.
    Answers,
    /// Answers and resources against each other.
    CrossField,
    /// The text: nothing undefined, nothing left to fill, nothing that escapes its quotes.
    Render,
    /// Whether the text can be read.
    Syntax,
    /// The contracts of the schemas.
    Schema,
    /// Rules of compliance.
    Policy,
    /// What carrying it out would come to.
    Plan,
}

impl Layer {
    /// Every one, in order.
    pub const ALL: [Self; 7] = [
        Self::Answers,
        Self::CrossField,
        Self::Render,
        Self::Syntax,
        Self::Schema,
        Self::Policy,
        Self::Plan,
    ];

    /// Its place, from 1.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Answers => 1,
            Self::CrossField => 2,
            Self::Render => 3,
            Self::Syntax => 4,
            Self::Schema => 5,
            Self::Policy => 6,
            Self::Plan => 7,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::CrossField => "cross-field",
            Self::Render => "render",
            Self::Syntax => "syntax",
            Self::Schema => "schema",
            Self::Policy => "policy",
            Self::Plan => "plan",
        }
    }

    /// The layer that a finding of the evaluator is of.
    fn of_evaluation(finding: &Diagnostic) -> Self {
        match finding.code.as_str() {
            "syntax" | "empty" | "import_refused" | "name_refused" => Self::Syntax,
            _ => Self::Schema,
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number(), self.name())
    }
}

/// What a configuration is held to.
pub struct Against<'a> {
    /// Regions, plans and prices.
    pub book: &'a PriceBook,
    /// Rules of compliance.
    pub rules: &'a Rules,
    /// The day of the prices.
    pub today: Date,
}

/// What the layers from [`Layer::Syntax`] on found, and those before that look at the tree again.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Findings by layer, in order.
    pub findings: Vec<(Layer, Diagnostic)>,
    /// The last layer that could run.
    pub reached: Layer,
    /// What it costs, if that can be said.
    pub estimate: Option<Estimate>,
}

impl Proof {
    /// Whether there is a configuration, and nothing in it is wrong.
    #[must_use]
    pub fn holds(&self) -> bool {
        let error = |finding: &Diagnostic| finding.severity == Severity::Error;
        self.reached == Layer::Plan && !self.findings.iter().any(|(_, finding)| error(finding))
    }
}

/// Runs the layers that look at an evaluated text.
///
/// # Errors
/// If the price lists cannot price it at all, as [`cost::estimate`].
pub fn prove(evaluation: Evaluation, against: &Against<'_>) -> Result<Proof, cost::Error> {
    let mut findings: Vec<(Layer, Diagnostic)> = evaluation
        .diagnostics
        .into_iter()
        .map(|finding| (Layer::of_evaluation(&finding), finding))
        .collect();
    let Some(configuration) = evaluation.configuration else {
        let syntax = findings.iter().any(|(layer, _)| *layer == Layer::Syntax);
        return Ok(Proof {
            findings,
            reached: if syntax { Layer::Syntax } else { Layer::Schema },
            estimate: None,
        });
    };
    let fit = check::with_catalogue(&configuration, against.book);
    findings.extend(fit.into_iter().map(|finding| (Layer::CrossField, finding)));
    let policy = policy::check(&configuration, against.rules, against.today);
    findings.extend(policy.into_iter().map(|finding| (Layer::Policy, finding)));
    let options = Options {
        region: None,
        date: against.today,
    };
    let broken = findings
        .iter()
        .any(|(_, finding)| finding.severity == Severity::Error);
    let estimate = match broken {
        // A price of what does not fit together would be of something else.
        true => None,
        false => Some(cost::estimate(&configuration, against.book, &options)?),
    };
    if let Some(estimate) = &estimate {
        let plan = plan::check(&configuration, estimate);
        findings.extend(plan.into_iter().map(|finding| (Layer::Plan, finding)));
    }
    findings.sort_by_key(|(layer, _)| *layer);
    Ok(Proof {
        findings,
        reached: if broken { Layer::Policy } else { Layer::Plan },
        estimate,
    })
}
