//! Numbers with what they measure: `16 GB`, `2 vCPU`, `€50`, `more than 30 days ago`, `between 4 and 8 cores`.

use super::item::What;
use super::lexicon::Kind;
use super::operand::{Operand, Tried};
use super::parse::Parser;
use super::{Condition, Field, How, NotUnderstood, Op, Reason, Scalar, Type};

/// A number and its measure.
#[derive(Debug, Clone)]
pub(super) struct Amount {
    pub(super) number: f64,
    pub(super) measure: Measure,
    pub(super) end: usize,
}

/// What a number measures.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Measure {
    /// Nothing is said.
    None,
    /// Gigabytes.
    Size,
    /// Seconds, and whether a month or a year was said, which have no fixed length.
    Time(bool),
    /// A currency.
    Money(String),
}

impl Parser<'_> {
    /// `[$] 50 [GB | days | EUR] [a month]`.
    pub(super) fn quantity(&self, at: usize) -> Option<Amount> {
        let before = self.word(at).filter(|word| word.kind == Kind::Currency);
        let start = if before.is_some() { at + 1 } else { at };
        let What::Number(number) = self.items.get(start)?.what else {
            return None;
        };
        let mut amount = Amount {
            number,
            measure: Measure::None,
            end: start + 1,
        };
        if let Some(word) = before {
            amount.measure = Measure::Money(word.is.clone());
        } else if let Some(word) = self.word(amount.end) {
            match (word.kind, word.field.as_str()) {
                (Kind::Currency, _) => amount.measure = Measure::Money(word.is.clone()),
                (Kind::Unit, "size") => {
                    amount.measure = Measure::Size;
                    amount.number *= word.number;
                }
                (Kind::Unit, _) => {
                    amount.measure = Measure::Time(word.number > 2_000_000.0);
                    amount.number *= word.number;
                }
                _ => return Some(amount),
            }
            amount.end += 1;
        }
        if matches!(amount.measure, Measure::Money(_)) && self.kind(amount.end) == Some(Kind::Monthly) {
            amount.end += 1;
        }
        Some(amount)
    }

    /// A comparison with a number, of `field` or of the one named behind.
    pub(super) fn amount(&self, at: usize, field: Option<&Field>) -> Tried {
        if self.kind(at) == Some(Kind::Between) {
            return self.between(at, field);
        }
        // `from 50 GB` and `50 GB to 100 GB` are no exact sizes.
        let open = at.checked_sub(1).and_then(|before| self.items.get(before));
        if open.is_some_and(|item| ["from", "to", "desde", "a"].contains(&item.key.as_str())) {
            let instead = ["at least", "at most", "between … and …"].map(str::to_owned);
            let problem = self.report(at, at + 1, Reason::Ambiguous, instead.into());
            return Tried::Wrong(problem, at + 1);
        }
        let compared = self.word(at).filter(|word| word.kind == Kind::Compare);
        let start = match compared {
            Some(_) => self.skip(at + 1),
            None => at,
        };
        let Some(amount) = self.quantity(start) else {
            return Tried::No;
        };
        let mut op = compared.and_then(|word| Op::of(&word.is)).unwrap_or(Op::Equal);
        let mut end = amount.end;
        let after = |end: usize| {
            self.word(end)
                .filter(|word| word.kind == Kind::AfterNumber)
                .and_then(|word| Op::of(&word.is))
        };
        if let Some(said) = after(end) {
            op = said;
            end += 1;
        }
        let (field, mut end) = match field {
            Some(field) => (Some(field.clone()), end),
            None => self.measured(end),
        };
        if let Some(said) = after(end) {
            op = said;
            end += 1;
        }
        match self.scalar(&amount, field.as_ref(), at, end) {
            Ok((field, scalar)) => {
                let operand = Operand::test(field.clone(), op, Some(scalar), How::Exact, end);
                Tried::Read(self.noted(operand, &field, &amount))
            }
            Err(problem) => Tried::Wrong(problem, end),
        }
    }

    /// `between 4 and 8 cores`: both ends belong to it.
    fn between(&self, at: usize, field: Option<&Field>) -> Tried {
        let read = || {
            let low = self.quantity(self.skip(at + 1))?;
            (self.kind(low.end) == Some(Kind::And)).then_some(())?;
            let high = self.quantity(low.end + 1)?;
            Some((low, high))
        };
        let Some((mut low, high)) = read() else {
            return Tried::No;
        };
        let (field, end) = match field {
            Some(field) => (Some(field.clone()), high.end),
            None => self.measured(high.end),
        };
        if low.measure == Measure::None && high.measure != Measure::None {
            // `between 4 and 8 TB`: the unit is that of both.
            let factor = match self.word(high.end - 1) {
                Some(word) if word.kind == Kind::Unit => word.number,
                _ => 1.0,
            };
            low.number *= factor;
            low.measure = high.measure.clone();
        }
        let low = self.scalar(&low, field.as_ref(), at, end);
        let top = self.scalar(&high, field.as_ref(), at, end);
        match (low, top) {
            (Ok((field, low)), Ok((_, top))) => {
                let both = Condition::All(vec![
                    Condition::is(field.clone(), Op::AtLeast, Some(low)),
                    Condition::is(field.clone(), Op::AtMost, Some(top)),
                ]);
                Tried::Read(self.noted(Operand::of(both, How::Exact, end), &field, &high))
            }
            (Err(problem), _) | (_, Err(problem)) => Tried::Wrong(problem, end),
        }
    }

    /// The field that is named behind a number, such as `of memory`.
    fn measured(&self, end: usize) -> (Option<Field>, usize) {
        let next = if self.is_copula(end) { end + 1 } else { end };
        if self.clusters()
            && self
                .word(next)
                .is_some_and(|word| word.kind == Kind::Entity && word.is == "server")
        {
            return (Some(Field::Servers), next + 1);
        }
        match self.field_at(next) {
            Some(field) if matches!(field.holds(), Type::Number | Type::Money) => (Some(field), next + 1),
            _ => (None, end),
        }
    }

    /// What an amount is a value of.
    fn scalar(
        &self,
        amount: &Amount,
        field: Option<&Field>,
        at: usize,
        end: usize,
    ) -> Result<(Field, Scalar), NotUnderstood> {
        let wrong = |reason: Reason, suggestions: Vec<String>| Err(self.report(at, end, reason, suggestions));
        let sizes = [Field::MemoryGb, Field::DiskGb, Field::SizeGb];
        match (&amount.measure, field) {
            (Measure::Money(code), None | Some(Field::MonthlyCost)) => match nanos(amount.number) {
                Some(nanos) => Ok((
                    Field::MonthlyCost,
                    Scalar::Money {
                        nanos,
                        currency: code.clone(),
                    },
                )),
                None => wrong(Reason::UnknownValue("monthly_cost".to_owned()), Vec::new()),
            },
            (Measure::None, Some(Field::MonthlyCost)) => {
                match (self.vocabulary.of(&Field::Currency), nanos(amount.number)) {
                    ([currency], Some(nanos)) => Ok((
                        Field::MonthlyCost,
                        Scalar::Money {
                            nanos,
                            currency: currency.clone(),
                        },
                    )),
                    (currencies, _) => {
                        let each = |code: &String| format!("{} {code}", amount.number);
                        wrong(Reason::Ambiguous, currencies.iter().map(each).collect())
                    }
                }
            }
            (Measure::Size, Some(field)) if sizes.contains(field) => {
                Ok((field.clone(), Scalar::Number(amount.number)))
            }
            (Measure::Size, None) => {
                let fitting: Vec<&Field> = sizes.iter().filter(|field| self.has(field)).collect();
                match fitting.as_slice() {
                    [only] => Ok(((*only).clone(), Scalar::Number(amount.number))),
                    several => {
                        let each = |field: &&Field| {
                            format!("{} GB of {}", amount.number, field.name().trim_end_matches("_gb"))
                        };
                        wrong(Reason::Ambiguous, several.iter().map(each).collect())
                    }
                }
            }
            (Measure::None, Some(field)) if field.holds() == Type::Number => {
                Ok((field.clone(), Scalar::Number(amount.number)))
            }
            (Measure::None, None) => wrong(
                Reason::Ambiguous,
                vec![
                    format!("{} vCPU", amount.number),
                    format!("{} GB of memory", amount.number),
                ],
            ),
            _ => wrong(Reason::UnknownAttribute, Vec::new()),
        }
    }

    /// A unit that nobody said is said in the reply.
    fn noted(&self, operand: Operand, field: &Field, amount: &Amount) -> Operand {
        let sizes = [Field::MemoryGb, Field::DiskGb, Field::SizeGb];
        let text = amount.number.to_string();
        match amount.measure {
            Measure::None if sizes.contains(field) => {
                operand.assuming(&text, format!("{text} GB"), "sizes are in GB if no unit is given")
            }
            Measure::None if *field == Field::MonthlyCost => {
                let code = self
                    .vocabulary
                    .of(&Field::Currency)
                    .first()
                    .cloned()
                    .unwrap_or_default();
                operand.assuming(
                    &text,
                    format!("{text} {code}"),
                    "every recorded cost is in this currency",
                )
            }
            _ => operand,
        }
    }
}

/// `units` of a currency in nano-units, exact to a hundredth.
fn nanos(units: f64) -> Option<i64> {
    let cents = (units * 100.0).round();
    let fits = (0.0..90_000_000_000.0).contains(&cents);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is whole, and its size was looked at"
    )]
    fits.then(|| (cents as i64).saturating_mul(10_000_000))
}
