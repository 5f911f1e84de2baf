//! What no contract sees: whether the resources of a configuration fit together.
//!
//! A contract looks at one value; these rules look at the evaluated tree. They are for configurations whose contracts
//! hold: a field that is there has its type. What refers to something outside the configuration (a provider's id, a
//! network that is not declared here) is left alone, because only the provider knows.

mod blocks;
mod catalogue;
mod dependencies;
mod names;
mod ports;
mod quorum;
mod references;
mod tree;

use crate::cost::PriceBook;
use crate::{Diagnostic, Node};

use names::Names;

/// Everything that does not fit together, in the order of the source.
#[must_use]
pub fn configuration(configuration: &Node) -> Vec<Diagnostic> {
    check(configuration, None)
}

/// The same, and regions and plans that the provider does not have, by what `book` knows of it.
#[must_use]
pub fn with_catalogue(configuration: &Node, book: &PriceBook) -> Vec<Diagnostic> {
    check(configuration, Some(book))
}

fn check(configuration: &Node, book: Option<&PriceBook>) -> Vec<Diagnostic> {
    let names = Names::of(configuration);
    let mut findings = Vec::new();
    names.unique(configuration, &mut findings);
    references::resolve(configuration, &names, &mut findings);
    references::complete(configuration, &mut findings);
    blocks::fit(configuration, &mut findings);
    ports::unique(configuration, &names, &mut findings);
    dependencies::acyclic(configuration, &mut findings);
    quorum::odd(configuration, &mut findings);
    if let Some(book) = book {
        catalogue::known(configuration, book, &mut findings);
    }
    // Stable, so that findings about one place stay in the order of the rules.
    findings.sort_by(|left, right| place(left).cmp(&place(right)));
    findings
}

/// The main file has no folder in its name more often than not; beyond that, files are in the order of their names.
fn place(finding: &Diagnostic) -> (Option<&str>, Option<u32>, Option<u32>) {
    (finding.file.as_deref(), finding.line, finding.column)
}
