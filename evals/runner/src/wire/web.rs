//! A server behind one kept-alive HTTP connection.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Era, handshake, result};
use crate::failure::Failure;

/// A server behind one kept-alive HTTP connection.
pub(crate) struct Web {
    stream: BufReader<TcpStream>,
    address: String,
    session: Option<String>,
    era: Era,
    last: u64,
}

impl Web {
    /// Connects to `address` and opens as the era wants.
    pub(crate) async fn connect(address: &str, era: Era) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)
            .await
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
            .map_err(|error| Failure::new(format!("cannot connect to {address}")).because(&error))?;
        let address = address.to_owned();
        let mut web = Self {
            stream: BufReader::new(stream),
            address,
            session: None,
            era,
            last: 0,
        };
        match era {
            Era::Handshake => {
                let (initialize, initialized) = handshake();
                let answer = web.post(&initialize).await?;
                result(&answer)?;
                web.post(&initialized).await?;
            }
            Era::Stateless => {
                web.request("server/discover", &json!({})).await?;
            }
        }
        Ok(web)
    }

    /// Makes a request and gives its result.
    pub(crate) async fn request(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        self.last += 1;
        let request = self.era.request(self.last, method, params);
        let answer = self.post(&request).await?;
        result(&answer).cloned()
    }

    /// Posts a message and gives the message that answers it, or null.
    async fn post(&mut self, message: &Value) -> Result<Value, Failure> {
        let body = message.to_string();
        let mut head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nAccept: application/json, text/event-stream\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
        let method = text("/method").unwrap_or_default();
        if method != "initialize" {
            head.push_str(&format!("MCP-Protocol-Version: {}\r\n", self.era.version()));
        }
        if self.era == Era::Stateless {
            head.push_str(&format!("Mcp-Method: {method}\r\n"));
            if let Some(name) = text("/params/name") {
                head.push_str(&format!("Mcp-Name: {name}\r\n"));
            }
        }
        if let Some(session) = &self.session {
            head.push_str(&format!("Mcp-Session-Id: {session}\r\n"));
        }
        let whole = format!("{head}\r\n{body}");
        let broken = |error: &std::io::Error| Failure::new("the connection broke").because(error);
        self.stream
            .get_mut()
            .write_all(whole.as_bytes())
            .await
            .map_err(|error| broken(&error))?;
        let (status, bytes) = self.read().await.map_err(|error| broken(&error))?;
        let text = String::from_utf8_lossy(&bytes);
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        let data = text
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(str::trim)
            .rfind(|data| !data.is_empty());
        serde_json::from_str(data.unwrap_or(&text)).map_err(|error| {
            Failure::new(format!(
                "the server answered {status} with something that is not JSON"
            ))
            .because(&error)
        })
    }

    async fn read(&mut self) -> std::io::Result<(u16, Vec<u8>)> {
        let status = self.line().await?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0);
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or(0),
                "transfer-encoding" => chunked = value.trim() == "chunked",
                "mcp-session-id" => self.session = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        if !chunked {
            return Ok((status, self.bytes(length).await?));
        }
        let mut whole = Vec::new();
        loop {
            let size = usize::from_str_radix(self.line().await?.trim(), 16).unwrap_or(0);
            whole.extend(self.bytes(size).await?);
            self.line().await?;
            if size == 0 {
                return Ok((status, whole));
            }
        }
    }

    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    async fn bytes(&mut self, length: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).await?;
        Ok(bytes)
    }
}
