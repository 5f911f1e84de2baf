//! A wire between a store and its server that breaks where it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How the wire behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    /// It carries everything.
    Whole,
    /// It breaks once, before a `COMMIT` reaches the server.
    LoseCommit,
    /// It breaks once, after a `COMMIT` reached the server and before its reply comes back.
    LoseReply,
    /// As before, and then nothing can be reached.
    LoseReplyAndServer,
    /// Nothing can be reached.
    Gone,
    /// A `COMMIT` is held back, as by a process that was stopped, until it behaves otherwise.
    Stall,
}

const MODES: [Mode; 6] = [
    Mode::Whole,
    Mode::LoseCommit,
    Mode::LoseReply,
    Mode::LoseReplyAndServer,
    Mode::Gone,
    Mode::Stall,
];

/// A wire.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    mode: Arc<AtomicU8>,
}

impl Proxy {
    /// A wire to the server at `port`.
    pub(crate) async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            mode: Arc::default(),
        };
        let wire = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let wire = wire.clone();
                tokio::spawn(async move {
                    if wire.mode() != Mode::Gone {
                        let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                        wire.carry(client, server).await;
                    }
                });
            }
        });
        proxy
    }

    /// From now on it behaves so.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    /// How it behaves.
    pub(crate) fn mode(&self) -> Mode {
        let mode = usize::from(self.mode.load(Ordering::SeqCst));
        *MODES.get(mode).unwrap()
    }

    async fn carry(&self, mut client: TcpStream, mut server: TcpStream) {
        let (mut asked, mut told) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let Some(bytes) = read.ok().filter(|read| *read > 0).and_then(|read| asked.get(..read)) else {
                        return;
                    };
                    let mode = self.mode();
                    let breaking = bytes.windows(7).any(|part| part == b"COMMIT\0") && mode != Mode::Whole;
                    if breaking && mode == Mode::LoseCommit {
                        self.set(Mode::Whole);
                        return;
                    }
                    while breaking && self.mode() == Mode::Stall {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    if server.write_all(bytes).await.is_err() {
                        return;
                    }
                    if breaking && mode != Mode::Stall {
                        // The server is left the time to do it.
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        self.set(if mode == Mode::LoseReply { Mode::Whole } else { Mode::Gone });
                        return;
                    }
                }
                read = server.read(&mut told) => {
                    let Some(bytes) = read.ok().filter(|read| *read > 0).and_then(|read| told.get(..read)) else {
                        return;
                    };
                    if client.write_all(bytes).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
