//! Policy files to one checked set.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};

use crate::{Error, Problem};

/// A policy file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySource {
    /// Its file name, such as `default.cedar`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// The policies that come with the executable.
#[must_use]
pub fn shipped() -> Vec<PolicySource> {
    vec![PolicySource {
        name: "default.cedar".to_owned(),
        text: include_str!("../policies/default.cedar").to_owned(),
    }]
}

/// Policies that passed every check.
pub(crate) struct Loaded {
    pub(crate) policies: PolicySet,
    pub(crate) warnings: Vec<String>,
}

/// Reads the shipped policies and `sources`, and checks all against `schema`.
pub(crate) fn load(schema: &Schema, sources: &[PolicySource]) -> Result<Loaded, Error> {
    let mut problems = Vec::new();
    let sources = in_force(sources, &mut problems);
    let mut origins: HashMap<PolicyId, &PolicySource> = HashMap::new();
    let mut policies = PolicySet::new();
    for source in &sources {
        for policy in parse(source, &mut problems) {
            let (id, line) = (policy.id().clone(), first_line(&policy, source));
            if let Some(first) = origins.get(&id) {
                let message = format!("the id `{id}` is taken by a policy in `{}`", first.name);
                let hint = "give every policy an `@id` of its own; to replace a shipped file, use its name";
                problems.push(Problem::new(source, line, message, Some(hint.to_owned())));
            } else if let Err(error) = policies.add(policy) {
                problems.push(Problem::new(source, line, error.to_string(), None));
            } else {
                origins.insert(id, source);
            }
        }
    }
    let checked = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
    for error in checked.validation_errors() {
        if let Some(source) = origins.get(error.policy_id()) {
            problems.push(Problem::from_cedar(
                source,
                &DetailedError::from(error),
                Some(schema),
            ));
        }
    }
    let warnings = checked.validation_warnings().map(ToString::to_string).collect();
    if problems.is_empty() {
        return Ok(Loaded { policies, warnings });
    }
    problems.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
    // One mistake is complained of once per action it could apply to.
    problems.dedup_by(|a, b| (&a.file, a.line, &a.hint) == (&b.file, b.line, &b.hint) && a.hint.is_some());
    Err(Error::Policies { problems })
}

/// The shipped files, each replaced by the user's of the same name, and the user's others; by name.
fn in_force(sources: &[PolicySource], problems: &mut Vec<Problem>) -> Vec<PolicySource> {
    let mut files: BTreeMap<String, PolicySource> = shipped()
        .into_iter()
        .map(|source| (source.name.clone(), source))
        .collect();
    for (index, source) in sources.iter().enumerate() {
        if sources.iter().take(index).any(|other| other.name == source.name) {
            problems.push(Problem::new(
                source,
                0,
                "two policy files have this name".to_owned(),
                None,
            ));
        }
        files.insert(source.name.clone(), source.clone());
    }
    files.into_values().collect()
}

/// The policies of `source` in the order they are written, under the ids they go by.
fn parse(source: &PolicySource, problems: &mut Vec<Problem>) -> Vec<Policy> {
    let set = match PolicySet::from_str(&source.text) {
        Ok(set) => set,
        Err(errors) => {
            let found = errors
                .iter()
                .map(|error| Problem::from_cedar(source, &DetailedError::from(error), None));
            problems.extend(found);
            return Vec::new();
        }
    };
    for template in set.templates() {
        let line = line_of(&source.text, &template.to_cedar());
        let hint = "write the principal or resource out instead of `?principal` or `?resource`";
        let message = "templates are not linked to anything here".to_owned();
        problems.push(Problem::new(source, line, message, Some(hint.to_owned())));
    }
    let mut policies: Vec<&Policy> = set.policies().collect();
    policies.sort_by_key(|policy| number(policy.id()));
    policies
        .into_iter()
        .enumerate()
        .map(|(index, policy)| policy.new_id(id(policy, source, index)))
        .collect()
}

/// The id a policy goes by in decisions and in the audit log.
fn id(policy: &Policy, source: &PolicySource, index: usize) -> PolicyId {
    match policy.annotation("id").filter(|id| !id.is_empty()) {
        Some(id) => PolicyId::new(id),
        None => PolicyId::new(format!("{}#{}", source.name, index + 1)),
    }
}

/// Cedar numbers what it parses: `policy0`, `policy1`, …
fn number(id: &PolicyId) -> usize {
    let digits: &str = AsRef::<str>::as_ref(id).trim_start_matches("policy");
    digits.parse().unwrap_or(usize::MAX)
}

/// The line where `policy` begins; 0 if its text cannot be found again.
fn first_line(policy: &Policy, source: &PolicySource) -> usize {
    policy.to_cedar().map_or(0, |text| line_of(&source.text, &text))
}

/// The line of `text` where `part` begins, from 1; 0 if it is not there.
fn line_of(text: &str, part: &str) -> usize {
    text.find(part).map_or(0, |offset| line_at(text, offset))
}

/// The line of `text` at byte `offset`, from 1.
fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

impl Problem {
    fn new(source: &PolicySource, line: usize, message: String, hint: Option<String>) -> Self {
        Self {
            file: source.name.clone(),
            line,
            message,
            hint,
        }
    }

    /// A complaint of Cedar's; with `schema`, its hint says what there is.
    fn from_cedar(source: &PolicySource, error: &DetailedError, schema: Option<&Schema>) -> Self {
        let line = error
            .source_locations
            .first()
            .map_or(0, |label| line_at(&source.text, label.loc.start));
        // What we know of the catalogue is better than Cedar's guess, which always finds something.
        let hint = schema
            .and_then(|schema| known(&error.message, schema))
            .or_else(|| error.help.clone());
        Self::new(source, line, error.message.clone(), hint)
    }
}

/// What there is, for a complaint about an action or kind that is not.
fn known(message: &str, schema: &Schema) -> Option<String> {
    let (mut names, before, after): (Vec<String>, _, _) = if message.contains("unrecognized action") {
        let actions = schema.actions().chain(schema.action_groups());
        (
            actions.map(|action| action.id().unescaped().to_owned()).collect(),
            "Action::\"",
            '"',
        )
    } else if message.contains("unrecognized entity type") {
        (
            schema.entity_types().map(ToString::to_string).collect(),
            "entity type `",
            '`',
        )
    } else {
        return None;
    };
    names.sort();
    names.dedup();
    let (_, rest) = message.split_once(before)?;
    let (wrong, _) = rest.split_once(after)?;
    let likeness = |name: &String| strsim::jaro_winkler(wrong, name);
    match names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))) {
        Some(near) if likeness(near) > 0.82 => Some(format!("did you mean `{near}`?")),
        _ => Some(format!("there are: {}", names.join(", "))),
    }
}
