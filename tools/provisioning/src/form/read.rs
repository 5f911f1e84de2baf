//! From the text of a form to the form, with every mistake of its author found here.

mod field;

use std::ops::Range;

use super::condition::Condition;
use super::definition::{RawCondition, RawForm, RawGroup};
use super::value::{Value, nearest, shown};
use super::{Error, Field, Form, Group};
use crate::intent::Catalogue;

/// Longest text, and most questions, of a form.
const BYTES: usize = 256 << 10;
const FIELDS: usize = 200;
/// How deep conditions nest.
const DEPTH: usize = 8;

/// A mistake: where it is, what it is, and what may stand there.
struct Mistake {
    at: Range<usize>,
    problem: String,
    valid: Vec<String>,
}

impl Mistake {
    fn new(at: Range<usize>, problem: impl Into<String>) -> Self {
        Self {
            at,
            problem: problem.into(),
            valid: Vec::new(),
        }
    }

    fn valid<I, S>(mut self, valid: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.valid = valid.into_iter().map(Into::into).collect();
        self
    }
}

impl Form {
    /// The form that `text` defines; `file` is what it is called in messages.
    ///
    /// # Errors
    /// What is wrong with it first, with its line.
    pub fn read(file: &str, text: &str, catalogue: &Catalogue) -> Result<Self, Error> {
        read(text, catalogue).map_err(|mistake| {
            let before = text.as_bytes().get(..mistake.at.start).unwrap_or_default();
            Error::Definition {
                file: file.to_owned(),
                line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
                problem: mistake.problem,
                valid: mistake.valid,
            }
        })
    }
}

fn read(text: &str, catalogue: &Catalogue) -> Result<Form, Mistake> {
    if text.len() > BYTES {
        return Err(Mistake::new(
            0..0,
            format!("it is longer than the {} KiB that a form may be", BYTES >> 10),
        ));
    }
    let raw: RawForm = toml::from_str(text).map_err(unreadable)?;
    // Its texts are shown at a terminal and sent to clients, and the form may be somebody else's.
    let table: toml::Table = toml::from_str(text).map_err(unreadable)?;
    if let Some(shown) = table.values().find_map(invisible) {
        return Err(Mistake::new(
            0..0,
            format!("`{shown}` holds a control character or one that is not shown"),
        ));
    }
    let (count, asked) = (
        raw.group.iter().map(|group| group.field.len()).sum::<usize>(),
        upcoming(&raw.group),
    );
    if count == 0 || count > FIELDS {
        let problem = format!("it has {count} questions; a form has 1 to {FIELDS}");
        return Err(Mistake::new(0..0, problem));
    }
    let at = raw.id.span();
    let form = Form {
        id: raw.id.into_inner(),
        title: raw.title,
        description: raw.description,
        version: raw.version,
        groups: Vec::new(),
    };
    let name = |name: &str| {
        !name.is_empty()
            && name.len() <= 64
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'-')
    };
    if !name(&form.id) {
        return Err(Mistake::new(at, "`id` must be lower-case letters, `_` or `-`"));
    }
    let mut reader = Reader {
        form,
        asked,
        catalogue,
        current: None,
    };
    for group in raw.group {
        reader.group(group)?;
    }
    reader.whole()?;
    Ok(reader.form)
}

/// The first text in `value` with a character that does something else than being read, without such characters.
fn invisible(value: &toml::Value) -> Option<String> {
    let unseen = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    match value {
        toml::Value::String(text) => text
            .contains(unseen)
            .then(|| text.chars().filter(|c| !unseen(*c)).take(64).collect()),
        toml::Value::Array(items) => items.iter().find_map(invisible),
        toml::Value::Table(table) => table.values().find_map(invisible),
        _ => None,
    }
}

/// What the parser says, without its picture of the place: the line is in the error.
fn unreadable(error: toml::de::Error) -> Mistake {
    let message = error.message().replace("unknown field", "unknown key");
    let (problem, valid) = match message.split_once(", expected ") {
        Some((problem, expected)) if problem.starts_with("unknown") => {
            let names = expected.split('`').skip(1).step_by(2).map(str::to_owned);
            (problem.to_owned(), names.collect())
        }
        _ => (message, Vec::new()),
    };
    Mistake {
        at: error.span().unwrap_or(0..0),
        problem,
        valid,
    }
}

