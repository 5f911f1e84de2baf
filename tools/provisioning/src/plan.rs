//! What has to happen for a configuration to become true: a diff of what is wanted against what is recorded and what the
//! providers say is there.
//!
//! A plan is pure data. It names every change with its reasons, the order, and how each change would be undone; it carries
//! what it was made of, so that it can be refused when that is no longer so. The action names are Terraform's.
//!
//! Reading order: [`Plan`], [`plan`](fn@plan), `diff` (one resource), `order` (what comes before what).

mod diff;
mod order;
mod reality;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::desired::{NotManaged, Wanted};
use crate::provider::{Observed, Support};
use crate::resource::{Address, Attributes, Kind, Value};
use crate::state::Recorded;

pub use order::Cycle;
pub use reality::{Drift, Finding, drift};

/// The version of the plan's form. A reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// What is to happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this form.
    pub format_version: u32,
    /// `apply` or `destroy`.
    pub operation: Operation,
    /// The workspace whose state it was made for.
    pub workspace: String,
    /// How many commits that state had had.
    pub prior_serial: u64,
    /// The account at each provider, by its name; empty for a plan that asked no provider.
    pub accounts: BTreeMap<String, String>,
    /// The changes, each after those that it depends on.
    pub changes: Vec<Change>,
    /// What was changed by others since it was recorded.
    pub drift: Vec<Drift>,
    /// What the configuration describes and no provider is asked for, with why.
    pub not_managed: BTreeMap<String, String>,
    /// Why the plan may not be executed; empty if it may.
    pub blocked: Vec<Blocked>,
}

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// To make a configuration true.
    Apply,
    /// To take away everything that is recorded.
    Destroy,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The resource, such as `server.web[0]`.
    #[serde(with = "text")]
    pub address: Address,
    /// The provider.
    pub provider: String,
    /// Where.
    pub region: Option<String>,
    /// What is done.
    pub action: Action,
    /// How it is recorded; nothing if it is new.
    pub before: Option<Before>,
    /// What it is to be like; nothing if it goes.
    pub after: Option<Attributes>,
    /// Attributes that differ, and why.
    pub reasons: BTreeMap<String, Reason>,
    /// Attributes that can only change by making it anew.
    pub replace_paths: Vec<String>,
    /// Why, where no attribute says it.
    pub why: Option<String>,
    /// What it needs.
    #[serde(with = "texts")]
    pub depends_on: Vec<Address>,
    /// How it is undone.
    pub rollback: Rollback,
    /// Whether it is kept from deletion.
    pub protected: bool,
    /// Where the configuration says it, as `file:line`.
    pub origin: Option<String>,
}

/// A resource as it is recorded before a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Our id of it.
    pub id: String,
    /// The provider's.
    pub provider_id: Option<String>,
    /// What it is like.
    pub attributes: Attributes,
}

/// What is done with a resource. Plans write it as Terraform's lists of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub enum Action {
    /// Nothing.
    NoOp,
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted.
    Delete,
    /// It is deleted and made anew.
    DeleteCreate,
    /// It is made anew, then the old one is deleted.
    CreateDelete,
    /// It is no longer recorded; nothing happens to it.
    Forget,
}

impl Action {
    const ALL: [Self; 7] = [
        Self::NoOp,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::DeleteCreate,
        Self::CreateDelete,
        Self::Forget,
    ];

    /// Terraform's names.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::NoOp => &["no-op"],
            Self::Create => &["create"],
            Self::Update => &["update"],
            Self::Delete => &["delete"],
            Self::DeleteCreate => &["delete", "create"],
            Self::CreateDelete => &["create", "delete"],
            Self::Forget => &["forget"],
        }
    }

    /// Whether an existing resource goes away.
    #[must_use]
    pub fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteCreate | Self::CreateDelete)
    }
}

impl From<Action> for Vec<String> {
    fn from(action: Action) -> Self {
        action.names().iter().map(|name| (*name).to_owned()).collect()
    }
}

impl TryFrom<Vec<String>> for Action {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        let same = |action: &Self| {
            action
                .names()
                .iter()
                .copied()
                .eq(names.iter().map(String::as_str))
        };
        Self::ALL
            .into_iter()
            .find(same)
            .ok_or_else(|| format!("the actions [{}] are not known", names.join(", ")))
    }
}

