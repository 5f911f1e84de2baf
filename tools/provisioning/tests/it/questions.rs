//! Arbitrary and nearly right questions: none panics, spans stand in the question, and what is understood runs.

use std::panic::RefUnwindSafe;
use std::time::Duration;

use provisioning::Embedded;
use provisioning::intent::Place;
use provisioning::provider::Status;
use provisioning::query::{
    Claim, Condition, Entity, Field, Filter, Lexicon, Memory, Op, Proposal, Request, Row, Scalar, Vocabulary,
    proposed, understand,
};
use provisioning::resource::{Address, Kind};

/// Words that questions are made of, and some that they are not.
const WORDS: &[&str] = &[
    "servers",
    "volumes",
    "clusters",
    "network",
    "databases",
    "web",
    "web-1",
    "us-east-1",
    "us-esat-1",
    "us-east-9",
    "aws",
    "or",
    "and",
    "not",
    "without",
    "except",
    "only",
    "both",
    "between",
    "ni",
    "sin",
    "salvo",
    "o",
    "y",
    ",",
    ".",
    "more than",
    "at least",
    "más de",
    "16",
    "16 GB",
    "€50",
    "2 vCPU",
    "cpu>4",
    "top 5",
    "the 3 biggest",
    "sorted by",
    "per",
    "by",
    "how many",
    "total",
    "memory",
    "cost",
    "created",
    "in the last",
    "7 days",
    "older than",
    "before",
    "2026-11-01",
    "today",
    "tagged",
    "team=shop",
    "team",
    "running",
    "nginx",
    "stopped",
    "named",
    "starting with",
    "backups",
    "public ip",
    "with",
    "is",
    "is not set",
    "missing",
    "\"",
    "'",
    "=",
    "<",
    "zyx",
    "ñandú",
    "\u{0}",
    "😀",
    "999999999999999",
    "0",
    "-3",
    "1,5",
    "descending",
    "desc",
    "and",
    "biggest",
    "delete",
    "large",
    "in EUR",
    "€",
];

struct Subject {
    lexicon: Lexicon,
    vocabulary: Vocabulary,
    memory: Memory,
}

/// A panic ends the test, so nothing half done is ever looked at.
impl RefUnwindSafe for Subject {}

impl Subject {
    fn new() -> Self {
        let mut row = Row::new(Address::new(Kind::Server, "web-1"), "aws", Status::Ready);
        row.region = Some("us-east-1".to_owned());
        row.role = Some("web".to_owned());
        row.services.insert("nginx".to_owned());
        row.tags.insert("team".to_owned(), "shop".to_owned());
        let values = [
            (Field::Name, "web-1"),
            (Field::Region, "us-east-1"),
            (Field::Role, "web"),
            (Field::Service, "nginx"),
            (Field::Tag("team".to_owned()), "shop"),
            (Field::Currency, "EUR"),
            (Field::Network, "web"),
        ];
        let values = values
            .map(|(field, value)| (field, vec![value.to_owned()]))
            .into();
        Self {
            lexicon: Lexicon::load(&Embedded).unwrap(),
            vocabulary: Vocabulary { values, empty: false },
            memory: Memory::new(vec![row]),
        }
    }

    fn feed(&self, text: &str) {
        let request = Request {
            text,
            provider: None,
            now: 1_795_521_600,
        };
        let Ok(understood) = understand(&request, &self.lexicon, &self.vocabulary) else {
            return;
        };
        let characters = text.chars().count();
        let places = understood.conditions.iter().map(|found| found.place);
        for place in places.chain(understood.not_understood.iter().map(|left| left.place)) {
            assert!(
                place.start < place.end && place.end <= characters,
                "`{text}`: {place:?}"
            );
        }
        let rows = self.memory.select(&understood.filter, 10);
        assert!(rows.rows.len() <= 10);
    }
}

#[test]
fn arbitrary_questions() {
    let subject = Subject::new();
    bolero::check!()
        .with_iterations(3_000)
        .with_test_time(Duration::from_secs(5))
        .for_each(|bytes: &[u8]| subject.feed(&String::from_utf8_lossy(bytes)));
}

#[test]
fn nearly_right_questions() {
    let subject = Subject::new();
    bolero::check!()
        .with_iterations(10_000)
        .with_test_time(Duration::from_secs(10))
        .with_type::<Vec<u8>>()
        .for_each(|choices| {
            let words = choices
                .iter()
                .map(|choice| WORDS[usize::from(*choice) % WORDS.len()]);
            subject.feed(&words.collect::<Vec<_>>().join(" "));
        });
}

/// What a model proposes passes only if each test quotes its words, its values are there, and no word is dropped.
#[test]
fn a_proposal_is_held_to_the_same_coverage() {
    let subject = Subject::new();
    let text = "servers in us-east-1 without backups";
    let request = Request {
        text,
        provider: None,
        now: 1_795_521_600,
    };
    let claim = |words: &str, test: Option<usize>| {
        let start = text.find(words).unwrap();
        Claim {
            place: Place {
                start,
                end: start + words.len(),
            },
            text: words.to_owned(),
            test,
        }
    };
    let region = |value: &str| Condition::is(Field::Region, Op::Equal, Some(Scalar::Text(value.to_owned())));
    let backups = Condition::is(Field::Backups, Op::More, Some(Scalar::Number(0.0))).negated();
    let left = |conditions: Vec<Condition>, claims: Vec<Claim>| {
        let filter = Filter {
            entity: Entity::Resources(vec![Kind::Server]),
            conditions,
            sort: Vec::new(),
            limit: None,
            group: None,
            aggregate: None,
        };
        let proposal = Proposal { filter, claims };
        let understood = proposed(&request, &proposal, &subject.lexicon, &subject.vocabulary);
        let texts = understood.not_understood.into_iter().map(|left| left.text);
        texts.collect::<Vec<String>>()
    };
    let servers = claim("servers", None);
    let whole = vec![
        servers.clone(),
        claim("us-east-1", Some(0)),
        claim("without backups", Some(1)),
    ];
    assert!(left(vec![region("us-east-1"), backups.clone()], whole.clone()).is_empty());
    let dropped = vec![servers.clone(), claim("us-east-1", Some(0))];
    assert_eq!(left(vec![region("us-east-1")], dropped), ["without", "backups"]);
    assert_eq!(left(vec![region("moon"), backups.clone()], whole), ["us-east-1"]);
    let unquoted = vec![servers, claim("without backups", Some(1))];
    assert_eq!(
        left(vec![region("us-east-1"), backups], unquoted),
        ["", "us-east-1"]
    );
}
