//! What `plan_changes` and `execute_workflow` answer.

use std::collections::BTreeMap;

use provisioning::cost;
use provisioning::plan::{self, Action, Plan, shown};
use provisioning::run::Outcome;
use provisioning::state::{Run, Step};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Planned, Token};

/// A plan, and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// What was asked for: `apply`, `destroy`, `resume`, or a workflow.
    workflow_id: String,
    /// `planned`, `nothing_to_do`, `open`, or how the run ended: `succeeded`, `failed`, `rolled_back`, `rollback_incomplete`,
    /// `cancelled`.
    status: String,
    /// Whether it happened in memory only.
    simulated: bool,
    /// One line that says it all.
    summary: String,
    /// The changes, without those that are none.
    changes: Vec<ChangeOutput>,
    /// The steps in order, each with those that it waits for.
    steps: Vec<StepOutput>,
    /// What others changed since it was recorded.
    drift: Vec<plan_output::Drift>,
    /// What the configuration describes and nothing is done about, by path.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    not_managed: BTreeMap<String, String>,
    /// Why the plan may not be executed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocked: Vec<plan_output::Blocked>,
    /// What the plan rests on that nobody looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumptions: Vec<String>,
    /// What a month costs before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<CostOutput>,
    /// The hash of the plan: SHA-256 of its RFC 8785 form.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_hash: Option<String>,
    /// Leave to execute this plan, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_token: Option<String>,
    /// When that runs out.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_expires: Option<String>,
    /// The plan whole, as it is hashed.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Map<String, Value>>,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
    /// What could not be undone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leftovers: Vec<LeftoverOutput>,
}

/// What happens to one resource.
#[derive(Debug, Serialize, JsonSchema)]
struct ChangeOutput {
    /// The resource.
    address: String,
    /// The provider.
    provider: String,
    /// Terraform's actions.
    actions: Vec<String>,
    /// Attributes that differ: before, after, why.
    attributes: Vec<AttributeOutput>,
    /// Why, where no attribute says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// How it is undone: `nothing`, `delete`, `restore`, `remake`, `impossible`.
    rollback: String,
    /// Where the configuration says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

/// An attribute that differs.
#[derive(Debug, Serialize, JsonSchema)]
struct AttributeOutput {
    /// Its name.
    name: String,
    /// What is there, or recorded.
    before: String,
    /// What is wanted.
    after: String,
    /// `configured`, `drifted` or `forced_by`.
    reason: String,
    /// Whether the resource is made anew for it.
    replaces: bool,
}

/// A step.
#[derive(Debug, Serialize, JsonSchema)]
struct StepOutput {
    /// Its name.
    name: String,
    /// How it is: `planned`, `intended`, `known`, `done`, `failed`, `undone`, `stuck`, `skipped`.
    status: String,
    /// The steps before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
    /// What it made, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What a month costs.
#[derive(Debug, Serialize, JsonSchema)]
struct CostOutput {
    /// Whether something has no known price.
    incomplete: bool,
    /// Per currency.
    totals: Vec<AmountOutput>,
}

/// An amount before and after.
#[derive(Debug, Serialize, JsonSchema)]
struct AmountOutput {
    /// The currency's code.
    currency: String,
    /// Before, with two decimals.
    before: String,
    /// After, with two decimals.
    after: String,
    /// The difference, with two decimals.
    delta: String,
}

/// What is still there and should not be.
#[derive(Debug, Serialize, JsonSchema)]
struct LeftoverOutput {
    /// The step.
    step: String,
    /// What the provider calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    /// Why.
    reason: String,
}

/// Parts of a plan on the wire.
mod plan_output {
    use schemars::JsonSchema;
    use serde::Serialize;

    /// A resource that is not as recorded.
    #[derive(Debug, Serialize, JsonSchema)]
    pub(super) struct Drift {
        /// The resource.
        pub(super) address: String,
        /// What differs: attribute, recorded, actual.
        pub(super) findings: Vec<Finding>,
    }

