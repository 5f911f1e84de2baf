//! What is done with a group, what must hold before and after, and how to go back.

mod moving;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Inputs, Item, Method, Phase, Wave};
use crate::resource::{Address, Kind};

/// Something that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub stage: Stage,
    /// The resource.
    pub address: Address,
    /// What.
    pub what: String,
}

/// When a step is taken. Steps of a group go by stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing stands still yet.
    Prepare,
    /// The new one is made.
    Make,
    /// Data is copied, while the old one is in use.
    Copy,
    /// Old ones stop, and those go that have to before the new one can be made; what stands on others first.
    Release,
    /// What could not be made before is made.
    Remake,
    /// What is used becomes the new one.
    CutOver,
    /// The old one goes.
    Retire,
}

impl Stage {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Make => "make",
            Self::Copy => "copy",
            Self::Release => "release",
            Self::Remake => "remake",
            Self::CutOver => "cut_over",
            Self::Retire => "retire",
        }
    }
}

/// How to go back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollback {
    /// What is done.
    pub how: Vec<String>,
    /// Until when that works, for people.
    pub deadline: String,
    /// The wave before which it has to be begun; nothing if no later wave closes the way.
    pub before_wave: Option<usize>,
}

/// Everything that is said of a group.
#[derive(Default)]
pub(super) struct Script {
    pub(super) checks: Vec<String>,
    pub(super) steps: Vec<Step>,
    pub(super) validation: Vec<String>,
    pub(super) rollback: Rollback,
}

impl Script {
    fn step(&mut self, stage: Stage, item: &Item, what: impl Into<String>) {
        if let Some(address) = item.address() {
            self.steps.push(Step {
                stage,
                address: address.clone(),
                what: what.into(),
            });
        }
    }

    fn check(&mut self, what: String) {
        self.checks.push(what);
    }

    fn validate(&mut self, what: String) {
        self.validation.push(what);
    }

    fn back(&mut self, what: String) {
        self.rollback.how.push(what);
    }
}

/// What is said of `members`, which go at once.
pub(super) fn script(members: &[&Item], phase: Phase) -> Script {
    let mut script = Script::default();
    for item in members {
        match phase {
            Phase::Move => moving::say(&mut script, item, members),
            Phase::Retire | Phase::Decommission => retire(&mut script, item),
        }
    }
    // Stable: within a stage the order of addresses stays, in which what others stand on comes first.
    script
        .steps
        .sort_by_key(|step| (step.stage, Reverse(released(step))));
    script
}

/// What is released first: volumes come off their servers, then what was made last goes first.
fn released(step: &Step) -> (bool, Option<Address>) {
    match step.stage {
        Stage::Release => (step.address.kind == Kind::Volume, Some(step.address.clone())),
        _ => (false, None),
    }
}

fn retire(script: &mut Script, item: &Item) {
    let Some(from) = &item.from else { return };
    let old = format!("the old {}", from.address);
    script.check(format!("{old}: nothing has used it since the cut-over"));
    if item.protected {
        let say = format!("say `--allow-destroy {}`", from.address);
        script.check(format!("{old} is protected: {say} and have it approved"));
    }
    if from.address.kind.stateful() {
        script.step(
            Stage::Prepare,
            item,
            format!("take a last snapshot or export of {old} and keep it"),
        );
    }
    script.step(
        Stage::Retire,
        item,
        format!(
            "delete {old} at {}",
            place(&from.provider, from.region.as_deref())
        ),
    );
    if item.method == Method::NewFirstTemporary && from.address.kind == Kind::Bucket {
        let what = format!(
            "make {} under its name and sync it from the temporary bucket",
            item.shown()
        );
        script.step(Stage::Retire, item, what);
    } else if item.method == Method::NewFirstTemporary {
        let what = format!("give the new {} its name", item.shown());
        script.step(Stage::Retire, item, what);
    }
    script.validate(format!("{old} is not there any more and is not billed"));
    script.back(match from.address.kind.stateful() {
        true => format!("make {} again from the last snapshot or export", from.address),
        false => format!("make {} again as it was configured", from.address),
    });
}

