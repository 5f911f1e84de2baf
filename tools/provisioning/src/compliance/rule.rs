//! Rules, and how they are read: every mistake of a pack is named with its file and line before anything is checked.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Broken, Condition, Field, Operand};
use super::fix::Edit;
use super::framework::Framework;
use super::known::Known;
use super::reading::Reading;
use super::{Error, Fault, notation, resource};
use crate::{Asset, AssetKind, Assets, Node, Span, Value, assets};

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good practice.
    Low,
    /// A weakness that needs another one to hurt.
    Medium,
    /// A weakness of its own.
    High,
    /// Somebody else's data or machines are within reach.
    Critical,
}

impl Severity {
    /// Every one, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The controls of one framework that a rule gives evidence for, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controls {
    /// Ids as the framework writes them, such as `CC6.6`.
    pub ids: Vec<String>,
    /// Where the mapping comes from, such as `prowler:rds_instance_storage_encrypted` or `prov:encryption_at_rest`.
    pub source: String,
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its id, such as `PROV-NET-001`; never used again for something else.
    pub id: String,
    /// What holds if it passes.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// The kinds of resources it is about.
    pub applies_to: Vec<&'static str>,
    /// The providers it is about; all, if empty.
    pub providers: Vec<&'static str>,
    /// Which of those resources it is about.
    pub when: Option<Condition>,
    /// What must hold.
    pub condition: Condition,
    /// Whether a missing value is a failure: what is left out is known to be the unsafe choice.
    pub missing_fails: bool,
    /// What to do if it fails.
    pub remediation: String,
    /// What to change so that it passes, if that can be said for every configuration.
    pub fix: Vec<Edit>,
    /// What it gives evidence for.
    pub controls: BTreeMap<Framework, Controls>,
    /// The pack it is in, and its line.
    pub span: Span,
}

/// Rules of all packs.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// By pack and in the order of each.
    pub list: Vec<Rule>,
    /// Every pack: `builtin:rules/network.ncl`, or the path in the workspace.
    pub packs: Vec<String>,
}

impl Rules {
    /// The packs of `assets`.
    ///
    /// # Errors
    /// With every line of every pack that is wrong: a pack is used whole or not at all, because a rule that is
    /// silently left out looks like one that passes.
    pub fn load(assets: &dyn Assets) -> Result<Self, Error> {
        let mut rules = Self {
            list: Vec::new(),
            packs: Vec::new(),
        };
        let mut faults = Vec::new();
        let known = Known::of(assets);
        // A pack that cannot be read would look like one without rules, so `load`, which says so.
        let packs = assets.load(AssetKind::Rule).map_err(unreadable)?;
        for asset in packs {
            let file = place(&asset);
            match pack(&file, &asset.text, &known) {
                Ok(list) => rules.list.extend(list),
                Err(error) => faults.extend(error.into_faults()),
            }
            rules.packs.push(file);
        }
        faults.extend(doubles(&rules.list));
        match Error::of(faults) {
            None => Ok(rules),
            Some(error) => Err(error),
        }
    }

    /// The rule with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.list.iter().find(|rule| rule.id == id)
    }
}

fn unreadable(error: assets::Error) -> Error {
    let message = error.to_string();
    // Most messages begin with the path, which a fault shows before its message.
    let own = message.strip_prefix(&format!("`{}` ", error.place()));
    Fault {
        file: error.place().to_owned(),
        line: None,
        column: None,
        message: own.unwrap_or(&message).to_owned(),
        hint: Some(error.hint().to_owned()),
    }
    .into()
}

fn place(asset: &Asset) -> String {
    if asset.origin == "builtin" {
        format!("builtin:{}/{}", AssetKind::Rule.folder(), asset.path)
    } else {
        asset.origin.clone()
    }
}

fn doubles(rules: &[Rule]) -> Vec<Fault> {
    let mut seen = BTreeMap::new();
    rules
        .iter()
        .filter_map(|rule| {
            let first = seen.insert(rule.id.as_str(), &rule.span)?;
            let message = format!(
                "rule `{}` is also in `{}` at line {}",
                rule.id, first.file, first.line
            );
            Some(Fault::at(&rule.span, message))
        })
        .collect()
}

