//! The store in a database.

mod moving;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use provisioning::state::{Archive, Change, Error, State};
use provisioning_postgres::{Options, PostgresState};
use redacted::Redacted;
use statekit::Fresh;
use statekit::samples::{at, claim, held, note, put, run, server};

use crate::proxy::{Mode, Proxy};
use crate::server::{PASSWORD, SERVER, url};

async fn fresh() -> Fresh {
    Fresh::new(SERVER.store().await)
}

statekit::contract!(fresh);

#[test]
fn random_sequences_agree() {
    statekit::random::same_as_memory(24, fresh);
}

/// Two stores of one schema, the first of them over a wire that can break.
async fn over_a_wire() -> (PostgresState, PostgresState, Proxy) {
    let proxy = Proxy::start(SERVER.port()).await;
    let options = SERVER.options(proxy.port);
    let store = PostgresState::open(&options).await.unwrap();
    let direct = Options {
        url: SERVER.options(SERVER.port()).url,
        ..options
    };
    let other = PostgresState::open(&direct).await.unwrap();
    (store, other, proxy)
}

#[tokio::test]
async fn a_commit_whose_reply_is_lost_is_looked_up() {
    let (store, other, proxy) = over_a_wire().await;
    let epoch = held(&store, "anna").await.epoch;
    assert_eq!(store.commit(epoch, at(1), vec![note("first")]).await, Ok(1));
    proxy.set(Mode::LoseReply);
    assert_eq!(store.commit(epoch, at(2), vec![note("second")]).await, Ok(2));
    assert_eq!(proxy.mode(), Mode::Whole);
    let kinds = kinds(&other).await;
    assert_eq!(kinds, ["lease taken", "first", "second"]);
}

#[tokio::test]
async fn a_commit_that_did_not_arrive_is_made_again() {
    let (store, other, proxy) = over_a_wire().await;
    let epoch = held(&store, "anna").await.epoch;
    proxy.set(Mode::LoseCommit);
    assert_eq!(store.commit(epoch, at(1), vec![note("first")]).await, Ok(1));
    assert_eq!(proxy.mode(), Mode::Whole);
    assert_eq!(kinds(&other).await, ["lease taken", "first"]);
}

