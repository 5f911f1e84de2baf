//! What a plan means as steps.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Retry;
use crate::plan::{Action, Before, Change, Plan};
use crate::resource::{Address, Attributes};

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Todo {
    /// Its name, once in the run, such as `create server.web[0]`.
    pub name: String,
    /// What is done.
    pub deed: Deed,
    /// The steps before it.
    pub after: Vec<String>,
    /// How long it may take.
    pub deadline: Duration,
    /// When it is tried again.
    pub retry: Retry,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Deed {
    /// Makes a resource.
    Create {
        /// What it is to be.
        make: Make,
        /// What is recorded at its address and is not there any more, or is deleted after it: [`crate::state::Recorded::id`].
        instead: Option<Instead>,
    },
    /// Changes a resource in place.
    Update {
        /// What it is to be.
        make: Make,
        /// How it was.
        before: Before,
        /// The attributes that differ.
        changed: Vec<String>,
    },
    /// Deletes a resource.
    Delete {
        /// How it was made, to make it again when this is undone.
        make: Make,
        /// How it is recorded.
        before: Before,
    },
    /// Forgets a resource that is not there.
    Forget {
        /// Our id of it.
        id: String,
    },
    /// Runs a command in a server.
    Exec {
        /// The server.
        #[serde(with = "crate::plan::text")]
        server: Address,
        /// The command with its arguments.
        command: Vec<String>,
        /// What undoes it; nothing if nothing has to.
        undo: Option<Vec<String>>,
    },
    /// Keeps what a resource holds.
    Snapshot {
        /// The resource.
        #[serde(with = "crate::plan::text")]
        address: Address,
        /// What it is called: the run and step are added.
        label: String,
    },
    /// Waits until a server answers: its provider says ready, and a command in it succeeds if there is one.
    Check {
        /// The server.
        #[serde(with = "crate::plan::text")]
        server: Address,
        /// The command that has to succeed.
        command: Option<Vec<String>>,
    },
    /// Does nothing: a point to meet.
    Meet,
}

/// A resource to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Make {
    /// What it is called.
    #[serde(with = "crate::plan::text")]
    pub address: Address,
    /// The provider.
    pub provider: String,
    /// Where.
    pub region: Option<String>,
    /// What it is to be like.
    pub attributes: Attributes,
    /// What it needs.
    #[serde(with = "crate::plan::texts")]
    pub depends_on: Vec<Address>,
    /// Whether it is kept from deletion.
    pub protected: bool,
    /// Where the configuration says it.
    pub origin: Option<String>,
}

/// What stood at an address before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Instead {
    /// It is not there any more: its record goes.
    Gone(String),
    /// It is deleted later: its record gives up the address.
    Later(String),
}

/// How long a step of each kind of change may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(15 * 60);

/// How patient a step of each kind of change is: it outlasts some minutes without provider.
pub(super) fn patience() -> Retry {
    Retry {
        max_retries: 12,
        ..Retry::default()
    }
}

/// The steps of `plan`. What is no change is no step.
#[must_use]
pub fn steps(plan: &Plan) -> Vec<Todo> {
    let steps: Vec<Todo> = plan.changes.iter().flat_map(of).collect();
    linked(steps, plan)
}