const FIELDS: [&str; 12] = [
    "id",
    "title",
    "severity",
    "applies_to",
    "providers",
    "when",
    "condition",
    "unknown",
    "remediation",
    "fix",
    "controls",
    "note",
];

/// The rules in the text of `file`.
///
/// # Errors
/// With every line that is wrong.
fn pack(file: &str, text: &str, known: &Known) -> Result<Vec<Rule>, Error> {
    let root = notation::read(file, text)?;
    let mut reading = Reading::new(file);
    reading.known(&root, &["title", "rules"]);
    let nodes = reading.list(&root, "rules", true);
    let rules = nodes
        .iter()
        .filter_map(|node| rule(&mut reading, node, known))
        .collect();
    reading.done(rules)
}

/// The rule that `node` writes; none if something is wrong with it.
fn rule(reading: &mut Reading<'_>, node: &Node, known: &Known) -> Option<Rule> {
    reading.known(node, &FIELDS);
    let id = reading.text(node, "id").filter(|id| {
        let well = is_id(id);
        if !well {
            let at = node.get("id").unwrap_or(node);
            reading.hinted(
                at,
                format!("`{id}` is no id of a rule"),
                Some("write capitals and digits in parts, such as `ACME-NET-001`".to_owned()),
            );
        }
        well
    });
    let title = reading.text(node, "title");
    let severity = severity(reading, node);
    let kinds: Vec<&'static str> = resource::kinds().collect();
    let applies_to = words(reading, node, "applies_to", &kinds);
    if applies_to.is_empty() {
        reading.hinted(
            node.get("applies_to").unwrap_or(node),
            "`applies_to` must name what the rule is about",
            Some(format!("there are {}", kinds.join(", "))),
        );
    }
    let providers = words(reading, node, "providers", &resource::PROVIDERS);
    let when = condition(reading, node, "when", false);
    let condition = condition(reading, node, "condition", true);
    let shown = id.as_deref().unwrap_or("without an id");
    for (name, condition) in [("when", &when), ("condition", &condition)] {
        let wrong = condition
            .iter()
            .flat_map(|condition| known.wrong(condition, &applies_to));
        for wrong in wrong {
            let message = format!("`{name}` of rule `{shown}`: {}", wrong.message);
            reading.hinted(node.get(name).unwrap_or(node), message, Some(wrong.hint));
        }
    }
    let missing_fails = match node.get("unknown") {
        None => false,
        Some(field) => reading.one_of(field, "unknown", &["warn", "fail"]) == Some("fail"),
    };
    let remediation = reading.text(node, "remediation");
    let fix = edits(reading, node);
    let controls = controls(reading, node);
    Some(Rule {
        id: id?,
        title: title?,
        severity: severity?,
        applies_to,
        providers,
        when,
        condition: condition?,
        missing_fails,
        remediation: remediation?,
        fix,
        controls,
        span: node.span.clone()?,
    })
}

fn is_id(id: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    id.len() <= 40 && id.contains('-') && id.split('-').all(part)
}

fn severity(reading: &mut Reading<'_>, node: &Node) -> Option<Severity> {
    reading.text(node, "severity")?;
    let names = Severity::ALL.map(Severity::name);
    let name = reading.one_of(node.get("severity")?, "severity", &names)?;
    Severity::ALL.into_iter().find(|severity| severity.name() == name)
}

fn words(reading: &mut Reading<'_>, node: &Node, name: &str, known: &[&'static str]) -> Vec<&'static str> {
    let list = reading.list(node, name, false);
    list.iter()
        .filter_map(|word| reading.one_of(word, name, known))
        .collect()
}

fn condition(reading: &mut Reading<'_>, node: &Node, name: &str, needed: bool) -> Option<Condition> {
    let text = if needed {
        reading.text(node, name)?
    } else {
        reading.optional(node, name)?
    };
    match Condition::parse(&text) {
        Ok(condition) => Some(condition),
        Err(broken) => {
            explain(reading, node.get(name)?, name, &text, &broken);
            None
        }
    }
}

