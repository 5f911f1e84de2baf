//! What happens to each resource.

use std::collections::{BTreeMap, BTreeSet};

use super::reality::{Known, Seen, differing, holds};
use super::{Action, Before, Change, Inputs, Reason, Rollback};
use crate::desired::{Desired, references};
use crate::provider::{Status, Support};
use crate::resource::{Address, Attributes, Kind, Value};
use crate::state::{Phase, Recorded};

/// A change for everything that is wanted or recorded, in the order of addresses.
pub(super) fn changes(inputs: &Inputs<'_>, known: &Known<'_>) -> Vec<Change> {
    let wanted = inputs
        .wanted
        .map(|wanted| wanted.resources.as_slice())
        .unwrap_or_default();
    let current: BTreeMap<&Address, &Recorded> = inputs
        .recorded
        .iter()
        .filter(|resource| !resource.replaced)
        .map(|resource| (&resource.address, resource))
        .collect();
    let names: BTreeSet<&Address> = wanted.iter().map(|desired| &desired.address).collect();
    let mut changes: Vec<Change> = wanted
        .iter()
        .map(|desired| change(desired, current.get(&desired.address).copied(), inputs, known))
        .collect();
    let gone = |resource: &&Recorded| resource.replaced || !names.contains(&resource.address);
    changes.extend(
        inputs
            .recorded
            .iter()
            .filter(gone)
            .map(|resource| removal(resource, known)),
    );
    changes
}

fn change(desired: &Desired, recorded: Option<&Recorded>, inputs: &Inputs<'_>, known: &Known<'_>) -> Change {
    let blank = Change {
        address: desired.address.clone(),
        provider: desired.provider.clone(),
        region: desired.region.clone(),
        action: Action::Create,
        before: None,
        after: Some(desired.attributes.clone()),
        reasons: BTreeMap::new(),
        replace_paths: Vec::new(),
        why: None,
        depends_on: desired.depends_on.clone(),
        rollback: Rollback::Delete,
        protected: desired.protected || desired.address.kind.stateful(),
        origin: desired
            .origin
            .as_ref()
            .map(|span| format!("{}:{}", span.file, span.line)),
    };
    let Some(recorded) = recorded else { return blank };
    let blank = Change {
        before: Some(before(recorded)),
        protected: blank.protected || recorded.protected,
        ..blank
    };
    // A resource cannot move: elsewhere it is another one.
    if recorded.provider != desired.provider || recorded.region != desired.region {
        let paths = vec!["provider".to_owned(), "region".to_owned()];
        return Change {
            action: Action::DeleteCreate,
            rollback: Rollback::Remake,
            replace_paths: paths,
            why: Some("it is wanted at another place".to_owned()),
            ..blank
        };
    }
    match known.seen(recorded) {
        Seen::Gone => Change {
            why: Some("it was recorded, and is not there any more".to_owned()),
            ..blank
        },
        Seen::AsRecorded => compared(blank, desired, recorded, None, inputs),
        Seen::There(observed, attributes) => {
            let status = observed.status;
            compared(blank, desired, recorded, Some((status, &attributes)), inputs)
        }
    }
}

fn compared(
    blank: Change,
    desired: &Desired,
    recorded: &Recorded,
    seen: Option<(Status, &Attributes)>,
    inputs: &Inputs<'_>,
) -> Change {
    let support = (inputs.support)(&desired.provider, desired.address.kind);
    let mut reasons = BTreeMap::new();
    if let Some((_, actual)) = seen {
        let drifted = differing(&desired.attributes, actual, support.as_ref());
        reasons.extend(drifted.into_iter().map(|name| (name, Reason::Drifted)));
    }
    let names = desired.attributes.keys().chain(recorded.attributes.keys());
    let configured =
        names.filter(|name| !same(desired.attributes.get(*name), recorded.attributes.get(*name)));
    reasons.extend(configured.map(|name| (name.clone(), Reason::Configured)));
    let lifeless = seen.is_some_and(|(status, _)| status == Status::Failed);
    let asleep = seen.is_some_and(|(status, _)| status == Status::Stopped);
    let unfinished = recorded.phase != Phase::Ready;
    let replace_paths = replaced(&reasons, support.as_ref());
    let why = match () {
        () if lifeless => Some("the provider says that it failed".to_owned()),
        () if unfinished => Some("an earlier run did not finish with it".to_owned()),
        () if asleep => Some("it is stopped".to_owned()),
        () => None,
    };
    let (action, rollback) = match () {
        () if lifeless || !replace_paths.is_empty() => {
            let twins = support.is_some_and(|support| support.twins);
            (
                if twins {
                    Action::CreateDelete
                } else {
                    Action::DeleteCreate
                },
                Rollback::Remake,
            )
        }
        () if !reasons.is_empty() || unfinished || asleep => (Action::Update, Rollback::Restore),
        () => (Action::NoOp, Rollback::Nothing),
    };
    Change {
        action,
        rollback,
        reasons,
        replace_paths,
        why,
        ..blank
    }
}

