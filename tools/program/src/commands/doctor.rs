//! `mcp doctor`.

use console::{Exit, Failure, Format};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio_util::sync::CancellationToken;
use toolcall::Selection;

use crate::commands::printed;
use crate::config::Config;
use crate::session::Session;

/// How long one check may take.
const WITHIN: std::time::Duration = std::time::Duration::from_secs(15);

/// One thing that was looked at.
struct Check {
    what: &'static str,
    result: Result<String, String>,
}

/// Looks at everything a server needs, and says what is wrong with each.
pub(crate) fn run<C: Config>(session: &Session<'_, C>) -> Result<Exit, Failure> {
    let checks = [
        Check {
            what: "settings",
            result: settings(session),
        },
        Check {
            what: "workspace",
            result: workspace(session),
        },
        Check {
            what: "tools",
            result: tools(session),
        },
        Check {
            what: "policy",
            result: policy(session),
        },
        Check {
            what: "audit log",
            result: audit_log(session),
        },
        Check {
            what: "engines",
            result: trials(session),
        },
        Check {
            what: "protocol 2025-11-25",
            result: era(session, HANDSHAKE, "tools"),
        },
        Check {
            what: "protocol 2026-07-28",
            result: era(session, STATELESS, "tools"),
        },
    ];
    let healthy = checks.iter().all(|check| check.result.is_ok());
    let printer = session.printer();
    if printer.format() == Format::Json {
        let all: Vec<Value> = checks
            .iter()
            .map(|check| match &check.result {
                Ok(found) => json!({"check": check.what, "ok": true, "found": found}),
                Err(wrong) => json!({"check": check.what, "ok": false, "found": wrong}),
            })
            .collect();
        printed(
            printer.json(&json!({"version": session.about().version, "healthy": healthy, "checks": all})),
        )?;
    } else {
        let rows: Vec<Vec<String>> = checks.iter().map(row).collect();
        printed(printer.table(&["", "check", "found"], &rows))?;
    }
    Ok(if healthy { Exit::Ok } else { Exit::Unhealthy })
}

fn row(check: &Check) -> Vec<String> {
    let (mark, text) = match &check.result {
        Ok(found) => ("ok", found),
        Err(wrong) => ("WRONG", wrong),
    };
    vec![mark.to_owned(), check.what.to_owned(), text.clone()]
}

fn settings<C: Config>(session: &Session<'_, C>) -> Result<String, String> {
    let entries = session.settings().entries();
    let changed = entries
        .iter()
        .filter(|entry| entry.origin != settings::Origin::Default)
        .count();
    Ok(format!(
        "{} settings, {changed} not at their default",
        entries.len()
    ))
}

fn workspace<C: Config>(session: &Session<'_, C>) -> Result<String, String> {
    match session.workspace().canonicalize() {
        Ok(path) => Ok(path.display().to_string()),
        Err(error) => Err(format!(
            "cannot open `{}`: {error}",
            session.workspace().display()
        )),
    }
}

fn tools<C: Config>(session: &Session<'_, C>) -> Result<String, String> {
    let wired = session.wire().map_err(|failure| failure.to_text())?;
    let mut broken = Vec::new();
    for tool in wired.catalog.declarations() {
        let schemas = [Some(&tool.input_schema), tool.output_schema.as_ref()];
        for schema in schemas.into_iter().flatten() {
            broken.extend(
                toolcall::lint(&Value::Object(schema.clone()))
                    .iter()
                    .map(|rule| format!("{}: {rule}", tool.name)),
            );
        }
    }
    match broken.is_empty() {
        true => Ok(format!(
            "{} tools, schemas portable",
            wired.catalog.declarations().count()
        )),
        false => Err(broken.join("; ")),
    }
}

fn policy<C: Config>(session: &Session<'_, C>) -> Result<String, String> {
    let wired = session.wire().map_err(|failure| failure.to_text())?;
    let policy = session
        .policy(&wired.catalog)
        .map_err(|failure| failure.to_text())?;
    match policy.warnings() {
        [] => Ok(format!("{} policies fit the tools", policy.ids().len())),
        warnings => Err(warnings.join("; ")),
    }
}

fn audit_log<C: Config>(session: &Session<'_, C>) -> Result<String, String> {
    let path = session.audit_path();
    // Verified before it is opened: opening mends a torn end, and would mend away what is to be found here.
    let verified = match path.exists() {
        true => {
            Some(audit::verify(&path, None).map_err(|error| format!("{error}; `audit verify` says where"))?)
        }
        false => None,
    };
    session.audit_log().map_err(|failure| failure.to_text())?;
    match verified {
        None => Ok(format!("new, at {}", path.display())),
        Some(verified) if verified.recovered.is_empty() => Ok(format!(
            "{} records, sound, at {}",
            verified.records,
            path.display()
        )),
        Some(verified) => Err(format!(
            "{} losses are recorded in it; `audit verify` lists them",
            verified.recovered.len()
        )),
    }
}

/// Calls each tool that its executable offers a trial for.
fn trials<C: Config>(session: &Session<'_, C>) -> Result<String, String> {
    let trials = session.trials();
    for (tool, arguments) in trials {
        session
            .call(&Selection::default(), tool, arguments())
            .map_err(|failure| format!("`{tool}`: {}", failure.to_text()))?;
    }
    Ok(format!("{} tools answer a trial call", trials.len()))
}

const HANDSHAKE: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"doctor","version":"0"}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#,
];
const STATELESS: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
];

/// Speaks `messages` to a server over pipes in memory, and finds `wanted` in the answer to request 2.
fn era<C: Config>(session: &Session<'_, C>, messages: &[&str], wanted: &str) -> Result<String, String> {
    let runtime = session.runtime().map_err(|failure| failure.to_text())?;
    let answer = runtime.block_on(async {
        let server = session
            .server(&Selection::default(), None)
            .map_err(|failure| failure.to_text())?;
        let user = session.credential().map_err(|failure| failure.to_text())?;
        let (near, far) = tokio::io::duplex(1 << 20);
        let (input, output) = tokio::io::split(far);
        let stop = CancellationToken::new();
        tokio::spawn(mcp::stdio::serve(server, input, output, user, stop.clone()));
        let spoken = tokio::time::timeout(WITHIN, speak(near, messages)).await;
        stop.cancel();
        spoken.map_err(|_| format!("no answer within {} s", WITHIN.as_secs()))?
    });
    runtime.shutdown_background();
    let answer = answer?;
    match answer
        .pointer("/result")
        .and_then(|result| result.get(wanted))
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        Some([]) => Err(format!("answers, but the policy gives you no {wanted}")),
        Some(list) => Ok(format!("answers; {} {wanted} for you", list.len())),
        None => Err(format!("unexpected answer: {answer}")),
    }
}

async fn speak(stream: tokio::io::DuplexStream, messages: &[&str]) -> Result<Value, String> {
    let (input, mut output) = tokio::io::split(stream);
    for message in messages {
        output
            .write_all(format!("{message}\n").as_bytes())
            .await
            .map_err(|error| error.to_string())?;
    }
    let mut lines = BufReader::new(input).lines();
    while let Some(line) = lines.next_line().await.map_err(|error| error.to_string())? {
        let value: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        if value.get("id") == Some(&json!(2)) {
            return Ok(value);
        }
    }
    Err("the server closed the connection".to_owned())
}
