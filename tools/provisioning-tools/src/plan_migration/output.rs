//! A migration on the wire. Amounts are decimal texts, exact, never floating point.

use provisioning::cost::{Currency, Money};
use provisioning::desired::NotManaged as Left;
use provisioning::migration::{self, Because, Class, Inputs, Matched, Plan, render};
use schemars::JsonSchema;
use serde::Serialize;

/// How one configuration becomes the other.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// What the plan amounts to.
    summary: String,
    /// What happens, in order; each wave is approved by its hash.
    waves: Vec<Wave>,
    /// What must be answered with `moved` before the plan is used.
    questions: Vec<Question>,
    /// What was assumed, with units.
    assumptions: Vec<String>,
    /// What both configurations cost per month.
    cost: Cost,
    /// What stays as it is, by address.
    kept: Vec<String>,
    /// What no provider is asked for, of either configuration.
    not_managed: Vec<NotManaged>,
    /// Providers that nothing uses after the last wave.
    providers_gone: Vec<String>,
    /// The schemas that both hold against, and whether each is built in or of the workspace.
    checked_against: Vec<String>,
    /// SHA-256 of the whole plan.
    hash: String,
    /// The plan as text, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    rendered: Option<String>,
}

/// What is done before the next wave begins.
#[derive(Debug, Serialize, JsonSchema)]
struct Wave {
    /// From 1.
    number: usize,
    /// `move`, `retire` (what holds no data) or `decommission` (what does, and what it stands on).
    phase: &'static str,
    /// Days to wait before it.
    after_days: u32,
    /// What moves at once, each by itself.
    groups: Vec<Group>,
    /// SHA-256 of the wave.
    hash: String,
}

/// Resources that go at once.
#[derive(Debug, Serialize, JsonSchema)]
struct Group {
    /// Wave and place, such as `2.1`.
    name: String,
    /// The groups that it waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<String>,
    /// Its resources.
    resources: Vec<Resource>,
    /// What a month costs more after it.
    cost_delta: Vec<Amount>,
    /// Whether something of it has no known price.
    cost_incomplete: bool,
    /// How long it stands still.
    downtime: Downtime,
    /// What must hold before.
    pre_checks: Vec<String>,
    /// What is done, in order.
    steps: Vec<Step>,
    /// What must hold after.
    validation: Vec<String>,
    /// The way back.
    rollback: Rollback,
    /// Whether it alone is more than `max_parallel_moves`.
    over_limit: bool,
}

/// A resource and what happens to it.
#[derive(Debug, Serialize, JsonSchema)]
struct Resource {
    /// Its address today.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Its address in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// `rename`, `update`, `resize`, `move`, `recreate`, `retire` or `new`.
    class: &'static str,
    /// `in_place`, `make`, `new_first`, `new_first_temporary_name`, `old_first`, `remove` or `nothing`.
    method: &'static str,
    /// `told`, `address`, `name` or `likeness`.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched_by: Option<&'static str>,
    /// The likeness in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    likeness: Option<u32>,
    /// Whether the old one goes only when that is said by address.
    protected: bool,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
}

/// An attribute that differs.
#[derive(Debug, Serialize, JsonSchema)]
struct Reason {
    /// The attribute.
    attribute: String,
    /// Today.
    before: String,
    /// In the target.
    after: String,
    /// `configured`, `follows` (a name) or `forced_by` and an address.
    because: String,
    /// Whether it changes without a new resource.
    in_place: bool,
}

/// How long a group stands still.
#[derive(Debug, Serialize, JsonSchema)]
struct Downtime {
    /// Seconds; a lower bound if something is unknown.
    seconds: u64,
    /// What is not known and not in `seconds`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
    /// What it stands on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumptions: Vec<String>,
}

/// Something that is done.
#[derive(Debug, Serialize, JsonSchema)]
struct Step {
    /// `prepare`, `make`, `copy`, `release`, `remake`, `cut_over` or `retire`.
    stage: &'static str,
    /// The resource.
    address: String,
    /// What.
    what: String,
}

/// The way back.
#[derive(Debug, Serialize, JsonSchema)]
struct Rollback {
    /// What is done.
    how: Vec<String>,
    /// Until when.
    deadline: String,
    /// The wave before which it has to be begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    before_wave: Option<usize>,
}

/// Something that the configurations do not say.
#[derive(Debug, Serialize, JsonSchema)]
struct Question {
    /// The address today.
    subject: String,
    /// What it may become, the most alike first.
    candidates: Vec<String>,
    /// The question in words.
    text: String,
}

/// What both cost.
#[derive(Debug, Serialize, JsonSchema)]
struct Cost {
    /// Per currency.
    totals: Vec<Total>,
    /// Whether something has no known price.
    incomplete: bool,
}

/// Monthly amounts, decimal texts.
#[derive(Debug, Serialize, JsonSchema)]
struct Total {
    /// ISO 4217 code.
    currency: String,
    /// Today.
    before: String,
    /// In the target.
    after: String,
    /// After less before.
    delta: String,
}

/// A monthly amount.
#[derive(Debug, Serialize, JsonSchema)]
struct Amount {
    /// ISO 4217 code.
    currency: String,
    /// Decimal text.
    monthly: String,
}

