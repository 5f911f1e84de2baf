//! One question of a form.

use std::ops::Range;

use regex::RegexBuilder;
use toml::Spanned;

use super::super::definition::{RawDefault, RawField, RawOptions, Ruled};
use super::super::fill::{self, Filling, Path};
use super::super::kind::Kind;
use super::super::options::{Options, Source};
use super::super::rule::{Rule, Test};
use super::super::value::{Value, nearest, shown};
use super::super::{Fallback, Field, Taken};
use super::{DEPTH, Mistake, Reader};
use crate::intent::Origin;

/// How much memory the compiled form of a pattern may take.
const PATTERN_BYTES: usize = 64 << 10;

impl Reader<'_> {
    /// The question that `raw` defines.
    pub(super) fn field(&self, mut raw: RawField) -> Result<Field, Mistake> {
        let at = raw.key.span();
        let key = raw.key.get_ref().clone();
        let name = key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if key.is_empty() || key.len() > 64 || !name {
            let problem = format!("`{}` must be lower-case letters, digits or `_`", shown(&key));
            return Err(Mistake::new(at, problem));
        }
        let kind = kind(&raw.kind)?;
        let options = self.options(raw.options.take(), kind, &at)?;
        let rules = rules(&mut raw, kind)?;
        let when = raw
            .when
            .take()
            .map(|when| {
                let at = when.span();
                self.condition(when.into_inner(), &at, DEPTH)
            })
            .transpose()?;
        let sets = raw.sets.take().map(|sets| self.path(&sets, kind)).transpose()?;
        let fixed = raw.fixed.take().map(fixed).transpose()?.unwrap_or_default();
        let mut field = Field {
            key,
            kind,
            label: raw.label,
            help: raw.help,
            unit: raw.unit,
            optional: raw.optional,
            defaults: Vec::new(),
            options,
            rules,
            when,
            sets,
            fixed,
        };
        field.defaults = self.defaults(raw.default, raw.defaults, &field)?;
        Ok(field)
    }

    fn options(
        &self,
        raw: Option<Spanned<RawOptions>>,
        kind: Kind,
        at: &Range<usize>,
    ) -> Result<Option<Options>, Mistake> {
        let chosen = matches!(kind, Kind::Choice | Kind::Choices);
        let Some(raw) = raw else {
            return match chosen {
                true => Err(
                    Mistake::new(at.clone(), format!("a `{}` needs `options`", kind.name()))
                        .valid(["a list of texts", "{ from = \"…\" }"]),
                ),
                false => Ok(None),
            };
        };
        let at = raw.span();
        if !chosen {
            return Err(Mistake::new(at, format!("a `{}` has no `options`", kind.name())));
        }
        match raw.into_inner() {
            RawOptions::Listed(values) => {
                let list = Value::List(values.iter().map(|value| Value::from(value.as_str())).collect());
                if values.is_empty() || Kind::Choices.check(&list).is_err() {
                    return Err(Mistake::new(
                        at,
                        "`options` must be texts of a line, each once, and at least one",
                    ));
                }
                Ok(Some(Options::Listed(values)))
            }
            RawOptions::From(name) => {
                let known = Source::ALL.into_iter().find(|source| source.name() == name);
                let names = Source::ALL.map(Source::name);
                let source = known.ok_or_else(|| {
                    Mistake::new(
                        at.clone(),
                        format!("there are no options from `{}`", shown(&name)),
                    )
                    .valid(names)
                })?;
                if source.of_provider() && self.form.provider_field().is_none() {
                    let problem = format!(
                        "`{name}` are those of a provider, and no earlier question `sets` \"provider\""
                    );
                    return Err(Mistake::new(at, problem));
                }
                Ok(Some(Options::From(source)))
            }
        }
    }

    /// The path that an answer of `kind` fills.
    fn path(&self, raw: &Spanned<String>, kind: Kind) -> Result<Path, Mistake> {
        let sample = match kind {
            Kind::Integer | Kind::SizeGb => Value::Number(1),
            Kind::Boolean => Value::Flag(true),
            Kind::Choices => Value::List(vec![Value::from("x")]),
            Kind::Integers => Value::List(vec![Value::Number(1)]),
            Kind::Text | Kind::Choice | Kind::Cidr | Kind::Name | Kind::Version | Kind::Secret => {
                Value::from("x")
            }
        };
        let path = path(raw.get_ref(), &sample, raw.span())?;
        let other = self
            .form
            .fields()
            .map(|(_, field)| field)
            .find(|field| field.sets.as_ref() == Some(&path) && field.when.is_none());
        match other {
            Some(other) => {
                let problem = format!("`{}` is already set by `{}`", path.text(), other.key);
                Err(Mistake::new(raw.span(), problem))
            }
            None => Ok(path),
        }
    }

    fn defaults(
        &self,
        single: Option<Spanned<Value>>,
        several: Vec<Spanned<RawDefault>>,
        field: &Field,
    ) -> Result<Vec<Fallback>, Mistake> {
        if let Some(single) = single {
            let at = single.span();
            if !several.is_empty() {
                return Err(Mistake::new(
                    at,
                    "`default` and `defaults` are two ways to say one thing",
                ));
            }
            let value = Taken::Value(self.default(single.into_inner(), field, &at)?);
            return Ok(vec![Fallback { when: None, value }]);
        }
        let mut fallbacks = Vec::new();
        for raw in several {
            let at = raw.span();
            let raw = raw.into_inner();
            let when = raw
                .when
                .map(|when| self.condition(when, &at, DEPTH))
                .transpose()?;
            let value = match (raw.value, raw.from.as_deref()) {
                (Some(value), None) => Taken::Value(self.default(value, field, &at)?),
                (None, Some("default_region")) if self.form.provider_field().is_some() => {
                    Taken::DefaultRegion
                }
                _ => {
                    let problem =
                        "a default is a value, or the usual region of the provider of an earlier question";
                    return Err(Mistake::new(at, problem).valid(["value = …", "from = \"default_region\""]));
                }
            };
            fallbacks.push(Fallback { when, value });
        }
        Ok(fallbacks)
    }

    /// A default is held to what an answer is held to.
    fn default(&self, value: Value, field: &Field, at: &Range<usize>) -> Result<Value, Mistake> {
        let breaks = |rule: &str| {
            let problem = match field.kind {
                // It may be the secret itself.
                Kind::Secret => format!("the default {rule}"),
                _ => format!("the default `{}` {rule}", shown(&value.to_string())),
            };
            Mistake::new(at.clone(), problem)
        };
        field.kind.check(&value).map_err(breaks)?;
        if let Some(rule) = field.rules.iter().find_map(|rule| rule.broken(&value)) {
            return Err(breaks(&rule));
        }
        if let Some(valid) = self.listed(field) {
            let known = |part: &Value| valid.iter().any(|option| Some(option.as_str()) == part.text());
            if !value.parts().iter().all(known) {
                return Err(breaks("must be one of its options").valid(valid));
            }
        }
        Ok(value)
    }
}

