//! From a question to a filter: what is asked for, its conditions, its order, its limit, its figures.

use std::fmt;

use super::item::{Item, Live, What, items, live, written};
use super::lexicon::{Kind, Lexicon, Word};
use super::shape::unknown;
use super::understood::NotUnderstood;
use super::{
    Aggregate, Assumption, Condition, Entity, Field, Filter, Function, Matched, Op, Reason, Scalar, Sort,
    Type, Understood, Vocabulary,
};
use crate::intent::{Place, tokens};
use crate::resource;

/// The most characters of a question.
pub const LONGEST: usize = 1000;

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The words.
    pub text: &'a str,
    /// Only resources of this provider, whatever the words say.
    pub provider: Option<&'a str>,
    /// Seconds since 1970 in UTC: what `last week` counts back from.
    pub now: i64,
}

/// Why a question is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There are no words.
    Empty,
    /// There are more than are read.
    TooLong {
        /// How many characters it has.
        characters: usize,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the question is empty"),
            Self::TooLong { characters } => write!(
                f,
                "the question has {characters} characters; {LONGEST} are read at most"
            ),
        }
    }
}

/// The words of `text` that may be values: what an inventory is asked about before [`understand`].
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for whole in [true, false] {
        for token in tokens(text, &|_| whole) {
            // Of `named=web-1` the value may be a name.
            let value = token.text.rsplit('=').next().unwrap_or_default().to_owned();
            for word in [token.text, value] {
                if !word.is_empty() && !words.contains(&word) {
                    words.push(word);
                }
            }
        }
    }
    words
}

/// What `request` means.
///
/// # Errors
/// If there are no words, or too many.
pub fn understand(
    request: &Request<'_>,
    lexicon: &Lexicon,
    vocabulary: &Vocabulary,
) -> Result<Understood, Refusal> {
    let characters = request.text.chars().count();
    if characters > LONGEST {
        return Err(Refusal::TooLong { characters });
    }
    let live = live(vocabulary);
    let mut items = items(request.text, lexicon, &live);
    for item in items.iter_mut().skip(1) {
        // A value may be called like a word that means nothing: it is not passed over.
        let nothing = matches!(item.what, What::Word(word) if word.kind == Kind::Filler);
        if nothing && live.contains_key(&item.key) {
            item.what = What::Value;
        }
    }
    if items.iter().all(|item| matches!(item.what, What::Mark)) {
        return Err(Refusal::Empty);
    }
    let mut parser = Parser::new(request, lexicon, vocabulary, live, items);
    parser.entity();
    parser.read();
    Ok(parser.finish(request.provider))
}

/// A question that is being read.
pub(super) struct Parser<'a> {
    text: &'a str,
    pub(super) now: i64,
    pub(super) lexicon: &'a Lexicon,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) live: Live,
    pub(super) items: Vec<Item<'a>>,
    /// Items that say what is asked for.
    pub(super) heads: Vec<usize>,
    pub(super) filter: Filter,
    /// Conditions, the items they stand in, and whether an `except` is in them.
    pub(super) clauses: Vec<(usize, usize, bool, Condition)>,
    pub(super) ors: Vec<(usize, usize)>,
    pub(super) matches: Vec<Matched>,
    pub(super) assumptions: Vec<Assumption>,
    pub(super) problems: Vec<NotUnderstood>,
    /// A figure or an order whose field is not said yet.
    figure: Option<(usize, Function)>,
    superlative: Option<(usize, bool)>,
    top: Option<usize>,
}

impl<'a> Parser<'a> {
    fn new(
        request: &Request<'a>,
        lexicon: &'a Lexicon,
        vocabulary: &'a Vocabulary,
        live: Live,
        items: Vec<Item<'a>>,
    ) -> Self {
        Self {
            text: request.text,
            now: request.now,
            lexicon,
            vocabulary,
            live,
            items,
            heads: Vec::new(),
            filter: Filter {
                entity: Entity::Resources(Vec::new()),
                conditions: Vec::new(),
                sort: Vec::new(),
                limit: None,
                group: None,
                aggregate: None,
            },
            clauses: Vec::new(),
            ors: Vec::new(),
            matches: Vec::new(),
            assumptions: Vec::new(),
            problems: Vec::new(),
            figure: None,
            superlative: None,
            top: None,
        }
    }

