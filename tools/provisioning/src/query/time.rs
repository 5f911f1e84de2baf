//! Moments and ages: `created in the last 7 days`, `older than 30 days`, `updated before 2026-10-01`, `since yesterday`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::amount::{Amount, Measure};
use super::item::{What, day_of};
use super::lexicon::Kind;
use super::operand::{Operand, Tried};
use super::parse::Parser;
use super::{Condition, Field, How, Op, Reason, Scalar, Type};

impl Parser<'_> {
    /// What is said of time at `at`; of `field`, if one was named before.
    pub(super) fn timed(&self, at: usize, field: Option<&Field>) -> Option<Tried> {
        if field.is_some_and(|field| field.holds() != Type::Time) {
            return None;
        }
        // `created on 2026-11-01`, `created was before …`
        let at = match field {
            Some(_) => self.skip(at),
            None => at,
        };
        let item = self.items.get(at)?;
        match (self.kind(at), item.what) {
            (Some(Kind::Within), _) => self.within(at, field),
            (Some(Kind::Moment), _) => self.moment(at, field),
            (Some(Kind::Compare), _) => self.ago(at, field),
            (Some(Kind::Between), _) => self.days(at, field),
            (Some(Kind::Day), _) => {
                let (start, end) = self.day(at)?;
                Some(self.dated(field, at, at + 1, &[(Op::AtLeast, start), (Op::Less, end)]))
            }
            (_, What::Day(start, end)) => {
                Some(self.dated(field, at, at + 1, &[(Op::AtLeast, start), (Op::Less, end)]))
            }
            _ => None,
        }
    }

    /// Tests of a moment; without a field it is asked which moment is meant.
    fn dated(&self, field: Option<&Field>, at: usize, end: usize, bounds: &[(Op, i64)]) -> Tried {
        let Some(field) = field else {
            let Some(place) = self.place(at, end) else {
                return Tried::No;
            };
            let text = self.text_at(place);
            let both = vec![format!("created {text}"), format!("updated {text}")];
            return Tried::Wrong(self.report(at, end, Reason::Ambiguous, both), end);
        };
        let test = |(op, moment): &(Op, i64)| Condition::is(field.clone(), *op, Some(Scalar::Time(*moment)));
        let mut tests: Vec<Condition> = bounds.iter().map(test).collect();
        let condition = match tests.len() {
            1 => tests.remove(0),
            _ => Condition::All(tests),
        };
        Tried::Read(Operand::of(condition, How::Exact, end))
    }

    /// `in the last 7 days`, `last week`.
    fn within(&self, at: usize, field: Option<&Field>) -> Option<Tried> {
        let next = at + 1;
        let amount = match self.quantity(next) {
            Some(amount) => amount,
            None => {
                let word = self
                    .word(next)
                    .filter(|word| word.kind == Kind::Unit && word.field == "time")?;
                Amount {
                    number: word.number,
                    measure: Measure::Time(word.number > 2_000_000.0),
                    end: next + 1,
                }
            }
        };
        let Measure::Time(_) = amount.measure else {
            return None;
        };
        let tried = self.dated(field, at, amount.end, &[(Op::AtLeast, self.back(&amount))]);
        Some(self.said(tried, at, &amount))
    }

    /// `older than 30 days`, `before 2026-10-01`, `since yesterday`.
    fn moment(&self, at: usize, field: Option<&Field>) -> Option<Tried> {
        let word = self.word(at)?;
        let next = self.skip(at + 1);
        let age = Field::CreatedAt;
        // `backups older than 30 days` is about the backups, of which no age is known.
        let other = at
            .checked_sub(1)
            .is_some_and(|before| self.field_at(before).is_some());
        let field = match word.is.as_str() {
            "older" | "newer" if !other => field.or(Some(&age)),
            _ => field,
        };
        if let Some(amount) = self.quantity(next)
            && matches!(amount.measure, Measure::Time(_))
        {
            let op = match word.is.as_str() {
                "older" => Op::Less,
                "newer" => Op::More,
                _ => return None,
            };
            let end = if self.kind(amount.end) == Some(Kind::Ago) {
                amount.end + 1
            } else {
                amount.end
            };
            let tried = self.dated(field, at, end, &[(op, self.back(&amount))]);
            return Some(self.said(tried, at, &amount));
        }
        let (start, end) = self.day(next)?;
        let bound = match word.is.as_str() {
            "older" | "before" => (Op::Less, start),
            "newer" | "after" => (Op::AtLeast, end),
            _ => (Op::AtLeast, start),
        };
        Some(self.dated(field, at, next + 1, &[bound]))
    }

    /// `more than 30 days ago`: the more, the earlier.
    fn ago(&self, at: usize, field: Option<&Field>) -> Option<Tried> {
        let word = self.word(at)?;
        let amount = self.quantity(self.skip(at + 1))?;
        let Measure::Time(_) = amount.measure else {
            return None;
        };
        let ago = self.kind(amount.end) == Some(Kind::Ago);
        let op = match Op::of(&word.is)? {
            Op::More => Op::Less,
            Op::AtLeast => Op::AtMost,
            Op::Less => Op::More,
            Op::AtMost => Op::AtLeast,
            _ => return None,
        };
        let end = if ago { amount.end + 1 } else { amount.end };
        let tried = self.dated(field, at, end, &[(op, self.back(&amount))]);
        Some(self.said(tried, at, &amount))
    }

    /// `between 2026-01-01 and 2026-02-01`: both days belong to it.
    fn days(&self, at: usize, field: Option<&Field>) -> Option<Tried> {
        let (start, _) = self.day(at + 1)?;
        (self.kind(at + 2) == Some(Kind::And)).then_some(())?;
        let (_, end) = self.day(at + 3)?;
        Some(self.dated(field, at, at + 4, &[(Op::AtLeast, start), (Op::Less, end)]))
    }

    /// The day at `at`: its first second and that of the next.
    fn day(&self, at: usize) -> Option<(i64, i64)> {
        let today = || -> Option<Date> {
            let now = Timestamp::from_second(self.now).ok()?;
            Some(Offset::UTC.to_datetime(now).date())
        };
        match (self.items.get(at)?.what, self.word(at)) {
            (What::Day(start, end), _) => Some((start, end)),
            (_, Some(word)) if word.kind == Kind::Day => match word.is.as_str() {
                "today" => day_of(today()?),
                "yesterday" => day_of(today()?.yesterday().ok()?),
                _ => {
                    let (start, _) = day_of(today()?.first_of_month())?;
                    Some((start, day_of(today()?.last_of_month())?.1))
                }
            },
            _ => None,
        }
    }

    /// The moment that lies `amount` back.
    fn back(&self, amount: &Amount) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "it is bounded right here")]
        let seconds = amount.number.clamp(0.0, 10_000_000_000.0) as i64;
        self.now.saturating_sub(seconds)
    }

    /// How time was counted stands in the assumptions.
    fn said(&self, tried: Tried, at: usize, amount: &Amount) -> Tried {
        let Tried::Read(operand) = tried else {
            return tried;
        };
        let text = self
            .place(at, operand.end)
            .map(|place| self.text_at(place))
            .unwrap_or_default();
        let moment = Scalar::Time(self.back(amount));
        let why = match amount.measure {
            Measure::Time(true) => "counted back from now; a month is 30 days and a year 365",
            _ => "counted back from now, in UTC",
        };
        Tried::Read(operand.assuming(&text, moment.to_string(), why))
    }
}
