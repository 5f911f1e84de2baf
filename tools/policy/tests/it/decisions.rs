//! Who may.

use std::time::Instant;

use policy::{Policy, PolicySource};
use proptest::prelude::*;
use toolcall::{Caller, CallerKind, Catalog, Decide, Decision, Effect, Request, Resource};

use crate::catalogue::{ask, catalogue, may, token, toys};

const ACTIONS: [&str; 4] = [
    "toys_box_list",
    "toys_box_fill",
    "toys_shelf_burn",
    "document_read",
];

/// Only these policies: the shipped ones are replaced by nothing.
fn only(text: &str) -> Policy {
    let sources = [source("default.cedar", ""), source("test.cedar", text)];
    Policy::load(&toys(), &sources).unwrap_or_else(|error| panic!("{error}"))
}

fn source(name: &str, text: &str) -> PolicySource {
    PolicySource {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn shipped() -> Policy {
    Policy::load(&toys(), &[]).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_shipped_policies_say_who_may_what() {
    let policy = shipped();
    let expected = [
        (
            testkit::caller("root", CallerKind::Local, &["local"]),
            [true, false, false, true],
        ),
        (
            testkit::caller("anonymous", CallerKind::Anonymous, &[]),
            [true, false, false, true],
        ),
        (token("reader"), [true, false, false, true]),
        (token("operator"), [true, true, false, true]),
        (token("admin"), [true, true, true, true]),
        (token("stranger"), [false; 4]),
        // A token that calls itself local is still a token.
        (token("local"), [false; 4]),
    ];
    for (caller, answers) in expected {
        assert_eq!(
            ACTIONS.map(|action| may(&policy, &caller, action)),
            answers,
            "{caller:?}"
        );
    }
}

#[test]
fn an_anonymous_admin_destroys_nothing() {
    let policy = shipped();
    let caller = testkit::caller("anonymous", CallerKind::Anonymous, &["admin"]);
    assert!(may(&policy, &caller, "toys_box_fill"));
    let Decision::Deny { policies, reason } = ask(&policy, &caller, "toys_shelf_burn", "a") else {
        panic!("allowed")
    };
    assert_eq!(policies, ["anonymous-never-destroys"]);
    assert_eq!(reason, "forbidden by `anonymous-never-destroys`");
}

#[test]
fn forbid_beats_permit() {
    let permit = r#"@id("yes") permit (principal, action, resource);"#;
    let policy = only(&format!(
        r#"{permit} @id("no") forbid (principal, action, resource == Box::"a");"#
    ));
    let caller = token("reader");
    assert_eq!(
        ask(&policy, &caller, "toys_box_list", "a"),
        Decision::Deny {
            policies: vec!["no".into()],
            reason: "forbidden by `no`".into()
        }
    );
    assert_eq!(
        ask(&policy, &caller, "toys_box_list", "b"),
        Decision::Allow {
            policies: vec!["yes".into()]
        }
    );
}

#[test]
fn an_error_in_one_policy_is_a_no() {
    // Whole numbers overflow at run time; the checker cannot know.
    let overflow = "9223372036854775807 + 1 == 0";
    for effect in ["permit", "forbid"] {
        let policy = only(&format!(
            r#"@id("yes") permit (principal, action, resource);
               @id("broken") {effect} (principal, action, resource) when {{ {overflow} }};"#
        ));
        let answer = ask(&policy, &token("reader"), "toys_box_list", "a");
        let reason = "could not evaluate `broken`".to_owned();
        assert_eq!(
            answer,
            Decision::Deny {
                policies: vec!["broken".into()],
                reason
            }
        );
    }
}

#[test]
fn what_the_catalogue_does_not_know_is_denied() {
    let policy = only("permit (principal, action, resource);");
    let caller = token("admin");
    // Groups are not actions that anybody can take.
    for action in ["no_such_tool", "read", "destroy", "toys.read", ""] {
        assert!(!may(&policy, &caller, action), "{action}");
    }
    let resource = Resource {
        kind: "Shelf",
        id: "a".to_owned(),
    };
    let request = Request {
        caller: &caller,
        action: "toys_box_list",
        effect: Effect::Read,
        resource: &resource,
        transport: "cli",
    };
    let Decision::Deny { reason, .. } = policy.decide(&request) else {
        panic!("allowed")
    };
    assert_eq!(
        reason,
        "`toys_box_list` is declared as read on `Box`, asked about as read on `Shelf`"
    );
}

#[test]
fn context_and_groups_can_be_spoken_of() {
    let policy = only(
        r#"permit (principal is User, action in Action::"toys.write", resource is Box)
           when { context.scopes.contains("fill") && context.transport == "http"
               && context has issuer && context.issuer == "https://issuer.test" && principal.name like "a*" };"#,
    );
    let mut caller = token("none");
    assert!(!may(&policy, &caller, "toys_box_fill"));
    caller.scopes.push("fill".to_owned());
    assert!(
        may(&policy, &caller, "toys_box_fill"),
        "a changed caller must not be answered from memory"
    );
    assert!(!may(&policy, &caller, "toys_box_list"));
    caller.issuer = None;
    assert!(!may(&policy, &caller, "toys_box_fill"));
}

#[test]
fn a_token_never_passes_for_the_local_user_of_its_name() {
    let policy = only(r#"permit (principal == User::"local:ann", action, resource);"#);
    assert!(may(
        &policy,
        &testkit::caller("ann", CallerKind::Local, &[]),
        "toys_box_list"
    ));
    for id in ["ann", "local:ann", ":local:ann"] {
        assert!(!may(
            &policy,
            &testkit::caller(id, CallerKind::Token, &[]),
            "toys_box_list"
        ));
        assert!(!may(
            &policy,
            &testkit::caller(id, CallerKind::Anonymous, &[]),
            "toys_box_list"
        ));
    }
}

#[test]
fn hostile_ids_are_only_names() {
    let policy = only(
        r#"permit (principal in Role::"reader", action, resource == Box::"safe");
           permit (principal == User::"token:ann", action, resource);"#,
    );
    let hostile = [
        "\"",
        "\\\"",
        "ann\" || true || \"",
        "\n",
        "\0",
        "User::\"token:ann\"",
        "safe\"); permit (principal, action, resource); //",
        "ann\n",
        " ann",
        "*",
        "",
        "\u{202e}ann",
        "$(id)",
        "Role::\"reader\"",
    ];
    for id in hostile {
        let caller = testkit::caller(id, CallerKind::Token, &[id]);
        assert!(
            matches!(ask(&policy, &caller, "toys_box_list", id), Decision::Deny { .. }),
            "{id:?}"
        );
        assert!(
            matches!(
                ask(&policy, &token("reader_"), "no_such", id),
                Decision::Deny { .. }
            ),
            "{id:?}"
        );
        // The same id in all places stays equal to itself and to nothing else.
        let reader = testkit::caller(id, CallerKind::Token, &["reader"]);
        assert!(
            matches!(
                ask(&policy, &reader, "toys_box_list", "safe"),
                Decision::Allow { .. }
            ),
            "{id:?}"
        );
        assert!(
            matches!(ask(&policy, &reader, "toys_box_list", id), Decision::Deny { .. }),
            "{id:?}"
        );
    }
}

#[test]
fn the_shipped_policies_fit_every_catalogue() {
    assert!(Policy::load(&Catalog::new(), &[]).is_ok());
    let policy = Policy::load(&catalogue(&[("toys_box_list", Effect::Read, "Document")]), &[]).unwrap();
    assert!(policy.warnings().is_empty(), "{:?}", policy.warnings());
}

#[test]
fn deciding_and_loading_are_quick() {
    let names: Vec<String> = (0..30).map(|n| format!("toys_box_{n}")).collect();
    let tools: Vec<_> = names
        .iter()
        .map(|name| (&*Box::leak(name.clone().into_boxed_str()), Effect::Write, "Box"))
        .collect();
    let catalog = catalogue(&tools);
    let started = Instant::now();
    for _ in 0..10 {
        Policy::load(&catalog, &[]).unwrap();
    }
    let load = started.elapsed() / 10;
    let policy = Policy::load(&catalog, &[]).unwrap();
    let (caller, resource) = (
        token("operator"),
        Resource {
            kind: "Box",
            id: "*".to_owned(),
        },
    );
    let started = Instant::now();
    for round in 0..3000 {
        let action = &names[round % names.len()];
        let request = Request {
            caller: &caller,
            action,
            effect: Effect::Write,
            resource: &resource,
            transport: "http",
        };
        assert!(matches!(policy.decide(&request), Decision::Allow { .. }));
    }
    let decide = started.elapsed() / 3000;
    println!("load {load:?}, decide {decide:?}");
    // Far above what it takes, so that only a blunder fails on a busy machine.
    assert!(load.as_millis() < 500, "loading took {load:?}");
    assert!(decide.as_micros() < 2000, "deciding took {decide:?}");
}

fn callers() -> impl Strategy<Value = Caller> {
    let kinds = prop_oneof![
        Just(CallerKind::Local),
        Just(CallerKind::Token),
        Just(CallerKind::Anonymous)
    ];
    let roles = prop::collection::vec(
        prop_oneof![Just("admin".to_owned()), Just("local".to_owned()), ".*"],
        0..4,
    );
    let scopes = prop::collection::vec(".*", 0..4);
    (".*", kinds, prop::option::of(".*"), roles, scopes).prop_map(|(id, kind, issuer, roles, scopes)| {
        Caller {
            id,
            kind,
            issuer,
            roles,
            scopes,
        }
    })
}

fn actions() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(ACTIONS.to_vec()).prop_map(str::to_owned),
        ".*"
    ]
}

proptest! {
    #[test]
    fn no_policy_means_no(caller in callers(), action in actions(), id in ".*") {
        let policy = only("");
        let denied = matches!(ask(&policy, &caller, &action, &id), Decision::Deny { .. });
        prop_assert!(denied);
    }

    #[test]
    fn adding_a_forbid_never_allows_more(caller in callers(), action in actions(), id in ".*") {
        let (before, after) = (shipped(), {
            let forbid = r#"forbid (principal, action, resource) when { context.kind == "local" };"#;
            Policy::load(&toys(), &[source("more.cedar", forbid)]).unwrap()
        });
        if matches!(ask(&after, &caller, &action, &id), Decision::Allow { .. }) {
            let allowed = matches!(ask(&before, &caller, &action, &id), Decision::Allow { .. });
            prop_assert!(allowed);
        }
    }

    #[test]
    fn only_a_named_admin_destroys(caller in callers(), id in ".*") {
        if matches!(ask(&shipped(), &caller, "toys_shelf_burn", &id), Decision::Allow { .. }) {
            prop_assert!(caller.roles.iter().any(|role| role == "admin"));
            prop_assert!(caller.kind != CallerKind::Anonymous);
        }
    }
}
