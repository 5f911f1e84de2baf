//! What only shows when a question is read to its end: what still waits, what reaches too far, what contradicts.

use super::parse::Parser;
use super::{Aggregate, Assumption, Condition, Field, Function, Op, Reason, Scalar, Sort, Understood};

impl Parser<'_> {
    pub(super) fn finish(mut self, provider: Option<&str>) -> Understood {
        self.pending();
        self.scopes();
        self.whole(provider);
        self.filter
            .conditions
            .extend(self.clauses.into_iter().map(|(.., condition)| condition));
        self.problems.sort_by_key(|problem| problem.place);
        Understood {
            filter: self.filter,
            conditions: self.matches,
            assumptions: self.assumptions,
            not_understood: self.problems,
        }
    }

    /// Whether the superlative at `at` is about size although no field is named: `biggest`, and not `most`.
    pub(super) fn sizes(&self, at: usize) -> bool {
        let of_size = ["biggest", "largest", "smallest"];
        self.items.get(at).is_some_and(|item| {
            of_size.contains(&item.key.as_str()) || item.key.contains("grande") || item.key.contains("pequen")
        })
    }

    /// What still waits for a field.
    pub(super) fn pending(&mut self) {
        if let Some((at, descending)) = self.superlative {
            let sizes = [Field::SizeGb, Field::MemoryGb, Field::DiskGb, Field::Cpu];
            let fitting: Vec<Field> = sizes.into_iter().filter(|field| self.has(field)).collect();
            match fitting.as_slice() {
                [only] if self.sizes(at) => {
                    self.assumptions.push(Assumption {
                        text: self
                            .items
                            .get(at)
                            .map(|item| item.text.clone())
                            .unwrap_or_default(),
                        read_as: format!("sorted by {only}"),
                        why: "it is the only size that is known of it".to_owned(),
                    });
                    self.filter.sort.push(Sort {
                        field: only.clone(),
                        descending,
                    });
                    self.top = None;
                    self.one();
                }
                several => {
                    let each = several.iter().map(|field| format!("by {field}")).collect();
                    let problem = self.report(at, at + 1, Reason::Ambiguous, each);
                    self.problems.push(problem);
                }
            }
        }
        if let Some(at) = self.top.filter(|_| self.filter.sort.is_empty()) {
            let by = ["by memory", "by cost", "by cpu", "by size"].map(str::to_owned);
            let problem = self.report(at, at + 1, Reason::Ambiguous, by.into());
            self.problems.push(problem);
        }
        if let Some((at, function)) = self.figure {
            // `total servers`
            if function == Function::Sum && self.heads.contains(&self.skip(at + 1)) {
                self.filter.aggregate = Some(Aggregate {
                    function: Function::Count,
                    field: None,
                });
            } else {
                let of = ["cost", "memory", "cpu", "size"].map(|name| format!("{} {name}", function.name()));
                let problem = self.report(at, at + 1, Reason::Ambiguous, of.into());
                self.problems.push(problem);
            }
        }
    }

    /// Joints that reach over more than one condition could be meant in two ways.
    pub(super) fn scopes(&mut self) {
        let head = self.heads.first().copied().unwrap_or(0);
        let mut found = Vec::new();
        for (at, end) in &self.ors {
            let beside = |clause: &&(usize, usize, bool, Condition)| clause.0 > head && clause.0 != *at;
            if *at > head && self.clauses.iter().filter(beside).count() > 0 {
                found.push((*at, *end, "say which conditions the `or` joins, or ask twice"));
            }
        }
        let except = self
            .clauses
            .iter()
            .find(|(.., except, _)| *except)
            .map(|(at, ..)| *at);
        if let Some(except) = except {
            let after = self.clauses.iter().find(|(at, ..)| *at > except);
            if let Some((at, end, ..)) = after {
                found.push((*at, *end, "say it before the exception, or it may belong to it"));
            }
        }
        for (at, end, why) in found {
            let problem = self.report(at, end, Reason::Ambiguous, vec![why.to_owned()]);
            self.problems.push(problem);
        }
    }

    /// What only shows when everything is read.
    pub(super) fn whole(&mut self, provider: Option<&str>) {
        let mut equal: Vec<(&Field, String, usize, usize)> = Vec::new();
        let mut contradictions = Vec::new();
        for (at, end, _, condition) in &self.clauses {
            if let Condition::Is(test) = condition
                && matches!(test.op, Op::Equal | Op::In)
                && !test.field.many()
                && let Some(value) = &test.value
            {
                let value = value.to_string();
                match equal.iter().find(|(field, ..)| *field == &test.field) {
                    Some((_, other, ..)) if *other != value => {
                        contradictions.push((*at, *end, test.field.clone(), other.clone()))
                    }
                    _ => equal.push((&test.field, value, *at, *end)),
                }
            }
        }
        for (at, end, field, other) in contradictions {
            let why = vec![format!(
                "nothing has two values of {field}; for either, say `{other} or …`"
            )];
            let problem = self.report(at, end, Reason::Ambiguous, why);
            self.problems.push(problem);
        }
        // Figures have an order of their own, and what they are of has no limit.
        if self.filter.aggregate.is_some() && (self.filter.limit.is_some() || !self.filter.sort.is_empty()) {
            let why = vec!["ask for the figures, or for the first of the resources".to_owned()];
            let problem = self.report(0, self.items.len(), Reason::Ambiguous, why);
            self.problems.push(problem);
        }
        let of_cluster = |sort: &Sort| matches!(sort.field, Field::Cluster | Field::Servers);
        if self.clusters() && !self.filter.sort.iter().all(of_cluster) {
            let why = vec!["clusters are sorted by name or by their servers".to_owned()];
            let problem = self.report(0, self.items.len(), Reason::UnknownAttribute, why);
            self.problems.push(problem);
        }
        let by_cost = self
            .filter
            .sort
            .iter()
            .any(|sort| sort.field == Field::MonthlyCost);
        let currencies = self.vocabulary.of(&Field::Currency);
        let chosen = self
            .clauses
            .iter()
            .flat_map(|(.., condition)| condition.tests())
            .any(|test| test.field == Field::Currency || matches!(test.value, Some(Scalar::Money { .. })));
        if by_cost && currencies.len() > 1 && !chosen {
            let each = currencies.iter().map(|code| format!("in {code}")).collect();
            let problem = self.report(0, self.items.len(), Reason::Ambiguous, each);
            self.problems.push(problem);
        }
        if self.heads.is_empty() && self.problems.is_empty() && self.filter.aggregate.is_none() {
            match self.clauses.is_empty() {
                true => {
                    let what = ["servers", "volumes", "databases", "clusters"].map(str::to_owned);
                    let problem = self.report(0, self.items.len(), Reason::Ambiguous, what.into());
                    self.problems.push(problem);
                }
                false => self.assumptions.push(Assumption {
                    text: String::new(),
                    read_as: "resources of every kind".to_owned(),
                    why: "no kind is named".to_owned(),
                }),
            }
        }
        if let Some(provider) = provider {
            let value = Scalar::Text(provider.to_owned());
            if let Some((_, other, at, end)) = equal
                .iter()
                .find(|(field, other, ..)| **field == Field::Provider && *other != value.to_string())
            {
                let why = vec![format!(
                    "the argument `provider` says {provider}, and the question {other}"
                )];
                let problem = self.report(*at, *end, Reason::Ambiguous, why);
                self.problems.push(problem);
            }
            let condition = Condition::is(Field::Provider, Op::Equal, Some(value));
            self.filter.conditions.push(condition);
            self.assumptions.push(Assumption {
                text: String::new(),
                read_as: format!("provider = {provider}"),
                why: "the argument `provider` says so".to_owned(),
            });
        }
    }
}
