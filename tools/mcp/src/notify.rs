//! Progress and log lines on their way to the client, in order, before the result.

#![expect(deprecated, reason = "clients of the 2025-11-25 era still ask for log lines")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rmcp::model::{
    LoggingLevel, LoggingMessageNotificationParam, NumberOrString, ProgressNotificationParam, ProgressToken,
};
use rmcp::service::{Peer, RoleServer};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use toolcall::{Progress, Severity, Step};

/// How many notifications may wait for a slow client; more are dropped, the newest first.
const WAITING: usize = 256;

enum Line {
    Step(Step),
    Log(Severity, String),
}

/// Sends a call's progress and log to its client.
pub(crate) struct Notifier {
    lines: Option<mpsc::Sender<Line>>,
    least: Option<Severity>,
    wants_progress: bool,
}

/// Ends a notifier: what was reported is on the wire when `drain` returns.
pub(crate) struct Drain(Option<JoinHandle<()>>);

impl Notifier {
    /// A notifier for a request with `token`, sending log lines of `least` severity and up.
    pub(crate) fn start(
        peer: &Peer<RoleServer>,
        token: Option<ProgressToken>,
        least: Option<Severity>,
    ) -> (Arc<Self>, Drain) {
        let wants_progress = token.is_some();
        if !wants_progress && least.is_none() {
            return (
                Arc::new(Self {
                    lines: None,
                    least,
                    wants_progress,
                }),
                Drain(None),
            );
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        let task = tokio::spawn(forward(peer.clone(), token, receiver));
        (
            Arc::new(Self {
                lines: Some(sender),
                least,
                wants_progress,
            }),
            Drain(Some(task)),
        )
    }
}

impl Drain {
    /// Waits until everything reported is sent. The notifier must be dropped before.
    pub(crate) async fn drain(self) {
        if let Some(task) = self.0 {
            // The task ends with its channel; a panic in it loses notifications, never the result.
            let _ended = task.await;
        }
    }
}

impl Progress for Notifier {
    fn report(&self, step: Step) {
        if let (true, Some(lines)) = (self.wants_progress, &self.lines) {
            let _full = lines.try_send(Line::Step(step));
        }
    }

    fn log(&self, severity: Severity, message: &str) {
        if let (Some(lines), Some(least)) = (&self.lines, self.least)
            && severity >= least
        {
            let _full = lines.try_send(Line::Log(severity, message.to_owned()));
        }
    }
}

async fn forward(peer: Peer<RoleServer>, token: Option<ProgressToken>, mut lines: mpsc::Receiver<Line>) {
    let token = token.unwrap_or(ProgressToken(NumberOrString::Number(0)));
    let mut last = f64::NEG_INFINITY;
    while let Some(line) = lines.recv().await {
        let sent = match line {
            // The protocol wants values that only grow.
            Line::Step(step) if step.done <= last => continue,
            Line::Step(step) => {
                last = step.done;
                let mut params =
                    ProgressNotificationParam::new(token.clone(), step.done).with_message(step.message);
                params.total = step.total;
                peer.notify_progress(params).await
            }
            Line::Log(severity, message) => log_line(&peer, severity, message).await,
        };
        if sent.is_err() {
            // The client is gone; the call itself is cancelled elsewhere.
            return;
        }
    }
}

async fn log_line(
    peer: &Peer<RoleServer>,
    severity: Severity,
    message: String,
) -> Result<(), rmcp::service::ServiceError> {
    let params = LoggingMessageNotificationParam::new(level(severity), serde_json::Value::String(message));
    peer.notify_logging_message(params).await
}

fn level(severity: Severity) -> LoggingLevel {
    match severity {
        Severity::Debug => LoggingLevel::Debug,
        Severity::Info => LoggingLevel::Info,
        Severity::Warning => LoggingLevel::Warning,
        Severity::Error => LoggingLevel::Error,
    }
}

/// The severity that a client's level asks for.
pub(crate) fn severity(level: LoggingLevel) -> Severity {
    match level {
        LoggingLevel::Debug => Severity::Debug,
        LoggingLevel::Info | LoggingLevel::Notice => Severity::Info,
        LoggingLevel::Warning => Severity::Warning,
        _ => Severity::Error,
    }
}

/// The level that a legacy session asked for; nothing until it asks.
#[derive(Debug, Default)]
pub(crate) struct SessionLevel(AtomicU8);

impl SessionLevel {
    pub(crate) fn set(&self, severity: Severity) {
        self.0.store(severity as u8 + 1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Option<Severity> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Severity::Debug),
            2 => Some(Severity::Info),
            3 => Some(Severity::Warning),
            _ => Some(Severity::Error),
        }
    }
}
