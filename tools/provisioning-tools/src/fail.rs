//! Domain errors to kind, sentence and next step: the only place of the family that does it.

use std::time::Duration;

use provisioning::cost;
use provisioning::evaluate::{self, Bound};
use provisioning::form::{self, Breach, Wrong};
use provisioning::intent::Refusal;
use provisioning::{
    assets, compliance, desired, migration, plan, provider, query, resource, run, state, workspace,
};
use serde_json::{Value, json};
use toolcall::{ErrorKind, ToolError};

/// Why nothing came out of an evaluation.
pub(crate) fn evaluation(error: evaluate::Error) -> ToolError {
    match &error {
        evaluate::Error::Bounded { bound, .. } => {
            let next = match bound {
                Bound::Time => {
                    "look for a recursion that does not end, or for a range or a product that is too large"
                }
                Bound::Memory => {
                    "look for records or arrays that double with each step, or a recursion that keeps growing"
                }
                Bound::Depth => "nest less deeply, and look for a function that calls itself without an end",
                Bound::Size => "split the configuration into files, or generate less",
                Bound::Imports => "import fewer files",
            };
            ToolError::new(ErrorKind::LimitExceeded, error.to_string()).hint(next)
        }
        evaluate::Error::Busy { .. } => ToolError::new(ErrorKind::Unavailable, error.to_string())
            .retry_after(Duration::from_secs(1))
            .hint("try again in a moment; `nickel.workers` says how many run at once"),
        evaluate::Error::Broken(_) => ToolError::new(
            ErrorKind::Internal,
            "the configuration evaluator could not be used",
        )
        .hint("`mcp doctor` says more")
        .because(error),
    }
}

/// Why a configuration could not be taken apart into resources.
pub(crate) fn desired(error: desired::Error) -> ToolError {
    let kind = match &error {
        desired::Error::TooMany { .. } => ErrorKind::LimitExceeded,
        _ => ErrorKind::InvalidConfiguration,
    };
    ToolError::new(kind, error.to_string())
        .field("config")
        .hint("call `validate_config` to see every rule")
}

/// Why resources could not be put in order.
pub(crate) fn unordered(cycle: &plan::Cycle) -> ToolError {
    ToolError::new(ErrorKind::InvalidConfiguration, cycle.to_string())
        .field("config")
        .hint("take one of these references out")
}

/// Why a workflow could not be made of a configuration.
pub(crate) fn workflow(error: run::workflow::Error) -> ToolError {
    let message = error.to_string();
    match error {
        run::workflow::Error::Unknown { known, .. } => {
            let built_in = ["apply", "destroy", "resume"].map(str::to_owned);
            ToolError::new(ErrorKind::UnknownValue, message)
                .field("workflow_id")
                .allowed(built_in.into_iter().chain(known))
                .hint("name a workflow of the configuration, or `apply`")
        }
        run::workflow::Error::Target { .. } | run::workflow::Error::Incomplete { .. } => {
            ToolError::new(ErrorKind::InvalidConfiguration, message)
                .field("config")
                .hint("mend the task in the configuration")
        }
    }
}

/// Why the state could not be read or written.
pub(crate) fn state(error: state::Error) -> ToolError {
    let (kind, hint) = match &error {
        state::Error::Held(_) => (
            ErrorKind::Unavailable,
            "wait until it is done; if that process is gone, its lease runs out by itself",
        ),
        state::Error::Fenced { .. } => (
            ErrorKind::Unavailable,
            "somebody else works on this state now: nothing more was done here; `prov state runs` shows what is open",
        ),
        state::Error::Free => (ErrorKind::InvalidArgument, "there is nothing to take"),
        state::Error::Spent => (
            ErrorKind::Denied,
            "plan again with `dry_run`, and use the new token",
        ),
        state::Error::Occupied(_) => (
            ErrorKind::InvalidArgument,
            "move or forget the recorded resource first",
        ),
        state::Error::NoRun(_) => (ErrorKind::NotFound, "`prov state runs` lists them"),
        state::Error::Newer { .. } => (
            ErrorKind::Unavailable,
            "nothing was changed; use the version of `prov` that wrote it, or a newer one",
        ),
        state::Error::Damaged { .. } => (
            ErrorKind::Unavailable,
            "nothing was changed; keep the file, and put its last copy in its place",
        ),
        state::Error::Full { .. } => (
            ErrorKind::Unavailable,
            "make room and go on with `prov workflow resume`: what is not recorded is found by its marker",
        ),
        state::Error::Broken { .. } => (
            ErrorKind::Unavailable,
            "look at the place of the state, then try again",
        ),
    };
    ToolError::new(kind, error.to_string()).hint(hint)
}

