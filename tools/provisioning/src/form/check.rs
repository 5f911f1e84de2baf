//! From answers to an intent, with everything that is wrong with them at once.

use std::collections::BTreeSet;
use std::fmt;

use super::condition::{Condition, Values};
use super::fill::{self, Filling};
use super::kind::Kind;
use super::options::Choices;
use super::value::{Answers, Value, nearest, shown};
use super::{Field, Form, Group, Taken};
use crate::intent::{Assumption, Catalogue, Origin, Problem, Understood, guard_ports};
use crate::layers::Layer;

/// Most options that a message lists.
const LISTED: usize = 60;
/// Most options in the sentence that says that an answer is missing.
const SAID: usize = 12;

/// Something wrong with an answer, or with there being none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The question.
    pub field: String,
    /// The answer, shortened; none if there is none, or if it may be a secret.
    pub value: Option<String>,
    /// What is wrong.
    pub kind: Breach,
    /// The rule: `must be …`.
    pub rule: String,
    /// What it may be, if that is a list.
    pub valid: Vec<String>,
    /// The nearest of them, if one is near.
    pub suggestion: Option<String>,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// It is required and missing.
    Missing,
    /// Nobody asked.
    Unknown,
    /// It is only asked in another case.
    OutOfPlace,
    /// It breaks a rule.
    Rule,
    /// It is not one of the options.
    NotListed,
    /// It does not go with other answers, or with what they make together.
    Together,
}

impl Wrong {
    /// The layer that found it.
    #[must_use]
    pub fn layer(&self) -> Layer {
        match self.kind {
            Breach::Together => Layer::CrossField,
            Breach::Missing | Breach::Unknown | Breach::OutOfPlace | Breach::Rule | Breach::NotListed => {
                Layer::Answers
            }
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.value, self.kind) {
            (_, Breach::Missing) => {
                write!(f, "`{}` is missing: it {}", self.field, self.rule)?;
                match self.valid.as_slice() {
                    [] => Ok(()),
                    few if few.len() <= SAID => write!(f, " ({})", few.join(", ")),
                    many => {
                        let first: Vec<&str> = many.iter().take(SAID).map(String::as_str).collect();
                        write!(f, " ({}, …)", first.join(", "))
                    }
                }
            }
            (_, Breach::Unknown | Breach::OutOfPlace) => write!(f, "`{}` {}", self.field, self.rule),
            (Some(value), _) => write!(f, "`{}` is `{value}`, but {}", self.field, self.rule),
            (None, _) => write!(f, "`{}` {}", self.field, self.rule),
        }
    }
}

/// A question as it is to be asked now.
#[derive(Debug)]
pub struct Asked<'f> {
    /// The group that it is in.
    pub group: &'f Group,
    /// The question.
    pub field: &'f Field,
    /// What there is to choose from.
    pub choices: Option<Choices>,
    /// What is taken without an answer.
    pub default: Option<Value>,
}

impl Form {
    /// The intent that `answers` make, or everything that is wrong with them.
    ///
    /// # Errors
    /// Every answer that is missing, unknown, out of place, or breaks a rule.
    pub fn check(&self, answers: &Answers, catalogue: &Catalogue) -> Result<Understood, Vec<Wrong>> {
        let mut walk = Walk::new(self, catalogue);
        walk.unknown(answers);
        for (group, field) in self.fields() {
            walk.visit(group, field, answers.get(&field.key));
        }
        if walk.wrong.is_empty() {
            walk.intent()
        } else {
            Err(walk.wrong)
        }
    }

