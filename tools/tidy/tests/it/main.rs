//! The house rules, held against this repository.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use tidy::{Package, Problems, Repository};

/// Fails with everything that breaks a rule, at once.
fn hold(problems: &Problems) {
    assert!(problems.is_empty(), "\n\n  {}\n", problems.join("\n  "));
}

fn repository() -> Repository {
    Repository::here().unwrap_or_else(|error| panic!("{error}; these rules are held against a git checkout"))
}

fn packages() -> Vec<Package> {
    tidy::packages(repository().root()).unwrap()
}

#[test]
fn layers() {
    hold(&tidy::layers::check(&packages()));
}

#[test]
fn owners_of_outside_crates() {
    hold(&tidy::owners::check(&packages()));
}

#[test]
fn adapters_are_named_in_wiring() {
    hold(&tidy::adapters::check(&repository(), &packages()));
}

#[test]
fn manifests_inherit() {
    hold(&tidy::manifests::check(&repository()));
}

#[test]
fn files_say_what_they_are_for() {
    hold(&tidy::module_docs::check(&repository()));
}

#[test]
fn files_are_short() {
    hold(&tidy::length::check(&repository()));
}

#[test]
fn nothing_is_left_over() {
    hold(&tidy::words::check(&repository()));
}

#[test]
fn no_file_names_its_machine() {
    hold(&tidy::places::check(&repository()));
}

#[test]
fn tools_have_good_names() {
    hold(&tidy::tools::check(&repository()));
}

#[test]
fn prompts_mention_what_exists() {
    hold(&tidy::prompts::check(&repository()));
}

#[test]
fn clients_start_every_server() {
    hold(&tidy::servers::check(&repository()));
}

#[test]
fn first_pages_say_what_they_must() {
    hold(&tidy::documents::check(&repository()));
}

#[test]
fn links_lead_somewhere() {
    hold(&tidy::links::check(&repository()));
}

#[test]
fn pages_name_files_that_are_there() {
    hold(&tidy::paths::check(&repository()));
}