    pub(super) fn word(&self, at: usize) -> Option<&'a Word> {
        match self.items.get(at)?.what {
            What::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.word(at).map(|word| word.kind)
    }

    pub(super) fn is_mark(&self, at: usize, mark: &str) -> bool {
        self.items
            .get(at)
            .is_some_and(|item| matches!(item.what, What::Mark) && item.key == mark)
    }

    /// Whether the item only ties a field to its value: `is`, `of`.
    pub(super) fn is_copula(&self, at: usize) -> bool {
        let ties = [
            "is", "are", "of", "was", "were", "be", "es", "son", "de", "del", "sea", "sean", "esta", "estan",
        ];
        self.kind(at) == Some(Kind::Link)
            && self
                .items
                .get(at)
                .is_some_and(|item| ties.contains(&item.key.as_str()))
    }

    /// The first item from `at` that means something.
    pub(super) fn skip(&self, mut at: usize) -> usize {
        while matches!(self.kind(at), Some(Kind::Filler | Kind::Link)) {
            at += 1;
        }
        at
    }

    /// The characters of the items from `start` up to, not including, `end`.
    pub(super) fn place(&self, start: usize, end: usize) -> Option<Place> {
        let last = self.items.get(end.checked_sub(1)?)?;
        let first = self.items.get(start)?;
        Some(Place {
            start: first.place.start,
            end: last.place.end,
        })
    }

    pub(super) fn text_at(&self, place: Place) -> String {
        written(self.text, place)
    }

    pub(super) fn clusters(&self) -> bool {
        self.filter.entity == Entity::Clusters
    }

    /// The field that holds the name of what is asked for.
    pub(super) fn name_field(&self) -> Field {
        self.of_entity(Field::Name)
    }

    /// `field`, as what is asked for has it: a cluster's name is its cluster.
    pub(super) fn of_entity(&self, field: Field) -> Field {
        match field {
            Field::Name if self.clusters() => Field::Cluster,
            other => other,
        }
    }

    /// Whether what is asked for can have `field`.
    pub(super) fn has(&self, field: &Field) -> bool {
        match &self.filter.entity {
            Entity::Clusters => matches!(
                field,
                Field::Cluster
                    | Field::Servers
                    | Field::Provider
                    | Field::Region
                    | Field::Zone
                    | Field::Environment
                    | Field::Network
            ),
            Entity::Resources(kinds) if kinds.is_empty() => *field != Field::Servers,
            Entity::Resources(kinds) => kinds.iter().any(|kind| field.of(*kind)),
        }
    }

    /// A report about the items from `start` up to `end`.
    pub(super) fn report(
        &self,
        start: usize,
        end: usize,
        reason: Reason,
        suggestions: Vec<String>,
    ) -> NotUnderstood {
        let place = self
            .place(start, end.max(start + 1))
            .unwrap_or(Place { start: 0, end: 0 });
        NotUnderstood {
            place,
            text: self.text_at(place),
            reason,
            suggestions,
        }
    }

    /// Reports what is wrong with the condition that begins at `at`; its negation belongs to it.
    pub(super) fn wrong(&mut self, at: usize, mut problem: NotUnderstood) {
        let turned = matches!(
            self.kind(at),
            Some(Kind::Not | Kind::Except | Kind::Neither | Kind::Nor)
        );
        if let (true, Some(first)) = (turned, self.items.get(at)) {
            problem.place.start = first.place.start.min(problem.place.start);
            problem.text = self.text_at(problem.place);
        }
        self.problems.push(problem);
    }

