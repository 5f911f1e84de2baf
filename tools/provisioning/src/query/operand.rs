//! One condition of a question: a value, a field with a value, a tag, a name, a pattern, what runs.

use super::item::{Reading, What};
use super::lexicon::Kind;
use super::parse::Parser;
use super::shape::{nearly, no_value};
use super::{Assumption, Condition, Field, How, Matched, NotUnderstood, Op, Reason, Scalar, Type};

/// A condition, and what it was made of.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) condition: Condition,
    /// The text that one field equals: what a list is made of.
    pub(super) equals: Option<(Field, String)>,
    pub(super) form: Form,
    pub(super) how: How,
    pub(super) assumptions: Vec<Assumption>,
    /// The first item that is not part of it.
    pub(super) end: usize,
}

/// What a condition looks like, for what may be joined to it without saying more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A field alone, which says that there is something.
    Presence,
    /// A part of a text.
    Pattern,
    Other,
}

/// What came of trying to read a condition.
pub(super) enum Tried {
    Read(Operand),
    /// There is none here.
    No,
    /// There is one, and something is wrong with it; up to here.
    Wrong(NotUnderstood, usize),
}

impl Operand {
    pub(super) fn test(field: Field, op: Op, value: Option<Scalar>, how: How, end: usize) -> Self {
        Self::of(Condition::is(field, op, value), how, end)
    }

    pub(super) fn of(condition: Condition, how: How, end: usize) -> Self {
        Self {
            condition,
            equals: None,
            form: Form::Other,
            how,
            assumptions: Vec::new(),
            end,
        }
    }

    pub(super) fn reading(reading: &Reading, end: usize) -> Self {
        let Reading { field, value, how } = reading;
        if field.holds() == Type::Bool {
            // `unencrypted` is the opposite of `encrypted`, so that what is not recorded is in it.
            let yes = Condition::is(field.clone(), Op::Equal, Some(Scalar::Bool(true)));
            let condition = if value == "false" { yes.negated() } else { yes };
            return Self::of(condition, *how, end);
        }
        let scalar = Scalar::Text(value.clone());
        let mut operand = Self::test(field.clone(), Op::Equal, Some(scalar), *how, end);
        operand.equals = Some((field.clone(), value.clone()));
        operand
    }

    pub(super) fn formed(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    pub(super) fn assuming(mut self, text: &str, read_as: impl Into<String>, why: &str) -> Self {
        self.assumptions.push(Assumption {
            text: text.to_owned(),
            read_as: read_as.into(),
            why: why.to_owned(),
        });
        self
    }
}

impl Parser<'_> {
    /// The condition that begins at `at`. `like` is the field of the one before in a list.
    pub(super) fn operand(&self, at: usize, like: Option<&Field>) -> Tried {
        let Some(item) = self.items.get(at) else {
            return Tried::No;
        };
        if let Some(read) = self.timed(at, None) {
            return read;
        }
        match item.what {
            What::Pair => self.pair(item, at),
            What::Text => self.quoted(item, at, like),
            What::Mark => Tried::No,
            What::Value => self.value(at, like),
            What::Unknown => self.unknown(at, like),
            What::Number(_) | What::Day(..) => self.amount(at, None),
            What::Word(word) => match word.kind {
                Kind::Value => self.value(at, like),
                Kind::Runs => self.runs(at),
                Kind::Field => self.field(at),
                Kind::Entity if self.field_at(at).is_some() => self.field(at),
                Kind::Compare | Kind::Between => self.amount(at, None),
                Kind::Currency => self.currency(at, &word.is),
                Kind::Pattern => self.pattern(at, self.name_field(), at + 1),
                Kind::Named => self.named(at),
                Kind::Tagged => self.tagged(at),
                // A live value may be called like a word of no meaning of its own here.
                _ => match like {
                    Some(field) if !self.readings(at, Some(field)).is_empty() => self.value(at, like),
                    _ => Tried::No,
                },
            },
        }
    }

    /// The field that the item at `at` names, if it is not what is asked for.
    pub(super) fn field_at(&self, at: usize) -> Option<Field> {
        let word = self.word(at)?;
        let field = match word.kind {
            Kind::Field => word.field()?,
            Kind::Entity if !self.heads.contains(&at) => word.field()?,
            _ => return None,
        };
        Some(self.of_entity(field))
    }

