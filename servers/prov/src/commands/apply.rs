//! `apply`.

use console::{Exit, Failure};
use program::Session;

use crate::cli::ApplyArguments;
use crate::commands::change::{self, Asked};
use crate::commands::input;
use crate::config::ProvConfig;

/// Makes a configuration true, after somebody has agreed to the plan.
pub(super) fn run(arguments: &ApplyArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let asked = Asked {
        workflow: "apply".to_owned(),
        input: Some(input::read(&arguments.file, session)?),
        allow_destroy: arguments.agree.allow_destroy.clone(),
        no_refresh: false,
    };
    change::executed(asked, &arguments.agree, session)
}
