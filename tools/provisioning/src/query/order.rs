//! Order, limits, groups and figures.

use super::item::What;
use super::lexicon::Kind;
use super::parse::Parser;
use super::{Aggregate, Assumption, Field, Function, Reason, Sort, Type};

impl Parser<'_> {
    /// A number before what is asked for or before a superlative is a limit; any other measures something.
    pub(super) fn counted(&mut self, at: usize, number: f64) -> usize {
        let next = self.skip(at + 1);
        let limits =
            self.kind(next) == Some(Kind::Superlative) || (self.heads.contains(&next) && next == at + 1);
        let whole = number.fract() == 0.0 && (1.0..=1_000_000.0).contains(&number);
        if !limits || !whole || self.filter.limit.is_some() {
            return self.chain(at);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and small"
        )]
        let limit = number as u32;
        self.filter.limit = Some(limit);
        at + 1
    }

    pub(super) fn first(&mut self, at: usize, kind: Kind) -> usize {
        let next = self.skip(at + 1);
        let number = self.items.get(next).map(|item| item.what);
        match number {
            Some(What::Number(number))
                if number.fract() == 0.0
                    && (1.0..=1_000_000.0).contains(&number)
                    && self.filter.limit.is_none() =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "it is whole and small"
                )]
                let limit = number as u32;
                self.filter.limit = Some(limit);
                if kind == Kind::Top {
                    self.top = Some(at);
                }
                next + 1
            }
            _ => {
                self.unread(at, at);
                at + 1
            }
        }
    }

    pub(super) fn count(&mut self, at: usize) -> usize {
        if self.filter.aggregate.is_some() || self.figure.is_some() {
            self.unread(at, at);
            return at + 1;
        }
        self.filter.aggregate = Some(Aggregate {
            function: Function::Count,
            field: None,
        });
        at + 1
    }

    pub(super) fn aggregate(&mut self, at: usize, name: &str) -> usize {
        let all = [Function::Sum, Function::Avg, Function::Min, Function::Max];
        let function = all.into_iter().find(|function| function.name() == name);
        match function {
            Some(function) if self.figure.is_none() && self.filter.aggregate.is_none() => {
                self.figure = Some((at, function));
                at + 1
            }
            // `how many in total`
            Some(Function::Sum)
                if self
                    .filter
                    .aggregate
                    .as_ref()
                    .is_some_and(|known| known.field.is_none()) =>
            {
                at + 1
            }
            // `the total cost in total`
            Some(function)
                if self
                    .filter
                    .aggregate
                    .as_ref()
                    .is_some_and(|known| known.function == function) =>
            {
                at + 1
            }
            _ => {
                self.unread(at, at);
                at + 1
            }
        }
    }

    /// Whether the field at `at` is what the figure is of.
    pub(super) fn takes_figure(&mut self, at: usize) -> bool {
        let Some(field) = self.field_at(at) else {
            return false;
        };
        let followed = matches!(self.kind(at + 1), Some(Kind::Compare | Kind::Between))
            || matches!(
                self.items.get(at + 1).map(|item| item.what),
                Some(What::Number(_))
            );
        let sums =
            matches!(field.holds(), Type::Number | Type::Money) && !self.clusters() && self.has(&field);
        let Some((_, function)) = self.figure.filter(|_| sums && !followed) else {
            return false;
        };
        self.figure = None;
        self.filter.aggregate = Some(Aggregate {
            function,
            field: Some(field),
        });
        true
    }

    /// A field that is named behind `per` or `by`, or a tag.
    pub(super) fn axis(&self, at: usize) -> Option<(Field, usize)> {
        let next = self.skip(at);
        match self.field_at(next) {
            Some(field) => Some((field, next + 1)),
            None => self.tag_at(next),
        }
    }

    pub(super) fn grouped(&mut self, at: usize, kind: Kind) -> usize {
        let Some((field, end)) = self.axis(at + 1).filter(|(field, _)| self.has(field)) else {
            let known = ["region", "provider", "status", "plan", "cluster"].map(|name| format!("per {name}"));
            let problem = self.report(
                at,
                (at + 2).min(self.items.len()),
                Reason::UnknownAttribute,
                known.into(),
            );
            self.problems.push(problem);
            return at + 2;
        };
        if kind == Kind::By && (self.superlative.is_some() || self.top.is_some()) {
            let descending = self.superlative.is_none_or(|(_, descending)| descending);
            self.superlative = None;
            self.top = None;
            self.filter.sort.push(Sort { field, descending });
            return end;
        }
        let counted = self.filter.aggregate.is_some() || self.figure.is_some();
        let groups = matches!(field.holds(), Type::Text | Type::Bool)
            && !self.clusters()
            && self.filter.group.is_none();
        if !groups || (kind == Kind::By && !counted) {
            let both = vec![format!("sorted by {field}"), format!("how many per {field}")];
            let problem = self.report(at, end, Reason::Ambiguous, both);
            self.problems.push(problem);
            return end;
        }
        if !counted {
            let text = self
                .place(at, end)
                .map(|place| self.text_at(place))
                .unwrap_or_default();
            self.assumptions.push(Assumption {
                text,
                read_as: format!("how many per {field}"),
                why: "groups are counted if no figure is asked for".to_owned(),
            });
            self.filter.aggregate = Some(Aggregate {
                function: Function::Count,
                field: None,
            });
        }
        self.filter.group = Some(field);
        end
    }

    pub(super) fn sorted(&mut self, at: usize) -> usize {
        let Some((field, mut end)) = self.axis(at + 1).filter(|(field, _)| self.has(field)) else {
            let known = ["name", "cost", "memory", "created"].map(|name| format!("sorted by {name}"));
            let problem = self.report(
                at,
                (at + 2).min(self.items.len()),
                Reason::UnknownAttribute,
                known.into(),
            );
            self.problems.push(problem);
            return at + 2;
        };
        let mut sorts = vec![Sort {
            field,
            descending: false,
        }];
        if let (Some(Kind::And), Some((field, after))) = (self.kind(end), self.axis(end + 1))
            && self.has(&field)
        {
            sorts.push(Sort {
                field,
                descending: false,
            });
            end = after;
        }
        self.filter.sort.extend(sorts);
        end
    }

    pub(super) fn direction(&mut self, at: usize, descending: bool) -> usize {
        match self.filter.sort.last_mut() {
            Some(sort) => sort.descending = descending,
            None => self.unread(at, at),
        }
        at + 1
    }

    /// `the most expensive`, `the largest memory`, `biggest`.
    pub(super) fn most(&mut self, at: usize, descending: bool, field: &str) -> usize {
        let next = self.skip(at + 1);
        let (field, end) = match (Field::named(field), self.field_at(next)) {
            (Some(field), _) => (field, at + 1),
            (None, Some(field)) if matches!(field.holds(), Type::Number | Type::Money) => (field, next + 1),
            (None, None) if self.clusters() && self.word(next).is_some_and(|word| word.is == "server") => {
                (Field::Servers, next + 1)
            }
            _ => {
                self.superlative = Some((at, descending));
                return at + 1;
            }
        };
        if !self.has(&field) {
            let why = vec![format!("a {} has no {field}", self.filter.entity.name())];
            let problem = self.report(at, end, Reason::UnknownAttribute, why);
            self.problems.push(problem);
            return end;
        }
        self.top = None;
        self.filter.sort.push(Sort { field, descending });
        self.one();
        end
    }

    /// `the oldest server` is one.
    pub(super) fn one(&mut self) {
        let singular = self
            .heads
            .first()
            .and_then(|at| self.items.get(*at))
            .is_some_and(|item| !item.key.ends_with('s') && item.key != "everything" && item.key != "todo");
        if singular && self.filter.limit.is_none() {
            self.filter.limit = Some(1);
        }
    }
}
