//! From an intent to the text of a configuration: files of Nickel that import each other, and say where each value
//! comes from.
//!
//! The texts are templates of `templates/`. Whatever is filled into one passes the one function that escapes it, and a
//! name that a template uses and nobody fills is an error. Templates are the shipped ones only: unlike a schema, which
//! is evaluated in a worker, a template is worked off in the process that serves, so that nobody else's is.

mod escape;
mod merge;
mod provenance;
mod render;
mod view;

pub use merge::{Before, Conflict, Merged, Reason, merge, merge_files};
pub use render::{Error, Generated, Renderer, TextFile, whole};
