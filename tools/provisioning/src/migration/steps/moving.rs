//! What is done with a resource until the new one is in use.

use super::super::downtime::attached_elsewhere;
use super::super::{Because, Class, Item, Method, Reason};
use super::{Script, Stage, place};
use crate::desired::Desired;
use crate::resource::{Address, Kind};

/// Says everything of `item`, which goes with `members`.
pub(super) fn say(script: &mut Script, item: &Item, members: &[&Item]) {
    match (item.method, &item.from, &item.to) {
        (Method::Nothing, ..) => renamed(script, item),
        (Method::InPlace, Some(_), Some(to)) => changed(script, item, to, members),
        (Method::Remove, Some(from), _) => removed(script, item, from),
        (_, Some(from), Some(to)) => replaced(script, item, from, to),
        (_, None, Some(to)) => made(script, item, to),
        _ => {}
    }
}

fn renamed(script: &mut Script, item: &Item) {
    script.step(
        Stage::CutOver,
        item,
        format!(
            "record {} under its new name; the provider is not asked",
            item.shown()
        ),
    );
    script.validate(format!("{}: a plan has nothing to do for it", item.shown()));
    script.back(format!("{}: record it under its old name", item.shown()));
}

fn changed(script: &mut Script, item: &Item, to: &Desired, members: &[&Item]) {
    let shown = item.shown();
    let real = item.reasons.iter().map(|reason| reason.attribute.as_str());
    let what = format!(
        "change {} of {shown} in place",
        real.collect::<Vec<_>>().join(", ")
    );
    if to.address.kind.stateful() && item.class == Class::Resize {
        script.check(format!("{shown}: a snapshot or backup of today is there"));
    }
    if attached_elsewhere(item) {
        script.step(Stage::Release, item, format!("flush, unmount and detach {shown}"));
    }
    for left in item.reasons.iter().filter_map(|reason| leaves(reason, members)) {
        script.step(Stage::Release, item, format!("take {shown} off the old {left}"));
    }
    script.step(Stage::CutOver, item, what);
    script.validate(format!("{shown}: it is as the target says, and healthy"));
    script.back(match (to.address.kind, item.class) {
        (Kind::Volume | Kind::Database, Class::Resize) => {
            format!("{shown}: what has grown does not shrink in place; go back from the snapshot")
        }
        _ => format!("{shown}: write the attributes of before back"),
    });
}

/// What has to be left before it is made anew, because names allow only one. A volume is detached anyway.
fn leaves<'a>(reason: &'a Reason, members: &[&Item]) -> Option<&'a Address> {
    let Because::ForcedBy(address) = &reason.because else {
        return None;
    };
    let old_first = |item: &&&Item| item.method == Method::OldFirst && item.address() == Some(address);
    (address.kind != Kind::Server && members.iter().any(|item| old_first(&item))).then_some(address)
}

fn removed(script: &mut Script, item: &Item, from: &Desired) {
    let address = &from.address;
    script.check(format!("{address}: nothing uses it"));
    let what = format!("delete {address}: what it stands on is made anew");
    script.step(Stage::Release, item, what);
    script.validate(format!("{address} is not there any more"));
    script.back(format!("{address}: make it again as it was configured"));
}

fn made(script: &mut Script, item: &Item, to: &Desired) {
    let address = &to.address;
    if item.method == Method::NewFirstTemporary {
        script.check(format!(
            "{address}: its name is held by what goes later, so it has a temporary one"
        ));
    }
    script.check(format!("{address}: quota and access at {}", at(to)));
    script.step(Stage::Make, item, format!("make {address} at {}", at(to)));
    script.validate(format!("{address}: it is there and healthy"));
    script.back(format!("{address}: delete it"));
}

fn at(one: &Desired) -> String {
    place(&one.provider, one.region.as_deref())
}

