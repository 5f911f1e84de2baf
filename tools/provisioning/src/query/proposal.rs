//! What a language model makes of a question: the same filter, held to the same inventory and to the same coverage.
//!
//! A model is not trusted. Each test of its filter quotes words of the question; words that no quotation claims and that
//! mean something are reported as not understood, whoever dropped them. Values that the inventory does not hold are
//! reported too. Nothing asks a model yet: this is what its answer would have to pass.

use super::item::{Item, What, items, live};
use super::lexicon::{Kind, Lexicon};
use super::shape::{no_value, unknown};
use super::{Filter, How, Matched, NotUnderstood, Op, Reason, Request, Scalar, Understood, Vocabulary};
use crate::intent::Place;

/// A filter, and the words for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// What is asked for.
    pub filter: Filter,
    /// Which characters gave what.
    pub claims: Vec<Claim>,
}

/// Words of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Where they stand.
    pub place: Place,
    /// The words, exactly as the question has them.
    pub text: String,
    /// Which test they gave, counted through the filter; nothing for the rest of the filter, such as its order.
    pub test: Option<usize>,
}

/// What `proposal` understood of `request`: the counterpart of [`understand`](super::understand).
#[must_use]
pub fn proposed(
    request: &Request<'_>,
    proposal: &Proposal,
    lexicon: &Lexicon,
    vocabulary: &Vocabulary,
) -> Understood {
    let live = live(vocabulary);
    let items = items(request.text, lexicon, &live);
    let mut not_understood = Vec::new();
    let mut conditions = Vec::new();
    let honest: Vec<&Claim> = proposal
        .claims
        .iter()
        .filter(|claim| super::item::written(request.text, claim.place) == claim.text)
        .collect();
    let tests: Vec<_> = proposal
        .filter
        .conditions
        .iter()
        .flat_map(|condition| condition.tests())
        .collect();
    for (at, test) in tests.into_iter().enumerate() {
        let claim = honest.iter().find(|claim| claim.test == Some(at));
        let place = claim.map_or(Place { start: 0, end: 0 }, |claim| claim.place);
        let text = claim.map(|claim| claim.text.clone()).unwrap_or_default();
        let item = Item {
            what: What::Unknown,
            place,
            key: text.clone(),
            text,
        };
        if claim.is_none() {
            let mut problem = unknown(&item, &live, vocabulary, lexicon);
            problem.reason = Reason::UnknownAttribute;
            problem.suggestions = vec![format!("no words of the question say `{test}`")];
            not_understood.push(problem);
        }
        let values: Vec<&String> = match (&test.op, &test.value) {
            (Op::Equal, Some(Scalar::Text(text))) => vec![text],
            (Op::In, Some(Scalar::List(texts))) => texts.iter().collect(),
            _ => Vec::new(),
        };
        let known = |value: &&String| {
            vocabulary.of(&test.field).contains(value)
                || lexicon.values(&test.field).contains(&value.as_str())
                || !test.field.live()
        };
        if !values.iter().all(known) {
            not_understood.push(no_value(&item, &test.field, vocabulary, lexicon));
        }
        conditions.push(Matched {
            place,
            text: item.text,
            column: test.field.to_string(),
            op: test.op,
            value: test.value.clone(),
            negated: false,
            how: How::Exact,
        });
    }
    let unclaimed = items.iter().filter(|item| {
        let nothing = match item.what {
            What::Mark => true,
            What::Word(word) => matches!(word.kind, Kind::Filler | Kind::Link | Kind::And),
            _ => false,
        };
        let inside =
            |claim: &&&Claim| claim.place.start <= item.place.start && item.place.end <= claim.place.end;
        !nothing && !honest.iter().any(|claim| inside(&claim))
    });
    not_understood.extend(unclaimed.map(|item| NotUnderstood {
        place: item.place,
        text: item.text.clone(),
        reason: Reason::UnknownWord,
        suggestions: vec!["no part of the proposed filter claims it".to_owned()],
    }));
    Understood {
        filter: proposal.filter.clone(),
        conditions,
        assumptions: Vec::new(),
        not_understood,
    }
}
