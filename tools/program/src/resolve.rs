//! The layers of settings, in the order that every executable has them.

use std::path::Path;

use console::{Exit, Failure};
use mcp::About;
use settings::{Environment, Settings, SourceFile, Sources, user_config_dir};

use crate::config::{Config, LogOutput};
use crate::global::Global;
use crate::session::Program;

/// Reads every layer: system, user (or the file that was named), workspace, environment, command line.
pub(crate) fn resolve<C: Config>(
    program: &Program<C>,
    about: &About,
    global: &Global,
    environment: &Environment,
    workspace: &Path,
) -> Result<Settings<C>, Failure> {
    let mut sources = Sources {
        environment: environment.clone(),
        ..Sources::new(program.prefix)
    };
    sources.files.push(SourceFile::optional(
        "system",
        format!("/etc/{}/config.toml", about.name),
    ));
    match &global.config_file {
        Some(path) => sources.files.push(SourceFile::named("named", path)),
        None => {
            let folder = user_config_dir(environment, about.name);
            sources
                .files
                .extend(folder.map(|folder| SourceFile::optional("user", folder.join("config.toml"))));
        }
    }
    // A workspace is other people's data: its file may set only what the executable says it may.
    let own = workspace.join(format!(".{}", about.name)).join("config.toml");
    sources
        .files
        .push(SourceFile::restricted("workspace", own, C::WORKSPACE_SECTIONS));
    for pair in &global.set {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`--set {pair}` has no `=`"))
                .hint("write it like `--set audit.path=audit.jsonl`")
        })?;
        sources.overrides.push((key.to_owned(), value.to_owned()));
    }
    Settings::resolve(sources).map_err(|error| {
        let exit = if matches!(error, settings::Error::Absent { .. }) {
            Exit::NotFound
        } else {
            Exit::Settings
        };
        let failure = Failure::new(exit, error.to_string());
        let failure = match std::error::Error::source(&error) {
            Some(source) => failure.because(source),
            None => failure,
        };
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// Starts logging as the settings and the command line say.
pub(crate) fn start_telemetry<C: Config>(
    about: &About,
    settings: &Settings<C>,
    global: &Global,
) -> Result<telemetry::Guard, Failure> {
    let configured = settings.value().common().telemetry;
    let options = telemetry::Options {
        filter: global.log.clone().unwrap_or_else(|| configured.filter.clone()),
        format: match configured.output {
            LogOutput::Text => telemetry::Format::Text,
            LogOutput::Json => telemetry::Format::Json,
        },
        otlp_endpoint: Some(configured.otlp_endpoint.clone()).filter(|endpoint| !endpoint.is_empty()),
        service_name: about.name.to_owned(),
        service_version: about.version.to_owned(),
    };
    telemetry::start(options).map_err(|error| {
        Failure::new(Exit::Settings, "logging cannot be set up")
            .because(&error)
            .hint("`--log info` is a valid filter")
    })
}