fn kind(raw: &Spanned<String>) -> Result<Kind, Mistake> {
    let name = raw.get_ref();
    Kind::named(name).ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name);
        let problem = match nearest(name, names.into_iter()) {
            Some(near) => format!("there is no type `{}`; did you mean `{near}`?", shown(name)),
            None => format!("there is no type `{}`", shown(name)),
        };
        Mistake::new(raw.span(), problem).valid(names)
    })
}

/// The path `text`, which an intent has and which takes a value like `sample`.
fn path(text: &str, sample: &Value, at: Range<usize>) -> Result<Path, Mistake> {
    let wrong = |reason: &str| {
        let (reason, valid) = match reason.split_once(", expected ") {
            Some((reason, expected)) if reason.contains("unknown field") => {
                let names: Vec<String> = expected
                    .split('`')
                    .skip(1)
                    .step_by(2)
                    .map(str::to_owned)
                    .collect();
                (reason.replace("unknown field", "there is no"), names)
            }
            _ => (reason.to_owned(), Vec::new()),
        };
        Mistake::new(
            at.clone(),
            format!("`{}` is not in an intent: {reason}", shown(text)),
        )
        .valid(valid)
    };
    let path =
        Path::read(text).map_err(|rule| Mistake::new(at.clone(), format!("`{}` {rule}", shown(text))))?;
    let probe = Filling {
        path: &path,
        value: sample,
        origin: Origin::Assumed,
    };
    fill::fill(vec![probe]).map_err(|error| wrong(&error))?;
    Ok(path)
}

