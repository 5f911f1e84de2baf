//! What is known of infrastructure, in one SQLite file.

pub mod query;