fn place(provider: &str, region: Option<&str>) -> String {
    match region {
        Some(region) => format!("{provider} {region}"),
        None => provider.to_owned(),
    }
}

/// Until when each group can go back: an old one that still is there is the way back, and it goes in a later wave.
pub(super) fn set_deadlines(waves: &mut [Wave], items: &[Item]) {
    let mut gone: BTreeMap<usize, (usize, u32)> = BTreeMap::new();
    let mut days: u32 = 0;
    for wave in waves.iter().filter(|wave| wave.phase != Phase::Move) {
        days = days.saturating_add(wave.after_days);
        let members = wave.groups.iter().flat_map(|group| &group.members);
        gone.extend(members.map(|member| (*member, (wave.number, days))));
    }
    for wave in waves {
        for group in &mut wave.groups {
            let first = group.members.iter().filter_map(|member| gone.get(member)).min();
            let lost = group
                .members
                .iter()
                .filter_map(|member| items.get(*member))
                .any(|item| !item.lingers() && (item.method == Method::OldFirst || item.early));
            let (deadline, before_wave) = deadline(wave.phase, wave.number, first.copied(), lost);
            group.rollback.deadline = deadline;
            group.rollback.before_wave = before_wave;
        }
    }
}

/// Until when a group of wave `number` can go back, whose old ones go in the wave `first`, so many days after the last
/// cut-over; `lost` if some are gone by the cut-over.
fn deadline(phase: Phase, number: usize, first: Option<(usize, u32)>, lost: bool) -> (String, Option<usize>) {
    match (phase, first, lost) {
        (Phase::Move, _, true) => {
            let text = "the old ones are gone after the cut-over; going back makes them anew";
            (text.to_owned(), None)
        }
        (Phase::Move, Some((first, 0)), false) => (format!("before wave {first} begins"), Some(first)),
        (Phase::Move, Some((first, days)), false) => {
            let text =
                format!("before wave {first} begins, {days} days after the last cut-over at the earliest");
            (text, Some(first))
        }
        (Phase::Move, None, false) => {
            let text = "before the next wave begins; later, once the waves after it have gone back";
            (text.to_owned(), Some(number.saturating_add(1)))
        }
        (Phase::Retire | Phase::Decommission, ..) => {
            ("as long as the snapshots and this plan are kept".to_owned(), None)
        }
    }
}

/// What is assumed of all groups.
pub(super) fn assumptions(items: &[Item], inputs: &Inputs<'_>, unlooked: &[Kind]) -> Vec<String> {
    let limits = &inputs.limits;
    let mut said = vec![
        format!(
            "data is copied at {} Mbit/s, shared by all copies of a group; 1 GB is 8000 Mbit",
            limits.bandwidth_mbit_s
        ),
        format!("a cut-over takes {} s", limits.cut_over_s),
        "a volume or database is copied in its whole allocated size while it stands still; replication ahead of the cut-over \
         makes it shorter"
            .to_owned(),
        "disks of servers are built anew and not copied".to_owned(),
        format!(
            "what holds data is retired {} days after the last cut-over",
            super::DELAY_DAYS
        ),
        "what changes in place is what providers commonly change in place; the provider has the last word"
            .to_owned(),
    ];
    if items.iter().any(|item| item.method == Method::NewFirstTemporary) {
        said.push(
            "where names are unique the new one has a temporary name until the old one is gone".to_owned(),
        );
    }
    if inputs.bills.is_some() {
        said.push("the cost of what is configured once for several resources is shared evenly".to_owned());
    }
    said.extend(unlooked.iter().map(|kind| {
        format!("too many resources of kind {kind} are left to look for likeness: say what became what with `moved`")
    }));
    said
}
