//! Rules of the lexicon: a row of elements, and what it fills. A rule that would drop what somebody said is refused
//! when it is read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Resource;
use super::lexicon::{Concept, Slot};
use super::pattern::Element;

/// What a sequence of items fills.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) elements: Vec<Element>,
    /// The slot, or `@n` for the one that element n names; and the value: `$n`, `!$n`, text, number or flag.
    pub(super) set: Vec<(String, Filling)>,
    /// The resource that it names: `$n`, or by name.
    pub(super) open: Option<String>,
}

/// What a rule fills a slot with.
#[derive(Debug, Clone)]
pub(super) enum Filling {
    /// What element n is, from 1; each of them if it stands for several.
    Item(usize),
    /// Anything but what element n is.
    Not(usize),
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
    /// Wanted or not.
    Flag(bool),
}

/// A rule as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRule {
    #[serde(rename = "match")]
    pattern: String,
    #[serde(default)]
    set: BTreeMap<String, toml::Value>,
    #[serde(default)]
    open: Option<String>,
}

impl WrittenRule {
    /// The rule, whose words and slots must be there.
    pub(super) fn read(&self, concepts: &[Concept], slots: &BTreeMap<String, Slot>) -> Result<Rule, String> {
        let fail = |problem: String| format!("rule `{}`: {problem}", self.pattern);
        let elements: Vec<Element> = self
            .pattern
            .split_whitespace()
            .map(|element| Element::read(element, concepts, slots))
            .collect::<Result<_, _>>()
            .map_err(fail)?;
        let set = self.fillings(elements.len(), slots).map_err(fail)?;
        let rule = Rule {
            elements,
            set,
            open: self.open.clone(),
        };
        if !rule.opens() {
            return Err(fail("it opens no resource".to_owned()));
        }
        match rule.dropped() {
            Some(at) => Err(fail(format!(
                "element {at} carries a value, and nothing is filled with it"
            ))),
            None => Ok(rule),
        }
    }

    fn fillings(
        &self,
        elements: usize,
        slots: &BTreeMap<String, Slot>,
    ) -> Result<Vec<(String, Filling)>, String> {
        let mut set = Vec::new();
        for (slot, value) in &self.set {
            let named = match slot.strip_prefix('@') {
                Some(at) => index(at, elements).is_some(),
                None => slots.contains_key(slot),
            };
            if !named {
                return Err(format!("`{slot}` is no slot"));
            }
            // A list fills the slot once for each of its values.
            let values = match value {
                toml::Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            for value in values {
                set.push((slot.clone(), filling(slot, value, elements)?));
            }
        }
        Ok(set)
    }
}

impl Rule {
    fn opens(&self) -> bool {
        self.open
            .as_ref()
            .is_none_or(|open| match open.strip_prefix('$') {
                Some(at) => index(at, self.elements.len()).is_some(),
                None => Resource::named(open).is_some(),
            })
    }

    /// The first element that carries a value which nothing is filled with: what somebody said is not dropped.
    fn dropped(&self) -> Option<usize> {
        let last = self.elements.len();
        let used = |at: usize| {
            let named = |text: &str, sign: char| {
                text.strip_prefix(sign).and_then(|text| index(text, last)) == Some(at)
            };
            self.set.iter().any(|(slot, filling)| {
                named(slot, '@') || matches!(filling, Filling::Item(item) | Filling::Not(item) if *item == at)
            }) || self.open.as_deref().is_some_and(|open| named(open, '$'))
        };
        (1..=last).find(|at| self.elements.get(at - 1).is_some_and(Element::carries) && !used(*at))
    }
}

/// The number of an element, from 1.
fn index(text: &str, elements: usize) -> Option<usize> {
    text.parse().ok().filter(|at| (1..=elements).contains(at))
}

/// What `value` fills `slot` with.
fn filling(slot: &str, value: &toml::Value, elements: usize) -> Result<Filling, String> {
    let element =
        |text: &str, at: &str| index(at, elements).ok_or_else(|| format!("it has no element `{text}`"));
    match value {
        toml::Value::Boolean(flag) => Ok(Filling::Flag(*flag)),
        toml::Value::Integer(number) => u64::try_from(*number)
            .map(Filling::Number)
            .map_err(|_| format!("`{number}` is negative")),
        toml::Value::String(text) => match (text.strip_prefix('$'), text.strip_prefix("!$")) {
            (Some(at), _) => element(text, at).map(Filling::Item),
            (_, Some(at)) => element(text, at).map(Filling::Not),
            _ => Ok(Filling::Text(text.clone())),
        },
        _ => Err(format!("`{slot}` is filled with neither text, number nor flag")),
    }
}
