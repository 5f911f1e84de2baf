//! Desired infrastructure: what a configuration says, whether it holds, what it costs, what it is evidence for.
//!
//! Pure rules over values. This crate reads no file, asks no clock, knows no wire format and no evaluator: a
//! configuration arrives as a tree of [`Node`]s from the [`Evaluate`] port, shipped data arrives through the
//! [`Assets`] port, dates arrive as arguments.

pub mod assets;
pub mod canonical;
pub mod check;
pub mod compliance;
pub mod cost;
pub mod desired;
pub mod diagnostic;
pub mod evaluate;
pub mod explain;
pub mod form;
pub mod format;
pub mod generate;
pub mod intent;
pub mod layers;
pub mod migration;
pub mod node;
pub mod plan;
pub mod provider;
pub mod query;
pub mod resource;
pub mod run;
pub mod site;
pub mod state;
pub mod workspace;

pub use assets::{Asset, AssetKind, AssetName, Assets, Embedded};
pub use diagnostic::{Diagnostic, Severity};
pub use evaluate::{Evaluate, Evaluation, Source};
pub use format::{Format, Formatted};
pub use node::{Node, Number, Span, Value};
