//! `runner questions`: how long it takes from a question to its rows, through the grammar and SQLite, in fleets of 1 000,
//! 10 000 and 100 000 resources. It needs no executable and no peer.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use provisioning::Embedded;
use provisioning::query::{Inventory, Lexicon, Request, Row, Status, understand, words};
use provisioning_sqlite::query::SqliteInventory;

use crate::bench::report::Report;
use crate::failure::Failure;
use crate::{Format, fleet};

/// Questions of every shape: a name, conditions that few and that many meet, negation, joins, order, groups, sums.
const QUESTIONS: [&str; 20] = [
    "show me all the servers",
    "volume named data-07-c0",
    "list aws servers in us-east-1",
    "stopped servers in us-east-1 without backups",
    "drifted resources",
    "servidores de producción en upcloud sin copias de seguridad y con más de 2 vCPU",
    "servers in aws or upcloud with more than 4 GB of memory",
    "servers not updated in the last 30 days",
    "servers tagged team=payments",
    "servers without tags",
    "servers running nginx and node",
    "servers of the cluster atlas-1",
    "clusters with more than 10 servers",
    "clusters not in hetzner",
    "top 5 servers by memory",
    "the 5 most expensive servers in EUR",
    "servers whose name contains prod",
    "how many servers per region",
    "how many servers per service",
    "what is the total cost of servers",
];

/// `runner questions`.
#[derive(Debug, Args)]
pub(crate) struct QuestionsArguments {
    /// How often each question is asked of each fleet
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,

    /// The fleet that larger ones are made of
    #[arg(
        long,
        value_name = "FILE",
        default_value = "evals/runner/data/query/fleet.jsonl"
    )]
    fleet: PathBuf,

    /// Show each question by itself
    #[arg(long)]
    each: bool,

    /// How to print the figures
    #[arg(long, value_enum, default_value = "markdown")]
    format: Format,
}

/// Measures; the figures.
pub(crate) fn run(arguments: &QuestionsArguments) -> Result<String, Failure> {
    let rows = fleet::read(&arguments.fleet)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::new("cannot start the runtime").because(&error))?;
    let mut report = Report::new(1, arguments.times);
    for count in [1_000, 10_000, 100_000] {
        let grown = fleet::grown(&rows, count);
        runtime.block_on(measure(&grown, arguments, &mut report))?;
    }
    match arguments.format {
        Format::Markdown => Ok(report.markdown()),
        Format::Json => report.json(),
    }
}

async fn measure(rows: &[Row], arguments: &QuestionsArguments, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::new("cannot make a folder").because(&error))?;
    let path = folder.path().join("state.db");
    fleet::write(&path, rows)?;
    let inventory = SqliteInventory::new(path);
    let lexicon = Lexicon::load(&Embedded)
        .map_err(|error| Failure::new("the words of questions cannot be read").because(&error))?;
    for question in QUESTIONS {
        let mut times = Vec::new();
        // The first opens the file.
        for time in 0..=arguments.times {
            let began = Instant::now();
            ask(&inventory, &lexicon, question).await?;
            if time > 0 {
                times.push(began.elapsed().as_secs_f64() * 1e3);
            }
        }
        let of = format!("query {} resources", rows.len());
        if arguments.each {
            report.add(
                &format!("{}: {question}", rows.len()),
                "ms",
                "prov, in the process",
                times.clone(),
            );
        }
        report.add(&of, "ms", "prov, in the process", times);
    }
    Ok(())
}

async fn ask(inventory: &SqliteInventory, lexicon: &Lexicon, question: &str) -> Result<(), Failure> {
    let unread =
        |error: provisioning::query::Error| Failure::new("the inventory cannot be read").because(&error);
    let vocabulary = inventory.vocabulary(&words(question)).await.map_err(unread)?;
    let request = Request {
        text: question,
        provider: None,
        now: 1_795_521_600,
    };
    let understood = understand(&request, lexicon, &vocabulary)
        .map_err(|refusal| Failure::new(format!("`{question}` is refused: {refusal}")))?;
    if understood.status(false) != Status::Ok {
        return Err(Failure::new(format!(
            "`{question}` is not understood: {:?}",
            understood.not_understood
        )));
    }
    inventory.run(&understood.filter, 50).await.map_err(unread)?;
    Ok(())
}