    /// Whether `value` is an answer to the question `key`, as far as `answers` to earlier ones go.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_one(
        &self,
        key: &str,
        value: &Value,
        answers: &Answers,
        catalogue: &Catalogue,
    ) -> Result<(), Box<Wrong>> {
        let mut walk = Walk::new(self, catalogue);
        for (group, field) in self.fields() {
            if field.key == key {
                return walk.valid(field, value);
            }
            walk.visit(group, field, answers.get(&field.key));
        }
        Ok(())
    }

    /// The questions that `answers` leave to be asked and that are known to apply, in order. What depends on one of
    /// them without a default shows after it is answered.
    #[must_use]
    pub fn open(&self, answers: &Answers, catalogue: &Catalogue) -> Vec<Asked<'_>> {
        let mut walk = Walk::new(self, catalogue);
        let mut open = Vec::new();
        for (group, field) in self.fields() {
            let answer = answers.get(&field.key);
            if answer.is_none() && walk.applies(group, field) == Applies::Yes {
                open.push(Asked {
                    group,
                    field,
                    choices: walk.choices(field),
                    default: walk.default(field).map(|(value, _)| value),
                });
            }
            walk.visit(group, field, answer);
        }
        open
    }
}

/// Whether a question is asked.
#[derive(Debug, PartialEq, Eq)]
enum Applies<'f> {
    Yes,
    /// It is not, because this does not hold.
    No(&'f Condition),
    /// Nobody knows, because what it depends on is wrong.
    Unknown,
}

/// A form gone through from the first question to the last.
struct Walk<'f> {
    form: &'f Form,
    catalogue: &'f Catalogue,
    /// The question that is answered with the provider.
    provider: Option<&'f str>,
    values: Values<'f>,
    /// Questions whose answers are wrong: what depends on them is not judged.
    broken: BTreeSet<&'f str>,
    taken: Vec<(&'f Field, Option<&'static str>)>,
    wrong: Vec<Wrong>,
}

impl<'f> Walk<'f> {
    fn new(form: &'f Form, catalogue: &'f Catalogue) -> Self {
        Self {
            form,
            catalogue,
            provider: form.provider_field().map(|field| field.key.as_str()),
            values: Values::new(),
            broken: BTreeSet::new(),
            taken: Vec::new(),
            wrong: Vec::new(),
        }
    }

    fn unknown(&mut self, answers: &Answers) {
        for key in answers.keys().filter(|key| self.form.field(key).is_none()) {
            let known = || self.form.fields().map(|(_, field)| field.key.as_str());
            self.wrong.push(Wrong {
                field: shown(key),
                value: None,
                kind: Breach::Unknown,
                rule: format!("is not a question of the form `{}`", self.form.id),
                valid: known().map(str::to_owned).collect(),
                suggestion: nearest(key, known()),
            });
        }
    }

    fn visit(&mut self, group: &'f Group, field: &'f Field, answer: Option<&Value>) {
        let key = field.key.as_str();
        match (self.applies(group, field), answer) {
            (Applies::No(_), None) => {}
            (Applies::No(condition), Some(_)) => {
                let rule = format!("is only asked when {condition}");
                self.refuse(field, Breach::OutOfPlace, rule);
            }
            (Applies::Unknown, answer) => {
                // Whether it is asked is not known yet; what it could never be is said at once, above all a secret in clear.
                if let Some(Err(rule)) = answer.map(|value| field.kind.check(value)) {
                    self.refuse(field, Breach::Rule, rule.to_owned());
                }
                self.broken.insert(key);
            }
            (Applies::Yes, Some(value)) => match self.valid(field, value) {
                Ok(()) => self.take(field, value.clone(), None),
                Err(wrong) => {
                    self.wrong.push(*wrong);
                    self.broken.insert(key);
                }
            },
            (Applies::Yes, None) => match self.default(field) {
                Some((value, why)) => self.take(field, value, Some(why)),
                None if field.optional => {}
                // Without a provider nobody knows the usual region; the provider is what is missing then.
                None if self.waits(field) => {
                    self.broken.insert(key);
                }
                None => {
                    let rule = field.kind.rule().to_owned();
                    self.refuse(field, Breach::Missing, rule);
                    self.broken.insert(key);
                }
            },
        }
    }

