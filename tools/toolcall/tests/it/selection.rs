//! The algebra of what is offered.

use proptest::prelude::*;
use toolcall::{CatalogError, Effect, Selection};

use crate::sample::catalog;

const TOOLS: [&str; 3] = ["echo_read", "echo_write", "echo_destroy"];

fn names(of: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    proptest::sample::subsequence(of, 0..=of.len())
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

proptest! {
    /// `((toolsets ∪ tools) ∖ exclude) ∩ (read_only ? reading : all)`, whatever is chosen.
    #[test]
    fn what_is_offered_follows_the_algebra(
        toolsets in names(&["reading", "changing", "default", "all"]),
        tools in names(&TOOLS),
        exclude in names(&TOOLS),
        read_only: bool,
    ) {
        let whole = catalog();
        let selection = Selection { toolsets, tools, exclude, read_only };
        let offered = whole.select(&selection).unwrap();
        for declaration in whole.declarations() {
            let set = declaration.toolset;
            let chosen = |name: &str| selection.toolsets.iter().any(|one| one == name);
            let by_default = selection.toolsets.is_empty() || chosen("default");
            let in_sets = chosen("all") || chosen(set.name) || (by_default && set.default);
            let named = |list: &[String]| list.iter().any(|one| one == declaration.name);
            let wanted = (in_sets || named(&selection.tools))
                && !named(&selection.exclude)
                && (!read_only || declaration.effect == Effect::Read);
            prop_assert_eq!(offered.tool(declaration.name).is_some(), wanted, "{}", declaration.name);
        }
    }
}

#[test]
fn an_unknown_name_is_refused_with_a_suggestion() {
    let selection = Selection {
        tools: vec!["echo_raed".into()],
        ..Selection::default()
    };
    let Err(CatalogError::Unknown { hint, .. }) = catalog().select(&selection) else {
        panic!("it was accepted")
    };
    assert_eq!(hint, "did you mean `echo_read`?");
}
