//! `destroy`.

use console::{Exit, Failure};
use program::Session;

use crate::cli::DestroyArguments;
use crate::commands::change::{self, Asked};
use crate::commands::input;
use crate::config::ProvConfig;

/// Takes away what is recorded, or what a configuration has of it, after somebody has agreed to the plan.
pub(super) fn run(arguments: &DestroyArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let input = arguments
        .file
        .as_ref()
        .map(|path| input::read(path, session))
        .transpose()?;
    let asked = Asked {
        workflow: "destroy".to_owned(),
        input,
        allow_destroy: arguments.agree.allow_destroy.clone(),
        no_refresh: false,
    };
    change::executed(asked, &arguments.agree, session)
}
