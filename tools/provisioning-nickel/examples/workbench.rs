//! The worker of the tests, and a bench to look at single configurations and at speed:
//! `workbench check FILE…`, `workbench measure`, `workbench rules`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use provisioning::cost::PriceBook;
use provisioning::workspace::InMemory;
use provisioning::{Embedded, Evaluate, Node, Number, Source, Value, check};
use provisioning_nickel::{Bounds, Pool, WorkerCommand};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("worker") => Ok(provisioning_nickel::worker::run()?),
        Some("check") => wait(check(arguments.collect())),
        Some("measure") => wait(measure()),
        Some("rules") => rules(),
        _ => Err("say `worker`, `check FILE…`, `measure` or `rules`".into()),
    }
}

fn wait(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

fn pool() -> Result<Pool, Failure> {
    let command = WorkerCommand {
        program: std::env::current_exe()?,
        arguments: vec!["worker".to_owned()],
    };
    let workspace = Arc::new(InMemory::new());
    Ok(Pool::new(
        command,
        Bounds::default(),
        Arc::new(Embedded),
        workspace,
    ))
}

async fn check(files: Vec<String>) -> Result<(), Failure> {
    let pool = pool()?;
    let mut out = io::stdout();
    for file in files {
        let source = Source {
            name: file.rsplit('/').next().unwrap_or_default().to_owned(),
            text: std::fs::read_to_string(&file)?,
        };
        let started = Instant::now();
        let result = pool.evaluate(source, true).await;
        writeln!(out, "== {file}: {:?}", started.elapsed())?;
        match result {
            Err(error) => writeln!(out, "{error}")?,
            Ok(evaluation) => {
                for found in &evaluation.diagnostics {
                    writeln!(out, "{found:#?}")?;
                }
                writeln!(
                    out,
                    "tree: {}, {:?}",
                    evaluation.configuration.is_some(),
                    evaluation.assets
                )?;
            }
        }
    }
    Ok(())
}

/// Configurations of about 20, 200 and 2,000 lines, on a cold worker and on a warm one.
async fn measure() -> Result<(), Failure> {
    let mut out = io::stdout();
    for servers in [2, 20, 200] {
        let text = servers_of(servers);
        let pool = pool()?;
        let cold = one(&pool, &text).await?;
        let mut warm = Vec::new();
        for _ in 0..20 {
            warm.push(one(&pool, &text).await?);
        }
        warm.sort_unstable();
        let (Some(least), Some(median), Some(most)) = (warm.first(), warm.get(warm.len() / 2), warm.last())
        else {
            continue;
        };
        let lines = text.lines().count();
        writeln!(
            out,
            "{lines:5} lines: cold {cold:?}, warm median {median:?}, from {least:?} to {most:?}"
        )?;
    }
    Ok(())
}

async fn one(pool: &Pool, text: &str) -> Result<Duration, Failure> {
    let started = Instant::now();
    let evaluation = pool
        .evaluate(
            Source {
                name: "measure.ncl".to_owned(),
                text: text.to_owned(),
            },
            true,
        )
        .await?;
    let took = started.elapsed();
    match evaluation.diagnostics.first() {
        Some(found) => Err(format!("{found:?}").into()),
        None => Ok(took),
    }
}

fn servers_of(count: usize) -> String {
    let mut text = "{\n  servers = [\n".to_owned();
    for number in 0..count {
        text.push_str(&format!(
            "    {{\n      name = \"web-{number}\",\n      provider = 'aws,\n      spec = {{ cpu = 4, memory_gb = 8, disk_gb = 100,\n        \
             os = {{ family = 'ubuntu, version = \"24.04\" }} }},\n      networking = {{\n        vpc = \"main\",\n        \
             public_ip = true,\n      }},\n      tags = {{ Environment = \"production\" }},\n    }},\n"
        ));
    }
    text.push_str("  ],\n}\n");
    text
}

/// The rules between resources, on a server and a service that depends on the one before, 10 to 10,000 times.
fn rules() -> Result<(), Failure> {
    let mut out = io::stdout();
    let started = Instant::now();
    let book = PriceBook::load(&Embedded)?;
    writeln!(out, "price lists read in {:?}", started.elapsed())?;
    for count in [10, 100, 1_000, 10_000] {
        let configuration = linked(count);
        let mut took = Vec::new();
        for _ in 0..10 {
            let started = Instant::now();
            let found = check::with_catalogue(&configuration, &book);
            took.push(started.elapsed());
            if let Some(found) = found.first() {
                return Err(format!("{found:?}").into());
            }
        }
        took.sort_unstable();
        writeln!(out, "{count:6} servers with services: median {:?}", took.get(5))?;
    }
    Ok(())
}

fn linked(count: i64) -> Node {
    let text = |text: String| Node::new(Value::Text(text));
    let list = |items: Vec<Node>| Node::new(Value::List(items));
    let record = |fields: Vec<(&str, Node)>| {
        let fields = fields.into_iter().map(|(name, node)| (name.to_owned(), node));
        Node::new(Value::Record(fields.collect::<BTreeMap<_, _>>()))
    };
    let name = |number: i64| text(format!("web-{number}"));
    let servers = (0..count).map(|number| {
        record(vec![
            ("name", name(number)),
            ("provider", text("aws".to_owned())),
            ("region", text("us-east-1".to_owned())),
            ("plan", text("t3.medium".to_owned())),
        ])
    });
    let services = (0..count).map(|number| {
        let port = Node::new(Value::Number(Number::Integer(8080)));
        let before = if number > 0 {
            vec![name(number - 1)]
        } else {
            Vec::new()
        };
        record(vec![
            ("name", name(number)),
            ("servers", list(vec![name(number)])),
            ("depends_on", list(before)),
            ("ports", list(vec![record(vec![("port", port)])])),
        ])
    });
    record(vec![
        ("servers", list(servers.collect())),
        ("services", list(services.collect())),
    ])
}
