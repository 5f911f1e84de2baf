//! Policy files: which apply, and what is said of those that do not hold.

use policy::{Policy, PolicySource};

use crate::catalogue::{may, token, toys};

fn source(name: &str, text: &str) -> PolicySource {
    PolicySource {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// What is said of `text`: `file:line message | hint`.
fn complaint(text: &str) -> String {
    let Err(error) = Policy::load(&toys(), &[source("mine.cedar", text)]) else {
        panic!("loaded: {text}")
    };
    error
        .problems()
        .iter()
        .map(|problem| {
            let hint = problem.hint.as_deref().unwrap_or("-");
            format!("{}:{} {} | {hint}", problem.file, problem.line, problem.message)
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_file_of_the_same_name_replaces_the_shipped_one_whole() {
    let mine = source(
        "default.cedar",
        r#"@id("mine") permit (principal in Role::"reader", action, resource);"#,
    );
    let policy = Policy::load(&toys(), &[mine]).unwrap();
    assert_eq!(policy.ids(), ["mine"]);
    assert!(may(&policy, &token("reader"), "toys_shelf_burn"));
    assert!(!may(&policy, &token("admin"), "toys_box_list"));
}

#[test]
fn a_file_of_another_name_adds() {
    let more = source(
        "team.cedar",
        "permit (principal in Role::\"team\", action, resource);\n\nforbid (principal in Role::\"ex\", action, resource);",
    );
    let policy = Policy::load(&toys(), &[more]).unwrap();
    assert!(
        policy.ids().contains(&"team.cedar#1".to_owned()),
        "{:?}",
        policy.ids()
    );
    assert!(
        policy.ids().contains(&"team.cedar#2".to_owned()),
        "{:?}",
        policy.ids()
    );
    assert!(policy.ids().contains(&"reader-reads".to_owned()));
    assert!(may(&policy, &token("team"), "toys_shelf_burn"));
}

#[test]
fn every_shipped_policy_has_an_id() {
    for id in Policy::load(&toys(), &[]).unwrap().ids() {
        assert!(!id.contains('#'), "{id}");
    }
}

#[test]
fn a_duplicate_id_names_both_files() {
    let text = "\n@id(\"reader-reads\")\npermit (principal, action, resource);";
    let expected = "mine.cedar:2 the id `reader-reads` is taken by a policy in `default.cedar` | give every policy an `@id` \
                    of its own; to replace a shipped file, use its name";
    assert_eq!(complaint(text), expected);
}

#[test]
fn a_syntax_error_says_where() {
    let said = complaint("permit (principal, action, resource);\npermit (principal, action resource);");
    assert!(
        said.starts_with("mine.cedar:2 unexpected token `resource`"),
        "{said}"
    );
}

#[test]
fn an_unknown_action_says_what_was_meant_or_what_there_is() {
    let said = complaint("\n\npermit (principal, action == Action::\"toys_box_lst\", resource);");
    let expected = "mine.cedar:3 for policy `mine.cedar#1`, unrecognized action `Action::\"toys_box_lst\"` | did you mean \
                    `toys_box_list`?";
    assert_eq!(said, expected);
    let said = complaint("permit (principal, action in Action::\"vault.kv\", resource);");
    let expected = "there are: destroy, document_read, read, toys.destroy, toys.read, toys.write, toys_box_fill, \
                    toys_box_list, toys_shelf_burn, write";
    assert!(said.ends_with(expected), "{said}");
}

#[test]
fn an_unknown_kind_says_what_was_meant_or_what_there_is() {
    let said = complaint("permit (principal, action, resource is Boxx);");
    assert!(
        said.starts_with("mine.cedar:1 ") && said.ends_with("did you mean `Box`?"),
        "{said}"
    );
    let said = complaint("permit (principal in Team::\"a\", action, resource);");
    assert!(
        said.ends_with("there are: Box, Document, Role, Shelf, User"),
        "{said}"
    );
}

#[test]
fn an_unknown_attribute_is_found_before_anybody_asks_and_said_once() {
    let said = complaint("permit (principal, action, resource)\nwhen { context.knd == \"local\" };");
    assert!(
        said.starts_with("mine.cedar:2 ") && said.ends_with("did you mean `kind`?"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_policy_that_can_never_apply_is_warned_of() {
    let text = "permit (principal == Role::\"reader\", action, resource);";
    let policy = Policy::load(&toys(), &[source("mine.cedar", text)]).unwrap();
    assert!(
        policy.warnings()[0].contains("`mine.cedar#1`"),
        "{:?}",
        policy.warnings()
    );
}

#[test]
fn all_problems_are_listed_at_once() {
    let said = complaint(
        "permit (principal, action, resource is Boxx);\npermit (principal, action, resource is Shelff);",
    );
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn templates_and_two_files_of_one_name_are_refused() {
    let said = complaint("permit (principal == ?principal, action, resource);");
    assert!(said.contains("mine.cedar:1 templates are not linked"), "{said}");
    let twice = [source("a.cedar", ""), source("a.cedar", "")];
    let error = Policy::load(&toys(), &twice).err().unwrap();
    assert_eq!(error.to_string(), "`a.cedar`: two policy files have this name");
}

#[test]
fn garbage_is_refused_and_never_a_panic() {
    for text in [
        "\0",
        "permit",
        "((((((((((",
        "@id(\"x\")",
        "permit (principal, action, resource) when { \"\\u{110000}\" };",
    ] {
        assert!(!complaint(text).is_empty(), "{text:?}");
    }
}
