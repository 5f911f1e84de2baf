//! Where logs and traces go: standard error always, an OTLP collector when one is configured.
//!
//! Never standard output: under `mcp serve` that belongs to the protocol. Without an endpoint nothing of
//! OpenTelemetry is built, so that a short command does not pay for it. A collector that cannot be reached costs
//! traces, never an answer.

mod otlp;
mod parent;

use std::io::IsTerminal;

use tracing_subscriber::filter::Directive;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::Filter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt};

pub use parent::{parent, trace_id};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where to send what.
#[derive(Debug, Clone)]
pub struct Options {
    /// What to log, such as `warn` or `info,mcp=debug`.
    pub filter: String,
    /// How log lines look.
    pub format: Format,
    /// Base URL of an OTLP collector (HTTP), such as `http://127.0.0.1:4318`.
    pub otlp_endpoint: Option<String>,
    /// The service's name in traces.
    pub service_name: String,
    /// The service's version in traces.
    pub service_version: String,
}

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter makes no sense.
    #[error("`{filter}` is not a log filter: {reason}")]
    Filter {
        /// The filter.
        filter: String,
        /// Why not.
        reason: String,
    },
    /// The exporter cannot be built.
    #[error("cannot send traces to `{endpoint}`: {reason}")]
    Exporter {
        /// The endpoint.
        endpoint: String,
        /// Why not.
        reason: String,
    },
    /// Something else in the process already logs.
    #[error("logging was started twice")]
    Started,
}

/// Sends what is left when dropped.
#[must_use = "traces are sent when this is dropped"]
pub struct Guard {
    provider: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Starts logging, and exporting if there is an endpoint.
///
/// # Errors
/// If the filter or the endpoint makes no sense, or logging was started before.
pub fn start(options: Options) -> Result<Guard, Error> {
    let filter = filter(&options.filter)?;
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match options.format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter.and(quiet_wire())));
    match &options.otlp_endpoint {
        None => {
            registry.try_init().map_err(|_| Error::Started)?;
            Ok(Guard { provider: None })
        }
        Some(endpoint) => {
            let provider = otlp::provider(endpoint, &options)?;
            registry
                .with(otlp::layer(&provider))
                .try_init()
                .map_err(|_| Error::Started)?;
            Ok(Guard {
                provider: Some(provider),
            })
        }
    }
}

/// The filter that `text` is, one directive at a time, so that an error names the one at fault.
fn filter(text: &str) -> Result<EnvFilter, Error> {
    let refused = |reason: String| Error::Filter {
        filter: text.to_owned(),
        reason,
    };
    for directive in text
        .split(',')
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
    {
        // Fields in braces may hold commas; such a filter is judged as a whole below.
        if text.contains('{') {
            break;
        }
        if let Err(error) = directive.parse::<Directive>() {
            return Err(refused(format!(
                "`{directive}`: {error}; write a level ({LEVELS}) or `module=level`, separated by commas"
            )));
        }
        // A bare word that is no level means a module at every level: hardly ever what a typo of a level meant.
        let level = directive.parse::<tracing::level_filters::LevelFilter>().is_ok();
        let module = directive.contains(['=', ':', '[', '_']);
        if !level
            && !module
            && directive.len() < 8
            && LEVELS.split(", ").any(|known| resembles(directive, known))
        {
            return Err(refused(format!(
                "`{directive}` is no level; the levels are {LEVELS}"
            )));
        }
    }
    EnvFilter::try_new(text).map_err(|error| refused(error.to_string()))
}

/// What a filter can let through.
const LEVELS: &str = "off, error, warn, info, debug, trace";

/// Whether `word` could be meant for `level`: the same first letter, and at most one letter of the level missing.
fn resembles(word: &str, level: &str) -> bool {
    let mut letters: Vec<char> = word.to_ascii_lowercase().chars().collect();
    let same_start = letters.first().copied() == level.chars().next();
    let missing = level
        .chars()
        .filter(|letter| match letters.iter().position(|other| other == letter) {
            Some(at) => {
                letters.swap_remove(at);
                false
            }
            None => true,
        });
    // Counting takes the letters out one by one, so that a doubled letter must be there twice.
    missing.count() <= 1 && same_start
}

/// The protocol library prints whole messages below `info`, and with them arguments that must not be in a log.
fn quiet_wire<S>() -> impl Filter<S> {
    filter_fn(|metadata| !metadata.target().starts_with("rmcp") || *metadata.level() <= tracing::Level::INFO)
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take()
            && let Err(error) = provider.shutdown_with_timeout(otlp::FLUSH_WITHIN)
        {
            tracing::debug!(%error, "the last traces could not be sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_levels_and_modules() {
        for good in [
            "",
            "warn",
            "INFO",
            "info,mcp=debug",
            "off",
            "mcp",
            "mcp[call]=trace",
            "mcp[call{tool=a}]=debug",
            "vault_tools",
            "tower",
            "tokio",
        ] {
            assert!(filter(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_wrong_filter_is_explained() {
        let reason = |text: &str| filter(text).map(drop).unwrap_err().to_string();
        assert!(
            reason("info,mcp=loud").contains("`mcp=loud`"),
            "{}",
            reason("info,mcp=loud")
        );
        assert!(
            reason("inof")
                .ends_with("`inof` is no level; the levels are off, error, warn, info, debug, trace")
        );
        for typo in ["warning", "debg", "eror", "Trce"] {
            assert!(reason(typo).contains("is no level"), "{typo}");
        }
    }
}
