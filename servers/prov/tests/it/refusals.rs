//! Nobody gets in by default: made from the catalogue, so a new tool is covered on its first day.

use policy::Policy;
use serde_json::json;
use testkit::{Identifying, Recording, Setup, caller};
use toolcall::{CallerKind, Credential, Effect, ErrorKind};

use crate::run::World;
use crate::tools::catalog;

/// Minimal arguments that every tool's policy check can be reached with: the required ones, as empty-looking text.
fn arguments(tool: &toolcall::Declaration) -> serde_json::Value {
    tool.required()
        .map(|name| (name.to_owned(), json!("{}")))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test]
async fn a_caller_without_a_role_is_refused_every_tool_and_the_refusal_is_recorded() {
    let world = World::new();
    let tools = catalog(&world.workspace());
    {
        let kind = CallerKind::Token;
        let recording = Recording::new();
        let policy = Policy::load(&tools, &[]).unwrap();
        let nobody = caller("nobody", kind, &[]);
        let gate = Setup::new(tools.clone())
            .identify(Identifying::new(move |_: &Credential| Ok(nobody.clone())))
            .decide(policy)
            .record(recording.clone())
            .gate();
        for tool in tools.declarations() {
            let before = recording.lines().len();
            let error = testkit::call(&gate, tool.name, arguments(tool))
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownTool, "{}: {error:?}", tool.name);
            assert_eq!(
                recording.lines().len(),
                before + 1,
                "{} was refused without a trace",
                tool.name
            );
        }
    }
}

#[tokio::test]
async fn each_role_gets_what_its_effects_say_and_no_more() {
    let world = World::new();
    let tools = catalog(&world.workspace());
    let policy = std::sync::Arc::new(Policy::load(&tools, &[]).unwrap());
    let cases = [
        ("local", CallerKind::Local, Effect::Read),
        ("reader", CallerKind::Token, Effect::Read),
        ("operator", CallerKind::Token, Effect::Write),
        ("admin", CallerKind::Token, Effect::Destroy),
    ];
    for (role, kind, most) in cases {
        for tool in tools.declarations() {
            let resource = toolcall::Resource {
                kind: tool.resource,
                id: "x".to_owned(),
            };
            let who = caller("someone", kind, &[role]);
            let request = toolcall::Request {
                caller: &who,
                action: tool.name,
                effect: tool.effect,
                resource: &resource,
                transport: "stdio",
            };
            let allowed = matches!(
                toolcall::Decide::decide(policy.as_ref(), &request),
                toolcall::Decision::Allow { .. }
            );
            assert_eq!(allowed, tool.effect <= most, "{role} and {}", tool.name);
        }
    }
}

#[tokio::test]
async fn a_read_that_cannot_be_recorded_is_not_made() {
    let world = World::new();
    let tools = catalog(&world.workspace());
    for moment in [testkit::Moment::Intent, testkit::Moment::Outcome] {
        let recording = Recording::new();
        recording.fail_at(moment);
        let gate = Setup::new(tools.clone()).record(recording).gate();
        for tool in tools.declarations().filter(|tool| tool.effect == Effect::Read) {
            let error = testkit::call(&gate, tool.name, arguments(tool))
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{}: {error:?}", tool.name);
        }
    }
}