/// Every question of the file in order, with the questions that its conditions name: what comes later is known as such,
/// and circles are told apart from it.
fn upcoming(groups: &[RawGroup]) -> Vec<(String, Vec<String>)> {
    let fields = groups.iter().flat_map(|group| {
        group.field.iter().map(move |field| {
            let mut named = Vec::new();
            let conditions = group.when.iter().chain(&field.when).map(|when| when.get_ref());
            let defaults = field
                .defaults
                .iter()
                .filter_map(|default| default.get_ref().when.as_ref());
            for condition in conditions.chain(defaults) {
                names(condition, &mut named);
            }
            (field.key.get_ref().clone(), named)
        })
    });
    fields.collect()
}

fn names(condition: &RawCondition, found: &mut Vec<String>) {
    found.extend(condition.field.clone());
    let each = condition.all.iter().chain(&condition.any).flatten();
    for below in each.chain(condition.not.as_deref()) {
        names(below, found);
    }
}

/// Reads groups and fields, and knows what was read before.
struct Reader<'c> {
    form: Form,
    asked: Vec<(String, Vec<String>)>,
    catalogue: &'c Catalogue,
    /// The question that is being read.
    current: Option<String>,
}

impl Reader<'_> {
    fn group(&mut self, raw: RawGroup) -> Result<(), Mistake> {
        self.current = None;
        let when = raw
            .when
            .map(|when| {
                let at = when.span();
                self.condition(when.into_inner(), &at, DEPTH)
            })
            .transpose()?;
        self.form.groups.push(Group {
            title: raw.title,
            when,
            fields: Vec::new(),
        });
        for field in raw.field {
            let at = field.key.span();
            let key = field.key.get_ref().clone();
            if self.form.field(&key).is_some() {
                return Err(Mistake::new(
                    at,
                    format!("there are two questions `{}`", shown(&key)),
                ));
            }
            self.current = Some(key);
            let field = self.field(field)?;
            if let Some(group) = self.form.groups.last_mut() {
                group.fields.push(field);
            }
        }
        Ok(())
    }

    /// The question `name` of an earlier line.
    fn earlier(&self, name: &str, at: &Range<usize>) -> Result<&Field, Mistake> {
        if let Some(field) = self.form.field(name) {
            return Ok(field);
        }
        let shown = shown(name);
        let earlier: Vec<&str> = self.form.fields().map(|(_, field)| field.key.as_str()).collect();
        let known = self.asked.iter().any(|(key, _)| key == name);
        let current = self.current.as_deref().unwrap_or_default();
        let problem = match known {
            true if name == current => format!("`{shown}` depends on itself"),
            true if self.leads(name, current, self.asked.len()) => {
                format!("`{current}` and `{shown}` depend on each other")
            }
            true => format!("`{shown}` is asked later; a condition can only look back"),
            false => match nearest(name, earlier.iter().copied()) {
                Some(near) => format!("there is no question `{shown}`; did you mean `{near}`?"),
                None => format!("there is no question `{shown}`"),
            },
        };
        Err(Mistake::new(at.clone(), problem).valid(earlier))
    }

    /// Whether the conditions of `from` lead to `to`, in `steps` steps at most.
    fn leads(&self, from: &str, to: &str, steps: usize) -> bool {
        let named = self
            .asked
            .iter()
            .find(|(key, _)| key == from)
            .map(|(_, named)| named);
        let mut seen = vec![from];
        let mut open: Vec<&str> = named.into_iter().flatten().map(String::as_str).collect();
        for _ in 0..steps {
            if open.contains(&to) {
                return true;
            }
            seen.extend(&open);
            open = self
                .asked
                .iter()
                .filter(|(key, _)| open.contains(&key.as_str()))
                .flat_map(|(_, named)| named.iter().map(String::as_str))
                .filter(|name| !seen.contains(name))
                .collect();
        }
        false
    }

    fn condition(&self, raw: RawCondition, at: &Range<usize>, depth: usize) -> Result<Condition, Mistake> {
        const FORMS: [&str; 6] = [
            "{ field = \"…\", is = … }",
            "{ field = \"…\", in = […] }",
            "{ field = \"…\", set = true }",
            "{ all = […] }",
            "{ any = […] }",
            "{ not = { … } }",
        ];
        let mistake = |problem: &str| Mistake::new(at.clone(), problem).valid(FORMS);
        if depth == 0 {
            return Err(mistake("the condition nests too deeply"));
        }
        let each = |list: Vec<RawCondition>| -> Result<Vec<Condition>, Mistake> {
            if list.is_empty() {
                return Err(mistake("`all` and `any` need a condition in their list"));
            }
            list.into_iter()
                .map(|raw| self.condition(raw, at, depth - 1))
                .collect()
        };
        let condition = match raw {
            RawCondition {
                field: Some(field),
                is: Some(value),
                within: None,
                set: None,
                all: None,
                any: None,
                not: None,
            } => Condition::Is(field, value),
            RawCondition {
                field: Some(field),
                is: None,
                within: Some(values),
                set: None,
                all: None,
                any: None,
                not: None,
            } if !values.is_empty() => Condition::In(field, values),
            RawCondition {
                field: Some(field),
                is: None,
                within: None,
                set: Some(set),
                all: None,
                any: None,
                not: None,
            } => Condition::Set(field, set),
            RawCondition {
                field: None,
                is: None,
                within: None,
                set: None,
                all: Some(list),
                any: None,
                not: None,
            } => Condition::All(each(list)?),
            RawCondition {
                field: None,
                is: None,
                within: None,
                set: None,
                all: None,
                any: Some(list),
                not: None,
            } => Condition::Any(each(list)?),
            RawCondition {
                field: None,
                is: None,
                within: None,
                set: None,
                all: None,
                any: None,
                not: Some(not),
            } => Condition::Not(Box::new(self.condition(*not, at, depth - 1)?)),
            _ => return Err(mistake("the condition says nothing, or two things at once")),
        };
        if let Condition::Is(name, _) | Condition::In(name, _) | Condition::Set(name, _) = &condition {
            let field = self.earlier(name, at)?;
            for (_, values) in condition.questions() {
                for value in values {
                    self.comparable(field, value, at)?;
                }
            }
        }
        Ok(condition)
    }

    /// Refuses a comparison that never holds.
    fn comparable(&self, field: &Field, value: &Value, at: &Range<usize>) -> Result<(), Mistake> {
        let whole = match field.kind.many() {
            true => &Value::List(vec![value.clone()]),
            false => value,
        };
        let never = |rule: &str| {
            let problem = format!(
                "`{}` is never `{}`: it {rule}",
                field.key,
                shown(&value.to_string())
            );
            Mistake::new(at.clone(), problem)
        };
        field.kind.check(whole).map_err(never)?;
        match self.listed(field) {
            Some(valid) if !valid.iter().any(|known| Some(known.as_str()) == value.text()) => {
                Err(never("has other options").valid(valid))
            }
            _ => Ok(()),
        }
    }

    /// The options of `field`, if they are the same whatever is answered.
    fn listed(&self, field: &Field) -> Option<Vec<String>> {
        let options = field.options.as_ref().filter(|options| !options.of_provider())?;
        Some(options.choices(None, self.catalogue).values)
    }

    /// What can only be seen of the form as a whole.
    fn whole(&self) -> Result<(), Mistake> {
        let steers = |key: &str| {
            self.asked
                .iter()
                .any(|(_, named)| named.iter().any(|name| name == key))
        };
        let idle = self
            .form
            .fields()
            .map(|(_, field)| field)
            .find(|field| field.sets.is_none() && field.fixed.is_empty() && !steers(&field.key));
        match idle {
            Some(field) => {
                let problem = format!(
                    "`{}` sets nothing and nothing depends on it; give it `sets`",
                    field.key
                );
                Err(Mistake::new(0..0, problem))
            }
            None => Ok(()),
        }
    }
}
