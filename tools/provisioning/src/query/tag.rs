//! Tags, and `key=value`.

use super::item::{Item, Reading, What};
use super::lexicon::Kind;
use super::operand::{Form, Operand, Tried};
use super::parse::Parser;
use super::shape::no_value;
use super::{Field, How, Op, Reason, Scalar, Type};

impl Parser<'_> {
    /// `key=value`.
    pub(super) fn pair(&self, item: &Item<'_>, at: usize) -> Tried {
        let Some((name, value)) = item.text.split_once('=') else {
            return Tried::No;
        };
        let (name, op) = match name.chars().last() {
            Some('>') => (name.trim_end_matches('>'), Op::AtLeast),
            Some('<') => (name.trim_end_matches('<'), Op::AtMost),
            Some('!') => (name.trim_end_matches('!'), Op::Equal),
            _ => (name, Op::Equal),
        };
        let negated = item.text.contains("!=");
        let key = crate::intent::normalise(name);
        let field = self
            .lexicon
            .word(&key)
            .filter(|word| matches!(word.kind, Kind::Field | Kind::Entity))
            .and_then(|word| word.field());
        let tag = self.tag_key(&key);
        let text = crate::intent::normalise(value.trim_start_matches('='));
        let known = |field: &Field| {
            self.live
                .get(&text)
                .into_iter()
                .flatten()
                .find(|(of, _)| of == field)
                .map(|(_, value)| value.clone())
                .or_else(|| {
                    self.lexicon
                        .word(&text)
                        .filter(|word| word.field().as_ref() == Some(field) && word.kind == Kind::Value)
                        .map(|word| word.is.clone())
                })
        };
        let number = text.parse::<f64>().ok();
        let operand = match (field.map(|field| self.of_entity(field)), tag) {
            (Some(field), _) if field.holds() == Type::Number && number.is_some() => {
                let scalar = number.map(Scalar::Number);
                Operand::test(field, op, scalar, How::Exact, at + 1)
            }
            (Some(field), _) if field.holds() == Type::Bool && matches!(text.as_str(), "true" | "false") => {
                let scalar = Scalar::Bool(text == "true");
                Operand::test(field, op, Some(scalar), How::Exact, at + 1)
            }
            (Some(field), tag) if field.holds() == Type::Text && op == Op::Equal => {
                match (known(&field), tag) {
                    (Some(value), _) => Operand::reading(
                        &Reading {
                            field,
                            value,
                            how: How::Exact,
                        },
                        at + 1,
                    ),
                    (None, Some(tag)) if known(&tag).is_some() => {
                        let value = known(&tag).unwrap_or_default();
                        Operand::reading(
                            &Reading {
                                field: tag,
                                value,
                                how: How::Exact,
                            },
                            at + 1,
                        )
                    }
                    _ => {
                        return Tried::Wrong(
                            no_value(
                                &Item {
                                    key: text,
                                    ..item.clone()
                                },
                                &field,
                                self.vocabulary,
                                self.lexicon,
                            ),
                            at + 1,
                        );
                    }
                }
            }
            (None, Some(tag)) if op == Op::Equal => match known(&tag) {
                Some(value) => Operand::reading(
                    &Reading {
                        field: tag,
                        value,
                        how: How::Exact,
                    },
                    at + 1,
                ),
                None => {
                    return Tried::Wrong(
                        no_value(
                            &Item {
                                key: text,
                                ..item.clone()
                            },
                            &tag,
                            self.vocabulary,
                            self.lexicon,
                        ),
                        at + 1,
                    );
                }
            },
            _ => {
                return Tried::Wrong(
                    self.report(at, at + 1, Reason::UnknownAttribute, self.tag_keys()),
                    at + 1,
                );
            }
        };
        Tried::Read(match negated {
            true => Operand {
                condition: operand.condition.negated(),
                equals: None,
                ..operand
            },
            false => operand,
        })
    }

    pub(super) fn tag_key(&self, key: &str) -> Option<Field> {
        let of =
            |field: &&Field| matches!(field, Field::Tag(known) if crate::intent::normalise(known) == key);
        self.vocabulary.values.keys().find(of).cloned()
    }

    pub(super) fn tag_keys(&self) -> Vec<String> {
        let key = |field: &Field| matches!(field, Field::Tag(_)).then(|| field.to_string());
        self.vocabulary.values.keys().filter_map(key).take(8).collect()
    }

    /// The tag that is named at `at`, for groups too.
    pub(super) fn tag_at(&self, at: usize) -> Option<(Field, usize)> {
        let at = if self.kind(at) == Some(Kind::Tagged) {
            at + 1
        } else {
            at
        };
        let item = self.items.get(at)?;
        Some((self.tag_key(&item.key)?, at + 1))
    }

    /// `tagged team=shop`, `with tag team shop`, `without the tag owner`, `without tags`.
    pub(super) fn tagged(&self, at: usize) -> Tried {
        let mut next = at + 1;
        while matches!(self.kind(next), Some(Kind::Filler)) || self.is_copula(next) {
            next += 1;
        }
        let any = || {
            let tag = Field::Tag("*".to_owned());
            Operand::test(tag, Op::Known, None, How::Exact, at + 1).formed(Form::Presence)
        };
        let Some(item) = self.items.get(next) else {
            return Tried::Read(any());
        };
        if matches!(item.what, What::Pair) {
            let Some((key, value)) = item.text.split_once('=') else {
                return Tried::No;
            };
            let Some(tag) = self.tag_key(&crate::intent::normalise(key)) else {
                return Tried::Wrong(
                    self.report(
                        next,
                        next + 1,
                        Reason::UnknownValue("tag".to_owned()),
                        self.tag_keys(),
                    ),
                    next + 1,
                );
            };
            let value = Item {
                key: crate::intent::normalise(value),
                ..item.clone()
            };
            return match self
                .live
                .get(&value.key)
                .into_iter()
                .flatten()
                .find(|(field, _)| *field == tag)
            {
                Some((field, value)) => Tried::Read(Operand::reading(
                    &Reading {
                        field: field.clone(),
                        value: value.clone(),
                        how: How::Exact,
                    },
                    next + 1,
                )),
                None => Tried::Wrong(no_value(&value, &tag, self.vocabulary, self.lexicon), next + 1),
            };
        }
        if let Some(tag) = self.tag_key(&item.key) {
            let mut value = next + 1;
            while self.is_copula(value) || self.is_mark(value, ":") {
                value += 1;
            }
            return match self.field_value(&tag, value) {
                Tried::No => Tried::Read(
                    Operand::test(tag, Op::Known, None, How::Exact, next + 1).formed(Form::Presence),
                ),
                other => other,
            };
        }
        let tags: Vec<Reading> = self.readings_of_tags(next);
        match (tags.as_slice(), item.what) {
            ([reading], _) => Tried::Read(Operand::reading(reading, next + 1)),
            ([], What::Unknown | What::Text | What::Value | What::Number(_)) => Tried::Wrong(
                self.report(
                    next,
                    next + 1,
                    Reason::UnknownValue("tag".to_owned()),
                    self.tag_keys(),
                ),
                next + 1,
            ),
            ([], _) => Tried::Read(any()),
            _ => Tried::Wrong(self.two(item, &tags), next + 1),
        }
    }

    pub(super) fn readings_of_tags(&self, at: usize) -> Vec<Reading> {
        let Some(item) = self.items.get(at) else {
            return Vec::new();
        };
        let known = self.live.get(&item.key).into_iter().flatten();
        known
            .filter(|(field, _)| matches!(field, Field::Tag(_)))
            .map(|(field, value)| Reading {
                field: field.clone(),
                value: value.clone(),
                how: How::Exact,
            })
            .collect()
    }
}