/// Says where in a condition something is wrong: the place in the file, and what stands there.
fn explain(reading: &mut Reading<'_>, node: &Node, name: &str, text: &str, broken: &Broken) {
    let rest: String = text.chars().skip(broken.offset).take(24).collect();
    let near = if rest.is_empty() {
        "at its end".to_owned()
    } else {
        format!("near `{rest}`")
    };
    let mut at = node.clone();
    if let Some(span) = &mut at.span {
        // One for the quote; a condition of several lines begins on a line of its own, and is named by its first.
        let offset = u32::try_from(broken.offset).unwrap_or(0).saturating_add(1);
        if !text.contains('\n') {
            span.column = span.column.saturating_add(offset);
        }
    }
    reading.hinted(
        &at,
        format!("`{name}` is broken {near}: {}", broken.message),
        broken.hint.clone(),
    );
}

fn edits(reading: &mut Reading<'_>, node: &Node) -> Vec<Edit> {
    let list = reading.list(node, "fix", false);
    list.iter().filter_map(|edit| self::edit(reading, edit)).collect()
}

fn edit(reading: &mut Reading<'_>, node: &Node) -> Option<Edit> {
    reading.known(node, &["each", "where", "path", "value"]);
    let each = match node.get("each") {
        None => None,
        Some(_) => Some(field(reading, node, "each")?),
    };
    let only = condition(reading, node, "where", false);
    if only.is_some() && each.is_none() {
        reading.fault(
            node,
            "`where` chooses among the elements of `each`, which is missing",
        );
    }
    let field = field(reading, node, "path")?;
    match node.get("value") {
        Some(value) => Some(Edit {
            each,
            only,
            field,
            value: without_lines(value),
        }),
        None => {
            reading.fault(node, "`value` is missing");
            None
        }
    }
}

/// A path of names, read as conditions read it.
fn field(reading: &mut Reading<'_>, node: &Node, name: &str) -> Option<Field> {
    let text = reading.text(node, name)?;
    match Condition::parse(&text) {
        Ok(Condition::Holds(Operand::Field(field))) => Some(field),
        _ => {
            let at = node.get(name)?;
            reading.fault(
                at,
                format!("`{name}` must be a path of names, such as `networking.public_ip`"),
            );
            None
        }
    }
}

/// A value without the places where it was written in the pack: it will stand in somebody's configuration.
fn without_lines(node: &Node) -> Node {
    Node::new(match &node.value {
        Value::List(items) => Value::List(items.iter().map(without_lines).collect()),
        Value::Record(fields) => Value::Record(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), without_lines(value)))
                .collect(),
        ),
        other => other.clone(),
    })
}

fn controls(reading: &mut Reading<'_>, node: &Node) -> BTreeMap<Framework, Controls> {
    let mut found = BTreeMap::new();
    let Some(field) = node.get("controls") else {
        reading.fault(
            node,
            "`controls` is missing: what does the rule give evidence for?",
        );
        return found;
    };
    reading.known(field, &Framework::ALL.map(Framework::name));
    for framework in Framework::ALL {
        let Some(entry) = field.get(framework.name()) else {
            continue;
        };
        reading.known(entry, &["ids", "source"]);
        let ids: BTreeSet<String> = reading
            .list(entry, "ids", true)
            .iter()
            .filter_map(|id| id.text().map(str::to_owned))
            .collect();
        if ids.is_empty() {
            reading.fault(entry, "`ids` must name at least one control");
        }
        // Whose opinion a mapping is decides what it is worth, so none may come without.
        let source = reading.text(entry, "source");
        if let Some(source) = source {
            let ids = ids.into_iter().collect();
            found.insert(framework, Controls { ids, source });
        }
    }
    if found.is_empty() {
        reading.fault(field, "`controls` must name a framework, with `ids` and `source`");
    }
    found
}
