//! Texts and numbers that stores like to trip over.

use std::sync::Arc;

use jiff::Timestamp;
use provisioning::resource::Value;
use provisioning::state::{Archive, Change, Error, Note};

use crate::samples::{at, claim, held, note, put, run, server, step};

/// Texts that mean something to a database, a shell, JSON or a terminal.
pub(crate) const TEXTS: [&str; 12] = [
    "",
    " ",
    "it's",
    "\"; DROP TABLE resource; --",
    "a\\b\\u0000c",
    "line\nline\r\n\ttab",
    "\u{1b}[31mred",
    "%_%",
    "größe 東京 🦀 e\u{301}",
    "\u{feff}\u{202e}rtl",
    "null",
    "$1 ?1 :a @b",
];

/// Wherever a text can be, any text can be, and comes back letter by letter.
pub async fn odd_texts_are_kept(store: Arc<dyn Archive>) {
    for (number, text) in TEXTS.into_iter().enumerate() {
        let second = i64::try_from(number).unwrap() * 100;
        let mut claim = claim(text, second + 50);
        claim.host = text.to_owned();
        claim.reason = text.to_owned();
        let lease = store.acquire(&claim, at(second)).await.unwrap();
        assert_eq!(store.lease().await.unwrap(), Some(lease.clone()));
        let mut resource = server(text, text);
        resource.provider = text.to_owned();
        resource.region = Some(text.to_owned());
        resource.provider_id = Some(text.to_owned());
        resource.config_hash = text.to_owned();
        resource.origin = Some(text.to_owned());
        resource.attributes = [(text.to_owned(), Value::from(text))].into();
        resource.depends_on = vec![resource.address.clone()];
        let mut run = run(text);
        run.name = text.to_owned();
        run.definition = text.to_owned();
        run.message = Some(text.to_owned());
        let mut step = step(text, text);
        step.effect = Some(text.to_owned());
        step.error = Some(text.to_owned());
        let told = Note {
            address: Some(resource.address.clone()),
            run: Some(text.to_owned()),
            kind: text.to_owned(),
            detail: text.to_owned(),
        };
        let changes = vec![
            put(&resource),
            Change::Run(Box::new(run.clone())),
            Change::Step(Box::new(step.clone())),
            Change::Note(told.clone()),
            Change::Spend {
                token: text.to_owned(),
                expires: at(1),
            },
        ];
        store.commit(lease.epoch, at(second), changes).await.unwrap();
        let found = store.resource(&resource.address).await.unwrap();
        assert_eq!(found, Some(resource.clone()));
        assert_eq!(store.run(text).await.unwrap(), Some(run));
        assert_eq!(store.steps(text).await.unwrap(), [step]);
        let address = &resource.address;
        let events = store.events(Some(address), Some(text), 9).await.unwrap();
        assert_eq!(events[0].note, told, "{text:?}");
        assert_eq!(events.len(), 1);
        store.cancel(text, at(second)).await.unwrap();
    }
    assert_eq!(store.resources().await.unwrap().len(), TEXTS.len());
}

/// A megabyte in one field, and as many fields.
pub async fn long_texts_are_kept(store: Arc<dyn Archive>) {
    let epoch = held(&*store, "anna").await.epoch;
    let long = "größe ".repeat(200_000);
    let key = "größe 🦀 ".repeat(78);
    let mut resource = server(&key, &key);
    resource.attributes = (0..20_000)
        .map(|number| (format!("field {number}"), Value::Integer(number)))
        .collect();
    resource.origin = Some(long.clone());
    let mut run = run(&key);
    run.definition = long;
    let step = step(&key, &key);
    let changes = vec![
        put(&resource),
        Change::Run(Box::new(run.clone())),
        Change::Step(Box::new(step.clone())),
        Change::Spend {
            token: key.clone(),
            expires: at(1),
        },
    ];
    store.commit(epoch, at(1), changes).await.unwrap();
    assert_eq!(store.resources().await.unwrap(), [resource]);
    assert_eq!(store.run(&key).await.unwrap(), Some(run));
    assert_eq!(store.steps(&key).await.unwrap(), [step]);
}

/// What one store would keep and another lose, none records: NUL characters, infinite numbers, far times, deep values,
/// ids too long for an index.
pub async fn what_does_not_come_back_is_refused(store: Arc<dyn Archive>) {
    let nul = claim("an\0na", 30);
    assert!(refused(&store.acquire(&nul, at(0)).await));
    let mut endless = claim("anna", 30);
    endless.expires = Timestamp::MAX;
    assert!(refused(&store.acquire(&endless, at(0)).await));
    let epoch = held(&*store, "anna").await.epoch;
    store
        .commit(epoch, at(1), vec![Change::Run(Box::new(run("r1")))])
        .await
        .unwrap();
    let before = store.whole().await.unwrap();
    assert!(refused(&store.steal(&nul, at(40), true).await));
    assert!(refused(&store.extend(epoch, Timestamp::MAX).await));
    assert!(refused(&store.cancel("r1", Timestamp::MAX).await));
    for change in unfit() {
        let changes = vec![note("before"), change.clone()];
        let answer = store.commit(epoch, at(2), changes).await;
        assert!(refused(&answer), "{change:?}: {answer:?}");
    }
    assert!(refused(&store.commit(epoch, Timestamp::MIN, Vec::new()).await));
    assert_eq!(store.whole().await.unwrap(), before);
    assert_eq!(store.lease().await.unwrap().unwrap().claim, claim("anna", 30));
    // What cannot be there is not found.
    let mut address = server("id-1", "web").address;
    address.name.push('\0');
    assert_eq!(store.resource(&address).await.unwrap(), None);
    assert_eq!(store.run("r\0").await.unwrap(), None);
    assert_eq!(store.steps("r\0").await.unwrap(), []);
    let absent = Err(Error::NoRun("r\0".to_owned()));
    assert_eq!(store.cancel("r\0", at(1)).await, absent);
    assert_eq!(store.events(Some(&address), None, 9).await.unwrap(), []);
    assert_eq!(store.events(None, Some("r\0"), 9).await.unwrap(), []);
}

fn refused<T>(answer: &Result<T, Error>) -> bool {
    match answer {
        Err(Error::Broken { problem, .. }) => problem.ends_with("cannot be recorded"),
        _ => false,
    }
}

fn unfit() -> Vec<Change> {
    let with = |value: Value| {
        let mut resource = server("id-1", "web");
        resource.attributes.insert("odd".to_owned(), value);
        put(&resource)
    };
    let mut deep = Value::Null;
    for _ in 0..200 {
        deep = Value::List(vec![deep]);
    }
    let mut named = server("id-1", "web");
    named.address.name = "w\0b".to_owned();
    let mut late = server("id-1", "web");
    late.updated = Timestamp::MAX;
    let mut failed = step("r1", "a");
    failed.error = Some("\0".to_owned());
    vec![
        with(Value::from("a\0b")),
        with(Value::Real(f64::NAN)),
        with(Value::List(vec![Value::Real(f64::INFINITY)])),
        with(deep),
        with(Value::Record([("\0".to_owned(), Value::Null)].into())),
        put(&named),
        put(&late),
        Change::Step(Box::new(failed)),
        Change::Run(Box::new(run("\0"))),
        Change::Remove("\0".to_owned()),
        Change::Spend {
            token: "\0".to_owned(),
            expires: at(1),
        },
        note("\0"),
        Change::Remove("x".repeat(1025)),
        put(&server(&"x".repeat(2000), "web")),
        put(&server("id-1", &"x".repeat(2000))),
    ]
}