/// Why an attribute changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The configuration says otherwise than what was made.
    Configured,
    /// Somebody changed it at the provider.
    Drifted,
    /// What it refers to is made anew.
    ForcedBy,
}

/// How a change is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollback {
    /// There is nothing to undo.
    Nothing,
    /// What was made is deleted.
    Delete,
    /// The attributes from before are written back.
    Restore,
    /// What was deleted is made again as it was recorded; what it held is gone.
    Remake,
    /// It cannot be undone.
    Impossible,
}

/// Why a plan may not be executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    /// What it is about, such as an address.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// What to do.
    pub hint: String,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::NoOp)
    }

    /// How many changes there are of each action.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Action, usize> {
        let mut counts = BTreeMap::new();
        for change in &self.changes {
            let count: &mut usize = counts.entry(change.action).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }
}

/// What a plan is made of.
pub struct Inputs<'a> {
    /// What is wanted; nothing to take everything away.
    pub wanted: Option<&'a Wanted>,
    /// What is recorded.
    pub recorded: &'a [Recorded],
    /// What the providers say of it, by [`Recorded::id`]; what was not asked for is taken as recorded.
    pub reality: &'a BTreeMap<String, Option<Observed>>,
    /// What each provider can do.
    pub support: &'a dyn Fn(&str, Kind) -> Option<Support>,
    /// What may be deleted although it is protected.
    pub allow_destroy: &'a BTreeSet<Address>,
    /// The workspace.
    pub workspace: &'a str,
    /// How many commits the state has had.
    pub serial: u64,
    /// The account at each provider.
    pub accounts: BTreeMap<String, String>,
}

/// Makes the plan.
pub fn plan(inputs: &Inputs<'_>) -> Result<Plan, Cycle> {
    let known = reality::Known::of(inputs.recorded, inputs.reality);
    let mut changes = diff::changes(inputs, &known);
    diff::force(&mut changes, inputs.support);
    let blocked = blocked(&changes, inputs);
    let not_managed = inputs
        .wanted
        .map(|wanted| wanted.not_managed.as_slice())
        .unwrap_or_default();
    let reason = |one: &NotManaged| (one.path.clone(), one.reason.clone());
    Ok(Plan {
        format_version: FORMAT,
        operation: if inputs.wanted.is_some() {
            Operation::Apply
        } else {
            Operation::Destroy
        },
        workspace: inputs.workspace.to_owned(),
        prior_serial: inputs.serial,
        accounts: inputs.accounts.clone(),
        changes: order::ordered(changes)?,
        drift: reality::drift(inputs.recorded, inputs.reality, inputs.support),
        not_managed: not_managed.iter().map(reason).collect(),
        blocked,
    })
}

fn blocked(changes: &[Change], inputs: &Inputs<'_>) -> Vec<Blocked> {
    let mut blocked = Vec::new();
    for change in changes {
        let address = &change.address;
        let made = matches!(
            change.action,
            Action::Create | Action::DeleteCreate | Action::CreateDelete
        );
        if made && (inputs.support)(&change.provider, address.kind).is_none() {
            blocked.push(Blocked {
                subject: address.to_string(),
                reason: format!("provider `{}` makes no {}", change.provider, address.kind),
                hint: "name another provider for it, or leave it out".to_owned(),
            });
        }
        if change.action.deletes() && change.protected && !inputs.allow_destroy.contains(address) {
            let what = if address.kind.stateful() {
                "what it holds would be lost"
            } else {
                "it is protected"
            };
            blocked.push(Blocked {
                subject: address.to_string(),
                reason: format!("{address} would be deleted, and {what}"),
                hint: format!("keep it, or say `--allow-destroy {address}`"),
            });
        }
    }
    blocked
}

/// An attribute's value for people: short, on one line.
#[must_use]
pub fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Real(number)) => number.to_string(),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::List(items)) => format!(
            "[{}]",
            items
                .iter()
                .map(|item| shown(Some(item)))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        Some(Value::Record(fields)) => {
            let field = |(name, value): (&String, &Value)| format!("{name} = {}", shown(Some(value)));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Addresses as texts.
pub(crate) mod text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::resource::Address;

    pub(crate) fn serialize<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(address)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Lists of addresses as texts.
pub(crate) mod texts {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::resource::Address;

    pub(crate) fn serialize<S: Serializer>(addresses: &[Address], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(addresses.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Address>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .iter()
            .map(|text| text.parse().map_err(D::Error::custom))
            .collect()
    }
}
