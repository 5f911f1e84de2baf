//! `runner score`: how good the answers are, judged by cases that say what they must be.
//!
//! A case is one line of JSON. The executable sees its `input` and nothing else of it.

mod case;
mod iac;
mod query;
mod report;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::executables::Executables;
use crate::failure::Failure;
use case::Case;
use report::Report;

/// `runner score`.
#[derive(Debug, Args)]
pub(crate) struct ScoreArguments {
    /// What to score
    #[arg(value_enum)]
    suite: Suite,

    /// Which half of the cases; `test` is for a release and not for tuning
    #[arg(long, value_enum, default_value = "dev")]
    split: Split,

    /// Folder of the cases
    #[arg(long, value_name = "DIR", default_value = "evals/runner/data")]
    data: PathBuf,

    /// Folder of the executables [default: beside this one]
    #[arg(long, value_name = "DIR")]
    executables: Option<PathBuf>,

    /// How to print the scores
    #[arg(long, value_enum, default_value = "markdown")]
    format: crate::Format,
}

/// What can be scored.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Suite {
    /// Configurations generated from descriptions
    Iac,
    /// Questions about an inventory
    Query,
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Iac => "iac",
            Self::Query => "query",
        }
    }
}

/// `--split`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Split {
    /// The half that may be looked at while the grammar is made better
    Dev,
    /// The other half
    Test,
    /// Both
    All,
}

impl Split {
    fn files(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &["dev"],
            Self::Test => &["test"],
            Self::All => &["dev", "test"],
        }
    }
}

/// Scores; the report, and whether every case that must pass did.
pub(crate) fn run(arguments: &ScoreArguments) -> Result<(String, bool), Failure> {
    let suite = arguments.suite.name();
    let folder = arguments.data.join(suite);
    let mut cases = Vec::new();
    for split in arguments.split.files() {
        let file = folder.join(format!("{split}.jsonl"));
        cases.extend(case::read(&file, suite, split)?);
    }
    case::check(&cases)?;
    let report = match arguments.suite {
        Suite::Iac => generated(arguments, &cases)?,
        Suite::Query => query::score(&cases, &folder)?,
    };
    let text = match arguments.format {
        crate::Format::Markdown => report.markdown(),
        crate::Format::Json => report.json()?,
    };
    Ok((text, report.holds()))
}

/// Scores configurations that the executable generates.
fn generated(arguments: &ScoreArguments, cases: &[Case]) -> Result<Report, Failure> {
    let executables = Executables::new(arguments.executables.as_deref(), &["prov"])?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("cannot start the runtime").because(&error))?;
    runtime.block_on(iac::score(cases, &executables))
}
