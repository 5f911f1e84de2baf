//! Rules × resources → results.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;

use super::budget::Budget;
use super::fix::{self, Change};
use super::framework::Framework;
use super::index::Indexes;
use super::judge::{Place, Scope, Truth};
use super::resource::{Resource, resources};
use super::rule::{Rule, Rules};
use super::waiver::Waiver;
use crate::{Node, Span};

/// Most steps that a rule may take for one resource.
const STEPS_OF_RESOURCE: u32 = 200_000;
/// Most steps that a rule may take for all resources.
const STEPS_OF_RULE: u32 = 2_000_000;
/// Most steps that all rules may take; what comes after that is unknown.
const STEPS: u32 = 20_000_000;

/// What came of a rule for a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// What must hold does not.
    Fail,
    /// Something that it asks about is not there; never counted as a pass.
    Unknown,
    /// It fails or is unknown, and somebody accepts that until a day.
    Waived,
    /// What must hold does: evidence for its controls.
    Pass,
    /// It is not about this resource, or there is none.
    NotApplicable,
}

impl Outcome {
    /// Every one, what needs a look first.
    pub const ALL: [Self; 5] = [
        Self::Fail,
        Self::Unknown,
        Self::Waived,
        Self::Pass,
        Self::NotApplicable,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Waived => "waived",
            Self::Pass => "pass",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// The result of one rule for one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The resource; absent if the configuration has none that the rule is about.
    pub resource: Option<Resource<'a>>,
    /// What came of it.
    pub outcome: Outcome,
    /// The field that decided, such as `servers[0].networking.public_ip`.
    pub path: String,
    /// Where it was written.
    pub span: Option<Span>,
    /// What was found there, in words.
    pub evidence: String,
    /// What to change so that the rule passes; empty if it does, or if that cannot be said.
    pub fix: Vec<Change>,
    /// Who accepts it, if it is waived.
    pub waiver: Option<&'a Waiver>,
}

/// How many results there are of each sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Failed.
    pub fail: usize,
    /// Not known.
    pub unknown: usize,
    /// Accepted by somebody.
    pub waived: usize,
    /// Passed.
    pub pass: usize,
    /// Not about it.
    pub not_applicable: usize,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Fail => &mut self.fail,
            Outcome::Unknown => &mut self.unknown,
            Outcome::Waived => &mut self.waived,
            Outcome::Pass => &mut self.pass,
            Outcome::NotApplicable => &mut self.not_applicable,
        };
        *count = count.saturating_add(1);
    }
}

/// What is wrong with a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmKind {
    /// Its last day is over: it waives nothing.
    Expired,
    /// There is no such rule.
    UnknownRule,
    /// Nothing that it names fails.
    Idle,
}

/// A waiver that somebody has to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm<'a> {
    /// What is wrong with it.
    pub kind: AlarmKind,
    /// The waiver.
    pub waiver: &'a Waiver,
    /// The same in words.
    pub message: String,
}

/// Every result.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<'a> {
    /// The framework that was asked for; all, if none.
    pub framework: Option<Framework>,
    /// By rule, and by resource in the order of the configuration.
    pub findings: Vec<Finding<'a>>,
    /// How many there are of each sort.
    pub counts: Counts,
    /// Waivers to look at.
    pub alarms: Vec<Alarm<'a>>,
    /// Where the rules come from.
    pub packs: &'a [String],
}

/// Checks `configuration` against the rules that have controls of `framework`, or against all.
#[must_use]
pub fn check<'a>(
    configuration: &'a Node,
    rules: &'a Rules,
    waivers: &'a [Waiver],
    framework: Option<Framework>,
    today: Date,
) -> Report<'a> {
    let resources = resources(configuration);
    let asked = |rule: &&Rule| framework.is_none_or(|framework| rule.controls.contains_key(&framework));
    let indexes = Indexes::of(configuration, rules.list.iter().filter(asked));
    let mut standing = Standing::new(waivers, today);
    let mut findings = Vec::new();
    let mut steps = STEPS;
    for rule in rules.list.iter().filter(asked) {
        let before = findings.len();
        let about = resources
            .iter()
            .filter(|resource| rule.applies_to.contains(&resource.kind));
        let granted = steps.min(STEPS_OF_RULE);
        let mut left = granted;
        findings.extend(about.map(|resource| {
            let budget = Budget::new(left.min(STEPS_OF_RESOURCE));
            let scope = Scope::new(configuration, resource.node, &resource.path, &budget).with(&indexes);
            let mut finding = judge(rule, configuration, resource, scope);
            if budget.is_spent() {
                given_up(&mut finding);
            }
            left -= budget.used();
            standing.waive(&mut finding);
            finding
        }));
        steps -= granted - left;
        if findings.len() == before {
            findings.push(nothing(rule));
        }
    }
    let mut counts = Counts::default();
    for finding in &findings {
        counts.add(finding.outcome);
    }
    let alarms = waivers
        .iter()
        .filter_map(|waiver| alarm(waiver, rules, standing.used(waiver), framework, today))
        .collect();
    Report {
        framework,
        findings,
        counts,
        alarms,
        packs: &rules.packs,
    }
}