/// What no provider is asked for.
#[derive(Debug, Serialize, JsonSchema)]
struct NotManaged {
    /// `current` or `target`.
    side: &'static str,
    /// Where it stands.
    path: String,
    /// Why.
    reason: String,
}

impl Output {
    /// The wire form.
    pub(super) fn new(
        plan: &Plan,
        inputs: &Inputs<'_>,
        rendered: Option<String>,
        checked_against: Vec<String>,
    ) -> Self {
        let kept = plan.items.iter().filter(|item| item.class == Class::Keep);
        let left = |side: &'static str, all: &[Left]| -> Vec<NotManaged> {
            let one = |left: &Left| NotManaged {
                side,
                path: clean(&left.path),
                reason: left.reason.clone(),
            };
            all.iter().map(one).collect()
        };
        let mut not_managed = left("current", &inputs.current.not_managed);
        not_managed.extend(left("target", &inputs.target.not_managed));
        Self {
            summary: render::summary(plan).trim_end().replace('\n', "; "),
            waves: plan.waves.iter().map(|wave| Wave::new(wave, plan)).collect(),
            questions: plan.questions.iter().map(Question::from).collect(),
            assumptions: plan.assumptions.clone(),
            cost: Cost::from(plan),
            kept: kept.map(|item| clean(item.shown())).collect(),
            not_managed,
            providers_gone: plan.providers_gone.clone(),
            checked_against,
            hash: plan.hash.clone(),
            rendered,
        }
    }
}

impl Wave {
    fn new(wave: &migration::Wave, plan: &Plan) -> Self {
        Self {
            number: wave.number,
            phase: wave.phase.name(),
            after_days: wave.after_days,
            groups: wave.groups.iter().map(|group| Group::new(group, plan)).collect(),
            hash: wave.hash.clone(),
        }
    }
}

impl Group {
    fn new(group: &migration::Group, plan: &Plan) -> Self {
        let members = group.members.iter().filter_map(|place| plan.items.get(*place));
        let amount = |(currency, money): (&Currency, &Money)| Amount {
            currency: currency.code().to_owned(),
            monthly: money.to_string(),
        };
        let step = |step: &migration::Step| Step {
            stage: step.stage.name(),
            address: clean(&step.address),
            what: clean(&step.what),
        };
        Self {
            name: group.name.clone(),
            needs: group.needs.clone(),
            resources: members.map(Resource::from).collect(),
            cost_delta: group.cost.iter().map(amount).collect(),
            cost_incomplete: group.cost_incomplete,
            downtime: Downtime {
                seconds: group.downtime.seconds,
                unknown: cleaned(&group.downtime.unknown),
                assumptions: cleaned(&group.downtime.assumptions),
            },
            pre_checks: cleaned(&group.checks),
            steps: group.steps.iter().map(step).collect(),
            validation: cleaned(&group.validation),
            rollback: Rollback {
                how: cleaned(&group.rollback.how),
                deadline: group.rollback.deadline.clone(),
                before_wave: group.rollback.before_wave,
            },
            over_limit: group.over_limit,
        }
    }
}

impl From<&migration::Item> for Resource {
    fn from(item: &migration::Item) -> Self {
        let likeness = match item.matched {
            Some(Matched::Likeness(likeness)) => Some(likeness),
            _ => None,
        };
        Self {
            from: item.from.as_ref().map(|one| clean(&one.address)),
            to: item.to.as_ref().map(|one| clean(&one.address)),
            class: item.class.name(),
            method: item.method.name(),
            matched_by: item.matched.map(Matched::name),
            likeness,
            protected: item.protected,
            reasons: item.reasons.iter().map(Reason::from).collect(),
        }
    }
}

impl From<&migration::Reason> for Reason {
    fn from(reason: &migration::Reason) -> Self {
        Self {
            attribute: reason.attribute.clone(),
            before: clean(&reason.before),
            after: clean(&reason.after),
            because: match &reason.because {
                Because::Configured => "configured".to_owned(),
                Because::Follows => "follows".to_owned(),
                Because::ForcedBy(address) => clean(format!("forced_by {address}")),
            },
            in_place: reason.in_place,
        }
    }
}

impl From<&migration::Question> for Question {
    fn from(question: &migration::Question) -> Self {
        let candidates = question.candidates.iter();
        Self {
            subject: clean(&question.subject),
            candidates: candidates.map(|(address, _)| clean(address)).collect(),
            text: clean(render::question(question)),
        }
    }
}

impl From<&Plan> for Cost {
    fn from(plan: &Plan) -> Self {
        let total = |change: &provisioning::cost::AmountChange| Total {
            currency: change.currency.code().to_owned(),
            before: change.before.to_string(),
            after: change.after.to_string(),
            delta: change.delta.to_string(),
        };
        Self {
            totals: plan.cost.iter().map(total).collect(),
            incomplete: plan.cost_incomplete,
        }
    }
}

/// Names and attributes are those of the configurations, which are other people's: nothing invisible may ride along.
fn clean(text: impl ToString) -> String {
    redacted::clean(&text.to_string()).into_owned()
}

fn cleaned(texts: &[String]) -> Vec<String> {
    texts.iter().map(clean).collect()
}