#[tokio::test]
async fn other_changes_whose_reply_is_lost_are_made_once() {
    let (store, other, proxy) = over_a_wire().await;
    for mode in [Mode::LoseReply, Mode::LoseCommit] {
        proxy.set(mode);
        let lease = store.acquire(&claim("anna", 30), at(0)).await.unwrap();
        assert_eq!(other.lease().await.unwrap(), Some(lease.clone()));
        proxy.set(mode);
        store.extend(lease.epoch, at(60)).await.unwrap();
        let begun = vec![Change::Run(Box::new(run("r1")))];
        store.commit(lease.epoch, at(1), begun).await.unwrap();
        proxy.set(mode);
        store
            .cancel("r1", at(i64::try_from(lease.epoch).unwrap()))
            .await
            .unwrap();
        proxy.set(mode);
        let stolen = store.steal(&claim("bert", 90), at(2), true).await.unwrap();
        assert_eq!(stolen.epoch, lease.epoch + 1);
        proxy.set(mode);
        store.release(stolen.epoch).await.unwrap();
        assert_eq!(proxy.mode(), Mode::Whole);
        assert_eq!(other.lease().await.unwrap(), None);
    }
    let once = ["lease taken", "run", "cancel asked for", "lease stolen"];
    assert_eq!(kinds(&other).await, [once, once].concat());
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_said_to_be_unknown() {
    let (store, other, proxy) = over_a_wire().await;
    let epoch = held(&store, "anna").await.epoch;
    proxy.set(Mode::LoseReplyAndServer);
    let unknown = store.commit(epoch, at(1), vec![note("first")]).await.unwrap_err();
    assert!(
        unknown
            .to_string()
            .ends_with("it is not known whether it is recorded"),
        "{unknown}"
    );
    assert_eq!(other.serial().await, Ok(1));
    let gone = store
        .commit(epoch, at(1), vec![note("second")])
        .await
        .unwrap_err();
    assert!(
        matches!(gone, Error::Broken { .. }) && !gone.to_string().contains("not known"),
        "{gone}"
    );
    proxy.set(Mode::Whole);
    assert_eq!(store.commit(epoch, at(2), vec![note("third")]).await, Ok(2));
    assert_eq!(kinds(&other).await, ["lease taken", "first", "third"]);
}

#[tokio::test]
async fn an_owner_who_was_away_is_fenced_even_when_its_commit_is_made_again() {
    let (store, other, proxy) = over_a_wire().await;
    let epoch = held(&store, "anna").await.epoch;
    proxy.set(Mode::Gone);
    let stolen = other.steal(&claim("bert", 90), at(31), false).await.unwrap();
    proxy.set(Mode::LoseCommit);
    let fenced = Error::Fenced {
        epoch,
        current: stolen.epoch,
    };
    assert_eq!(store.commit(epoch, at(32), vec![note("late")]).await, Err(fenced));
    assert_eq!(kinds(&other).await, ["lease taken", "lease stolen"]);
}

/// It is stopped between its last change and its commit, with the store's row locked: the server ends its session, others go
/// on, and what it wakes up to is refused.
#[tokio::test]
async fn an_owner_who_is_stopped_in_the_middle_of_a_commit_is_fenced() {
    let (store, other, proxy) = over_a_wire().await;
    let epoch = held(&store, "anna").await.epoch;
    proxy.set(Mode::Stall);
    let stopped = tokio::spawn(async move { store.commit(epoch, at(1), vec![note("late")]).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let stolen = other.steal(&claim("bert", 90), at(31), false).await.unwrap();
    assert_eq!(other.commit(stolen.epoch, at(32), vec![note("on")]).await, Ok(1));
    proxy.set(Mode::Whole);
    let fenced = Error::Fenced {
        epoch,
        current: stolen.epoch,
    };
    assert_eq!(stopped.await.unwrap(), Err(fenced));
    assert_eq!(kinds(&other).await, ["lease taken", "lease stolen", "on"]);
}

#[tokio::test]
async fn a_value_that_nobody_writes_is_damage() {
    let options = SERVER.options(SERVER.port());
    let store = PostgresState::open(&options).await.unwrap();
    let epoch = held(&store, "anna").await.epoch;
    let changes = vec![put(&server("id-1", "web")), Change::Run(Box::new(run("r1")))];
    store.commit(epoch, at(1), changes).await.unwrap();
    let order = format!(
        "UPDATE {schema}.resource SET attributes = '{{'; UPDATE {schema}.run SET status = 'bored'; \
         ALTER TABLE {schema}.lease ALTER pid TYPE text",
        schema = options.schema
    );
    let administrator = SERVER.administrator().await;
    administrator.batch_execute(&order).await.unwrap();
    let of_resource = store.resources().await.unwrap_err();
    assert!(
        of_resource.to_string().contains("is damaged: attributes: "),
        "{of_resource}"
    );
    let of_run = store.run("r1").await.unwrap_err();
    assert!(
        of_run
            .to_string()
            .ends_with("is damaged: `bored` is not known here"),
        "{of_run}"
    );
    let of_lease = store.lease().await.unwrap_err();
    assert!(matches!(of_lease, Error::Damaged { .. }), "{of_lease}");
}

/// Sessions are ended at any moment: each commit is made once, and no acknowledged one is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_ended_cost_nothing() {
    let store = SERVER.store().await;
    let administrator = SERVER.administrator().await;
    let epoch = held(&store, "anna").await.epoch;
    let schema = schema(&store);
    let ended = Arc::new(AtomicI64::new(0));
    let ending = Arc::clone(&ended);
    let killer = tokio::spawn(async move {
        loop {
            // Sessions are known by what they did last.
            let query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                 WHERE application_name = 'prov' AND pid IN (SELECT pid FROM pg_locks \
                 WHERE relation = to_regclass($1 || '.store'))";
            let row = administrator.query_one(query, &[&schema]).await.unwrap();
            ending.fetch_add(row.get(0), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let (mut made, mut number) = (0, 0);
    while number < 100 || ended.load(Ordering::SeqCst) < 10 {
        number += 1;
        let mut resource = server(&format!("id-{number}"), &format!("web-{number}"));
        resource.config_hash = number.to_string();
        match store
            .commit(epoch, at(number), vec![put(&resource), note("n")])
            .await
        {
            Ok(serial) => {
                made += 1;
                assert_eq!(serial, made);
            }
            // Too many sessions in a row were ended before anything was asked to be kept.
            Err(error) => assert!(!error.to_string().contains("not known"), "{error}"),
        }
    }
    killer.abort();
    let whole = store.whole().await.unwrap();
    assert_eq!(whole.serial, made);
    assert_eq!(u64::try_from(whole.resources.len()).unwrap(), made);
    assert_eq!(u64::try_from(whole.events.len()).unwrap(), 2 * made + 1);
    whole.fit("the store").unwrap();
}

#[tokio::test]
async fn whoever_does_not_wait_leaves_no_half_commit() {
    let store = SERVER.store().await;
    let epoch = held(&store, "anna").await.epoch;
    for micros in 0..60 {
        let changes = vec![note("a"), note("b"), note("c")];
        let commit = store.commit(epoch, at(1), changes);
        let _left = tokio::time::timeout(Duration::from_micros(micros * 100), commit).await;
    }
    let serial = store.commit(epoch, at(2), vec![note("last")]).await.unwrap();
    let whole = store.whole().await.unwrap();
    assert_eq!(whole.serial, serial);
    let lines = u64::try_from(whole.events.len()).unwrap();
    assert_eq!(lines, 1 + 3 * (serial - 1) + 1);
}

#[tokio::test]
async fn a_newer_format_is_left_as_it_is() {
    let options = SERVER.options(SERVER.port());
    let store = PostgresState::open(&options).await.unwrap();
    let administrator = SERVER.administrator().await;
    let order = format!("UPDATE {}.format SET version = 99", options.schema);
    administrator.batch_execute(&order).await.unwrap();
    for refused in [
        PostgresState::open(&options).await.err().unwrap(),
        PostgresState::open_read_only(&options).await.err().unwrap(),
    ] {
        assert!(
            matches!(
                &refused,
                Error::Newer {
                    found: 99,
                    known: 1,
                    ..
                }
            ),
            "{refused}"
        );
        assert!(!refused.to_string().contains(PASSWORD));
    }
    drop(store);
}

#[tokio::test]
async fn stores_that_are_made_at_once_are_one() {
    let options = SERVER.options(SERVER.port());
    let absent = PostgresState::open_read_only(&options).await.err().unwrap();
    assert!(
        absent.to_string().ends_with("nothing was ever recorded in it"),
        "{absent}"
    );
    let mut openers = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let options = options.clone();
        openers.spawn(async move {
            PostgresState::open(&options)
                .await
                .unwrap()
                .workspace()
                .await
                .unwrap()
        });
    }
    let mut names = openers.join_all().await;
    names.dedup();
    assert_eq!(names.len(), 1);
    let reader = PostgresState::open_read_only(&options).await.unwrap();
    assert_eq!(reader.workspace().await.unwrap(), names.concat());
    assert!(reader.acquire(&claim("anna", 30), at(0)).await.is_err());
}

#[tokio::test]
async fn the_history_is_only_added_to() {
    let options = SERVER.options(SERVER.port());
    let store = PostgresState::open(&options).await.unwrap();
    held(&store, "anna").await;
    let administrator = SERVER.administrator().await;
    for order in ["DELETE FROM", "TRUNCATE", "UPDATE"] {
        let rest = if order == "UPDATE" { "SET kind = 'x'" } else { "" };
        let order = format!("{order} {}.event {rest}", options.schema);
        let refused = administrator.batch_execute(&order).await.unwrap_err();
        let told = refused.as_db_error().unwrap().message();
        assert_eq!(told, "the history is only added to");
    }
}

#[tokio::test]
async fn a_server_elsewhere_must_show_who_it_is() {
    let options = |query: &str, authority: Option<String>| Options {
        url: url(SERVER.port(), query),
        authority,
        ..SERVER.options(SERVER.port())
    };
    let known = options("?sslmode=require", Some(SERVER.authority()));
    let store = PostgresState::open(&known).await.unwrap();
    held(&store, "anna").await;
    let administrator = SERVER.administrator().await;
    let query = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND application_name = 'prov'";
    let encrypted: i64 = administrator.query_one(query, &[]).await.unwrap().get(0);
    assert!(encrypted >= 2);
    let unknown = PostgresState::open(&options("?sslmode=require", None))
        .await
        .err()
        .unwrap();
    assert!(unknown.to_string().contains("certificate"), "{unknown}");
    let unreadable = options("?sslmode=require", Some("nonsense".to_owned()));
    assert!(PostgresState::open(&unreadable).await.is_err());
}

#[tokio::test]
async fn the_password_is_in_no_message() {
    let port = SERVER.port();
    let urls = [
        format!("postgres://postgres:wrong-{PASSWORD}@localhost:{port}/postgres"),
        format!("postgres://postgres:{PASSWORD}@localhost:1/postgres"),
        format!("postgres://postgres:{PASSWORD}@localhost:{port}/absent"),
        format!("postgres://postgres:{PASSWORD}@localhost:{PASSWORD}/postgres"),
        format!("postgres://postgres:{PASSWORD}@localhost:{port}/postgres?{PASSWORD}=1"),
        PASSWORD.to_owned(),
    ];
    for url in urls {
        let options = Options {
            url: Redacted::new(url),
            ..SERVER.options(port)
        };
        let error = PostgresState::open(&options).await.err().unwrap();
        let told = format!("{error} {error:?} {options:?}");
        assert!(!told.contains(PASSWORD), "{told}");
    }
    let odd = Options {
        schema: "Robert'); --".to_owned(),
        ..SERVER.options(port)
    };
    let refused = PostgresState::open(&odd).await.err().unwrap();
    assert!(refused.to_string().contains("lower-case letters"), "{refused}");
    let place = SERVER.store().await.place().to_owned();
    assert!(place.starts_with(&format!(
        "postgres://postgres@localhost:{port}/postgres, schema `w_"
    )));
}

fn schema(store: &PostgresState) -> String {
    let place = store.place();
    place.split('`').nth(1).unwrap().to_owned()
}

async fn kinds(store: &PostgresState) -> Vec<String> {
    let mut events = store.events(None, None, usize::MAX).await.unwrap();
    events.reverse();
    events.into_iter().map(|event| event.note.kind).collect()
}
