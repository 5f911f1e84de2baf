//! What a word may be a value of, and which of its readings is meant.

use super::item::{Item, Reading, What};
use super::lexicon::Kind;
use super::operand::{Operand, Tried};
use super::parse::Parser;
use super::shape::{nearly, unknown};
use super::{Condition, Field, How, NotUnderstood, Op, Reason, Scalar};

impl Parser<'_> {
    /// The values that the item at `at` may be, of `only` if that is given.
    pub(super) fn readings(&self, at: usize, only: Option<&Field>) -> Vec<Reading> {
        let Some(item) = self.items.get(at) else {
            return Vec::new();
        };
        let mut found: Vec<Reading> = Vec::new();
        let mut keys = vec![item.key.as_str()];
        if let What::Word(word) = item.what
            && matches!(word.kind, Kind::Value | Kind::Runs)
        {
            let how = if item.key == word.is {
                How::Exact
            } else {
                How::Alias
            };
            found.extend(word.field().map(|field| Reading {
                field,
                value: word.is.clone(),
                how,
            }));
            keys.push(word.is.as_str());
        }
        for (number, key) in keys.into_iter().enumerate() {
            let how = if number == 0 { How::Exact } else { How::Alias };
            for (field, value) in self.live.get(key).into_iter().flatten() {
                let reading = Reading {
                    field: self.of_entity(field.clone()),
                    value: value.clone(),
                    how,
                };
                let known = |have: &Reading| have.field == reading.field && have.value == reading.value;
                if !found.iter().any(known) {
                    found.push(reading);
                }
            }
        }
        match only {
            Some(only) => found.retain(|reading| reading.field == *only),
            None => self.sift(at, &mut found),
        }
        found
    }

    /// Leaves out readings that what is asked for cannot have, and those that say the same as another.
    pub(super) fn sift(&self, at: usize, found: &mut Vec<Reading>) {
        if found.len() < 2 {
            return;
        }
        if found.iter().any(|reading| self.has(&reading.field)) {
            found.retain(|reading| self.has(&reading.field));
        }
        let fields: Vec<Field> = found.iter().map(|reading| reading.field.clone()).collect();
        // A tag that is called like a field and has its value is the same thing twice.
        found.retain(|reading| match &reading.field {
            Field::Tag(key) => !fields
                .iter()
                .any(|field| *field != reading.field && self.lexicon.names(key, field)),
            _ => true,
        });
        // What stands behind `in` or `on` is no name of what is asked for.
        let linked = at
            .checked_sub(1)
            .is_some_and(|before| self.kind(before) == Some(Kind::Link));
        let name = |reading: &Reading| matches!(reading.field, Field::Name | Field::Address);
        if linked && !found.iter().all(name) {
            found.retain(|reading| !name(reading));
        }
    }

    pub(super) fn value(&self, at: usize, like: Option<&Field>) -> Tried {
        let Some(item) = self.items.get(at) else {
            return Tried::No;
        };
        if let Some(field) = like
            && let Some(reading) = self.readings(at, Some(field)).first()
        {
            return Tried::Read(Operand::reading(reading, at + 1));
        }
        let readings = self.readings(at, None);
        // `search` is a value here, and means nothing elsewhere.
        if self
            .lexicon
            .word(&item.key)
            .is_some_and(|word| word.kind == Kind::Filler)
        {
            return Tried::Wrong(self.two(item, &readings), at + 1);
        }
        self.chosen(item, at, &readings)
    }

    /// The one of `readings` that is meant.
    pub(super) fn chosen(&self, item: &Item<'_>, at: usize, readings: &[Reading]) -> Tried {
        // `the prod-a cluster`: the field may stand behind its value.
        let behind = self.field_at(at + 1);
        let named: Vec<&Reading> = readings
            .iter()
            .filter(|reading| behind.as_ref() == Some(&reading.field))
            .collect();
        match (named.as_slice(), readings) {
            ([reading], _) => Tried::Read(self.versioned(Operand::reading(reading, at + 2), reading)),
            (_, [reading]) => Tried::Read(self.versioned(self.known(item, reading, at + 1), reading)),
            (_, []) => Tried::No,
            _ => Tried::Wrong(self.two(item, readings), at + 1),
        }
    }

    /// A reading as a condition; that it is only near is said.
    pub(super) fn known(&self, item: &Item<'_>, reading: &Reading, end: usize) -> Operand {
        let operand = Operand::reading(reading, end);
        match reading.how {
            How::Fuzzy => operand.assuming(
                &item.text,
                reading.value.as_str(),
                &format!("the nearest {} that there is", reading.field),
            ),
            _ => operand,
        }
    }

    /// `ubuntu 22.04`, `postgresql 16`: a number right behind is the version.
    pub(super) fn versioned(&self, operand: Operand, reading: &Reading) -> Operand {
        let version = match reading.field {
            Field::OsFamily => Field::OsVersion,
            Field::Engine => Field::Version,
            _ => return operand,
        };
        match self.readings(operand.end, Some(&version)).as_slice() {
            [known] => {
                let both = Condition::All(vec![
                    operand.condition,
                    Condition::is(version, Op::Equal, Some(Scalar::Text(known.value.clone()))),
                ]);
                Operand::of(both, operand.how, operand.end + 1)
            }
            _ => operand,
        }
    }

    pub(super) fn two(&self, item: &Item<'_>, readings: &[Reading]) -> NotUnderstood {
        NotUnderstood {
            place: item.place,
            text: item.text.clone(),
            reason: Reason::Ambiguous,
            suggestions: readings
                .iter()
                .map(|reading| format!("{} {}", reading.field, reading.value))
                .collect(),
        }
    }

    pub(super) fn unknown(&self, at: usize, like: Option<&Field>) -> Tried {
        let Some(item) = self.items.get(at) else {
            return Tried::No;
        };
        // `team payments`: a tag by its key and its value.
        if let Some(tag) = self.tag_key(&item.key)
            && let next = if self.is_copula(at + 1) { at + 2 } else { at + 1 }
            && let Some(reading) = self.readings(next, Some(&tag)).first()
        {
            return Tried::Read(Operand::reading(reading, next + 1));
        }
        let fits = |field: &Field| match like {
            Some(like) => field == like,
            None => self.has(field),
        };
        match nearly(&item.key, &self.live, &fits).as_slice() {
            [] => Tried::Wrong(unknown(item, &self.live, self.vocabulary, self.lexicon), at + 1),
            readings => self.chosen(item, at, readings),
        }
    }

    pub(super) fn quoted(&self, item: &Item<'_>, at: usize, like: Option<&Field>) -> Tried {
        match self.readings(at, None).is_empty() && like.is_none() {
            true => Tried::Wrong(unknown(item, &self.live, self.vocabulary, self.lexicon), at + 1),
            false => self.value(at, like),
        }
    }
}
