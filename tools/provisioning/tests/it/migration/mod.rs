//! Migrations: laws over random configurations, circles included, and what single changes amount to.

mod changes;
mod graphs;
mod laws;
mod model;

use provisioning::desired::{Desired, Wanted};
use provisioning::migration::{Inputs, Limits, Moved, Plan, plan};
use provisioning::resource::{Address, Attributes, Kind, Value};

/// A resource of `local`.
pub(crate) fn resource(address: &str, needs: &[&str], attributes: &[(&str, Value)]) -> Desired {
    let address: Address = address.parse().expect("an address");
    let attributes = attributes
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Desired {
        path: format!("{}s[0]", address.kind),
        address,
        provider: "local".to_owned(),
        region: None,
        attributes: attributes.collect::<Attributes>(),
        depends_on: needs
            .iter()
            .map(|need| need.parse().expect("an address"))
            .collect(),
        protected: false,
        origin: None,
    }
}

/// `one` at `provider`.
pub(crate) fn at(provider: &str, one: Desired) -> Desired {
    Desired {
        provider: provider.to_owned(),
        ..one
    }
}

pub(crate) fn wanted(mut resources: Vec<Desired>) -> Wanted {
    resources.sort_by(|left, right| left.address.cmp(&right.address));
    Wanted {
        resources,
        not_managed: Vec::new(),
    }
}

/// The plan from `current` to `target` without prices.
pub(crate) fn planned(current: &Wanted, target: &Wanted, moved: &[Moved]) -> Plan {
    let inputs = Inputs {
        current,
        target,
        moved,
        limits: Limits::default(),
        bills: None,
    };
    plan(&inputs).expect("a plan")
}

pub(crate) fn moved(from: &str, to: &str) -> Moved {
    let address = |text: &str| (!text.is_empty()).then(|| text.parse().expect("an address"));
    Moved {
        from: address(from),
        to: address(to),
    }
}

/// `class method address` of each item that is not kept.
pub(crate) fn shown(plan: &Plan) -> Vec<String> {
    plan.items
        .iter()
        .filter(|item| item.class.name() != "keep")
        .map(|item| format!("{} {} {}", item.class.name(), item.method.name(), item.shown()))
        .collect()
}

/// The addresses of each group of each wave.
pub(crate) fn groups(plan: &Plan) -> Vec<String> {
    let group = |group: &provisioning::migration::Group| {
        let members = group.members.iter().map(|place| plan.items[*place].shown());
        members.collect::<Vec<_>>().join(" ")
    };
    plan.waves
        .iter()
        .map(|wave| {
            let groups: Vec<String> = wave.groups.iter().map(group).collect();
            format!("{} {}", wave.phase.name(), groups.join(" | "))
        })
        .collect()
}

/// Which kinds there are, for random configurations.
pub(crate) const KINDS: [Kind; 7] = Kind::ALL;
