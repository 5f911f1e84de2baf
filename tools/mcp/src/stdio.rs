//! The standard-input transport: one message a line, nothing else on standard output.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{ClientJsonRpcMessage, RequestId};
use rmcp::service::{
    RoleServer, RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage, serve_server_with_ct,
};
use rmcp::transport::Transport;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use toolcall::Credential;

use crate::budget::Budget;
use crate::frame::{self, MESSAGE_BYTES, Opening};
use crate::handler::{Handler, Who};
use crate::server::{Server, Shared};

/// How long answers may take to leave after the client did, and then how long calls may take to stop. A client that
/// reads no more must not keep us.
const LEAVE_WITHIN: Duration = Duration::from_millis(300);

/// Why serving ended other than by the client's leave.
#[derive(Debug, thiserror::Error)]
#[error("the connection on standard input broke: {0}")]
pub struct Broken(String);

/// Serves the client at `input` and `output`, who is the local user, until it closes `input`.
///
/// # Errors
/// If the connection breaks. A client that just goes away is not an error.
pub async fn serve(
    server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    user: Credential,
    stop: CancellationToken,
) -> Result<(), Broken> {
    let handler = Handler::new(Arc::clone(&server.shared), "stdio", Who::Connection(user));
    let left = CancellationToken::new();
    let closing = server.shared.closing.clone();
    let transport = Lines::new(server.shared, input, output, stop.clone(), left.clone());
    tokio::select! {
        result = run(handler, transport, &stop) => result,
        () = leave(&left, &closing, &stop) => Ok(()),
    }
}

async fn run<R, W>(handler: Handler, transport: Lines<R, W>, stop: &CancellationToken) -> Result<(), Broken>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    match serve_server_with_ct(handler, transport, stop.clone()).await {
        Ok(running) => match running.waiting().await {
            Ok(_) => Ok(()),
            Err(error) => Err(Broken(error.to_string())),
        },
        // The client left before it chose an era, or we were told to stop: both are fine.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
        Err(_) if stop.is_cancelled() => Ok(()),
        Err(error) => Err(Broken(error.to_string())),
    }
}

/// Ends when the client left or we were told to stop, and everything has had its time to end: subscriptions at
/// once, answers a moment later, then calls, which are cancelled.
async fn leave(left: &CancellationToken, closing: &CancellationToken, stop: &CancellationToken) {
    tokio::select! {
        () = left.cancelled() => {}
        () = stop.cancelled() => {}
    }
    closing.cancel();
    tokio::time::sleep(LEAVE_WITHIN).await;
    stop.cancel();
    tokio::time::sleep(LEAVE_WITHIN).await;
}

/// Serves the client at the process's own standard input and output.
///
/// # Errors
/// If the connection breaks.
pub async fn serve_process(server: Server, user: Credential, stop: CancellationToken) -> Result<(), Broken> {
    let (input, output) = rmcp::transport::stdio_pipes();
    serve(server, input, output, user, stop).await
}

/// Messages as lines.
struct Lines<R, W> {
    shared: Arc<Shared>,
    input: BufReader<R>,
    output: Arc<Mutex<W>>,
    /// What is read of a line. INVARIANT: it outlives `receive`, which rmcp drops whenever it has something else
    /// to do; a local buffer would lose the half line in it.
    line: Vec<u8>,
    /// Whether the line is longer than any message, so that it is thrown away.
    too_long: bool,
    /// The refusal that is being written: a task, for the same reason.
    refusing: Option<JoinHandle<io::Result<()>>>,
    opening: Opening,
    /// A request that waits for room among those that are not answered yet, and its size. Kept here for the same
    /// reason as `line`.
    waiting: Option<(ClientJsonRpcMessage, usize)>,
    budget: Budget,
    /// Fires when nobody reads our output any more.
    stop: CancellationToken,
    /// Fires when our input ends.
    left: CancellationToken,
}