    fn take(&mut self, field: &'f Field, value: Value, why: Option<&'static str>) {
        self.values.insert(field.key.as_str(), value);
        self.taken.push((field, why));
    }

    fn refuse(&mut self, field: &Field, kind: Breach, rule: String) {
        let valid = match kind {
            Breach::OutOfPlace => Vec::new(),
            _ => self.listed(field),
        };
        self.wrong.push(Wrong {
            field: field.key.clone(),
            value: None,
            kind,
            rule,
            valid,
            suggestion: None,
        });
    }

    fn applies(&self, group: &'f Group, field: &'f Field) -> Applies<'f> {
        let conditions = || group.when.iter().chain(&field.when);
        let unknown = conditions()
            .flat_map(Condition::questions)
            .any(|(key, _)| self.broken.contains(key));
        if unknown {
            return Applies::Unknown;
        }
        match conditions().find(|condition| !condition.holds(&self.values)) {
            Some(condition) => Applies::No(condition),
            None => Applies::Yes,
        }
    }

    /// Whether the options or the default of `field` are those of a provider that is not known.
    fn waits(&self, field: &Field) -> bool {
        let of_provider = field
            .options
            .as_ref()
            .is_some_and(|options| options.of_provider());
        of_provider && self.provider.is_some_and(|key| self.broken.contains(key))
    }

    fn provider(&self) -> Option<&str> {
        self.values.get(self.provider?)?.text()
    }

    fn choices(&self, field: &Field) -> Option<Choices> {
        let options = field.options.as_ref()?;
        Some(options.choices(self.provider(), self.catalogue))
    }

    fn listed(&self, field: &Field) -> Vec<String> {
        let mut valid = self
            .choices(field)
            .map_or_else(Vec::new, |choices| choices.values);
        if field.kind == Kind::Boolean {
            valid = vec!["true".to_owned(), "false".to_owned()];
        }
        valid.truncate(LISTED);
        valid
    }

    /// What is taken without an answer, and why.
    fn default(&self, field: &Field) -> Option<(Value, &'static str)> {
        let fallback = field
            .defaults
            .iter()
            .find(|fallback| fallback.when.as_ref().is_none_or(|when| when.holds(&self.values)))?;
        let (value, why) = match &fallback.value {
            Taken::Value(value) => (value.clone(), "the default of the form"),
            Taken::DefaultRegion => {
                let provider = self.catalogue.book().provider(self.provider()?)?;
                let region = provider.default_region.as_str();
                (
                    Value::from(Some(region).filter(|region| !region.is_empty())?),
                    "the usual region of the provider",
                )
            }
        };
        // A default that the chosen provider does not have is none.
        self.valid(field, &value).is_ok().then_some((value, why))
    }

    /// Whether `value` is an answer to `field`.
    fn valid(&self, field: &Field, value: &Value) -> Result<(), Box<Wrong>> {
        let wrong = |kind: Breach, rule: String| Wrong {
            field: field.key.clone(),
            // What is no reference may be the secret itself.
            value: (field.kind != Kind::Secret).then(|| shown(&value.to_string())),
            kind,
            rule,
            valid: Vec::new(),
            suggestion: None,
        };
        if let Err(rule) = field.kind.check(value) {
            let mut wrong = wrong(Breach::Rule, rule.to_owned());
            wrong.valid = self.listed(field);
            return Err(Box::new(wrong));
        }
        if let Some(rule) = field.rules.iter().find_map(|rule| rule.broken(value)) {
            return Err(Box::new(wrong(Breach::Rule, rule)));
        }
        let Some(options) = field.options.as_ref().filter(|_| !self.waits(field)) else {
            return Ok(());
        };
        let provider = self.provider();
        let has = |part: &&Value| {
            part.text()
                .is_some_and(|text| options.has(text, provider, self.catalogue))
        };
        let Some(part) = value.parts().iter().find(|part| !has(part)) else {
            return Ok(());
        };
        let choices = options.choices(provider, self.catalogue).values;
        let text = shown(&part.to_string());
        let rule = match (provider.filter(|_| options.of_provider()), choices.is_empty()) {
            (Some(provider), true) => format!("must be left out: {provider} has no list of them"),
            (Some(provider), false) => format!("must be one of its options at {provider}"),
            (None, _) => field.kind.rule().to_owned(),
        };
        Err(Box::new(Wrong {
            value: Some(text.clone()),
            suggestion: nearest(&text, choices.iter().map(String::as_str)),
            valid: near(choices, &text),
            ..wrong(Breach::NotListed, rule)
        }))
    }

    /// The intent of the values, held to the rules of every intent.
    fn intent(self) -> Result<Understood, Vec<Wrong>> {
        let mut fillings = Vec::new();
        let mut assumptions = Vec::new();
        for (field, why) in &self.taken {
            let Some(value) = self.values.get(field.key.as_str()) else {
                continue;
            };
            let origin = || match why {
                None => Origin::Answered {
                    field: field.key.clone(),
                },
                Some(_) => Origin::Assumed,
            };
            let own = field.sets.iter().map(|path| (path, value));
            // An answer of no brings nothing with it.
            let fixed = field.fixed.iter().filter(|_| *value != Value::Flag(false));
            for (path, value) in own.chain(fixed.map(|(path, value)| (path, value))) {
                fillings.push(Filling {
                    path,
                    value,
                    origin: origin(),
                });
            }
            if let Some(why) = why {
                let path = field.sets().unwrap_or(&field.key).to_owned();
                assumptions.push(Assumption {
                    path,
                    value: value.to_string(),
                    why: (*why).to_owned(),
                });
            }
        }
        let (mut intent, origins) = fill::fill(fillings).map_err(|problem| {
            let wrong = Wrong {
                field: self.form.id.clone(),
                value: None,
                kind: Breach::Rule,
                rule: format!("makes no intent: {problem}"),
                valid: Vec::new(),
                suggestion: None,
            };
            vec![wrong]
        })?;
        guard_ports(&mut intent);
        let problems = intent.check(self.catalogue);
        if !problems.is_empty() {
            return Err(self.blame(problems));
        }
        Ok(Understood {
            intent: Some(intent),
            origins,
            assumptions,
            not_understood: Vec::new(),
        })
    }

    /// Problems of the intent, each with the question whose answer it is.
    fn blame(&self, problems: Vec<Problem>) -> Vec<Wrong> {
        let field = |path: &str| {
            let exact = self
                .taken
                .iter()
                .find(|(field, _)| field.sets().is_some_and(|sets| sets == path));
            // `servers.name` is said of the name of any of the servers.
            let alike = || {
                self.taken.iter().find(|(field, _)| {
                    let bare = |text: &str| {
                        let parts = text.split('.').filter(|part| part.parse::<usize>().is_err());
                        parts.collect::<Vec<_>>().join(".")
                    };
                    field.sets().is_some_and(|sets| bare(sets) == bare(path))
                })
            };
            exact.or_else(alike).map(|(field, _)| *field)
        };
        let each = problems.into_iter().map(|problem| {
            let field = field(&problem.path);
            Wrong {
                value: field
                    .is_none_or(|field| field.kind != Kind::Secret)
                    .then(|| shown(&problem.value)),
                field: field.map_or(problem.path, |field| field.key.clone()),
                kind: Breach::Together,
                rule: problem.rule,
                valid: problem.valid,
                suggestion: None,
            }
        });
        each.collect()
    }
}

/// The options that are nearest to `text`, if there are more than anybody reads.
fn near(mut choices: Vec<String>, text: &str) -> Vec<String> {
    if choices.len() > LISTED {
        let score = |choice: &String| strsim::jaro_winkler(&choice.to_lowercase(), &text.to_lowercase());
        choices.sort_by(|left, right| score(right).total_cmp(&score(left)));
        choices.truncate(12);
    }
    choices
}