    /// One thing that differs.
    #[derive(Debug, Serialize, JsonSchema)]
    pub(super) struct Finding {
        /// The attribute, or `status`.
        pub(super) attribute: String,
        /// What is recorded.
        pub(super) recorded: String,
        /// What is there.
        pub(super) actual: String,
    }

    /// Why a plan may not be executed.
    #[derive(Debug, Serialize, JsonSchema)]
    pub(super) struct Blocked {
        /// What it is about.
        pub(super) subject: String,
        /// Why.
        pub(super) reason: String,
        /// What to do.
        pub(super) hint: String,
    }
}

impl Output {
    /// A plan, and the run that executed it.
    pub(crate) fn of(planned: Planned, simulated: bool, token: Option<Token>, done: Option<Outcome>) -> Self {
        let status = match &done {
            Some(outcome) => outcome.status.name(),
            None if planned.is_empty() => "nothing_to_do",
            None => "planned",
        };
        let counted = counted(&planned.plan);
        let prefix = if simulated { "simulated: " } else { "" };
        let summary = match &done {
            Some(outcome) => format!("{prefix}{} {}: {counted}", planned.name, outcome.status.name()),
            None => format!("{prefix}{}: {counted}", planned.name),
        };
        let steps = match &done {
            Some(outcome) => outcome.steps.iter().map(stepped).collect(),
            None => planned
                .steps
                .iter()
                .map(|step| StepOutput {
                    name: step.name.clone(),
                    status: "planned".to_owned(),
                    after: step.after.clone(),
                    effect: None,
                    error: None,
                })
                .collect(),
        };
        let plan = &planned.plan;
        Self {
            status: status.to_owned(),
            simulated,
            summary,
            changes: plan
                .changes
                .iter()
                .filter(|change| change.action != Action::NoOp)
                .map(|change| changed(change, &plan.drift))
                .collect(),
            steps,
            drift: plan.drift.iter().map(drifted).collect(),
            not_managed: plan.not_managed.clone(),
            blocked: plan.blocked.iter().map(blocked).collect(),
            assumptions: planned.assumptions,
            cost: planned.cost.as_ref().map(costed),
            plan_hash: Some(planned.hash),
            token_expires: token.as_ref().map(|token| token.expires.to_string()),
            plan_token: token.map(|token| token.text),
            plan: serde_json::to_value(plan).ok().and_then(object),
            run_id: done.as_ref().map(|outcome| outcome.run.clone()),
            leftovers: done
                .iter()
                .flat_map(|outcome| &outcome.leftovers)
                .map(left)
                .collect(),
            workflow_id: planned.name,
        }
    }

    /// A run that can be gone on with.
    pub(crate) fn open(run: &Run, steps: &[Step]) -> Self {
        Self::bare(
            run,
            "open",
            format!("run {} of `{}` can be gone on with", run.id, run.name),
            steps,
        )
    }

    /// A run that was gone on with.
    pub(crate) fn resumed(run: &Run, outcome: Outcome) -> Self {
        let summary = format!("resumed {} {}", run.name, outcome.status.name());
        Self {
            leftovers: outcome.leftovers.iter().map(left).collect(),
            ..Self::bare(run, outcome.status.name(), summary, &outcome.steps)
        }
    }