    /// Reports an item that no rule takes. `start` is where the condition would be.
    pub(super) fn unread(&mut self, at: usize, start: usize) {
        let scope = vec!["say it right before the condition that it belongs to".to_owned()];
        let problem = match self.items.get(at).map(|item| item.what) {
            Some(What::Word(_)) => self.report(at, at.max(start.min(at)) + 1, Reason::Ambiguous, scope),
            _ => match self.items.get(at) {
                Some(item) => unknown(item, &self.live, self.vocabulary, self.lexicon),
                None => return,
            },
        };
        self.problems.push(problem);
    }

    /// Finds what is asked for, before anything else: what a word can mean depends on it.
    fn entity(&mut self) {
        let all: Vec<usize> = (0..self.items.len())
            .filter(|at| self.kind(*at) == Some(Kind::Entity))
            .collect();
        let is_field = |at: usize| {
            let field = self.word(at).and_then(Word::field);
            let before = (0..at)
                .rev()
                .find(|at| !matches!(self.kind(*at), Some(Kind::Filler)));
            let grouped = before.is_some_and(|at| {
                matches!(
                    self.kind(at),
                    Some(Kind::Group | Kind::By | Kind::Not | Kind::Sort)
                )
            });
            field.is_some_and(|field| grouped || !self.readings(at + 1, Some(&field)).is_empty())
        };
        let head = all
            .iter()
            .copied()
            .find(|at| !is_field(*at))
            .or(all.first().copied());
        let Some(head) = head else { return };
        self.heads.push(head);
        let mut last = head;
        // `servers, volumes and buckets`
        loop {
            let mut next = last + 1;
            while self.is_mark(next, ",")
                || matches!(self.kind(next), Some(Kind::And | Kind::Or | Kind::Filler))
            {
                next += 1;
            }
            if next == last + 1 || self.kind(next) != Some(Kind::Entity) {
                break;
            }
            self.heads.push(next);
            last = next;
        }
        let names: Vec<&str> = self
            .heads
            .iter()
            .filter_map(|at| self.word(*at))
            .map(|word| word.is.as_str())
            .collect();
        let kinds: Vec<resource::Kind> = names.iter().filter_map(|name| name.parse().ok()).collect();
        self.filter.entity = match names.as_slice() {
            ["cluster"] => Entity::Clusters,
            names if names.contains(&"cluster") => {
                self.heads.truncate(1);
                Entity::Resources(kinds.into_iter().take(1).collect())
            }
            names if names.contains(&"resource") => Entity::Resources(Vec::new()),
            _ => Entity::Resources(kinds),
        };
    }

    /// Reads every item.
    fn read(&mut self) {
        let mut at = 0;
        while at < self.items.len() {
            let next = self.rule(at);
            at = next.max(at + 1);
        }
    }

