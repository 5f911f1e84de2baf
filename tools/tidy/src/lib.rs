//! The house rules as tests: `cargo test -p tidy`.
//!
//! Each module is one rule: a function from what is in the repository to problems, each a sentence that says where,
//! what, and how to mend it. The rules read text and `cargo metadata`; they compile nothing and start no server.
//! `tests/it` holds them against this repository. A list of exceptions may only shrink: an entry that is no longer
//! needed is a problem too.

pub mod adapters;
pub mod documents;
pub mod layers;
pub mod length;
pub mod links;
pub mod manifests;
pub mod module_docs;
pub mod owners;
pub mod package;
pub mod paths;
pub mod places;
pub mod prompts;
pub mod repository;
pub mod servers;
pub mod tools;
pub mod words;

pub use package::{Dependency, Kind, Package, packages};
pub use repository::{Error, Repository};

/// What is wrong, one sentence each.
pub type Problems = Vec<String>;