/// Why a provider did not do it.
pub(crate) fn provider(error: provider::Error) -> ToolError {
    let (kind, hint) = match error.class {
        provider::Class::Denied => (
            ErrorKind::Denied,
            "give the provider's credentials the way its own tools take them; `prov config show` has the settings",
        ),
        provider::Class::Absent => (
            ErrorKind::NotFound,
            "`prov plan` shows what is not there any more",
        ),
        provider::Class::Taken => (
            ErrorKind::InvalidArgument,
            "choose another name, or take away what is there",
        ),
        provider::Class::Quota => (ErrorKind::LimitExceeded, "ask for less, or have the quota raised"),
        provider::Class::Unsupported => (ErrorKind::InvalidArgument, "use another provider for it"),
        provider::Class::Permanent => (ErrorKind::InvalidArgument, "change what the provider refuses"),
        provider::Class::Transient | provider::Class::Throttled { .. } | provider::Class::Unknown => {
            (ErrorKind::Unavailable, "try again in a moment")
        }
    };
    let hint = error.hint.clone().unwrap_or_else(|| hint.to_owned());
    ToolError::new(kind, error.to_string()).hint(hint)
}

/// Why a run stopped before its end.
pub(crate) fn run(error: run::Error) -> ToolError {
    match error {
        run::Error::State(error) => state(error),
        run::Error::Provider(error) => provider(error),
        run::Error::NoProvider(name) => ToolError::new(
            ErrorKind::UnknownValue,
            format!("provider `{name}` is not known here"),
        )
        .hint("name `local`, `aws` or `upcloud`"),
        run::Error::Unordered(error) => ToolError::new(ErrorKind::InvalidConfiguration, error.to_string())
            .field("config")
            .hint("take one of the dependencies out"),
    }
}

/// Why one of two configurations could not be priced.
pub(crate) fn cost_of(argument: &str, error: cost::Error) -> ToolError {
    let error = cost(error);
    let named = ToolError::new(error.kind(), format!("`{argument}`: {}", error.message()))
        .field(argument)
        .allowed(error.valid_values().iter().cloned());
    match error.next() {
        Some(next) => named.hint(next),
        None => named,
    }
}

/// Why a configuration cannot be taken apart into resources.
pub(crate) fn apart(argument: &str, error: &desired::Error) -> ToolError {
    let (kind, hint) = match error {
        desired::Error::NoProvider { .. } => (
            ErrorKind::InvalidConfiguration,
            "set `provider` at the top of the configuration",
        ),
        desired::Error::Twice { .. } => (
            ErrorKind::InvalidConfiguration,
            "names are unique within a kind: rename one of the two",
        ),
        desired::Error::TooMany { .. } => (ErrorKind::LimitExceeded, "split the configuration"),
    };
    ToolError::new(kind, format!("`{argument}`: {}", clean(&error.to_string())))
        .field(argument)
        .hint(hint)
}

/// A text that is no address.
pub(crate) fn address(field: String, error: &resource::Malformed) -> ToolError {
    ToolError::new(ErrorKind::InvalidArgument, clean(&error.to_string()))
        .allowed(resource::Kind::ALL.map(|kind| format!("{kind}.…")))
        .field(field)
        .hint("an address is a kind, a dot and a name, as in the answers of this tool")
}

