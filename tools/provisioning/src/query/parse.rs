//! From a question to a filter: what is asked for, its conditions, its order, its limit, its figures.

use std::fmt;

use super::item::{Item, Live, What, items, live, written};
use super::lexicon::{Kind, Lexicon, Word};
use super::shape::unknown;
use super::understood::NotUnderstood;
use super::{
    Assumption, Condition, Entity, Field, Filter, Function, Matched, Reason, Type, Understood, Vocabulary,
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
    pub(super) figure: Option<(usize, Function)>,
    pub(super) superlative: Option<(usize, bool)>,
    pub(super) top: Option<usize>,
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
            Entity::Resources(kinds) => kinds.iter().all(|kind| field.of(*kind)),
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
            // `stopped servers or servers with drift` is no list of kinds.
            let named = |at: &usize| self.word(*at).map(|word| word.is.as_str());
            let again = self.heads.iter().any(|head| named(head) == named(&next));
            if next == last + 1 || self.kind(next) != Some(Kind::Entity) || again {
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
}