    /// A field and what is said of it.
    fn field(&self, at: usize) -> Tried {
        let Some(field) = self.field_at(at) else {
            return Tried::No;
        };
        if let Some(read) = self.timed(at + 1, Some(&field)) {
            return read;
        }
        let mut next = at + 1;
        while self.is_copula(next) {
            next += 1;
        }
        if self.kind(next) == Some(Kind::Not) && next > at + 1 {
            return match self.field_value(&field, next + 1) {
                Tried::Read(mut operand) => {
                    operand.condition = operand.condition.negated();
                    operand.equals = None;
                    Tried::Read(operand)
                }
                other => other,
            };
        }
        match self.kind(next) {
            Some(Kind::Absent) => {
                let known = Condition::is(field, Op::Known, None);
                return Tried::Read(Operand::of(known.negated(), How::Exact, next + 1));
            }
            Some(Kind::Pattern) => return self.pattern(at, field, next + 1),
            _ => {}
        }
        match self.field_value(&field, next) {
            Tried::No => self.presence(&field, at),
            other => other,
        }
    }

    /// The value at `at` of a field that is named before it.
    pub(super) fn field_value(&self, field: &Field, at: usize) -> Tried {
        let Some(item) = self.items.get(at) else {
            return Tried::No;
        };
        if field.holds() != Type::Text {
            let begins = matches!(item.what, What::Number(_) | What::Day(..))
                || matches!(
                    self.kind(at),
                    Some(Kind::Compare | Kind::Between | Kind::Currency)
                );
            return if begins {
                self.amount(at, Some(field))
            } else {
                Tried::No
            };
        }
        let at = if self
            .word(at)
            .is_some_and(|word| word.kind == Kind::Compare && word.is == "=")
        {
            at + 1
        } else {
            at
        };
        let Some(item) = self.items.get(at).or(Some(item)) else {
            return Tried::No;
        };
        if let Some(reading) = self.readings(at, Some(field)).first() {
            return Tried::Read(self.versioned(Operand::reading(reading, at + 1), reading));
        }
        match item.what {
            What::Unknown | What::Text => {
                let fits = |known: &Field| known == field;
                match nearly(&item.key, &self.live, &fits).as_slice() {
                    [reading] => Tried::Read(self.known(item, reading, at + 1)),
                    _ => Tried::Wrong(no_value(item, field, self.vocabulary, self.lexicon), at + 1),
                }
            }
            What::Value | What::Number(_) | What::Day(..) => {
                Tried::Wrong(no_value(item, field, self.vocabulary, self.lexicon), at + 1)
            }
            What::Word(word) if word.kind == Kind::Value => {
                Tried::Wrong(no_value(item, field, self.vocabulary, self.lexicon), at + 1)
            }
            _ => Tried::No,
        }
    }

    /// `with backups`, `without zone`: a field alone says that there is something, if a word says so.
    fn presence(&self, field: &Field, at: usize) -> Tried {
        let mut before = at;
        while before > 0 && self.kind(before - 1) == Some(Kind::Filler) {
            before -= 1;
        }
        let said = before.checked_sub(1).and_then(|before| self.kind(before));
        let has = [
            "with",
            "having",
            "has",
            "have",
            "that have",
            "con",
            "tienen",
            "tiene",
            "que tienen",
            "tengan",
        ];
        let says = |at: usize| match self.kind(at) {
            Some(Kind::Link) => self
                .items
                .get(at)
                .is_some_and(|item| has.contains(&item.key.as_str())),
            Some(kind) => [Kind::Not, Kind::Except, Kind::Neither, Kind::Nor].contains(&kind),
            None => false,
        };
        // In a list of such; whether it is one is seen where the list is put together.
        let joint = |at: usize| matches!(self.kind(at), Some(Kind::And | Kind::Or)) || self.is_mark(at, ",");
        let joined = before >= 2 && joint(before - 1) && !self.heads.contains(&(before - 2));
        let aside =
            matches!(said, Some(Kind::Both | Kind::Only | Kind::Either)) && before >= 2 && says(before - 2);
        let said = before >= 1 && says(before - 1);
        if !joined && !said && !aside {
            let Some(item) = self.items.get(at) else {
                return Tried::No;
            };
            let suggestions = vec![format!("with {}", item.text), format!("without {}", item.text)];
            return Tried::Wrong(self.report(at, at + 1, Reason::Ambiguous, suggestions), at + 1);
        }
        let operand = match field {
            Field::Backups => Operand::test(
                field.clone(),
                Op::More,
                Some(Scalar::Number(0.0)),
                How::Exact,
                at + 1,
            ),
            field if field.holds() == Type::Bool => Operand::test(
                field.clone(),
                Op::Equal,
                Some(Scalar::Bool(true)),
                How::Exact,
                at + 1,
            ),
            field => Operand::test(field.clone(), Op::Known, None, How::Exact, at + 1),
        };
        Tried::Read(operand.formed(Form::Presence))
    }