/// Why no migration could be planned.
pub(crate) fn migration(error: migration::Error) -> ToolError {
    let message = error.to_string();
    let wrong = |place: usize| {
        ToolError::new(ErrorKind::InvalidArgument, message.clone()).field(format!("moved[{place}]"))
    };
    match error {
        migration::Error::Empty { place } => wrong(place).hint("give `from`, `to` or both"),
        migration::Error::Absent {
            place, side, valid, ..
        } => ToolError::new(ErrorKind::UnknownValue, message.clone())
            .field(format!("moved[{place}]"))
            .allowed(valid)
            .hint(format!(
                "`from` names a resource of `current`, `to` one of `target`; this one is of the {side}"
            )),
        migration::Error::Kinds { place, .. } => wrong(place).hint(
            "a resource stays of its kind: leave `from` or `to` out to retire the one or make the other",
        ),
        migration::Error::Twice { place, .. } => wrong(place).hint("name each resource once"),
        migration::Error::Overflow => ToolError::new(ErrorKind::LimitExceeded, message)
            .hint("lower the counts; no provider has that many"),
    }
}

/// Why nothing could be priced.
pub(crate) fn cost(error: cost::Error) -> ToolError {
    let message = error.to_string();
    match error {
        cost::Error::UnknownRegion {
            path,
            valid,
            suggestion,
            ..
        } => ToolError::new(ErrorKind::UnknownValue, message)
            .field(path)
            .allowed(valid.to_vec())
            .hint(suggested(suggestion)),
        cost::Error::UnknownProvider {
            path,
            valid,
            suggestion,
            ..
        } => ToolError::new(ErrorKind::UnknownValue, message)
            .field(path)
            .allowed(valid.to_vec())
            .hint(suggested(suggestion)),
        cost::Error::UnknownPlan { path, suggestion, .. } => ToolError::new(ErrorKind::UnknownValue, message)
            .field(path)
            .hint(match suggestion {
                Some(near) => format!("did you mean `{near}`? or leave `plan` out and give `spec`"),
                None => "leave `plan` out and give `spec` to get the cheapest that fits".to_owned(),
            }),
        cost::Error::NoProvider { path, valid } => ToolError::new(ErrorKind::InvalidConfiguration, message)
            .field(path)
            .allowed(valid.to_vec())
            .hint("set `provider` at the top of the configuration"),
        cost::Error::Field { path, .. } => ToolError::new(ErrorKind::InvalidConfiguration, message)
            .field(path)
            .hint("call `validate_config` to see every rule"),
        cost::Error::Overflow { path } => ToolError::new(ErrorKind::LimitExceeded, message)
            .field(path)
            .hint("lower the counts; no provider has that many"),
        cost::Error::File { .. } => ToolError::new(ErrorKind::Unavailable, message)
            .hint("mend or remove the price file in the workspace's `.prov/prices` folder"),
    }
}

/// A folder of the workspace that should replace shipped data and cannot.
pub(crate) fn assets(error: assets::Error) -> ToolError {
    ToolError::new(ErrorKind::Unavailable, error.to_string()).hint(error.hint())
}

/// Why the rules or the waivers cannot be used.
pub(crate) fn compliance(error: compliance::Error) -> ToolError {
    let faults: Vec<String> = error
        .faults()
        .iter()
        .map(|fault| clean(&fault.to_string()))
        .collect();
    ToolError::new(ErrorKind::InvalidConfiguration, clean(&error.to_string()))
        .details(serde_json::json!({ "faults": faults }))
        .hint(
            "mend the file in the workspace's `.prov` folder; nothing is checked until it can be read whole",
        )
}

