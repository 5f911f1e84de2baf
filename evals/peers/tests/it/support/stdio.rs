//! A raw session over pipes: lines in, lines out, no SDK.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{Exited, Isolated, Log, wait_for};

/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// One executable behind pipes.
pub(crate) struct Session {
    pub(crate) child: Child,
    pub(crate) home: Isolated,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    log: Log,
}

impl Session {
    /// `prov mcp serve`.
    pub(crate) fn prov() -> Self {
        Self::start("prov", |_| {})
    }

    /// `program mcp serve`, as `change` changes it.
    pub(crate) fn start(program: &str, change: impl FnOnce(&mut Command)) -> Self {
        let home = Isolated::new();
        let mut command = home.command(program, &[]);
        change(&mut command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let log = Log::of(child.stderr.take().unwrap());
        Self {
            stdin: child.stdin.take(),
            child,
            home,
            lines,
            log,
        }
    }

    /// With the handshake of the older era done.
    pub(crate) fn handshaken(mut self) -> Self {
        self.send(&initialize("init"));
        assert_eq!(self.reply("init")["result"]["protocolVersion"], "2025-11-25");
        self.send(&initialized());
        self
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.send_bytes(format!("{message}\n").as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("standard input is open");
        if let Err(error) = stdin.write_all(bytes).and_then(|()| stdin.flush()) {
            panic!("the server reads no more: {error}; it said:\n{}", self.log.text());
        }
    }

    /// The pipe itself, for a thread that writes.
    pub(crate) fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().expect("standard input is open")
    }

    /// The next message of the server.
    pub(crate) fn next(&mut self) -> Value {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => message(&line),
            Err(error) => panic!("no message ({error}); the server said:\n{}", self.log.text()),
        }
    }

    /// The answer to the request `id`; other messages are passed over.
    pub(crate) fn reply(&mut self, id: impl Into<Value>) -> Value {
        let id = id.into();
        loop {
            let message = self.next();
            if message.get("id") == Some(&id) && message.get("method").is_none() {
                return message;
            }
        }
    }

    /// Fails if the server says anything within `time`.
    pub(crate) fn stays_silent(&mut self, time: Duration) {
        if let Ok(line) = self.lines.recv_timeout(time) {
            panic!("nothing was expected, but: {line}");
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Closes standard input and waits for the end, at most ten seconds.
    pub(crate) fn leave(&mut self) -> Exited {
        self.stdin = None;
        self.ended()
    }

    /// Waits for the end, at most ten seconds.
    pub(crate) fn ended(&mut self) -> Exited {
        wait_for(&mut self.child, Duration::from_secs(10))
    }

    /// Leaves; the server must end well within a second and have written nothing but messages.
    pub(crate) fn leave_well(mut self) {
        let exited = self.leave();
        assert!(
            exited.status.success(),
            "{}; it said:\n{}",
            exited.status,
            self.log.text()
        );
        assert!(
            exited.after < Duration::from_secs(1),
            "it took {:?} to end",
            exited.after
        );
        for line in self.lines.iter() {
            message(&line);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// A line of standard output, which must be a JSON-RPC message.
fn message(line: &str) -> Value {
    let message: Value =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"));
    assert_eq!(message["jsonrpc"], "2.0", "not JSON-RPC: {line}");
    let kinds = ["method", "result", "error"]
        .iter()
        .filter(|kind| message.get(**kind).is_some())
        .count();
    assert_eq!(kinds, 1, "neither request nor answer: {line}");
    message
}

/// A request of 2026-07-28.
pub(crate) fn modern(id: impl Into<Value>, method: &str, params: Value) -> Value {
    modern_of("2026-07-28", id, method, params)
}

/// A request of the stateless era that says `version`.
pub(crate) fn modern_of(version: &str, id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}

/// A request of the handshake era.
pub(crate) fn legacy(id: impl Into<Value>, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}

pub(crate) fn initialize(id: impl Into<Value>) -> Value {
    legacy(
        id,
        "initialize",
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "pipe", "version": "0"}}),
    )
}

pub(crate) fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}