fn replaced(script: &mut Script, item: &Item, from: &Desired, to: &Desired) {
    let shown = item.shown();
    script.check(format!("{shown}: quota and access at {}", at(to)));
    let named = match item.method {
        Method::NewFirstTemporary => " under a temporary name",
        _ => "",
    };
    let make = match item.method {
        Method::OldFirst => Stage::Remake,
        _ => Stage::Make,
    };
    script.step(
        make,
        item,
        format!("make the new {}{named} at {}", to.address, at(to)),
    );
    match to.address.kind {
        Kind::Volume => volume(script, item, &shown),
        Kind::Database => database(script, item, &shown),
        Kind::Bucket => bucket(script, item, &shown),
        Kind::Server => server(script, item, &shown),
        Kind::Network | Kind::Subnet | Kind::SecurityGroup => {
            script.validate(format!(
                "{shown}: routes and rules let through what the target says, and nothing else"
            ));
        }
    }
    if item.method == Method::OldFirst {
        let what = format!("stop and delete the old {}: names allow only one", from.address);
        script.step(Stage::Release, item, what);
    } else if item.early {
        let what = format!("delete the old {}: what it stands on is made anew", from.address);
        script.step(Stage::Release, item, what);
    }
    script.back(match (item.lingers(), to.address.kind.stateful()) {
        (true, true) => format!(
            "{shown}: point everything back at the old one; what was written since the cut-over has to be copied back or is lost"
        ),
        (true, false) => format!("{shown}: point everything back at the old one and delete the new one"),
        (false, _) => format!("{shown}: delete the new one and make the old one again as it was configured"),
    });
}

fn volume(script: &mut Script, item: &Item, shown: &str) {
    script.check(format!(
        "{shown}: a snapshot can be taken and restored, tried once"
    ));
    script.step(
        Stage::Copy,
        item,
        format!("take a snapshot of {shown} and copy it to the new one"),
    );
    let what =
        format!("stop what writes to {shown}, unmount and detach it, copy what changed since the snapshot");
    script.step(Stage::Release, item, what);
    script.step(Stage::CutOver, item, format!("attach and mount the new {shown}"));
    script.validate(format!(
        "{shown}: file systems are clean and checksums of a sample agree"
    ));
}

fn database(script: &mut Script, item: &Item, shown: &str) {
    script.check(format!(
        "{shown}: a backup of today was restored somewhere, and versions can replicate"
    ));
    script.step(
        Stage::Copy,
        item,
        format!("replicate {shown} to the new one until it lags no more"),
    );
    script.step(
        Stage::CutOver,
        item,
        format!("make the old {shown} read-only, wait for the last change, point clients at the new one"),
    );
    script.validate(format!(
        "{shown}: counts and checksums of tables agree, and writes reach the new one"
    ));
}

fn bucket(script: &mut Script, item: &Item, shown: &str) {
    script.check(format!(
        "{shown}: how much it holds, and how many objects, is counted"
    ));
    script.step(
        Stage::Copy,
        item,
        format!("sync the objects of {shown} to the new one"),
    );
    script.step(
        Stage::CutOver,
        item,
        format!("refuse writes to the old {shown}, sync again, point clients at the new one"),
    );
    script.validate(format!(
        "{shown}: the number of objects and their checksums agree"
    ));
}

fn server(script: &mut Script, item: &Item, shown: &str) {
    script.check(format!("{shown}: what runs on it can be installed from scratch"));
    let install = match item.method {
        Method::OldFirst => Stage::Remake,
        _ => Stage::Make,
    };
    script.step(
        install,
        item,
        format!("install on the new {shown} what ran on the old one"),
    );
    let switch = format!("point traffic at the new {shown}");
    match (item.lingers(), item.method) {
        (true, _) => script.step(
            Stage::CutOver,
            item,
            format!("{switch}; stop the old one and keep it"),
        ),
        (false, Method::OldFirst) => script.step(Stage::CutOver, item, switch),
        // The old one is deleted next, so that nothing may use it any more.
        (false, _) => script.step(Stage::Release, item, switch),
    }
    script.validate(format!("{shown}: its services answer as before"));
}