/// Values that come with any answer.
fn fixed(raw: Spanned<toml::Table>) -> Result<Vec<(Path, Value)>, Mistake> {
    let at = raw.span();
    let each = raw.into_inner().into_iter().map(|(text, tree)| {
        let value: Value = tree
            .try_into()
            .map_err(|_| Mistake::new(at.clone(), format!("`{}` must be a value", shown(&text))))?;
        Ok((path(&text, &value, at.clone())?, value))
    });
    each.collect()
}

/// The validators of `raw`, for answers of `kind`.
fn rules(raw: &mut RawField, kind: Kind) -> Result<Vec<Rule>, Mistake> {
    let textual = matches!(kind, Kind::Text | Kind::Name | Kind::Version | Kind::Cidr);
    let mut rules = Vec::new();
    let mut add = |fits: bool, name: &str, at: Range<usize>, test: Test, message: Option<String>| {
        if !fits {
            return Err(Mistake::new(at, format!("a `{}` has no `{name}`", kind.name())));
        }
        rules.push(Rule { test, message });
        Ok(())
    };
    if let Some((at, (min, said))) = parts(raw.min.take()) {
        add(kind.numeric(), "min", at, Test::Min(min), said)?;
    }
    if let Some((at, (max, said))) = parts(raw.max.take()) {
        add(kind.numeric(), "max", at, Test::Max(max), said)?;
    }
    if let Some((at, (of, said))) = parts(raw.multiple_of.take()) {
        if of < 1 {
            return Err(Mistake::new(at, "`multiple_of` must be 1 or more"));
        }
        add(kind.numeric(), "multiple_of", at, Test::MultipleOf(of), said)?;
    }
    if let Some((at, (odd, said))) = parts(raw.odd.take()) {
        if !odd {
            return Err(Mistake::new(at, "`odd` is `true` or left out"));
        }
        add(kind.numeric(), "odd", at, Test::Odd, said)?;
    }
    if let Some((at, (pattern, said))) = parts(raw.pattern.take()) {
        let compiled = RegexBuilder::new(&format!("^(?:{pattern})$"))
            .size_limit(PATTERN_BYTES)
            .build();
        let compiled = compiled.map_err(|_| {
            let problem = format!(
                "`{}` is not a regular expression, or a large one",
                shown(&pattern)
            );
            Mistake::new(at.clone(), problem)
        })?;
        add(textual, "pattern", at, Test::Pattern(compiled), said)?;
    }
    if let Some((at, ([min, max], said))) = parts(raw.length.take()) {
        if min > max {
            return Err(Mistake::new(
                at,
                "`length` must be `[from, to]`, the smaller first",
            ));
        }
        let fits = textual || kind.many();
        add(fits, "length", at, Test::Length(min, max), said)?;
    }
    if let Some((at, (valid, said))) = parts(raw.one_of.take()) {
        let part = |value: &Value| match kind.many() {
            true => kind.check(&Value::List(vec![value.clone()])),
            false => kind.check(value),
        };
        if let Some(rule) = valid.iter().find_map(|value| part(value).err()) {
            return Err(Mistake::new(
                at,
                format!("`one_of` has a value that no answer has: it {rule}"),
            ));
        }
        let fits = textual || kind.numeric();
        add(fits, "one_of", at, Test::OneOf(valid), said)?;
    }
    Ok(rules)
}

/// Where a validator stands, its value, and what is said of an answer that breaks it.
type Validator<T> = (Range<usize>, (T, Option<String>));

fn parts<T>(raw: Option<Spanned<Ruled<T>>>) -> Option<Validator<T>> {
    raw.map(|raw| (raw.span(), raw.into_inner().parts()))
}