fn judge<'a>(
    rule: &'a Rule,
    configuration: &'a Node,
    resource: &Resource<'a>,
    scope: Scope<'_>,
) -> Finding<'a> {
    let mut finding = Finding {
        rule,
        resource: Some(resource.clone()),
        outcome: Outcome::NotApplicable,
        path: resource.path.clone(),
        span: resource.node.span.clone(),
        evidence: String::new(),
        fix: Vec::new(),
        waiver: None,
    };
    if !rule.providers.is_empty() {
        match resource.provider {
            Some(provider) if rule.providers.contains(&provider) => {}
            Some(provider) => {
                finding.evidence = format!("the rule is not about `{provider}`");
                return finding;
            }
            None => {
                finding.outcome = Outcome::Unknown;
                finding.evidence =
                    "the configuration does not say whose it is: `provider` is not set".to_owned();
                return finding;
            }
        }
    }
    if let Some(when) = &rule.when {
        let judgement = scope.explained(when);
        match judgement.truth {
            Truth::True => {}
            Truth::False => {
                finding.evidence = format!("the rule is not about it: {}", said(judgement.place.as_ref()));
                return finding;
            }
            Truth::Unknown => {
                finding.outcome = Outcome::Unknown;
                decided(&mut finding, judgement.place);
                return finding;
            }
        }
    }
    let judgement = scope.explained(&rule.condition);
    finding.outcome = match judgement.truth {
        Truth::True => Outcome::Pass,
        Truth::False => Outcome::Fail,
        Truth::Unknown if rule.missing_fails => Outcome::Fail,
        Truth::Unknown => Outcome::Unknown,
    };
    decided(&mut finding, judgement.place);
    if finding.outcome != Outcome::Pass {
        finding.fix = fix::changes(&rule.fix, configuration, resource, scope.budget());
    }
    finding
}

/// Says that the rule has no answer for this resource, whatever it looked like when its steps were spent: a rule that
/// cannot be answered neither passes nor fails.
fn given_up(finding: &mut Finding<'_>) {
    finding.outcome = Outcome::Unknown;
    finding.evidence =
        "the rule takes too many steps to be answered; write it with fewer `any` and `all` within each \
        other, or check a part of the configuration"
            .to_owned();
    finding.fix.clear();
    if let Some(resource) = &finding.resource {
        finding.path.clone_from(&resource.path);
        finding.span.clone_from(&resource.node.span);
    }
}

/// Puts what decided into the finding.
fn decided(finding: &mut Finding<'_>, place: Option<Place>) {
    finding.evidence = said(place.as_ref());
    if let Some(place) = place {
        finding.path = place.path;
        finding.span = place.span.or(finding.span.take());
    }
}

fn said(place: Option<&Place>) -> String {
    match place {
        None => "the condition says so of every configuration".to_owned(),
        Some(Place {
            path, value: None, ..
        }) => format!("`{path}` is not set"),
        Some(Place {
            path,
            value: Some(value),
            by_default,
            ..
        }) => {
            let default = if *by_default { " by default" } else { "" };
            format!("`{path}` is `{value}`{default}")
        }
    }
}

fn nothing(rule: &Rule) -> Finding<'_> {
    Finding {
        rule,
        resource: None,
        outcome: Outcome::NotApplicable,
        path: String::new(),
        span: None,
        evidence: format!("the configuration has no {}", rule.applies_to.join(" and no ")),
        fix: Vec::new(),
        waiver: None,
    }
}

/// The waivers that hold today, by rule and by what they name.
struct Standing<'a> {
    waivers: &'a [Waiver],
    /// The first of each, by its position.
    places: HashMap<(&'a str, &'a str), usize>,
    /// Those that waived something.
    used: BTreeSet<usize>,
}

impl<'a> Standing<'a> {
    fn new(waivers: &'a [Waiver], today: Date) -> Self {
        let mut places = HashMap::new();
        for (position, waiver) in waivers.iter().enumerate() {
            if !waiver.is_expired(today) {
                places
                    .entry((waiver.rule.as_str(), waiver.address.as_str()))
                    .or_insert(position);
            }
        }
        Self {
            waivers,
            places,
            used: BTreeSet::new(),
        }
    }

    fn waive(&mut self, finding: &mut Finding<'a>) {
        if !matches!(finding.outcome, Outcome::Fail | Outcome::Unknown) {
            return;
        }
        let Some(resource) = &finding.resource else {
            return;
        };
        let places: &HashMap<(&str, &str), usize> = &self.places;
        let covering = [resource.address.as_str(), resource.path.as_str()]
            .map(|name| places.get(&(finding.rule.id.as_str(), name)).copied());
        self.used.extend(covering.into_iter().flatten());
        if let Some(first) = covering.into_iter().flatten().min() {
            finding.outcome = Outcome::Waived;
            finding.waiver = self.waivers.get(first);
        }
    }

    /// Whether `waiver`, or one that says the same, waived something.
    fn used(&self, waiver: &Waiver) -> bool {
        let place = self.places.get(&(waiver.rule.as_str(), waiver.address.as_str()));
        place.is_some_and(|position| self.used.contains(position))
    }
}

fn alarm<'a>(
    waiver: &'a Waiver,
    rules: &Rules,
    used: bool,
    framework: Option<Framework>,
    today: Date,
) -> Option<Alarm<'a>> {
    let Waiver { rule, owner, .. } = waiver;
    let about = format!(
        "the waiver of `{rule}` for `{}` {}",
        waiver.address,
        waiver.place()
    );
    let (kind, message) = match rules.get(rule) {
        None => (
            AlarmKind::UnknownRule,
            format!("{about} is about a rule that does not exist; correct its `rule`, or remove it"),
        ),
        Some(_) if waiver.is_expired(today) => (
            AlarmKind::Expired,
            format!(
                "{about} expired on {}: it waives nothing; ask {owner} to renew it, or mend what it waived and remove it",
                waiver.expires
            ),
        ),
        // The rule was not asked about, so nothing can be said.
        Some(found) if framework.is_some_and(|framework| !found.controls.contains_key(&framework)) => {
            return None;
        }
        Some(_) if !used => (
            AlarmKind::Idle,
            format!(
                "{about} waives nothing: nothing that it names fails; correct its `address`, or remove it"
            ),
        ),
        Some(_) => return None,
    };
    Some(Alarm {
        kind,
        waiver,
        message,
    })
}