/// Why a file of waivers cannot be read.
pub(crate) fn waivers(error: workspace::Error) -> ToolError {
    ToolError::new(
        ErrorKind::Unavailable,
        format!("waivers are not passed over: {error}"),
    )
    .hint("mend or remove the file; nothing is checked until it can be read")
}

/// What quotes a workspace's file, without what a reader would not see.
fn clean(text: &str) -> String {
    redacted::clean(text).into_owned()
}

/// A name that no file of the workspace has.
pub(crate) fn file_name(error: &workspace::Error) -> ToolError {
    file_name_of("file_name", error)
}

/// The same of the argument `argument`.
pub(crate) fn file_name_of(argument: &str, error: &workspace::Error) -> ToolError {
    ToolError::new(ErrorKind::InvalidArgument, format!("`{argument}`: {error}"))
        .field(argument)
        .hint("name a file relative to the workspace, such as `clusters/prod.ncl`, or leave it out")
}

/// A configuration that is a path.
pub(crate) fn path(argument: &str) -> ToolError {
    ToolError::new(
        ErrorKind::InvalidArgument,
        format!("`{argument}` looks like a path; it is the text of a configuration"),
    )
    .field(argument)
    .hint("give the text; the path goes into `file_name`")
}

/// Why a description does not become a configuration.
pub(crate) fn refusal(refusal: Refusal) -> ToolError {
    let message = redacted::clean(&refusal.to_string()).into_owned();
    let error = |kind: ErrorKind| ToolError::new(kind, message.clone()).field("description");
    match refusal {
        Refusal::Empty => error(ErrorKind::EmptyInput)
            .hint("say what to build, such as `a 3-node K8s cluster with Cilium on UpCloud`"),
        Refusal::TooLong { .. } => {
            error(ErrorKind::LimitExceeded).hint("describe one configuration in a few sentences")
        }
        Refusal::Language { .. } => {
            error(ErrorKind::InvalidArgument).hint("write it in English or in Spanish")
        }
        Refusal::NoResource { valid } => error(ErrorKind::InvalidArgument)
            .allowed(valid)
            .hint("name a server, a network, a cluster or a database"),
        Refusal::UnknownValue {
            valid, suggestion, ..
        } => error(ErrorKind::UnknownValue)
            .allowed(valid.to_vec())
            .hint(suggested(suggestion)),
        Refusal::Contradiction { .. } => error(ErrorKind::InvalidArgument).hint("keep one of the two"),
        Refusal::Missing { valid, .. } => error(ErrorKind::MissingArgument)
            .allowed(valid)
            .hint("say it in the description; nothing is chosen for you that costs money elsewhere"),
        Refusal::Scope { .. } => error(ErrorKind::InvalidArgument)
            .hint("say what is wanted, or `without` before a feature such as a public IP"),
        Refusal::Invalid { problems } => {
            let valid = problems
                .first()
                .map(|problem| problem.valid.clone())
                .unwrap_or_default();
            error(ErrorKind::InvalidArgument)
                .allowed(valid)
                .hint("change what the description says of it")
        }
        Refusal::Evidence { .. } => {
            error(ErrorKind::InvalidArgument).hint("quote the description exactly, for a value of the intent")
        }
        Refusal::Lexicon { .. } => ToolError::new(ErrorKind::Unavailable, message)
            .hint("mend or remove the file in the workspace's `.prov/lexicon` folder"),
    }
}

/// Why there is no form.
pub(crate) fn form(error: form::Error) -> ToolError {
    let message = redacted::clean(&error.to_string()).into_owned();
    match error {
        form::Error::Absent {
            valid, suggestion, ..
        } => ToolError::new(ErrorKind::UnknownValue, message)
            .field("form")
            .allowed(valid)
            .hint(suggested(suggestion)),
        form::Error::Definition { valid, .. } => ToolError::new(ErrorKind::Unavailable, message)
            .allowed(valid)
            .hint("mend the form, or remove it from the workspace's `.prov/forms` folder to use the shipped one"),
        form::Error::Assets(error) => ToolError::new(ErrorKind::Unavailable, message).hint(error.hint()),
    }
}

