//! Caller, tool and resource to a decision, by Cedar.
//!
//! The schema is made from the catalogue, so a policy that names a tool, group or kind that is not there is found
//! when it is loaded. The answer is no unless a policy says yes, none says no, and every policy could be evaluated.
//! This crate knows no files: whoever wires the executable reads the user's policies and hands over their text.

mod callers;
mod error;
mod load;
mod matrix;
mod schema;

use std::collections::HashMap;
use std::str::FromStr;

use cedar_policy::{
    AuthorizationError, Authorizer, Decision as Answer, EntityId, EntityTypeName, EntityUid, PolicySet,
};
use toolcall::{Catalog, Decide, Decision, Effect, Request};

use crate::callers::{Callers, Known};
pub use crate::error::{Error, Problem};
pub use crate::load::{PolicySource, shipped};
pub use crate::matrix::matrix;
pub use crate::schema::schema;

/// The policies of one executable, ready to decide.
pub struct Policy {
    policies: PolicySet,
    warnings: Vec<String>,
    actions: HashMap<&'static str, Action>,
    callers: Callers,
    authorizer: Authorizer,
}

/// What a decision needs to know of an action, built once.
struct Action {
    name: &'static str,
    uid: EntityUid,
    effect: Effect,
    kind: &'static str,
    resource: EntityTypeName,
}

impl Policy {
    /// The shipped policies with those of `sources`, for the tools of `catalog`. Hand over every tool the executable
    /// has, not only those selected, or a policy on a tool that is switched off would count as a mistake.
    ///
    /// A source with the name of a shipped file replaces that file whole; other names add.
    ///
    /// # Errors
    /// If any policy does not parse, does not fit the schema, or shares its id with another; all problems at once.
    pub fn load(catalog: &Catalog, sources: &[PolicySource]) -> Result<Self, Error> {
        let schema = schema::parsed(catalog)?;
        let load::Loaded { policies, warnings } = load::load(&schema, sources)?;
        for warning in &warnings {
            tracing::warn!(warning, "a policy has no effect");
        }
        let tools = catalog
            .declarations()
            .map(|tool| (tool.name, tool.effect, tool.resource));
        let actions = tools
            .chain([(schema::DOCUMENT_READ, Effect::Read, schema::DOCUMENT)])
            .map(|(name, effect, kind)| Ok((name, Action::new(name, effect, kind)?)))
            .collect::<Result<_, Error>>()?;
        let hierarchy = schema.action_entities().map_err(Error::catalogue)?;
        Ok(Self {
            policies,
            warnings,
            actions,
            callers: Callers::new(hierarchy)?,
            authorizer: Authorizer::new(),
        })
    }

    /// Policies that can never apply, one sentence each; for a health check.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Ids of the policies in force, sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .policies
            .policies()
            .map(|policy| policy.id().to_string())
            .collect();
        ids.sort();
        ids
    }

    /// What the request's action is declared as, or why the question makes no sense.
    fn action(&self, request: &Request<'_>) -> Result<&Action, String> {
        let action = self
            .actions
            .get(request.action)
            .ok_or_else(|| format!("no action `{}`", request.action))?;
        // Who asks about another kind or effect than the tool declares has mixed up two tools: no is the safe answer.
        if action.kind != request.resource.kind || action.effect != request.effect {
            return Err(format!(
                "`{}` is declared as {} on `{}`, asked about as {} on `{}`",
                request.action,
                action.effect.name(),
                action.kind,
                request.effect.name(),
                request.resource.kind
            ));
        }
        Ok(action)
    }

    /// Cedar's response to `request` of a caller who is `known`.
    fn ask(
        &self,
        request: &Request<'_>,
        action: &Action,
        known: &Known,
    ) -> Result<cedar_policy::Response, String> {
        let resource =
            EntityUid::from_type_name_and_id(action.resource.clone(), EntityId::new(&request.resource.id));
        // Not checked against the schema again: every part has been built to it.
        let question = cedar_policy::Request::new(
            known.principal.clone(),
            action.uid.clone(),
            resource,
            known.context.clone(),
            None,
        )
        .map_err(|error| error.to_string())?;
        Ok(self
            .authorizer
            .is_authorized(&question, &self.policies, &known.entities))
    }
}

impl Decide for Policy {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let action = match self.action(request) {
            Ok(action) => action,
            Err(reason) => return senseless(reason),
        };
        let known = match self.callers.known(request.caller, request.transport) {
            Ok(known) => known,
            Err(reason) => return senseless(reason),
        };
        // The policies never change, and nothing else goes into a decision: the same question has the same answer.
        if let Some(decision) = known.remembered(request) {
            return decision;
        }
        let decision = match self.ask(request, action, &known) {
            Ok(response) => judge(&response),
            Err(reason) => senseless(reason),
        };
        known.remember(action.name, &request.resource.id, &decision);
        decision
    }
}

/// A question that makes no sense is answered with no.
fn senseless(reason: String) -> Decision {
    Decision::Deny {
        policies: Vec::new(),
        reason,
    }
}

/// Cedar's response as a decision.
fn judge(response: &cedar_policy::Response) -> Decision {
    let diagnostics = response.diagnostics();
    // Cedar leaves out a policy that fails. If that was a `forbid`, the rest could say yes: so any failure is no.
    let failed: Vec<String> = diagnostics.errors().map(failed_policy).collect();
    if !failed.is_empty() {
        let reason = format!("could not evaluate `{}`", failed.join("`, `"));
        return Decision::Deny {
            policies: failed,
            reason,
        };
    }
    let mut policies: Vec<String> = diagnostics.reason().map(ToString::to_string).collect();
    policies.sort();
    match response.decision() {
        Answer::Allow => Decision::Allow { policies },
        Answer::Deny if policies.is_empty() => Decision::Deny {
            policies,
            reason: "no policy permits it".to_owned(),
        },
        Answer::Deny => {
            let reason = format!("forbidden by `{}`", policies.join("`, `"));
            Decision::Deny { policies, reason }
        }
    }
}

fn failed_policy(error: &AuthorizationError) -> String {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    error.policy_id().to_string()
}

impl Action {
    fn new(name: &'static str, effect: Effect, kind: &'static str) -> Result<Self, Error> {
        let kind_of_actions = EntityTypeName::from_str("Action").map_err(Error::catalogue)?;
        Ok(Self {
            name,
            uid: EntityUid::from_type_name_and_id(kind_of_actions, EntityId::new(name)),
            effect,
            kind,
            resource: EntityTypeName::from_str(kind).map_err(Error::catalogue)?,
        })
    }
}
