//! A proxy between an adapter and a server that does wrong on purpose: loses answers, or answers itself.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the next request that fits.
#[derive(Clone)]
pub(crate) enum Act {
    /// It is carried out, and its answer is thrown away.
    Lose,
    /// It is not carried out; this is the answer.
    Answer(&'static str),
}

type Plans = Arc<Mutex<Vec<(&'static str, Act)>>>;

/// A proxy on a port of its own.
pub(crate) struct Proxy {
    port: u16,
    plans: Plans,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy to the server on `target`.
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (plans, seen) = (Plans::default(), Arc::new(Mutex::new(Vec::new())));
        let proxy = Self {
            port,
            plans: plans.clone(),
            seen: seen.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, target, plans.clone(), seen.clone()));
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Does `act` to the next request that has `part` in it, once.
    pub(crate) fn next(&self, part: &'static str, act: Act) {
        self.plans.lock().expect("a lock").push((part, act));
    }

    /// How many requests had `part` in them.
    pub(crate) fn count(&self, part: &str) -> usize {
        let seen = self.seen.lock().expect("a lock");
        seen.iter().filter(|request| request.contains(part)).count()
    }
}

/// One request of a connection; then both ends are closed.
async fn pass(mut near: TcpStream, target: u16, plans: Plans, seen: Arc<Mutex<Vec<String>>>) {
    let Some(request) = request(&mut near).await else {
        return;
    };
    let text = String::from_utf8_lossy(&request).into_owned();
    let act = {
        let mut plans = plans.lock().expect("a lock");
        let at = plans.iter().position(|(part, _)| text.contains(part));
        at.map(|at| plans.remove(at).1)
    };
    seen.lock().expect("a lock").push(text.clone());
    if let Some(Act::Answer(answer)) = act {
        let _sent = near.write_all(answer.as_bytes()).await;
        return;
    }
    let mut far = TcpStream::connect(("127.0.0.1", target))
        .await
        .expect("the server");
    let closing = text.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    far.write_all(closing.as_bytes()).await.expect("a request");
    let mut answer = Vec::new();
    let _read = far.read_to_end(&mut answer).await;
    if act.is_none() {
        let _sent = near.write_all(&answer).await;
    }
}

async fn request(near: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let read = near.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        request.extend_from_slice(buffer.get(..read)?);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length = length
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0_usize);
        if body.len() >= length {
            return Some(request);
        }
    }
}
