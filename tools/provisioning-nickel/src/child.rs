//! One worker process, seen from the pool.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use provisioning::evaluate::{Bound, Error};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tracing::debug;

use crate::Bounds;
use crate::bounds::bytes;
use crate::wire::{self, Finding, Outcome, Request, Response, Schema};

/// How much of a dying worker's last words is read.
const LAST_WORDS: u64 = 16 << 10;

/// What a process says that was refused memory.
const OUT_OF_MEMORY: &[&str] = &["memory allocation of", "capacity overflow", "out of memory"];

/// How to start a worker: the executable itself, with the hidden subcommand that calls [`crate::worker::run`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// A running worker. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    errors: ChildStderr,
    /// What it was started with, to notice when the schemas change.
    pub(crate) schemas: Vec<Schema>,
    evaluations: u32,
}

impl Worker {
    /// Starts a worker and waits until it is warm.
    pub(crate) async fn start(
        command: &WorkerCommand,
        bounds: &Bounds,
        schemas: Vec<Schema>,
    ) -> Result<Self, Error> {
        let mut child = Command::new(&command.program)
            .args(&command.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| broken(format!("cannot start `{}`: {error}", command.program.display())))?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(broken("the worker has no pipes"));
        };
        let mut worker = Self {
            child,
            input,
            output,
            errors,
            schemas,
            evaluations: 0,
        };
        let request = Request::Start {
            bounds: *bounds,
            schemas: worker.schemas.clone(),
        };
        match worker.exchange(&request, bounds).await? {
            Response::Ready => Ok(worker),
            _ => Err(broken("the worker did not say that it is ready")),
        }
    }

    /// Sends a request and waits for the response.
    pub(crate) async fn exchange(&mut self, request: &Request, bounds: &Bounds) -> Result<Response, Error> {
        match self.talk(request, bounds).await {
            Ok(Some(response)) => Ok(response),
            Ok(None) => self.autopsy(bounds).await,
            Err(error) if is_hang_up(&error) => self.autopsy(bounds).await,
            Err(error) => Err(broken(format!("the worker does not make sense: {error}"))),
        }
    }

    async fn talk(&mut self, request: &impl Serialize, bounds: &Bounds) -> io::Result<Option<Response>> {
        self.input.write_all(&wire::encode(request)?).await?;
        let mut length = [0; 4];
        match self.output.read_exact(&mut length).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        };
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        // Every value is a few bytes of text and its place; what is longer does not come from our worker.
        let most = bounds
            .output
            .saturating_mul(6)
            .saturating_add(bounds.nodes.saturating_mul(64))
            .saturating_add(1 << 20);
        if length > most {
            return Err(io::Error::other("its answer is larger than any result may be"));
        }
        let mut body = vec![0; length];
        match self.output.read_exact(&mut body).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        };
        Ok(Some(serde_json::from_slice(&body)?))
    }

    /// Counts an evaluation; whether the worker should not do another.
    pub(crate) fn is_worn(&mut self, bounds: &Bounds) -> bool {
        self.evaluations = self.evaluations.saturating_add(1);
        self.evaluations >= bounds.evaluations
            || self.resident().is_some_and(|resident| resident > bounds.resident)
    }

    /// Whether the process still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Resident memory in bytes, where the system tells.
    fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim()
            .strip_suffix("kB")?
            .trim()
            .parse::<u64>()
            .ok()?
            .checked_mul(1024)
    }

    /// Why the process died: a bound, or a text that the evaluator cannot bear, which is a finding like others.
    async fn autopsy(&mut self, bounds: &Bounds) -> Result<Response, Error> {
        let mut words = Vec::new();
        // What cannot be read is not said; the exit status remains.
        let _ = (&mut self.errors).take(LAST_WORDS).read_to_end(&mut words).await;
        let words = String::from_utf8_lossy(&words);
        let status = self.child.wait().await;
        debug!(?status, words = %words.trim(), "a worker died");
        if words.contains("overflowed its stack") {
            return Err(Error::Bounded {
                bound: Bound::Depth,
                limit: depth(bounds),
            });
        }
        if OUT_OF_MEMORY.iter().any(|phrase| words.contains(phrase)) {
            let limit = format!("more than {} of memory", bytes(bounds.memory));
            return Err(Error::Bounded {
                bound: Bound::Memory,
                limit,
            });
        }
        if let Some(said) = panic_message(&words) {
            return Ok(Response::Done(unbearable(said)));
        }
        Err(match status.map(|status| (signal(status), status)) {
            // The processor-time limit, which is there for workers that nobody waits for.
            Ok((Some(24), _)) => Error::Bounded {
                bound: Bound::Time,
                limit: "too much processor time".to_owned(),
            },
            // The system ran out of memory and chose this process.
            Ok((Some(9), _)) => Error::Bounded {
                bound: Bound::Memory,
                limit: "the system ran out of memory".to_owned(),
            },
            Ok((Some(11 | 7), _)) => Error::Bounded {
                bound: Bound::Depth,
                limit: depth(bounds),
            },
            Ok((_, status)) => broken(format!("the worker ended with {status}: {}", tail(&words))),
            Err(error) => broken(format!("the worker ended: {error}")),
        })
    }
}

/// What the evaluator said when it gave up, if it did.
fn panic_message(words: &str) -> Option<&str> {
    let (_, rest) = words.split_once("panicked at ")?;
    rest.lines().nth(1)
}

fn unbearable(said: &str) -> Outcome {
    let finding = Finding {
        code: "evaluator".to_owned(),
        message: "the evaluator gave up on this text".to_owned(),
        reason: Some(said.chars().take(200).collect()),
        hint: Some("look for unbalanced quotes or braces, and leave out parts until it evaluates".to_owned()),
        ..Finding::default()
    };
    Outcome {
        findings: vec![finding],
        ..Outcome::default()
    }
}

fn depth(bounds: &Bounds) -> String {
    format!(
        "nested deeper than a stack of {} holds",
        bytes(u64::try_from(bounds.stack).unwrap_or(u64::MAX))
    )
}

fn signal(status: std::process::ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

/// The last line of what the worker said.
fn tail(words: &str) -> &str {
    words
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("it said nothing")
}

fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

fn broken(why: impl Into<String>) -> Error {
    Error::Broken(why.into())
}