    fn bare(run: &Run, status: &str, summary: String, steps: &[Step]) -> Self {
        Self {
            workflow_id: run.name.clone(),
            status: status.to_owned(),
            simulated: false,
            summary,
            changes: Vec::new(),
            steps: steps.iter().map(stepped).collect(),
            drift: Vec::new(),
            not_managed: BTreeMap::new(),
            blocked: Vec::new(),
            assumptions: Vec::new(),
            cost: None,
            plan_hash: Some(run.plan_hash.clone()),
            plan_token: None,
            token_expires: None,
            plan: None,
            run_id: Some(run.id.clone()),
            leftovers: Vec::new(),
        }
    }
}

fn counted(plan: &Plan) -> String {
    let of = |wanted: &[Action]| -> usize {
        plan.counts()
            .iter()
            .filter(|(action, _)| wanted.contains(action))
            .map(|(_, count)| count)
            .sum()
    };
    let parts = [
        (of(&[Action::Create]), "to create"),
        (of(&[Action::Update]), "to update"),
        (of(&[Action::DeleteCreate, Action::CreateDelete]), "to replace"),
        (of(&[Action::Delete]), "to delete"),
        (of(&[Action::Forget]), "to forget"),
        (of(&[Action::NoOp]), "unchanged"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if said.is_empty() {
        "nothing is wanted and nothing is recorded".to_owned()
    } else {
        said.join(", ")
    }
}

fn changed(change: &plan::Change, drift: &[plan::Drift]) -> ChangeOutput {
    let before = change.before.as_ref().map(|before| &before.attributes);
    // What somebody changed is there now, whatever is recorded.
    let address = change.address.to_string();
    let findings = drift
        .iter()
        .filter(|drift| drift.address == address)
        .flat_map(|drift| &drift.findings);
    let actual: BTreeMap<&str, &str> = findings
        .map(|one| (one.attribute.as_str(), one.actual.as_str()))
        .collect();
    let attribute = |(name, reason): (&String, &plan::Reason)| AttributeOutput {
        name: name.clone(),
        before: match actual.get(name.as_str()) {
            Some(actual) => clean(actual),
            None => clean(&shown(before.and_then(|before| before.get(name)))),
        },
        after: clean(&shown(change.after.as_ref().and_then(|after| after.get(name)))),
        reason: word(reason),
        replaces: change.replace_paths.contains(name),
    };
    ChangeOutput {
        address: change.address.to_string(),
        provider: change.provider.clone(),
        actions: change
            .action
            .names()
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        attributes: change.reasons.iter().map(attribute).collect(),
        why: change.why.clone(),
        rollback: word(&change.rollback),
        origin: change.origin.clone(),
    }
}

fn stepped(step: &Step) -> StepOutput {
    StepOutput {
        name: step.name.clone(),
        status: step.status.name().to_owned(),
        after: Vec::new(),
        effect: step.effect.clone(),
        error: step.error.as_deref().map(clean),
    }
}

fn drifted(drift: &plan::Drift) -> plan_output::Drift {
    let finding = |finding: &plan::Finding| plan_output::Finding {
        attribute: finding.attribute.clone(),
        recorded: clean(&finding.recorded),
        actual: clean(&finding.actual),
    };
    plan_output::Drift {
        address: drift.address.clone(),
        findings: drift.findings.iter().map(finding).collect(),
    }
}

fn blocked(blocked: &plan::Blocked) -> plan_output::Blocked {
    plan_output::Blocked {
        subject: blocked.subject.clone(),
        reason: blocked.reason.clone(),
        hint: blocked.hint.clone(),
    }
}

fn costed(difference: &cost::Difference) -> CostOutput {
    let amount = |change: &cost::AmountChange| AmountOutput {
        currency: change.currency.code().to_owned(),
        before: change.before.cents(),
        after: change.after.cents(),
        delta: change.delta.cents(),
    };
    CostOutput {
        incomplete: difference.incomplete,
        totals: difference.totals.iter().map(amount).collect(),
    }
}

fn left(leftover: &provisioning::run::Leftover) -> LeftoverOutput {
    LeftoverOutput {
        step: leftover.step.clone(),
        provider_id: leftover.provider_id.clone(),
        reason: clean(&leftover.reason),
    }
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

/// Other people's text: nothing invisible rides along.
fn clean(text: &str) -> String {
    redacted::clean(text).into_owned()
}

/// The name of a plain enum on the wire.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
