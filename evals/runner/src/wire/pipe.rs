//! A server behind pipes.

use std::process::Stdio;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Answer, Era, handshake, outcome, result};
use crate::failure::Failure;

/// A server behind pipes.
pub(crate) struct Pipe {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    line: String,
    era: Era,
    last: u64,
}

impl Pipe {
    /// Starts `words` and waits for its first answer: that of the handshake, or of a discovery.
    pub(crate) async fn start(words: &[String], era: Era) -> Result<Self, Failure> {
        let failed = |error: &std::io::Error| {
            Failure::new(format!("cannot start `{}`", words.join(" "))).because(error)
        };
        let (program, arguments) = words
            .split_first()
            .ok_or_else(|| Failure::new("no command to start"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .env("FASTMCP_CHECK_FOR_UPDATES", "off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(&error))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("the child has no pipes"));
        };
        let mut pipe = Self {
            child,
            input,
            output: BufReader::new(output),
            line: String::new(),
            era,
            last: 0,
        };
        match era {
            Era::Handshake => {
                let (initialize, initialized) = handshake();
                pipe.write(&initialize).await?;
                let answer = pipe.answer(0).await?;
                result(&answer)?;
                pipe.write(&initialized).await?;
            }
            Era::Stateless => {
                pipe.request("server/discover", &json!({})).await?;
            }
        }
        Ok(pipe)
    }

    /// The process id.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Makes a request and gives its result.
    pub(crate) async fn request(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        let answer = self.exchange(method, params).await?;
        result(&answer).cloned()
    }

    /// Calls a tool.
    pub(crate) async fn call(
        &mut self,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Answer, Failure> {
        let params = json!({"name": tool, "arguments": arguments});
        outcome(&self.exchange("tools/call", &params).await?)
    }

    async fn exchange(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        self.last += 1;
        let id = self.last;
        let request = self.era.request(id, method, params);
        self.write(&request).await?;
        self.answer(id).await
    }

    async fn write(&mut self, message: &Value) -> Result<(), Failure> {
        let text = format!("{message}\n");
        let written = self.input.write_all(text.as_bytes()).await;
        written.map_err(|error| Failure::new("the server reads no more").because(&error))
    }

    async fn answer(&mut self, id: u64) -> Result<Value, Failure> {
        loop {
            self.line.clear();
            let read = self.output.read_line(&mut self.line).await;
            if read.map_err(|error| Failure::new("the server's output broke").because(&error))? == 0 {
                return Err(Failure::new("the server ended before it answered"));
            }
            let message: Value = serde_json::from_str(&self.line).map_err(|error| {
                Failure::new("the server wrote something that is not JSON").because(&error)
            })?;
            if message.get("id").and_then(Value::as_u64) == Some(id) && message.get("method").is_none() {
                return Ok(message);
            }
        }
    }

    /// Leaves and waits for the end.
    pub(crate) async fn leave(mut self) {
        drop(self.input);
        let limit = std::time::Duration::from_secs(10);
        if tokio::time::timeout(limit, self.child.wait()).await.is_err() {
            let _gone = self.child.kill().await;
        }
    }
}
