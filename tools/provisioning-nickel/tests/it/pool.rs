//! The pool: warm workers, wall clock, cancellation, wear, concurrency.

use std::time::{Duration, Instant};

use provisioning::evaluate::{Bound, Error};
use provisioning::workspace::InMemory;
use provisioning_nickel::{Bounds, Pool, WorkerCommand};

use super::{GOOD, assert_well, command, evaluate, pool, pool_of};

#[tokio::test]
async fn the_wall_clock_stops_an_evaluation() {
    let pool = pool_of(
        Bounds {
            wall: Duration::from_millis(400),
            ..Bounds::default()
        },
        InMemory::new(),
    );
    pool.prewarm().await.unwrap();
    let error = evaluate(&pool, "{ servers = std.array.range 0 100000000 }")
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Bounded {
            bound: Bound::Time,
            ..
        }
    ));
    assert_eq!(error.to_string(), "evaluation stopped: more than 400 ms");
    assert_well(&pool_of(Bounds::default(), InMemory::new())).await;
}

#[tokio::test]
async fn memory_is_bounded() {
    let bounds = Bounds {
        memory: 600 << 20,
        wall: Duration::from_secs(30),
        ..Bounds::default()
    };
    let pool = pool_of(bounds, InMemory::new());
    let error = evaluate(&pool, "let rec f = fun x => 1 + f x in f 1")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "evaluation stopped: more than 600 MiB of memory"
    );
    assert_well(&pool).await;
}

#[tokio::test]
async fn dropping_the_future_kills_the_worker() {
    let pool = pool();
    pool.prewarm().await.unwrap();
    let endless = evaluate(&pool, "let rec f = fun x => f x in f 1");
    assert!(
        tokio::time::timeout(Duration::from_millis(200), endless)
            .await
            .is_err()
    );
    let started = Instant::now();
    assert_well(&pool).await;
    // The one turn is free again, or this would have waited for the endless one's five seconds.
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn worn_workers_are_replaced() {
    let pool = pool_of(
        Bounds {
            evaluations: 2,
            ..Bounds::default()
        },
        InMemory::new(),
    );
    for _ in 0..7 {
        assert_well(&pool).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evaluations_run_beside_each_other() {
    let pool = pool_of(
        Bounds {
            workers: 2,
            ..Bounds::default()
        },
        InMemory::new(),
    );
    let mut running = tokio::task::JoinSet::new();
    for number in 0..12 {
        let pool = pool.clone();
        running.spawn(async move {
            let text = if number % 3 == 0 {
                "{ servers = [{ name = 1 }] }"
            } else {
                GOOD
            };
            let evaluation = evaluate(&pool, text).await.unwrap();
            assert_eq!(evaluation.diagnostics.is_empty(), number % 3 != 0);
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn a_full_queue_answers_at_once() {
    let bounds = Bounds {
        waiting: 2,
        wall: Duration::from_secs(2),
        ..Bounds::default()
    };
    let pool = pool_of(bounds, InMemory::new());
    pool.prewarm().await.unwrap();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let pool = pool.clone();
        running.spawn(async move {
            let started = Instant::now();
            let result = evaluate(&pool, "let rec f = fun x => f x in f 1").await;
            (result, started.elapsed())
        });
    }
    let mut refused = 0;
    while let Some(done) = running.join_next().await {
        let (result, took) = done.unwrap();
        if let Err(Error::Busy { waiting }) = result {
            refused += 1;
            assert_eq!(waiting, 2);
            assert!(took < Duration::from_secs(1), "{took:?}");
        }
    }
    // One has the worker, two wait.
    assert_eq!(refused, 17);
    assert_well(&pool).await;
}

/// The shipped schemas, and a workspace whose own cannot be used.
struct Unusable;

impl provisioning::Assets for Unusable {
    fn list(&self, kind: provisioning::AssetKind) -> Vec<provisioning::Asset> {
        provisioning::Embedded.list(kind)
    }

    fn load(
        &self,
        _kind: provisioning::AssetKind,
    ) -> Result<Vec<provisioning::Asset>, provisioning::assets::Error> {
        Err(provisioning::assets::Error::TooMany {
            folder: ".prov/schemas".to_owned(),
            limit: 64,
        })
    }
}

#[tokio::test]
async fn schemas_that_cannot_be_used_are_a_finding() {
    let workspace = std::sync::Arc::new(InMemory::new());
    let pool = Pool::new(
        command(),
        Bounds::default(),
        std::sync::Arc::new(Unusable),
        workspace,
    );
    let evaluation = evaluate(&pool, GOOD).await.unwrap();
    assert!(evaluation.configuration.is_none());
    let [found] = evaluation.diagnostics.as_slice() else {
        panic!("{evaluation:?}")
    };
    assert_eq!(found.code, "schemas_refused");
    assert_eq!(found.file.as_deref(), Some(".prov/schemas"));
    assert!(found.message.contains("more than the 64 files"), "{found:?}");
}

#[tokio::test]
async fn a_name_with_two_meanings_is_refused() {
    let pool = pool();
    let named = async |name: &str| {
        let source = provisioning::Source {
            name: name.to_owned(),
            text: "{ servers = 1 }".to_owned(),
        };
        let evaluation = provisioning::Evaluate::evaluate(&pool, source, true)
            .await
            .unwrap();
        let found = &evaluation.diagnostics[0];
        (found.code.clone(), found.file.clone())
    };
    for name in [
        "x/../prod.ncl",
        "/etc/prod.ncl",
        "a\\prod.ncl",
        "",
        "prod.ncl\u{0}",
    ] {
        assert_eq!(named(name).await, ("name_refused".to_owned(), None), "{name:?}");
    }
    for name in ["prod.ncl", "./prod.ncl"] {
        let (code, file) = named(name).await;
        assert_ne!(code, "name_refused");
        assert_eq!(file.as_deref(), Some("prod.ncl"), "{name:?}");
    }
}

#[tokio::test]
async fn a_worker_that_does_not_start_says_so() {
    for (program, part) in [
        ("/nonexistent/prov", "cannot start"),
        ("/bin/true", "the worker ended"),
    ] {
        let command = WorkerCommand {
            program: program.into(),
            arguments: Vec::new(),
        };
        let pool = Pool::new(
            command,
            Bounds::default(),
            std::sync::Arc::new(provisioning::Embedded),
            std::sync::Arc::new(InMemory::new()),
        );
        let error = pool.prewarm().await.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

/// The second barrier: even if an import were let through, the worker could not open the file.
#[test]
fn a_worker_opens_no_file() {
    let command = command();
    let started = std::process::Command::new(&command.program)
        .args(&command.arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn();
    let mut child = started.unwrap();
    let start = serde_json::json!({ "Start": { "bounds": Bounds::default(), "schemas": [] } }).to_string();
    let mut input = child.stdin.take().unwrap();
    let length = u32::try_from(start.len()).unwrap().to_be_bytes();
    std::io::Write::write_all(&mut input, &length).unwrap();
    std::io::Write::write_all(&mut input, start.as_bytes()).unwrap();
    let limits = std::path::PathBuf::from(format!("/proc/{}/limits", child.id()));
    let deadline = Instant::now() + Duration::from_secs(5);
    let files = loop {
        let text = std::fs::read_to_string(&limits).unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with("Max open files"))
            .unwrap()
            .to_owned();
        if line.split_whitespace().nth(3) == Some("3") || Instant::now() > deadline {
            break line;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(
        files.split_whitespace().skip(3).take(2).collect::<Vec<_>>(),
        ["3", "3"]
    );
    drop(input);
    child.wait().unwrap();
}
