//! How long a group stands still: as long as its data takes to be copied, and at least as long as the cut-over.

use super::{Class, Item, Limits, Method};
use crate::desired::Desired;
use crate::resource::{Kind, Value};

/// Mbit in a GB.
const MBIT_PER_GB: u64 = 8_000;

/// An estimate, with what it stands on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Downtime {
    /// Seconds; a lower bound if something is not known.
    pub seconds: u64,
    /// What is not known, such as how much a bucket holds.
    pub unknown: Vec<String>,
    /// What was assumed, with units.
    pub assumptions: Vec<String>,
}

/// How long `members` stand still.
pub(super) fn downtime(members: &[&Item], limits: &Limits) -> Downtime {
    let mut downtime = Downtime::default();
    let mut gigabytes: u64 = 0;
    for item in members {
        let shown = item.shown();
        match interruption(item) {
            Interruption::None => {}
            Interruption::CutOver => {
                downtime.seconds = limits.cut_over_s;
                let said = format!("{shown}: {} s for the cut-over", limits.cut_over_s);
                downtime.assumptions.push(said);
            }
            Interruption::Copy(Some(size)) => {
                downtime.seconds = limits.cut_over_s;
                gigabytes = gigabytes.saturating_add(size);
                let said = format!("{shown}: all of its {size} GB are copied while it stands still");
                downtime.assumptions.push(said);
            }
            Interruption::Copy(None) => {
                downtime.seconds = limits.cut_over_s;
                downtime
                    .unknown
                    .push(format!("{shown}: how much it holds is not in the configuration"));
            }
        }
    }
    if gigabytes > 0 {
        let copied = copied_s(gigabytes, limits.bandwidth_mbit_s);
        downtime.seconds = downtime.seconds.max(copied);
        downtime.assumptions.push(format!(
            "{gigabytes} GB at {} Mbit/s take {copied} s",
            limits.bandwidth_mbit_s
        ));
    }
    downtime
}

/// Seconds to copy, rounded up.
fn copied_s(gigabytes: u64, bandwidth_mbit_s: u64) -> u64 {
    gigabytes
        .saturating_mul(MBIT_PER_GB)
        .div_ceil(bandwidth_mbit_s.max(1))
}

enum Interruption {
    None,
    CutOver,
    /// Data is copied: so many GB, if that is known.
    Copy(Option<u64>),
}

fn interruption(item: &Item) -> Interruption {
    let kind = item.kind();
    match (item.method, item.class, kind) {
        (method, _, Some(kind)) if method.replaces() && item.from.is_some() => match kind {
            Kind::Volume => Interruption::Copy(size(item.from.as_ref(), "size_gb")),
            Kind::Database => Interruption::Copy(size(item.from.as_ref(), "storage_gb")),
            Kind::Bucket => Interruption::Copy(None),
            Kind::Server => Interruption::CutOver,
            Kind::Network | Kind::Subnet | Kind::SecurityGroup if method == Method::OldFirst => {
                Interruption::CutOver
            }
            Kind::Network | Kind::Subnet | Kind::SecurityGroup => Interruption::None,
        },
        // A restart.
        (Method::InPlace, Class::Resize, Some(Kind::Server | Kind::Database)) => Interruption::CutOver,
        // A volume is detached and attached again.
        (Method::InPlace, _, Some(Kind::Volume)) if attached_elsewhere(item) => Interruption::CutOver,
        _ => Interruption::None,
    }
}

/// Whether a volume changes its server.
pub(super) fn attached_elsewhere(item: &Item) -> bool {
    item.kind() == Some(Kind::Volume) && item.reasons.iter().any(|reason| reason.attribute == "server")
}

/// A whole number of GB; what is allocated counts, because what is used is not known.
pub(super) fn size(one: Option<&Desired>, attribute: &str) -> Option<u64> {
    let size = one?.attributes.get(attribute).and_then(Value::integer)?;
    u64::try_from(size).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!(copied_s(100, 500), 1_600);
        assert_eq!(copied_s(1, 7_999), 2);
        assert_eq!(copied_s(u64::MAX, 0), u64::MAX);
    }
}
