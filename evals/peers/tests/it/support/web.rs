//! A raw HTTP/1.1 client over a socket: sends exactly what a test says, twice the same header too.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{Exited, Isolated, Log, wait_for};

/// One executable behind a socket.
pub(crate) struct Web {
    pub(crate) child: Child,
    pub(crate) home: Isolated,
    pub(crate) endpoint: Endpoint,
    log: Log,
}

/// Where it listens.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) address: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Web {
    /// `program mcp serve --http`, with `options`.
    pub(crate) fn start(program: &str, options: &[&str]) -> Self {
        Self::start_in(Isolated::new(), program, options)
    }

    /// The same in a home that is there already.
    pub(crate) fn start_in(home: Isolated, program: &str, options: &[&str]) -> Self {
        let all: Vec<&str> = ["--http", "127.0.0.1:0"]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        let mut command = home.command(program, &all);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Log::of(child.stderr.take().unwrap());
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix("/mcp"));
        let Some(address) = address else {
            let _gone = child.kill();
            let _gone = child.wait();
            panic!(
                "the server printed `{}` instead of its endpoint; it said:\n{}",
                line.trim(),
                log.text()
            );
        };
        Self {
            child,
            home,
            endpoint: Endpoint {
                address: address.to_owned(),
            },
            log,
        }
    }

    /// The endpoint of the current transport.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.endpoint.address)
    }

    /// The endpoint of the old HTTP+SSE transport.
    pub(crate) fn sse_url(&self) -> String {
        format!("http://{}/sse", self.endpoint.address)
    }

    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Asks it to stop and waits for the end, at most ten seconds.
    pub(crate) fn terminate(&mut self) -> Exited {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        wait_for(&mut self.child, Duration::from_secs(10))
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl Endpoint {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends `method path` with exactly these headers, `Content-Length` and `Connection: close`.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut stream = self.connect();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses a body may close before it has read all of it.
        let _refused = stream.write_all(body);
        Reply::read(stream)
    }

    /// Posts `message` as a well-behaved client of 2026-07-28, with `extra` headers.
    pub(crate) fn post(&self, message: &Value, extra: &[(&str, &str)]) -> Reply {
        let method = message["method"].as_str().unwrap_or_default();
        let name = message["params"]["name"]
            .as_str()
            .or_else(|| message["params"]["uri"].as_str());
        let mut headers = self.usual_headers();
        headers.push(("MCP-Protocol-Version".into(), "2026-07-28".into()));
        headers.push(("Mcp-Method".into(), method.into()));
        if let Some(name) = name {
            headers.push(("Mcp-Name".into(), name.into()));
        }
        self.post_with(message.to_string().as_bytes(), &headers, extra)
    }

    /// Posts `body` with `headers`; an `extra` header replaces all of its name, and an empty one removes them.
    pub(crate) fn post_with(
        &self,
        body: &[u8],
        headers: &[(String, String)],
        extra: &[(&str, &str)],
    ) -> Reply {
        let replaced = |name: &str| extra.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let kept = headers
            .iter()
            .filter(|(name, _)| !replaced(name))
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = kept
            .chain(extra.iter().copied().filter(|(_, value)| !value.is_empty()))
            .collect();
        self.send("POST", "/mcp", &all, body)
    }

    /// The headers of every request.
    pub(crate) fn usual_headers(&self) -> Vec<(String, String)> {
        vec![
            ("Host".into(), self.address.clone()),
            ("Accept".into(), "application/json, text/event-stream".into()),
            ("Content-Type".into(), "application/json".into()),
        ]
    }
}

impl Reply {
    fn read(stream: TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not an HTTP answer: `{line}`"));
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
                None => break,
            }
        }
        let mut bytes = Vec::new();
        // A connection reset after the answer is the server's right.
        let _reset = reader.read_to_end(&mut bytes);
        let mut reply = Self {
            status,
            headers,
            body: String::new(),
        };
        let chunked = reply
            .header("transfer-encoding")
            .is_some_and(|coding| coding == "chunked");
        let bytes = if chunked { unchunk(&bytes) } else { bytes };
        reply.body = String::from_utf8(bytes).unwrap();
        reply
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON: the body itself, or the last event of a stream.
    pub(crate) fn json(&self) -> Value {
        let text = self
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(str::trim)
            .rfind(|data| !data.is_empty());
        let text = text.unwrap_or(&self.body);
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{} {error}: `{}`", self.status, self.body))
    }

    /// The JSON-RPC error code in the body.
    pub(crate) fn code(&self) -> i64 {
        self.json()["error"]["code"]
            .as_i64()
            .unwrap_or_else(|| panic!("no error in {self:?}"))
    }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") {
        let size = std::str::from_utf8(&bytes[..end])
            .ok()
            .and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
        let Some(size @ 1..) = size else { break };
        let Some(chunk) = bytes.get(end + 2..end + 2 + size) else {
            break;
        };
        whole.extend_from_slice(chunk);
        bytes = bytes.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}