    /// `named web-1`.
    fn named(&self, at: usize) -> Tried {
        let mut next = at + 1;
        while self.is_copula(next) {
            next += 1;
        }
        let Some(item) = self.items.get(next) else {
            return Tried::No;
        };
        if self.kind(next) == Some(Kind::Pattern) {
            return self.pattern(at, self.name_field(), next + 1);
        }
        for field in [self.name_field(), Field::Address] {
            if let Some(reading) = self.readings(next, Some(&field)).first() {
                return Tried::Read(Operand::reading(reading, next + 1));
            }
        }
        Tried::Wrong(
            no_value(item, &self.name_field(), self.vocabulary, self.lexicon),
            next + 1,
        )
    }

    /// `starting with web`: any text will do, because a pattern that nothing has is an answer.
    fn pattern(&self, at: usize, field: Field, value: usize) -> Tried {
        let begins = self.items.iter().skip(at).take(value - at);
        let op = begins.rev().find_map(|item| match item.what {
            What::Word(word) if word.kind == Kind::Pattern => Op::of(&word.is),
            _ => None,
        });
        let (Some(op), Some(item)) = (op, self.items.get(value)) else {
            return Tried::No;
        };
        let free = match item.what {
            What::Mark | What::Pair => false,
            What::Word(word) => matches!(word.kind, Kind::Value | Kind::Entity | Kind::Field),
            _ => true,
        };
        if !free || field.holds() != Type::Text {
            return Tried::No;
        }
        let text = Scalar::Text(item.text.clone());
        let operand = Operand::test(field, op, Some(text), How::Exact, value + 1);
        Tried::Read(operand.formed(Form::Pattern))
    }

    /// `running nginx`, `running ubuntu`, and `running` alone.
    fn runs(&self, at: usize) -> Tried {
        let mut next = at + 1;
        while self.kind(next) == Some(Kind::Filler) {
            next += 1;
        }
        let ready = Reading {
            field: Field::Status,
            value: "ready".to_owned(),
            how: How::Alias,
        };
        let state = ["running", "en ejecucion", "corriendo"];
        let alone = match self
            .items
            .get(at)
            .is_some_and(|item| state.contains(&item.key.as_str()))
        {
            true => Tried::Read(Operand::reading(&ready, at + 1)),
            // `run` says what, or nothing.
            false => {
                let what = self.vocabulary.of(&Field::Service).iter().take(8);
                let suggestions = what.map(|service| format!("running {service}")).collect();
                Tried::Wrong(self.report(at, at + 1, Reason::Ambiguous, suggestions), at + 1)
            }
        };
        let Some(item) = self.items.get(next) else {
            return alone;
        };
        let carried = [Field::Service, Field::OsFamily, Field::Engine];
        let (had, others): (Vec<&Field>, Vec<&Field>) = carried.iter().partition(|field| self.has(field));
        let found = had
            .into_iter()
            .chain(others)
            .find_map(|field| self.readings(next, Some(field)).into_iter().next());
        match (found, item.what) {
            // `running web servers`: what runs web, or web servers that run.
            (Some(_), _) if self.kind(next + 1) == Some(Kind::Entity) => {
                let both = vec![
                    format!("servers running {}", item.text),
                    format!("{} servers that are running", item.text),
                ];
                Tried::Wrong(self.report(at, next + 1, Reason::Ambiguous, both), next + 1)
            }
            (Some(reading), _) => Tried::Read(self.versioned(Operand::reading(&reading, next + 1), &reading)),
            (None, What::Unknown | What::Text) => {
                let fits = |field: &Field| *field == Field::Service;
                match nearly(&item.key, &self.live, &fits).as_slice() {
                    [reading] => Tried::Read(self.known(item, reading, next + 1)),
                    _ => Tried::Wrong(
                        no_value(item, &Field::Service, self.vocabulary, self.lexicon),
                        next + 1,
                    ),
                }
            }
            _ => alone,
        }
    }

    fn currency(&self, at: usize, code: &str) -> Tried {
        if matches!(
            self.items.get(at + 1).map(|item| item.what),
            Some(What::Number(_))
        ) {
            return self.amount(at, None);
        }
        let reading = Reading {
            field: Field::Currency,
            value: code.to_owned(),
            how: How::Exact,
        };
        Tried::Read(Operand::reading(&reading, at + 1))
    }

    /// What words gave, for the reply.
    pub(super) fn matched(&self, start: usize, operand: &Operand, negated: bool) -> Vec<Matched> {
        let Some(place) = self.place(start, operand.end) else {
            return Vec::new();
        };
        let inverted = matches!(operand.condition, Condition::Not(_));
        let test = |test: &super::Test| Matched {
            place,
            text: self.text_at(place),
            column: test.field.to_string(),
            op: test.op,
            value: test.value.clone(),
            negated: negated != inverted,
            how: operand.how,
        };
        operand.condition.tests().into_iter().map(test).collect()
    }
}