impl<R, W> Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    fn new(
        shared: Arc<Shared>,
        input: R,
        output: W,
        stop: CancellationToken,
        left: CancellationToken,
    ) -> Self {
        let input = BufReader::with_capacity(64 << 10, input);
        let output = Arc::new(Mutex::new(output));
        let (line, too_long, refusing, opening) = (Vec::new(), false, None, Opening::default());
        Self {
            shared,
            input,
            output,
            line,
            too_long,
            refusing,
            opening,
            waiting: None,
            budget: Budget::new(),
            stop,
            left,
        }
    }

    /// The next message that may go on; refusals are answered here.
    async fn next(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            if let Some(refusing) = &mut self.refusing {
                let written = refusing.await;
                self.refusing = None;
                if !matches!(written, Ok(Ok(()))) {
                    return None;
                }
            }
            if let Some((ClientJsonRpcMessage::Request(request), bytes)) = &self.waiting {
                self.budget.take(request.id.clone(), *bytes).await;
            }
            if let Some((message, _)) = self.waiting.take() {
                return Some(message);
            }
            let mut bytes = 0;
            let parsed = match self.read_line().await {
                Ok(Line::Whole) => {
                    bytes = self.line.len();
                    self.take_line()
                }
                Ok(Line::TooLong) => Some(Err(frame::too_large())),
                Ok(Line::End) => return None,
                Err(error) => {
                    tracing::warn!(%error, "standard input broke");
                    return None;
                }
            };
            match parsed {
                Some(Ok(message)) if self.opening.admit(&message) => self.waiting = Some((message, bytes)),
                Some(Ok(_)) | None => {}
                Some(Err(reply)) => {
                    self.shared.malformed(None, "stdio", &reply);
                    let output = Arc::clone(&self.output);
                    let reply = reply.to_string().into_bytes();
                    self.refusing = Some(tokio::spawn(async move { write(&output, reply).await }));
                }
            }
        }
    }

    /// The message in the line that was read; nothing if it is blank.
    fn take_line(&mut self) -> Option<Result<ClientJsonRpcMessage, serde_json::Value>> {
        let line = self.line.trim_ascii();
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        let parsed = (!line.is_empty()).then(|| frame::parse(line));
        self.line.clear();
        // A long line must not keep its memory for the life of the connection.
        self.line.shrink_to(1 << 20);
        parsed
    }

    /// Reads up to a newline into `self.line`, at most `MESSAGE_BYTES`; a longer line is read and thrown away.
    async fn read_line(&mut self) -> io::Result<Line> {
        loop {
            let available = self.input.fill_buf().await?;
            if available.is_empty() {
                // What follows the last newline is not a whole message, unless the client just left it out.
                return Ok(if self.line.is_empty() {
                    Line::End
                } else {
                    Line::Whole
                });
            }
            let (used, ended) = match available.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (available.len(), false),
            };
            let wanted = if ended { used - 1 } else { used };
            self.too_long |= self.line.len() + wanted > MESSAGE_BYTES;
            if self.too_long {
                self.line = Vec::new();
            } else {
                self.line.extend(available.iter().take(wanted));
            }
            self.input.consume(used);
            if ended {
                let too_long = std::mem::take(&mut self.too_long);
                return Ok(if too_long { Line::TooLong } else { Line::Whole });
            }
        }
    }
}

enum Line {
    Whole,
    TooLong,
    End,
}

async fn write<W: AsyncWrite + Unpin>(output: &Mutex<W>, mut bytes: Vec<u8>) -> io::Result<()> {
    bytes.push(b'\n');
    let mut output = output.lock().await;
    output.write_all(&bytes).await?;
    output.flush().await
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let (output, stop, budget) = (Arc::clone(&self.output), self.stop.clone(), self.budget.clone());
        async move {
            let bytes = serde_json::to_vec(&item)?;
            let written = write(&output, bytes).await;
            // Only what has left counts as answered: a client that does not read gets no room for more.
            if let Some(id) = answered(&item) {
                budget.give_back(id);
            }
            if written.is_err() {
                // Nobody reads any more: going on would burn processor time for nothing.
                stop.cancel();
            }
            written
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let stop = self.stop.clone();
        let message = tokio::select! {
            () = stop.cancelled() => None,
            message = self.next() => message,
        };
        if message.is_none() {
            self.left.cancel();
        }
        message
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.output.lock().await.flush().await
    }
}

/// The request that `item` answers.
fn answered(item: &TxJsonRpcMessage<RoleServer>) -> Option<&RequestId> {
    match item {
        TxJsonRpcMessage::<RoleServer>::Response(response) => Some(&response.id),
        TxJsonRpcMessage::<RoleServer>::Error(error) => error.id.as_ref(),
        _ => None,
    }
}
