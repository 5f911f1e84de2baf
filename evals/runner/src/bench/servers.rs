//! Start, calls and memory of each server, over pipes and HTTP, in both eras.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::Bench;
use super::memory::resident_mib;
use super::report::Report;
use crate::failure::Failure;
use crate::wire::{Era, Pipe, Web};

/// Calls before the clock starts.
const WARM_UP: u32 = 20;

/// The names in the report; FastMCP comes last, as the one we compare with.
const PROV: &str = "prov";
const FIXTURE: &str = "fixture";
const FASTMCP: &str = "FastMCP 4.1.2";

/// The call that costs nothing but the protocol, and the one that does some work.
fn simple() -> Value {
    json!({"name": "test_simple_text", "arguments": {}})
}

fn validate() -> Value {
    json!({"name": "validate_config", "arguments": {"config": "{ provider = 'local, servers = [] }"}})
}

/// Measures every server once.
pub(super) async fn round(bench: &Bench<'_>, report: &mut Report) -> Result<(), Failure> {
    for era in Era::ALL {
        pipes(bench, report, PROV, &bench.serve("prov", &[]), era, &validate()).await?;
        pipes(
            bench,
            report,
            FIXTURE,
            &bench.serve("fixture", &[]),
            era,
            &simple(),
        )
        .await?;
        pipes(bench, report, FASTMCP, &bench.fastmcp(&["stdio"]), era, &simple()).await?;
    }
    for (name, words, params) in [
        (PROV, bench.serve("prov", &["--http", "127.0.0.1:0"]), validate()),
        (
            FIXTURE,
            bench.serve("fixture", &["--http", "127.0.0.1:0"]),
            simple(),
        ),
        (FASTMCP, bench.fastmcp(&["http"]), simple()),
    ] {
        let mut listener = Listener::start(&words).await?;
        for era in Era::ALL {
            let mut web = Web::connect(&listener.address, era).await?;
            let mut times = Vec::new();
            for number in 0..WARM_UP + bench.arguments.calls {
                let began = Instant::now();
                web.request("tools/call", &params).await?;
                if number >= WARM_UP {
                    times.push(milliseconds(began));
                }
            }
            report.add(&what_call(&params, "HTTP", era), "ms", name, times);
        }
        report.add(
            "memory after calls over HTTP",
            "MiB",
            name,
            resident_mib(listener.child.id()),
        );
        let _gone = listener.child.kill().await;
    }
    Ok(())
}

async fn pipes(
    bench: &Bench<'_>,
    report: &mut Report,
    name: &str,
    words: &[String],
    era: Era,
    params: &Value,
) -> Result<(), Failure> {
    let began = Instant::now();
    let mut pipe = Pipe::start(words, era).await?;
    report.add(
        &format!("start to first answer, stdio {}", era.version()),
        "ms",
        name,
        [milliseconds(began)],
    );
    report.add("memory after start, stdio", "MiB", name, resident_mib(pipe.id()));
    let mut times = Vec::new();
    for number in 0..WARM_UP + bench.arguments.calls {
        let began = Instant::now();
        pipe.request("tools/call", params).await?;
        if number >= WARM_UP {
            times.push(milliseconds(began));
        }
    }
    report.add(&what_call(params, "stdio", era), "ms", name, times);
    report.add("memory after calls, stdio", "MiB", name, resident_mib(pipe.id()));
    pipe.leave().await;
    Ok(())
}

fn what_call(params: &Value, transport: &str, era: Era) -> String {
    let tool = params.get("name").and_then(Value::as_str).unwrap_or_default();
    format!("call `{tool}`, {transport} {}", era.version())
}

pub(super) fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// A server that listens.
struct Listener {
    child: Child,
    address: String,
}

impl Listener {
    /// Starts `words`, which prints the endpoint's URL on its first line, and waits until it listens.
    async fn start(words: &[String]) -> Result<Self, Failure> {
        let failed = || Failure::new(format!("cannot start `{}`", words.join(" ")));
        let (program, arguments) = words.split_first().ok_or_else(failed)?;
        let mut child = Command::new(program)
            .args(arguments)
            .env("FASTMCP_CHECK_FOR_UPDATES", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed().because(&error))?;
        let stdout = child.stdout.take().ok_or_else(failed)?;
        let line = BufReader::new(stdout).lines().next_line().await;
        let line = line
            .map_err(|error| failed().because(&error))?
            .unwrap_or_default();
        let address = line
            .trim()
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix("/mcp"));
        let address = address
            .ok_or_else(|| Failure::new(format!("`{line}` is not an endpoint")))?
            .to_owned();
        for _ in 0..1000 {
            if TcpStream::connect(&address).await.is_ok() {
                return Ok(Self { child, address });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(Failure::new(format!("nobody listens at {address}")))
    }
}