/// Why answers make no configuration: all that is wrong at once, for people and for programs.
pub(crate) fn answers(form: &str, wrong: &[Wrong]) -> ToolError {
    let all = |kinds: &[Breach]| wrong.iter().all(|one| kinds.contains(&one.kind));
    let kind = if all(&[Breach::Missing]) {
        ErrorKind::MissingArgument
    } else if all(&[Breach::Missing, Breach::NotListed]) {
        ErrorKind::UnknownValue
    } else {
        ErrorKind::InvalidArgument
    };
    let said: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    let first = wrong.first();
    let near = first.and_then(|one| one.suggestion.clone());
    let hint = match near {
        Some(near) => format!("did you mean `{near}`? `form-schema://{form}` has every question"),
        None => format!("`form-schema://{form}` has every question with its type and options"),
    };
    let details: Vec<Value> = wrong
        .iter()
        .map(|one| {
            json!({
                "field": one.field,
                "layer": one.layer().name(),
                "value": one.value,
                "rule": one.rule,
                "valid": one.valid,
                "suggestion": one.suggestion,
            })
        })
        .collect();
    let message = redacted::clean(&said.join("; ")).into_owned();
    ToolError::new(kind, message)
        .field(first.map_or_else(String::new, |one| format!("answers.{}", one.field)))
        .allowed(first.map(|one| one.valid.clone()).unwrap_or_default())
        .details(json!({ "answers": details }))
        .hint(hint)
}

/// There is nothing to look at.
pub(crate) fn empty(argument: &str) -> ToolError {
    ToolError::new(
        ErrorKind::EmptyInput,
        format!("`{argument}` is empty, so there is nothing to look at"),
    )
    .field(argument)
    .hint("give the text of a Nickel configuration, such as `{ provider = 'local, servers = [] }`")
}

/// Why a question is not looked at.
pub(crate) fn question(refusal: &query::Refusal) -> ToolError {
    let kind = match refusal {
        query::Refusal::Empty => ErrorKind::EmptyInput,
        query::Refusal::TooLong { .. } => ErrorKind::LimitExceeded,
    };
    ToolError::new(kind, refusal.to_string())
        .field("query")
        .hint("ask for one thing in a sentence, such as `stopped servers in us-east-1 without backups`")
}

/// Why the words of questions cannot be used.
pub(crate) fn questions(error: query::LexiconError) -> ToolError {
    match error {
        query::LexiconError::Assets(error) => assets(error),
        query::LexiconError::File { .. } => ToolError::new(ErrorKind::Unavailable, error.to_string())
            .hint("mend the file, or remove it to use what is shipped"),
    }
}

/// Why the inventory cannot be read.
pub(crate) fn inventory(error: query::Error) -> ToolError {
    ToolError::new(ErrorKind::Unavailable, "the inventory cannot be read")
        .hint("see that nothing else holds `.prov/state.db`, and that it is a file of this version")
        .because(error)
}

fn suggested(near: Option<String>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "use one of the allowed values".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_evaluator_is_worth_another_try() {
        let error = evaluation(evaluate::Error::Busy { waiting: 8 });
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(
            error.message().starts_with("8 evaluations are waiting"),
            "{error:?}"
        );
        let value = error.to_value();
        assert!(value.to_string().contains("retry_after"), "{value}");
        assert!(error.next().is_some());
    }

    #[test]
    fn an_unknown_plan_can_also_be_left_out() {
        let error = cost(cost::Error::UnknownPlan {
            path: "servers[0].plan".to_owned(),
            provider: "aws".to_owned(),
            plan: "medium".to_owned(),
            listed: None,
            suggestion: Some("a1.medium".to_owned()),
        });
        assert_eq!(
            error.next(),
            Some("did you mean `a1.medium`? or leave `plan` out and give `spec`")
        );
    }
}