fn of(change: &Change) -> Vec<Todo> {
    let make = |attributes: &Attributes| Make {
        address: change.address.clone(),
        provider: change.provider.clone(),
        region: change.region.clone(),
        attributes: attributes.clone(),
        depends_on: change.depends_on.clone(),
        protected: change.protected,
        origin: change.origin.clone(),
    };
    let step = |name: String, deed: Deed| Todo {
        name,
        deed,
        after: Vec::new(),
        deadline: DEADLINE,
        retry: patience(),
    };
    let address = &change.address;
    let create = |instead| {
        let after = change.after.as_ref()?;
        Some(step(
            format!("create {address}"),
            Deed::Create {
                make: make(after),
                instead,
            },
        ))
    };
    let delete = || {
        let before = change.before.as_ref()?;
        Some(step(
            format!("delete {address} {}", short(&before.id)),
            Deed::Delete {
                make: make(&before.attributes),
                before: before.clone(),
            },
        ))
    };
    let id = || change.before.as_ref().map(|before| before.id.clone());
    let steps = match change.action {
        Action::NoOp => vec![],
        Action::Create => vec![create(id().map(Instead::Gone))],
        Action::Update => vec![update(change, &make, &step)],
        Action::Delete => vec![delete()],
        Action::DeleteCreate => vec![delete(), create(None)],
        Action::CreateDelete => vec![create(id().map(Instead::Later)), delete()],
        Action::Forget => {
            vec![id().map(|id| step(format!("forget {address} {}", short(&id)), Deed::Forget { id }))]
        }
    };
    steps.into_iter().flatten().collect()
}

fn update(
    change: &Change,
    make: &impl Fn(&Attributes) -> Make,
    step: &impl Fn(String, Deed) -> Todo,
) -> Option<Todo> {
    let (after, before) = (change.after.as_ref()?, change.before.as_ref()?);
    Some(step(
        format!("update {}", change.address),
        Deed::Update {
            make: make(after),
            before: before.clone(),
            changed: change.reasons.keys().cloned().collect(),
        },
    ))
}

/// The end of an id, which tells two resources of one address apart.
fn short(id: &str) -> &str {
    id.char_indices()
        .rev()
        .nth(7)
        .and_then(|(at, _)| id.get(at..))
        .unwrap_or(id)
}

/// Which steps make, change and delete each address.
#[derive(Default)]
struct Places {
    comes: BTreeMap<Address, String>,
    goes: BTreeMap<Address, Vec<String>>,
}

/// Adds what each step waits for.
fn linked(mut steps: Vec<Todo>, plan: &Plan) -> Vec<Todo> {
    let mut places = Places::default();
    for step in &steps {
        match &step.deed {
            Deed::Create { make, .. } | Deed::Update { make, .. } => {
                places.comes.insert(make.address.clone(), step.name.clone());
            }
            Deed::Delete { make, .. } => {
                let names = places.goes.entry(make.address.clone()).or_default();
                names.push(step.name.clone());
            }
            _ => {}
        }
    }
    let actions: BTreeMap<&Address, Action> = plan
        .changes
        .iter()
        .map(|change| (&change.address, change.action))
        .collect();
    let mut dependents: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for change in &plan.changes {
        for need in &change.depends_on {
            dependents.entry(need).or_default().push(&change.address);
        }
    }
    for step in &mut steps {
        step.after = match &step.deed {
            Deed::Create { make, .. } => {
                let needs = make.depends_on.iter().filter_map(|need| places.comes.get(need));
                let old = (actions.get(&make.address) == Some(&Action::DeleteCreate))
                    .then(|| places.goes.get(&make.address));
                needs
                    .chain(old.into_iter().flatten().flatten())
                    .cloned()
                    .collect()
            }
            Deed::Update { make, .. } => make
                .depends_on
                .iter()
                .filter_map(|need| places.comes.get(need))
                .cloned()
                .collect(),
            // Whoever needs it goes before it, or has turned away from it.
            Deed::Delete { make, .. } => {
                let users = dependents
                    .get(&make.address)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let went = users.iter().filter_map(|user| places.goes.get(*user)).flatten();
                // A user that waits for the successor of what is deleted cannot be waited for.
                let first = actions.get(&make.address) == Some(&Action::DeleteCreate);
                let turned = users
                    .iter()
                    .filter(|_| !first)
                    .filter_map(|user| places.comes.get(*user));
                let own = (actions.get(&make.address) == Some(&Action::CreateDelete))
                    .then(|| places.comes.get(&make.address));
                went.chain(turned).chain(own.flatten()).cloned().collect()
            }
            _ => Vec::new(),
        };
        step.after.retain(|name| *name != step.name);
    }
    steps
}