/// Attributes that are compared with what was made: nothing and an absent attribute are the same.
fn same(wanted: Option<&Value>, made: Option<&Value>) -> bool {
    match (wanted, made) {
        (None | Some(Value::Null), None | Some(Value::Null)) => true,
        (Some(wanted), Some(made)) => holds(wanted, made) && holds(made, wanted),
        _ => false,
    }
}

fn replaced(reasons: &BTreeMap<String, Reason>, support: Option<&Support>) -> Vec<String> {
    let fixed = |name: &&String| !support.is_some_and(|support| support.in_place.contains(&name.as_str()));
    reasons.keys().filter(fixed).cloned().collect()
}

fn removal(resource: &Recorded, known: &Known<'_>) -> Change {
    let gone = matches!(known.seen(resource), Seen::Gone);
    let why = match (gone, resource.replaced) {
        (true, _) => "it is not there any more",
        (false, true) => "another has taken its place",
        (false, false) => "the configuration does not have it",
    };
    Change {
        address: resource.address.clone(),
        provider: resource.provider.clone(),
        region: resource.region.clone(),
        action: if gone { Action::Forget } else { Action::Delete },
        before: Some(before(resource)),
        after: None,
        reasons: BTreeMap::new(),
        replace_paths: Vec::new(),
        why: Some(why.to_owned()),
        depends_on: resource.depends_on.clone(),
        rollback: match (gone, resource.address.kind.stateful()) {
            (true, _) => Rollback::Nothing,
            (false, true) => Rollback::Impossible,
            (false, false) => Rollback::Remake,
        },
        // What was half replaced was agreed to then.
        protected: !resource.replaced && (resource.protected || resource.address.kind.stateful()),
        origin: resource.origin.clone(),
    }
}

fn before(resource: &Recorded) -> Before {
    Before {
        id: resource.id.clone(),
        provider_id: resource.provider_id.clone(),
        attributes: resource.attributes.clone(),
    }
}

/// What refers to a resource that is made anew changes with it, and what refers to that.
pub(super) fn force(changes: &mut [Change], support: &dyn Fn(&str, Kind) -> Option<Support>) {
    loop {
        let anew: BTreeSet<(Kind, String)> = changes
            .iter()
            .filter(|change| matches!(change.action, Action::DeleteCreate | Action::CreateDelete))
            .flat_map(|change| {
                let kind = change.address.kind;
                [
                    (kind, change.address.name.clone()),
                    (kind, change.address.label()),
                ]
            })
            .collect();
        let mut moved = false;
        for change in changes.iter_mut() {
            moved |= forced(change, &anew, support);
        }
        if !moved {
            break;
        }
    }
}

fn forced(
    change: &mut Change,
    anew: &BTreeSet<(Kind, String)>,
    support: &dyn Fn(&str, Kind) -> Option<Support>,
) -> bool {
    if !matches!(change.action, Action::NoOp | Action::Update) {
        return false;
    }
    let touched: BTreeSet<String> = change
        .after
        .iter()
        .flat_map(references)
        .filter(|(kind, name)| anew.contains(&(*kind, (*name).to_owned())))
        .map(|(kind, _)| field(kind).to_owned())
        .filter(|field| !change.reasons.contains_key(field))
        .collect();
    if touched.is_empty() {
        return false;
    }
    change
        .reasons
        .extend(touched.into_iter().map(|field| (field, Reason::ForcedBy)));
    let support = support(&change.provider, change.address.kind);
    change.replace_paths = replaced(&change.reasons, support.as_ref());
    (change.action, change.rollback) = match change.replace_paths.is_empty() {
        true => (Action::Update, Rollback::Restore),
        // What it stands on goes first, so it cannot stay until its successor is there.
        false => (Action::DeleteCreate, Rollback::Remake),
    };
    true
}

fn field(kind: Kind) -> &'static str {
    match kind {
        Kind::SecurityGroup => "security_groups",
        Kind::Network => "network",
        Kind::Subnet => "subnet",
        _ => "server",
    }
}
