//! What was exported is restored as it was, or not at all.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

use provisioning::resource::Value;
use provisioning::state::{self, Archive, Change, Memory, State};
use provisioning_json::{Error, export, restore};
use statekit::samples::{at, held, put, run, server, step};

/// A store with something of everything.
async fn used() -> Memory {
    let store = Memory::new("w-1");
    let epoch = held(&store, "anna").await.epoch;
    let mut resource = server("id-1", "größe\u{1f980}\"\\");
    resource.address.index = Some(3);
    resource.computed = [
        ("third".to_owned(), Value::Real(0.1 + 0.2)),
        ("whole".to_owned(), Value::Real(1.0)),
        ("tiny".to_owned(), Value::Real(f64::MIN_POSITIVE)),
        ("most".to_owned(), Value::Integer(i64::MAX)),
        ("escape".to_owned(), Value::from("\u{1b}\n")),
    ]
    .into();
    let changes = vec![
        put(&resource),
        Change::Run(Box::new(run("r1"))),
        Change::Step(Box::new(step("r1", "create"))),
        Change::Spend {
            token: "t1".to_owned(),
            expires: at(9),
        },
    ];
    store.commit(epoch, at(1), changes).await.unwrap();
    store
}

#[tokio::test]
async fn a_store_is_restored_as_it_was() {
    let store = used().await;
    let text = export(&store).await.unwrap();
    let other = Memory::new("w-2");
    restore(&other, &text).await.unwrap();
    assert_eq!(other.whole().await, store.whole().await);
    assert_eq!(other.lease().await, Ok(None));
    // It is the same file again, and may be laid out otherwise.
    assert_eq!(export(&other).await.unwrap(), text);
    let compact: String = text.lines().map(str::trim_start).collect();
    restore(&Memory::new("w-3"), &compact).await.unwrap();
}

#[tokio::test]
async fn a_used_store_is_not_restored_into() {
    let store = used().await;
    let before = store.whole().await.unwrap();
    let text = export(&store).await.unwrap();
    let refused = restore(&store, &text).await.unwrap_err();
    assert!(
        matches!(refused, Error::Store(state::Error::Broken { .. })),
        "{refused}"
    );
    assert_eq!(store.whole().await.unwrap(), before);
}

#[tokio::test]
async fn what_is_not_what_was_written_is_refused() {
    let text = export(&used().await).await.unwrap();
    let refusal = async |text: &str| -> String {
        let store = Memory::new("w-2");
        let refused = restore(&store, text).await.unwrap_err();
        assert_eq!(
            store.whole().await.unwrap(),
            Memory::new("w-2").whole().await.unwrap()
        );
        refused.to_string()
    };
    for (from, to) in [
        ("\"w-1\"", "\"w-9\""),
        ("\"serial\": 1", "\"serial\": 2"),
        ("\"protected\": false", "\"protected\": true"),
        ("\"sha256\": \"", "\"sha256\": \"0"),
        ("\"most\": 9223372036854775807", "\"most\": 9223372036854775806"),
    ] {
        assert!(text.contains(from), "{from}");
        let told = refusal(&text.replacen(from, to, 1)).await;
        assert!(told.starts_with("its checksum is "), "{from}: {told}");
    }
    let newer = text.replacen("\"format\": 1", "\"format\": 2, \"more\": {}", 1);
    let told = refusal(&newer).await;
    assert_eq!(told, "it has format 2, and this version reads up to 1");
    for cut in [0, 1, 100, text.len() / 2, text.len() - 3] {
        let told = refusal(text.get(..cut).unwrap_or("{")).await;
        assert!(
            told.starts_with("it is no state that was exported: "),
            "{cut}: {told}"
        );
    }
    let told = refusal("{\"kind\": \"tfstate\", \"format\": 4}").await;
    assert_eq!(
        told,
        "it is no state that was exported: it says that it is `tfstate`"
    );
}