    /// The rule that begins at `at`, and where it ends.
    fn rule(&mut self, at: usize) -> usize {
        let Some(item) = self.items.get(at) else {
            return at + 1;
        };
        let word = match item.what {
            What::Mark => return at + 1,
            What::Number(number) => return self.counted(at, number),
            What::Word(word) => word,
            _ => return self.chain(at),
        };
        match word.kind {
            Kind::Filler | Kind::Link => at + 1,
            // Between head nouns, and between clauses that are joined anyway.
            Kind::And | Kind::Or if self.between_heads(at) => at + 1,
            Kind::And if at + 1 < self.items.len() => at + 1,
            Kind::Entity if self.heads.contains(&at) => at + 1,
            Kind::Entity if self.field_at(at).is_none() => {
                let why = vec!["ask for one kind at a time, or join the kinds with `and` at the beginning".to_owned()];
                let problem = self.report(at, at + 1, Reason::Ambiguous, why);
                self.problems.push(problem);
                at + 1
            }
            Kind::Outside => {
                let problem = self.report(at, at + 1, Reason::OutOfScope, vec![word.is.clone()]);
                self.problems.push(problem);
                at + 1
            }
            Kind::Vague => {
                let with = ["more than 16 GB of memory", "older than 30 days", "sorted by cost"].map(str::to_owned);
                let problem = self.report(at, at + 1, Reason::Ambiguous, with.into());
                self.problems.push(problem);
                at + 1
            }
            Kind::Only if !self.clusters() && self.kind(self.skip(at + 1)).is_none_or(|kind| kind != Kind::Only) && self.skip(at + 1) < self.items.len() => at + 1,
            Kind::Count => self.count(at),
            Kind::Aggregate => self.aggregate(at, &word.is),
            Kind::Group | Kind::By => self.grouped(at, word.kind),
            Kind::Sort => self.sorted(at),
            Kind::Direction => self.direction(at, word.is == "down"),
            Kind::Superlative => self.most(at, word.is == "down", &word.field),
            Kind::Top | Kind::First => self.first(at, word.kind),
            Kind::Monthly if self.items.iter().any(|item| matches!(item.what, What::Word(word) if word.field().is_some_and(|field| field == Field::MonthlyCost))) => at + 1,
            Kind::Field if self.figure.is_some() && self.takes_figure(at) => at + 1,
            // `coste total`: the figure stands behind what it is of.
            Kind::Field if self.kind(at + 1) == Some(Kind::Aggregate) && self.field_at(at).is_some_and(|field| matches!(field.holds(), Type::Number | Type::Money)) => {
                let name = self.word(at + 1).map(|word| word.is.as_str()).unwrap_or_default();
                let end = self.aggregate(at + 1, name);
                if !self.takes_figure(at) {
                    self.unread(at, at);
                }
                end
            }
            _ => self.chain(at),
        }
    }

    fn between_heads(&self, at: usize) -> bool {
        let first = self.heads.first().is_some_and(|first| *first < at);
        first && self.heads.last().is_some_and(|last| at < *last)
    }

    /// A number before what is asked for or before a superlative is a limit; any other measures something.
    fn counted(&mut self, at: usize, number: f64) -> usize {
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

    fn first(&mut self, at: usize, kind: Kind) -> usize {
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

    fn count(&mut self, at: usize) -> usize {
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

    fn aggregate(&mut self, at: usize, name: &str) -> usize {
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
    fn takes_figure(&mut self, at: usize) -> bool {
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
    fn axis(&self, at: usize) -> Option<(Field, usize)> {
        let next = self.skip(at);
        match self.field_at(next) {
            Some(field) => Some((field, next + 1)),
            None => self.tag_at(next),
        }
    }

    fn grouped(&mut self, at: usize, kind: Kind) -> usize {
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

    fn sorted(&mut self, at: usize) -> usize {
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

    fn direction(&mut self, at: usize, descending: bool) -> usize {
        match self.filter.sort.last_mut() {
            Some(sort) => sort.descending = descending,
            None => self.unread(at, at),
        }
        at + 1
    }

    /// `the most expensive`, `the largest memory`, `biggest`.
    fn most(&mut self, at: usize, descending: bool, field: &str) -> usize {
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
    fn one(&mut self) {
        let singular = self
            .heads
            .first()
            .and_then(|at| self.items.get(*at))
            .is_some_and(|item| !item.key.ends_with('s') && item.key != "everything" && item.key != "todo");
        if singular && self.filter.limit.is_none() {
            self.filter.limit = Some(1);
        }
    }

    fn finish(mut self, provider: Option<&str>) -> Understood {
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
    fn sizes(&self, at: usize) -> bool {
        let of_size = ["biggest", "largest", "smallest"];
        self.items.get(at).is_some_and(|item| {
            of_size.contains(&item.key.as_str()) || item.key.contains("grande") || item.key.contains("pequen")
        })
    }

    /// What still waits for a field.
    fn pending(&mut self) {
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
    fn scopes(&mut self) {
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
    fn whole(&mut self, provider: Option<&str>) {
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
