//! The port to the formatter: the text of a configuration in, the same text in the one layout out.

use std::future::Future;
use std::pin::Pin;

use crate::evaluate::Error;
use crate::{Diagnostic, Source};

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// The text in the one layout, every comment kept; absent if there are diagnostics.
    pub text: Option<String>,
    /// Why it cannot be formatted: it does not parse.
    pub diagnostics: Vec<Diagnostic>,
}

/// Formats configurations, bounded like their evaluation: the text is other people's. Nothing is evaluated and nothing is
/// imported.
pub trait Format: Send + Sync {
    /// Formats `source`. Dropping the future stops the work.
    fn format<'a>(
        &'a self,
        source: Source,
    ) -> Pin<Box<dyn Future<Output = Result<Formatted, Error>> + Send + 'a>>;
}
