//! `mcp serve`.

use std::net::SocketAddr;

use clap::Args;
use console::{Exit, Failure};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::commands::printed;
use crate::commands::tools::SelectionArguments;
use crate::config::{Anonymous, Config};
use crate::session::Session;

/// How long work in flight may take to stop once we are told to.
const STOP_WITHIN: std::time::Duration = std::time::Duration::from_millis(300);

/// `mcp serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Serve Streamable HTTP at this address instead of standard input, such as `127.0.0.1:8080`; port 0 takes a
    /// free one. The endpoint is printed on standard output
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,

    /// Serve the deprecated HTTP+SSE transport too, at `/sse`
    #[arg(long, requires = "http")]
    legacy_sse: bool,

    #[command(flatten)]
    selection: SelectionArguments,
}

/// Serves until the client leaves or a signal says stop.
pub(crate) fn run<C: Config>(arguments: &ServeArguments, session: &Session<'_, C>) -> Result<Exit, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if arguments.http.is_none() {
        // One client needs no more, but not less either: while one call computes or waits for the disk, the next
        // message, a cancellation or a signal must be heard.
        builder.worker_threads(2);
    }
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Internal, "cannot start the runtime").because(&error))?;
    let result = runtime.block_on(serve(arguments, session));
    // A read of standard input may still block a thread: do not wait for it.
    runtime.shutdown_timeout(STOP_WITHIN);
    result
}

async fn serve<C: Config>(arguments: &ServeArguments, session: &Session<'_, C>) -> Result<Exit, Failure> {
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let selection = arguments.selection.over(session.config().common().mcp);
    match arguments.http {
        None => {
            let server = session.server(&selection, None)?;
            let user = session.credential()?;
            mcp::stdio::serve_process(server, user, stop)
                .await
                .map_err(|error| Failure::new(Exit::Internal, "serving stopped").because(&error))?;
            Ok(Exit::Ok)
        }
        Some(address) => {
            check_exposure(address, session)?;
            let listener = TcpListener::bind(address).await.map_err(|error| {
                Failure::new(Exit::Unavailable, format!("cannot listen on `{address}`"))
                    .because(&error)
                    .hint("choose another address, or port 0 for a free one")
            })?;
            let local = listener.local_addr().map_err(|error| {
                Failure::new(Exit::Internal, "the listener has no address").because(&error)
            })?;
            let options = session.http_options(local, arguments.legacy_sse);
            let server = session.server(&selection, options.resource.as_deref())?;
            if options.legacy_sse {
                session.printer().say(&format!(
                    "serving the deprecated HTTP+SSE transport at http://{local}/sse"
                ));
            }
            printed(session.printer().data(&format!("http://{local}/mcp")))?;
            mcp::http::serve(server, listener, options, stop)
                .await
                .map_err(|error| Failure::new(Exit::Internal, "serving stopped").because(&error))?;
            Ok(Exit::Ok)
        }
    }
}

/// Refuses to listen beyond this machine without authentication.
fn check_exposure<C: Config>(address: SocketAddr, session: &Session<'_, C>) -> Result<(), Failure> {
    let identity = session.config().common().identity;
    if address.ip().is_loopback() {
        return Ok(());
    }
    if identity.issuer.is_empty() || identity.anonymous == Anonymous::Yes {
        return Err(Failure::new(
            Exit::Settings,
            format!("`{address}` can be reached from other machines, and callers would not need a token"),
        )
        .hint("listen on 127.0.0.1, or set `identity.issuer` with `identity.jwks_file` and leave `identity.anonymous` off"));
    }
    Ok(())
}

async fn stop_on_signal(stop: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut hangup)) =
            (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
        else {
            tracing::warn!("cannot listen for signals; stop the server by closing its input");
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    stop.cancel();
}
