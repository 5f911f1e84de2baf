//! What a configuration costs a month, from dated price lists and nothing else.
//!
//! Money is integer ([`Money`], nano-units) and rounded once per line; currencies are never mixed; a price that is
//! not known makes a resource *unpriced* and the total incomplete, never cheap. Every line says where its price
//! comes from, how old it is and what was assumed.
//!
//! Reading order: [`estimate`](fn@estimate), then `machine` (one server), `plan`, `book`.

mod book;
mod bucket;
mod cache;
mod cluster;
mod compare;
mod configuration;
mod database;
mod estimate;
mod list;
mod machine;
mod money;
mod network;
mod plan;
mod provider;
pub mod render;
mod sheet;
mod site;
mod volume;

use jiff::civil::Date;

pub use book::{Found, PriceBook};
pub use compare::{AmountChange, Change, Difference, Outcome, Resource, difference};
pub use estimate::{
    Address, Counts, Estimate, Free, Line, Options, Origin, PriceSource, Reason, Total, Unpriced, estimate,
};
pub use list::{Confidence, Unit};
pub use money::{Currency, Money};
pub use plan::Plan;
pub use provider::{Charge, Needs, Provider};

/// Why nothing could be estimated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A shipped or overriding price file is not as documented in `prices/README.md`.
    #[error("`prices/{file}` ({origin}), line {line}: {problem}")]
    File {
        /// The path below `prices/`.
        file: String,
        /// `builtin` or the workspace path.
        origin: String,
        /// 1-based line.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A field of the configuration cannot be priced as it is.
    #[error("`{path}` {problem}")]
    Field {
        /// The field, such as `servers[0].spec.cpu`.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A resource that is billed has no provider of its own and inherits none.
    #[error("`{path}` is billed and no provider is named: set `provider` at the top to one of {}",
        .valid.join(", "))]
    NoProvider {
        /// The resource, such as `networking`.
        path: String,
        /// Every known provider.
        valid: Box<[String]>,
    },
    /// A provider that no file of `prices/` describes.
    #[error("`{path}` names provider `{provider}`, which is not known{}", meant(.suggestion.as_deref()))]
    UnknownProvider {
        /// The field.
        path: String,
        /// What it says.
        provider: String,
        /// Every known provider.
        valid: Box<[String]>,
        /// The nearest of them, if one is near.
        suggestion: Option<String>,
    },
    /// A region that the provider does not have.
    #[error("`{path}` names region `{region}`, which `{provider}` does not have{}",
        meant(.suggestion.as_deref()))]
    UnknownRegion {
        /// The field, or `region` for the argument of the call.
        path: String,
        /// The provider.
        provider: String,
        /// What the field says.
        region: String,
        /// Every region of the provider.
        valid: Box<[String]>,
        /// The nearest of them, if one is near.
        suggestion: Option<String>,
    },
    /// A plan that is in neither the plan list nor the price lists of the provider.
    #[error("`{path}` names plan `{plan}`, which `{provider}` does not have{}{}",
        listing(*.listed), meant(.suggestion.as_deref()))]
    UnknownPlan {
        /// The field.
        path: String,
        /// The provider.
        provider: String,
        /// What the field says.
        plan: String,
        /// The date of the provider's newest plan list, if there is one.
        listed: Option<Date>,
        /// The nearest known plan, if one is near.
        suggestion: Option<String>,
    },
    /// A sum outside what [`Money`] holds.
    #[error("the cost of `{path}` is too large to be counted")]
    Overflow {
        /// The resource or total.
        path: String,
    },
}

/// How alike a name must be to be suggested. Region names share beginnings, so that a lower bar suggests nonsense.
const LIKENESS: f64 = 0.85;

/// The entry of `valid` that `given` was most likely meant to be.
pub(crate) fn nearest<'a>(given: &str, valid: impl Iterator<Item = &'a str>) -> Option<String> {
    let given = given.to_lowercase();
    valid
        .map(|name| (strsim::jaro_winkler(&given, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|(a, left), (b, right)| a.total_cmp(b).then_with(|| right.cmp(left)))
        .map(|(_, name)| name.to_owned())
}

fn listing(date: Option<Date>) -> String {
    date.map(|date| format!(" in the list of {date}"))
        .unwrap_or_default()
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion
        .map(|name| format!(" (did you mean `{name}`?)"))
        .unwrap_or_default()
}
